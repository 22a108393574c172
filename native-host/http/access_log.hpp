#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/time.hpp"

namespace skerry::http {

/// One request as the access log shows it.
struct AccessEntry {
  Time time;
  std::string_view client;
  std::string_view method;
  std::string_view target;
  std::string_view user_agent;
  int status = 0;
  std::uint64_t bytes = 0;  ///< of the body that was sent
  std::chrono::microseconds duration{};
};

/// Appends one line of JSON with its line feed. Values of parameters that open doors (`code`, `token`, `key`,
/// …) are shown as ***. Client input is escaped, and cut after 1 KiB (the target) and 256 bytes (method, user
/// agent), so that a line stays a line.
void append_access_line(std::string& out, const AccessEntry& entry);

}  // namespace skerry::http
