#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "shared/http.hpp"
#include "shared/json_text.hpp"

namespace skerry {

/// `{"error": message, "code": code, "message": message}`: what a tracker answers, and a server before any
/// function is asked. SDKs look for `message` (Segment's and RudderStack's for Python) to know that it is
/// final; all else is as in `error_response`.
inline std::string refusal_json(std::string_view code, std::string_view message) {
  std::string body = R"({"error":)";
  append_json_string(body, message);
  body += R"(,"code":)";
  append_json_string(body, code);
  body += R"(,"message":)";
  append_json_string(body, message);
  return body += '}';
}

inline Response refusal_response(int status, std::string_view code, std::string_view message) {
  Response response = error_response(status, code, message);
  response.body = Body(refusal_json(code, message));
  return response;
}

}  // namespace skerry
