#pragma once

#include <filesystem>
#include <string>

#include "shared/error.hpp"

namespace skerry::publish {

/// Where the token of a target comes from, in this order: the environment, a file, a systemd credential.
struct TokenSource {
  std::string setting;     ///< `publish.cloudflare.token`, for messages
  std::string value = {};  ///< of the environment; empty: none
  std::filesystem::path file = {};
  std::string credential = {};  ///< name of a file in $CREDENTIALS_DIRECTORY (systemd.exec(5))
};

/// Read anew for each use, so that a token can be replaced while the program runs. A file's first line
/// counts; it must not be open to everyone (mode & 007), nor be longer than 4096 bytes. Errors:
/// `token_missing`, `token_exposed`, `token_invalid`.
Result<std::string> read_token(const TokenSource& source);

}  // namespace skerry::publish
