#pragma once

#include <string>

#include "shared/error.hpp"

namespace skerry::program {

/// What every command ends with.
enum class Exit : int {
  ok = 0,
  failed = 1,   ///< as a whole
  usage = 2,    ///< flags or settings that can't be
  missing = 3,  ///< something that has to be installed is not there
  partly = 4,   ///< some of several things failed, the rest is done
  running = 5,  ///< somebody else is at work on the same thing
};

/// By the kind of the error alone.
constexpr Exit exit_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return Exit::usage;
    case ErrorKind::not_installed: return Exit::missing;
    case ErrorKind::busy: return Exit::running;
    default: return Exit::failed;
  }
}
inline Exit exit_for(const Error& error) {
  return exit_for(error.kind);
}

/// `{"error":{"code":"view_missing","message":"There is no view …"}}`, a line: what a command that was asked
/// for JSON prints on standard output where it fails.
std::string error_json(const Error& error);

/// Says on standard error what went wrong, with `json` on standard output too, and ends with what follows
/// from it.
Exit complain(const Error& error, bool json = false);

}  // namespace skerry::program
