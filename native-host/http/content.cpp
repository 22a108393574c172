#include "native-host/http/content.hpp"

#include <array>
#include <chrono>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "native-host/http/ranges.hpp"

namespace skerry::http {
namespace {

std::string content_range(const ByteRange& part, std::uint64_t size) {
  return "bytes " + std::to_string(part.offset) + "-" + std::to_string(part.offset + part.length - 1) + "/" +
         std::to_string(size);
}

/// What is in no content but by chance (RFC 2046 §5.1.1).
std::string make_boundary() {
  std::random_device random;
  std::string boundary("skerry-");
  for (int i = 0; i < 24; ++i) boundary += "0123456789abcdef"[random() & 15U];
  return boundary;
}

Task<Result<void>> send_part(Exchange& exchange, const Content& content, ByteRange part) {
  if (content.fd >= 0)
    co_return co_await exchange.send_file(content.fd, content.offset + part.offset, part.length);
  co_return co_await exchange.write(content.bytes.view().substr(part.offset, part.length));
}

Task<Result<void>> send_parts(Exchange& exchange, const Content& content, Head head,
                              const std::vector<ByteRange>& parts) {
  const auto boundary = make_boundary();
  const auto end = "\r\n--" + boundary + "--\r\n";
  std::vector<std::string> heads;
  std::uint64_t length = end.size();
  for (const auto& part : parts) {
    heads.push_back((heads.empty() ? "--" : "\r\n--") + boundary + "\r\nContent-Type: " + content.type +
                    "\r\nContent-Range: " + content_range(part, content.size()) + "\r\n\r\n");
    length += heads.back().size() + part.length;
  }
  head.headers.set("Content-Type", "multipart/byteranges; boundary=" + boundary);
  head.length = length;
  if (auto begun = exchange.begin(std::move(head)); !begun) co_return begun;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (auto sent = co_await exchange.write(heads[i]); !sent) co_return sent;
    if (auto sent = co_await send_part(exchange, content, parts[i]); !sent) co_return sent;
  }
  if (auto sent = co_await exchange.write(end); !sent) co_return sent;
  co_return co_await exchange.end();
}

}  // namespace

Task<Result<void>> send_content(Exchange& exchange, Content content) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto plan = plan_content(exchange.request(), content.validators, content.size(), now);
  if (plan.status == 412)
    co_return co_await exchange.respond(error_response(
        412, "precondition_failed", "What the request's conditions name is not what is here."));
  if (plan.status == 416) {
    auto response = error_response(416, "range_not_satisfiable", "The range lies outside of what is here.");
    response.headers.set("Content-Range", "bytes */" + std::to_string(content.size()));
    co_return co_await exchange.respond(std::move(response));
  }
  Head head{.status = plan.status, .headers = std::move(content.headers), .length = content.size()};
  head.headers.set("Accept-Ranges", "bytes");
  if (!content.validators.etag.empty()) head.headers.set("ETag", content.validators.etag);
  if (content.validators.last_modified)
    head.headers.set("Last-Modified", format_http_date(*content.validators.last_modified));
  if (plan.status != 304) head.headers.set("Content-Type", content.type);
  if (plan.parts.size() > 1) co_return co_await send_parts(exchange, content, std::move(head), plan.parts);
  ByteRange part{0, content.size()};
  if (plan.status == 206) {
    part = plan.parts.front();
    head.headers.set("Content-Range", content_range(part, content.size()));
    head.length = part.length;
  }
  if (auto begun = exchange.begin(std::move(head)); !begun) co_return begun;
  if (plan.status != 304)
    if (auto sent = co_await send_part(exchange, content, part); !sent) co_return sent;
  co_return co_await exchange.end();
}

}  // namespace skerry::http
