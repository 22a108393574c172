#pragma once

#include <string>

#include "shared/error.hpp"

namespace skerry::config {

/// A setting that is a secret, and where it comes from, in this order: the environment, a file, a systemd
/// credential. One row of a table (settings.hpp, `Table::secret`) declares it with all that follows: `NAME`
/// is taken from the environment alone, `NAME_file` from anywhere; neither is ever shown, and without either
/// the door behind it is closed.
struct Secret {
  std::string value = {};       ///< of the environment; empty: none
  std::string file = {};        ///< path; empty: none
  std::string name = {};        ///< `events.ingest_secret`; filled in by its table
  std::string credential = {};  ///< a file in $CREDENTIALS_DIRECTORY (systemd.exec(5)); filled in likewise

  /// Read anew for each use, so that a secret can be replaced while the program runs. A file's first line
  /// counts; it must not be open to everyone (mode & 007), nor be longer than 4096 bytes. Errors:
  /// `token_missing` (not_found: none is set, or its file is not there), `token_unreadable` (the kind of
  /// the file's error), `token_exposed` (denied), `token_invalid` (usage). No message holds a secret.
  [[nodiscard]] Result<std::string> read() const;

  /// True where one is set, whether or not it can be read.
  [[nodiscard]] bool is_set() const;
};

}  // namespace skerry::config
