#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "native-host/http/redaction.hpp"
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
  /// False where the client does not want to be kept: neither its address, nor its query, nor its agent.
  bool kept = true;
};

/// Appends one line with its line feed, in the form of the program's other lines (`log.format`), of the level
/// `info` and the event `request`:
///
///   {"time":"…","level":"info","event":"request","message":"Answered","client":"192.0.2.1","method":"GET",
///    "target":"/latest","status":200,"bytes":36000,"micros":120,"agent":"curl/8"}
///   2026-11-21T08:00:00.250Z info Answered client=192.0.2.1 method=GET target=/latest status=200 …
///
/// What opens doors is shown as *** (redaction.hpp). Client input is escaped (shared/printable.hpp), and cut
/// after 1 KiB (the target) and 256 bytes (method, user agent), so that a line stays a line.
void append_access_line(std::string& out, const AccessEntry& entry, bool json = true,
                        const Redaction& redaction = {});

}  // namespace skerry::http
