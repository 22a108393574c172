#pragma once

#include <cstdint>
#include <string>

#include "native-host/http/exchange.hpp"
#include "shared/conditional.hpp"
#include "shared/http.hpp"

namespace skerry::http {

/// What has a length, and can be sent from any place on: a part of a regular file, or bytes in memory.
struct Content {
  std::string type = "application/octet-stream";
  Validators validators = {};
  Headers headers = {};  ///< besides its type, length, ranges and validators

  int fd = -1;  ///< of the file; it must stay open, and the file as it is, until the end
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  Body bytes = {};  ///< where there is no file; `offset` and `length` mean nothing

  [[nodiscard]] std::uint64_t size() const { return fd >= 0 ? length : bytes.size(); }
};

/// Answers GET or HEAD with it, as the request's conditions and ranges say (ranges.hpp): 200, 206 with one
/// part or with `multipart/byteranges`, 304, 412 `precondition_failed`, 416 `range_not_satisfiable`. The
/// answer is ended. Errors: those of Exchange::begin, `write` and `send_file`.
Task<Result<void>> send_content(Exchange& exchange, Content content);

}  // namespace skerry::http
