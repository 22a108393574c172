#pragma once

#include "native-host/program/commands.hpp"

/// The commands that no capability owns.
namespace skerry::commands {

/// `up` and `serve`: all capabilities, in their roles.
void add_running(program::Commands& commands);
/// `db upgrade`.
void add_database(program::Commands& commands);
/// `status` and `doctor`.
void add_looking(program::Commands& commands);
/// What the program says about itself: `config`, `completions` and `manual`.
void add_describing(program::Commands& commands);

}  // namespace skerry::commands
