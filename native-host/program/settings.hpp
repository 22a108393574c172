#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native-host/config/settings.hpp"
#include "shared/client.hpp"

namespace skerry::program {

/// The trunk's settings: what any capability stands on.
struct Settings {
  std::string data_dir = ".skerry";
  std::string database_url;  ///< empty: a private cluster under data_dir
  std::int64_t database_connections = 8;

  std::string listen = "127.0.0.1:8080";
  std::int64_t workers = 0;  ///< 0: one per processor
  bool access_log = true;
  std::vector<std::string> trusted_proxies;  ///< addresses, prefixes, `unix`
  std::vector<std::string> forwarded_headers = {"X-Forwarded-For"};
  std::string tls_certificate;  ///< with a key: `listen` speaks TLS
  std::string tls_key;
  std::string tls_redirect_listen;  ///< empty: nowhere

  std::int64_t max_header_bytes = std::int64_t{64} * 1024;
  std::int64_t max_body_bytes = std::int64_t{1} << 20U;
  std::int64_t max_connections = 10'000;
  std::int64_t max_client_connections = 256;
  std::int64_t max_client_requests = 1000;
  std::int64_t max_memory = std::int64_t{128} << 20U;
  std::int64_t max_waiting = 4096;
  config::Duration idle_timeout = std::chrono::seconds(75);
  config::Duration request_timeout = std::chrono::seconds(20);
  config::Duration stop_timeout = std::chrono::seconds(10);

  std::string log_level = "info";
  std::string log_format = "text";
};

config::Table settings_table();

/// Whose word on the client counts.
Proxies proxies_of(const Settings& settings);

/// For rows of other tables: `HOST:PORT`, `[IPV6]:PORT`, `:PORT`, `unix:PATH` or nothing.
bool is_listen_address(std::string_view text);
/// True if one can't listen at both: the same port, at the same host or at all of them. Port 0 is any.
bool listen_addresses_clash(std::string_view one, std::string_view other);
inline constexpr std::string_view kListenAddress = "an address: HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH";

inline constexpr std::int64_t kSecond = 1000;  ///< of limits, which are in milliseconds
inline constexpr std::int64_t kHour = 3600 * kSecond;
inline constexpr std::int64_t kDay = 24 * kHour;
inline constexpr std::int64_t kMaxSize = std::int64_t{1} << 50U;

}  // namespace skerry::program
