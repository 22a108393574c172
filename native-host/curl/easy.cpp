#include "native-host/curl/easy.hpp"

#include <new>
#include <tuple>

#include "shared/http.hpp"

namespace skerry::curl {
namespace {

constexpr long kLongestIdle = 600;  // seconds, after which a kept connection is not trusted

}  // namespace

Library::Library() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

Library::~Library() {
  curl_global_cleanup();
}

std::string_view code_of(Fault fault) {
  switch (fault) {
    case Fault::timeout: return "timeout";
    case Fault::unreachable: return "connect_failed";
    case Fault::lost: return "connection_lost";
    case Fault::bad_url: return "bad_url";
    case Fault::aborted: return "stopped";
    case Fault::other: break;
  }
  return "request_failed";
}

ErrorKind kind_of(Fault fault) {
  switch (fault) {
    case Fault::timeout:
    case Fault::unreachable:
    case Fault::lost: return ErrorKind::unavailable;
    case Fault::bad_url: return ErrorKind::usage;
    case Fault::aborted: return ErrorKind::stopped;
    case Fault::other: break;
  }
  return ErrorKind::failed;
}

Easy::Easy() : words_(std::make_unique<Words>()), handle_(curl_easy_init()) {
  if (!handle_) throw std::bad_alloc();
}

void Easy::prepare(const std::string& url, const Options& options) {
  curl_easy_reset(handle_.get());
  headers_.reset();
  words_->fill('\0');
  set(CURLOPT_URL, url.contains('\0') ? "" : url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, options.redirects > 0 ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, options.redirects);
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, options.stall_speed);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
  set(CURLOPT_MAXAGE_CONN, kLongestIdle);
  set(CURLOPT_ERRORBUFFER, words_->data());
}

Result<void> Easy::add_header(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value))
    return fail(ErrorKind::usage, "request_failed", "A header of the request holds what no header may.");
  // libcurl takes a name without a value for one to be left out, and `Name;` for an empty one.
  add_header_line(std::string(name).append(value.empty() ? ";" : ": ").append(value));
  return {};
}

void Easy::add_header_line(const std::string& line) {
  auto* longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  std::ignore = headers_.release();
  headers_.reset(longer);
}

void Easy::set_headers() {
  set(CURLOPT_HTTPHEADER, headers_.get());
}

Fault Easy::fault_of(CURLcode code) const {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return Fault::timeout;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR: return Fault::unreachable;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return Fault::lost;
    case CURLE_URL_MALFORMAT: return Fault::bad_url;
    case CURLE_ABORTED_BY_CALLBACK: return Fault::aborted;
    case CURLE_UNSUPPORTED_PROTOCOL: {
      // Of a URL before there was a connection; behind one, an answer in another language.
      const std::string_view peer = info<const char*>(CURLINFO_PRIMARY_IP);
      return peer.empty() ? Fault::bad_url : Fault::lost;
    }
    default: return Fault::other;
  }
}

Error Easy::error_of(CURLcode code) const {
  const auto fault = fault_of(code);
  if (fault == Fault::aborted) return {"stopped", "The program is stopping.", kind_of(fault)};
  const std::string words = (*words_)[0] != '\0' ? words_->data() : curl_easy_strerror(code);
  return {std::string(code_of(fault)), words + ".", kind_of(fault)};
}

}  // namespace skerry::curl
