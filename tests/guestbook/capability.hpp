#pragma once

#include "native-host/program/capability.hpp"

namespace skerry::program {
class Commands;
}

namespace skerry::guestbook {

/// A book in which visitors write: the proof that a capability is a folder and a line.
program::Capability capability();

/// `skerry guestbook entries`.
void add_commands(program::Commands& commands);

}  // namespace skerry::guestbook
