#include "native-host/http/client.hpp"

#include <array>
#include <string_view>

#include <curl/curl.h>

namespace skerry::http {
namespace {

/// An exchange under way, as libcurl's callbacks see it.
struct Exchange {
  ClientResponse response;
  std::size_t max_body = 0;
  bool too_large = false;
  std::stop_token stop;
};

std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  if (exchange.response.body.size() + size * count > exchange.max_body) {
    exchange.too_large = true;
    return 0;
  }
  exchange.response.body.append(data, size * count);
  return size * count;
}

std::size_t on_header(const char* data, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  std::string_view line(data, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) exchange.response.headers = {};  // after a 100 Continue, or a proxy's answer
  if (const auto colon = line.find(':'); colon != std::string_view::npos)
    exchange.response.headers.add(line.substr(0, colon), trim(line.substr(colon + 1)));
  return size * count;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(context)->stop.stop_requested() ? 1 : 0;
}

std::string_view code_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return "timeout";
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return "connect_failed";
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return "connection_lost";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return "bad_url";
    default: break;
  }
  return "request_failed";
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

HeaderList header_list(const Headers& headers) {
  // Expect: 100-continue would cost a second where a server doesn't answer it.
  HeaderList list(curl_slist_append(nullptr, "Expect:"));
  for (const auto& field : headers) {
    const std::string line = field.name + ": " + field.value;
    list.reset(curl_slist_append(list.release(), line.c_str()));
  }
  return list;
}

}  // namespace

struct Client::State {
  explicit State(ClientOptions chosen) : options(chosen) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    easy = curl_easy_init();
  }
  ~State() {
    curl_easy_cleanup(easy);
    curl_global_cleanup();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ClientOptions options;
  CURL* easy;
};

Client::Client(ClientOptions options) : state_(std::make_unique<State>(options)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::send(const ClientRequest& request, const std::stop_token& stop) {
  CURL* easy = state_->easy;
  const auto& options = state_->options;
  Exchange exchange{.response = {}, .max_body = options.max_body, .stop = stop};
  std::array<char, CURL_ERROR_SIZE> words{};
  const auto headers = header_list(request.headers);
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "skerry/0.1");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &exchange);
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method != "HEAD") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());

  const CURLcode code = curl_easy_perform(easy);
  if (exchange.too_large) {
    return fail("body_too_large",
                "The answer is larger than " + std::to_string(options.max_body) + " bytes.");
  }
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail("stopped", "The program is stopping.");
  if (code != CURLE_OK) {
    const std::string text = words[0] != '\0' ? words.data() : curl_easy_strerror(code);
    return fail(std::string(code_of(code)), text + ".");
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

std::string encode_segment(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                            c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
  }
  return out;
}

}  // namespace skerry::http
