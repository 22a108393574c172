#pragma once

#include "native-host/program/capability.hpp"

namespace skerry::program {
class Checks;
class Commands;
class Status;
}  // namespace skerry::program

namespace skerry::broker {

/// The archive index: `skerry update`, `latest`, `gaps`; rounds that read the archives; the documents
/// `latest` and `history`.
program::Capability capability();

void add_update_command(program::Commands& commands);
void add_latest_command(program::Commands& commands);
void add_gaps_command(program::Commands& commands);
/// `cycle`, `freshness`; for the doctor `view`, `collectors` and `archive`.
void add_checks(program::Checks& checks);
void add_status(program::Status& status);

}  // namespace skerry::broker
