#include "native-host/http/response_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace skerry::http {
namespace {

/// Fields that only the server can know.
bool is_framing(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"connection", "keep-alive", "transfer-encoding",
                                                      "content-length"};
  return std::ranges::any_of(kNames, [&](auto known) { return equal_ignoring_case(name, known); });
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_sendable(const Response& response) {
  return response.status >= 200 && response.status <= 599 &&
         std::ranges::all_of(response.headers, [](const Headers::Field& field) {
           return is_token(field.name) && is_field_value(field.value);
         });
}

bool has_content(int status) {
  return status != 204 && status != 304;
}

bool asks_to_close(const Response& response) {
  auto connection = response.headers.get("connection");
  return connection && equal_ignoring_case(trim(*connection), "close");
}

void append_response_head(std::string& out, const Response& response, const Framing& framing) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(response.status));
  out.append(" ").append(reason_phrase(response.status)).append("\r\n");

  bool has_date = false;
  bool has_server = false;
  for (const auto& field : response.headers) {
    if (is_framing(field.name)) continue;
    append_field(out, field.name, field.value);
    has_date = has_date || equal_ignoring_case(field.name, "date");
    has_server = has_server || equal_ignoring_case(field.name, "server");
  }
  if (has_content(response.status)) {
    auto declared = response.headers.get("content-length");
    if (framing.body == Framing::Body::chunked) {
      append_field(out, "Transfer-Encoding", "chunked");
    } else if (framing.body != Framing::Body::to_close) {
      out.append("Content-Length: ");
      if (framing.body == Framing::Body::sized)
        append_number(out, framing.length);
      else if (framing.head_request && response.body.empty() && declared && is_number(*declared))
        out.append(*declared);
      else
        append_number(out, response.body.size());
      out.append("\r\n");
    }
  }
  if (!has_date) append_field(out, "Date", framing.date);
  if (!has_server) append_field(out, "Server", "skerry");
  if (!framing.keep_alive)
    append_field(out, "Connection", "close");
  else if (framing.http_1_0)
    append_field(out, "Connection", "keep-alive");
  out.append("\r\n");
}

}  // namespace skerry::http
