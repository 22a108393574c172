#include "native-host/program/settings.hpp"

#include <filesystem>
#include <optional>
#include <system_error>
#include <tuple>

#include "native-host/http/listener.hpp"
#include "native-host/program/conninfo.hpp"
#include "shared/address.hpp"
#include "shared/comma_list.hpp"
#include "shared/http.hpp"

namespace skerry::program {
namespace {

using config::field;

std::optional<config::Broken> judge_tls(const Settings& settings) {
  const auto& [certificate, key] = std::tie(settings.tls_certificate, settings.tls_key);
  if (certificate.empty() != key.empty())
    return config::Broken{certificate.empty() ? "tls.key" : "tls.certificate",
                          "\"tls.certificate\" and \"tls.key\" go together: set both, or neither."};
  if (certificate.empty() && !settings.tls_redirect_listen.empty())
    return config::Broken{"tls.redirect_listen",
                          "\"tls.redirect_listen\" leads to https, which needs tls.certificate and tls.key."};
  return std::nullopt;
}

bool is_every_host(std::string_view host) {
  const auto number = Address::parse(host);
  return host.empty() || (number && (number->text() == "0.0.0.0" || number->text() == "::"));
}

bool is_loopback(std::string_view host) {
  const auto number = Address::parse(host);
  return equal_ignoring_case(host, "localhost") ||
         (number && (number->text() == "127.0.0.1" || number->text() == "::1"));
}

/// Names are compared as they are written: what they stand for is known at the start only.
bool are_same_host(std::string_view one, std::string_view other) {
  if (is_every_host(one) || is_every_host(other) || equal_ignoring_case(one, other)) return true;
  const auto a = Address::parse(one);
  const auto b = Address::parse(other);
  // One of them is a name.
  if (!a || !b) return is_loopback(one) && is_loopback(other);
  return a == b;
}

std::filesystem::path plain_path(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  return (error ? std::filesystem::path(path) : whole).lexically_normal();
}

}  // namespace

Proxies proxies_of(const Settings& settings) {
  return Proxies::parse(join_commas(settings.trusted_proxies), join_commas(settings.forwarded_headers))
      .value_or(Proxies());
}

bool is_listen_address(std::string_view text) {
  return text.empty() || http::parse_address(text).has_value();
}

bool listen_addresses_clash(std::string_view one, std::string_view other) {
  const auto a = http::parse_address(one);
  const auto b = http::parse_address(other);
  if (!a || !b || a->is_unix() != b->is_unix()) return false;
  if (a->is_unix()) return plain_path(a->path) == plain_path(b->path);
  return a->port == b->port && a->port != 0 && are_same_host(a->host, b->host);
}

config::Table settings_table() {
  using S = Settings;
  auto table = config::Table::of<S>("program");
  table.rows({
      {.name = "data_dir",
       .field = field<&S::data_dir>,
       .help = "Folder of everything that the program keeps",
       .fits = [](std::string_view text) { return !text.empty(); },
       .wants = "a folder"},
      {.name = "database_url",
       .field = field<&S::database_url>,
       .help = "PostgreSQL to use; empty: a private one in data_dir",
       .secrecy = config::Secrecy::url},
      {"database_connections", field<&S::database_connections>,
       "To PostgreSQL, for requests and loops at the same time; the updater has some of its own", 1, 1000},
      {.name = "listen",
       .field = field<&S::listen>,
       .help = "Where to serve: HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH",
       .fits = [](std::string_view text) { return !text.empty() && is_listen_address(text); },
       .wants = kListenAddress,
       .distinct = "address",
       .clash = listen_addresses_clash},
      {"workers", field<&S::workers>, "Threads that serve; 0: one for each processor", 0, 1024},
      {"access_log", field<&S::access_log>,
       "A line on standard error for each request, of level info; where it is not set, none on a terminal"},
      {.name = "trusted_proxies",
       .field = field<&S::trusted_proxies>,
       .help =
           "Addresses and prefixes (10.0.0.0/8) of the proxies in front, which may say who the client is; "
           "unix: whoever comes through a Unix socket",
       .fits = Proxies::is_proxy,
       .wants = "a list of addresses, prefixes and unix, as 127.0.0.1 or 10.0.0.0/8"},
      {.name = "forwarded_headers",
       .field = field<&S::forwarded_headers>,
       .help =
           "Headers in which they say it, each of which they set themselves; the first that is there counts",
       .fits = Proxies::is_header,
       .wants = "a list of names of headers, as X-Forwarded-For"},
      {"tls.certificate", field<&S::tls_certificate>,
       "PEM file with the certificate and those between it and its root; with tls.key, listen speaks TLS"},
      {"tls.key", field<&S::tls_key>, "PEM file with its private key, readable by its owner only"},
      {.name = "tls.redirect_listen",
       .field = field<&S::tls_redirect_listen>,
       .help = "Where to answer every request with a redirection to https; empty: nowhere",
       .fits = is_listen_address,
       .wants = kListenAddress,
       .distinct = "address",
       .clash = listen_addresses_clash},
      {"stop_timeout", field<&S::stop_timeout>,
       "In which the program ends when it is told to: half of it is for running requests, half for a private "
       "PostgreSQL",
       0, kHour},

      {.name = "limits.header_bytes",
       .field = field<&S::max_header_bytes>,
       .help = "Of a request's head",
       .min = 1024,
       .max = 1 << 20,
       .unit = config::Unit::bytes},
      {.name = "limits.body_bytes",
       .field = field<&S::max_body_bytes>,
       .help = "Of a request's body",
       .min = 0,
       .max = 1 << 30,
       .unit = config::Unit::bytes},
      {.name = "limits.memory",
       .field = field<&S::max_memory>,
       .help = "Of all larger heads and bodies that are in memory at once, and of answers that nobody reads; "
               "beyond "
               "it requests with one get 503",
       .min = 1 << 20,
       .max = kMaxSize,
       .unit = config::Unit::bytes},
      {"limits.connections", field<&S::max_connections>,
       "Open at once, as far as there are descriptors (ulimit -Hn); beyond it one that waits for a request "
       "is closed for the new one",
       1, 1'000'000},
      {"limits.client_connections", field<&S::max_client_connections>,
       "Open at once from one address or IPv6 /64, but for loopback, Unix sockets and trusted_proxies; 0: no "
       "limit",
       0, 1'000'000},
      {"limits.client_requests", field<&S::max_client_requests>,
       "In a second from one of these, or of one client that trusted_proxies name; 0: no limit", 0,
       1'000'000},
      {"limits.waiting", field<&S::max_waiting>, "Requests to one function that wait for its answer", 1,
       1'000'000},
      {"limits.idle_timeout", field<&S::idle_timeout>, "Between two requests of a connection", 100, kDay},
      {"limits.request_timeout", field<&S::request_timeout>, "For a head, or for a step of a body", 100,
       kHour},

      {.name = "log.level",
       .field = field<&S::log_level>,
       .help = "The least important lines to write",
       .choices = {"debug", "info", "warning", "error"},
       .live = true},
      {.name = "log.format",
       .field = field<&S::log_format>,
       .help = "Form of the program's own lines on standard error",
       .choices = {"text", "json"}},
  });
  table.rule<S, judge_tls>();
  table.foreign({{.name = "DATABASE_URL", .setting = "database_url", .weight = 3}});
  table.foreign([](const config::Environment& environment, config::ForeignNames& out) {
    read_conninfo_parts(environment, "POSTGRES_", "PGPORT", 0, out);
    warn_of_libpq_names(environment, out);
  });
  return table;
}

}  // namespace skerry::program
