#include "native-host/http/client.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "native-host/curl/easy.hpp"

namespace skerry::http {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kLargestHead = 256UL << 10U;

/// An exchange under way, as libcurl's callbacks see it.
struct Exchange {
  const ClientRequest& request;
  const curl::Easy& easy;
  std::size_t max_body;
  const std::stop_token& stop;
  ClientResponse response = {};
  std::size_t head_size = 0;
  std::uint64_t uploaded = 0;
  std::optional<Error> error = {};  ///< why a callback ended it

  bool fail_with(Error why) {
    error = std::move(why);
    return false;
  }
  [[nodiscard]] bool has_sink() const {
    return request.download != nullptr && easy.info<long>(CURLINFO_RESPONSE_CODE) / 100 == 2;
  }
  bool take_body(std::string_view piece);
  bool take_header(std::string_view line);
  std::optional<std::size_t> give(std::span<char> room);
};

bool Exchange::take_body(std::string_view piece) {
  if (has_sink()) {
    const auto written = request.download->write(piece);
    return written || fail_with(written.error());
  }
  if (response.body.size() + piece.size() > max_body)
    return fail_with({"body_too_large", "The answer is larger than " + std::to_string(max_body) + " bytes."});
  response.body += piece;
  return true;
}

bool Exchange::take_header(std::string_view line) {
  head_size += line.size();
  if (head_size > kLargestHead)
    return fail_with({"head_too_large", "The answer's head is larger than 256 KiB."});
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) response.headers = {};  // after a 100 Continue, or a proxy's answer
  if (const auto colon = line.find(':'); colon != std::string_view::npos)
    response.headers.add(line.substr(0, colon), trim(line.substr(colon + 1)));
  return true;
}

std::optional<std::size_t> Exchange::give(std::span<char> room) {
  if (request.upload_size)
    room = room.first(std::min<std::uint64_t>(room.size(), *request.upload_size - uploaded));
  if (room.empty()) return 0;
  const auto count = request.upload->read(room);
  if (!count) {
    fail_with(count.error());
    return std::nullopt;
  }
  if (*count == 0 && request.upload_size) {
    fail_with({"upload_short", "There is less to upload than was announced."});
    return std::nullopt;
  }
  uploaded += *count;
  return *count;
}

std::size_t on_body(const char* data, std::size_t, std::size_t size, void* context) {
  return static_cast<Exchange*>(context)->take_body({data, size}) ? size : CURL_WRITEFUNC_ERROR;
}

std::size_t on_header(const char* data, std::size_t, std::size_t size, void* context) {
  return static_cast<Exchange*>(context)->take_header({data, size}) ? size : CURL_WRITEFUNC_ERROR;
}

std::size_t on_upload(char* room, std::size_t size, std::size_t count, void* context) {
  return static_cast<Exchange*>(context)->give({room, size * count}).value_or(CURL_READFUNC_ABORT);
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(context)->stop.stop_requested() ? 1 : 0;
}

/// What is left of a time-out; nothing: the deadline has passed.
std::optional<milliseconds> time_left(milliseconds timeout, Clock::time_point deadline) {
  if (deadline == Clock::time_point::max()) return timeout;
  const auto left = std::chrono::floor<milliseconds>(deadline - Clock::now());
  if (left <= milliseconds(0)) return std::nullopt;
  return timeout == milliseconds(0) ? left : std::min(left, timeout);
}

void set_method_and_body(curl::Easy& easy, const ClientRequest& request, Exchange& exchange) {
  if (request.upload != nullptr) {
    easy.set(CURLOPT_UPLOAD, 1L);
    easy.set(CURLOPT_READFUNCTION, &on_upload);
    easy.set(CURLOPT_READDATA, &exchange);
    if (request.upload_size)
      easy.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(*request.upload_size));
  } else if (request.method == "HEAD") {
    easy.set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    easy.set(CURLOPT_POSTFIELDS, request.body.data());
    easy.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method != "HEAD") easy.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

Result<void> set_headers(curl::Easy& easy, const ClientRequest& request) {
  if (!is_token(request.method))
    return fail(ErrorKind::usage, "request_failed", "The request's method is none.");
  // For what is small, 100-continue would cost a second where a server doesn't answer it.
  const bool is_small = request.upload == nullptr || request.upload_size == 0U;
  easy.add_header_line(is_small ? "Expect:" : "Expect: 100-continue");
  for (const auto& field : request.headers)
    if (auto added = easy.add_header(field.name, field.value); !added) return added;
  easy.set_headers();
  return {};
}

}  // namespace

struct Client::State {
  explicit State(ClientOptions chosen) : options(chosen) {}

  ClientOptions options;
  curl::Library library;
  curl::Easy easy;
};

Client::Client(ClientOptions options) : state_(std::make_unique<State>(options)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::send(const ClientRequest& request, const std::stop_token& stop) {
  auto& easy = state_->easy;
  const auto& options = state_->options;
  if (stop.stop_requested()) return fail(ErrorKind::stopped, "stopped", "The program is stopping.");
  const auto timeout = time_left(options.timeout, request.deadline);
  if (!timeout) return fail(ErrorKind::unavailable, "timeout", "There is no time left for the request.");

  Exchange exchange{.request = request, .easy = easy, .max_body = options.max_body, .stop = stop};
  easy.prepare(request.url, {.connect_timeout = options.connect_timeout,
                             .timeout = *timeout,
                             .stall_timeout = options.stall_timeout});
  if (auto set = set_headers(easy, request); !set) return std::unexpected(set.error());
  set_method_and_body(easy, request, exchange);
  easy.set(CURLOPT_WRITEFUNCTION, &on_body);
  easy.set(CURLOPT_WRITEDATA, &exchange);
  easy.set(CURLOPT_HEADERFUNCTION, &on_header);
  easy.set(CURLOPT_HEADERDATA, &exchange);
  easy.set(CURLOPT_NOPROGRESS, 0L);
  easy.set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  easy.set(CURLOPT_XFERINFODATA, &exchange);

  const CURLcode code = curl_easy_perform(easy.get());
  if (exchange.error) return std::unexpected(*std::move(exchange.error));
  if (code != CURLE_OK) return std::unexpected(easy.error_of(code));
  exchange.response.status = static_cast<int>(easy.info<long>(CURLINFO_RESPONSE_CODE));
  if (exchange.has_sink())
    if (auto ended = request.download->end(); !ended) return std::unexpected(ended.error());
  return std::move(exchange.response);
}

}  // namespace skerry::http
