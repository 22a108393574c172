#include "native-host/program/secrets.hpp"

#include <utility>

namespace skerry::program {

Result<std::string> read_if_set(const config::Secret& secret) {
  auto read = secret.read();
  // A credential may be there and out of reach, which does not count as set.
  if (!read && read.error().kind == ErrorKind::not_found && !secret.is_set()) return std::string();
  return read;
}

std::string read_for_door(const config::Secret& secret, Report& report) {
  auto read = read_if_set(secret);
  if (read) return *std::move(read);
  report.warning("secret_unreadable", read.error(), {{"setting", secret.name}});
  return {};
}

}  // namespace skerry::program
