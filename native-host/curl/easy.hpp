#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "shared/error.hpp"

/// What every use of libcurl has in common.
namespace skerry::curl {

inline constexpr std::string_view kUserAgent = "skerry/0.1";

/// libcurl's own life in this process; may be held many times.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

/// What a failure of libcurl comes to: what follows from it is the same for all.
enum class Fault {
  timeout,      ///< nobody answered in time
  unreachable,  ///< no connection: the name, the address, the proxy or TLS
  lost,         ///< the connection broke, or what came is no HTTP
  bad_url,      ///< not a URL, or neither http nor https
  aborted,      ///< by a callback of ours
  other,
};

/// The code of each: `timeout`, `connect_failed`, `connection_lost`, `bad_url`, `stopped`, `request_failed`.
std::string_view code_of(Fault fault);
ErrorKind kind_of(Fault fault);

struct Options {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{0};  ///< for the whole exchange; 0: none
  std::chrono::seconds stall_timeout{
      0};                ///< it ends when less than `stall_speed` came or went for so long; 0: never
  long stall_speed = 1;  ///< bytes in a second
  long redirects = 0;    ///< that are followed, within http and https
  std::string user_agent = std::string(kUserAgent);
};

/// One transfer's handle. Its settings hold for one transfer, its connections are kept for the next.
///
/// http and https alone; certificates are always checked; no signals; a proxy is taken from the environment
/// (HTTPS_PROXY, NO_PROXY, …). Callbacks and their data are the user's to set.
class Easy {
 public:
  Easy();
  Easy(Easy&&) noexcept = default;
  Easy& operator=(Easy&&) noexcept = default;

  /// Forgets the last transfer, and sets what all have in common.
  void prepare(const std::string& url, const Options& options);
  /// A field of the request's head. Error: `request_failed` (kind `usage`) for what would break the head.
  Result<void> add_header(std::string_view name, std::string_view value);
  /// A line as libcurl wants it: `Expect:` takes a field away.
  void add_header_line(const std::string& line);
  /// After all headers.
  void set_headers();

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_.get(), option, value);
  }
  template <class Value>
  Value info(CURLINFO info) const {
    Value value{};
    curl_easy_getinfo(handle_.get(), info, &value);
    return value;
  }
  [[nodiscard]] CURL* get() const { return handle_.get(); }

  /// About a transfer that has ended with `code`.
  [[nodiscard]] Fault fault_of(CURLcode code) const;
  /// With libcurl's words, which hold nothing of the headers.
  [[nodiscard]] Error error_of(CURLcode code) const;

 private:
  struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using Words = std::array<char, CURL_ERROR_SIZE>;

  std::unique_ptr<Words> words_;  // at a fixed address, and there as long as the handle
  std::unique_ptr<curl_slist, Free> headers_;
  std::unique_ptr<CURL, Free> handle_;
};

}  // namespace skerry::curl
