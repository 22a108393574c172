#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/http.hpp"

namespace skerry::http {

/// What the server adds to a handler's fields.
struct Framing {
  std::string_view date = {};  ///< HTTP-date of now
  bool head_request = false;
  bool http_1_0 = false;  ///< what the client speaks
  bool keep_alive = true;
  enum class Body {
    whole,     ///< the response has it
    sized,     ///< `length` bytes come
    chunked,   ///< it says itself where it ends
    to_close,  ///< it ends with the connection
  };
  Body body = Body::whole;
  std::uint64_t length = 0;
};

/// True if a handler's response can be sent: a final status (200 to 599), field names that are tokens and
/// values that can't forge a field.
bool is_sendable(const Response& response);

/// True if the status allows content (RFC 9110 §6.4.1).
bool has_content(int status);

/// True if the response asks for the connection to be closed.
bool asks_to_close(const Response& response);

/// Appends the status line and the fields with the closing empty line: the handler's, without those that
/// frame the message, and the server's. `is_sendable` must hold.
void append_response_head(std::string& out, const Response& response, const Framing& framing);

}  // namespace skerry::http
