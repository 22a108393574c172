#include "native-host/program/front_door.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <unistd.h>

#include "native-host/program/descriptors.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/trunk_checks.hpp"
#include "shared/client.hpp"

namespace skerry::program {
namespace {

std::string text_of(const http::Address& address, bool secure) {
  return (address.is_unix() ? "" : secure ? "https://" : "http://") + address.text();
}

}  // namespace

FrontDoor::FrontDoor(const config::Loaded& loaded, const Routes& routes, metrics::Registry& registry,
                     Report& report)
    : settings_(loaded.get<Settings>()),
      routes_(routes),
      report_(report),
      access_log_(loaded, report),
      logs_access_(AccessLog::is_wanted(loaded, isatty(STDERR_FILENO) == 1)),
      other_meter_(registry, "none") {}

Result<std::unique_ptr<FrontDoor>> FrontDoor::open(const config::Loaded& loaded, const Routes& routes,
                                                   metrics::Registry& registry, Report& report) {
  std::unique_ptr<FrontDoor> door(new FrontDoor(loaded, routes, registry, report));
  http::Options options;
  if (auto secured = door->secure(options); !secured) return std::unexpected(std::move(secured).error());
  const auto connections = door->connections();
  auto server = door->listen(door->settings_.listen, connections.front(), std::move(options),
                             [&routes](const Request& head) { return routes.find(head); });
  if (!server) return std::unexpected(std::move(server).error());
  door->servers_.push_back(*std::move(server));
  for (const auto& each : routes.doors()) {
    server = door->listen(each.address, connections[door->servers_.size()], {},
                          [&each](const Request&) { return &each.handler; });
    if (!server) return std::unexpected(std::move(server).error());
    door->servers_.push_back(*std::move(server));
  }
  door->connections_ = registry.gauge("skerry_http_connections", "Open connections", {}, [&door = *door] {
    return static_cast<double>(door.servers_.front()->open_connections());
  });
  if (door->servers_.front()->certificate_end()) {
    door->certificate_end_ = registry.gauge(
        "skerry_tls_certificate_end_timestamp_seconds", "When the certificate in use ends", {},
        [&door = *door] {
          return std::chrono::duration<double>(door.servers_.front()->certificate_end()->time_since_epoch())
              .count();
        });
    door->tell_certificate();
  }
  return door;
}

/// Once, at the start: clients that are refused are on no server's log.
void FrontDoor::tell_certificate() const {
  const auto finding = judge_certificate(system_now(), *servers_.front()->certificate_end());
  if (finding.status != Finding::Status::ok)
    report_.warning("certificate_ends", finding.message + " " + finding.advice);
}

/// Of each server, so that all of them leave descriptors for the program's own files.
std::vector<unsigned> FrontDoor::connections() const {
  const auto descriptors = raise_descriptor_limit();
  const auto own = kOwnFiles + static_cast<std::uint64_t>(settings_.database_connections);
  auto shares = share_connections(descriptors, own, settings_.max_connections, 1 + routes_.doors().size());
  if (shares.front() < settings_.max_connections)
    report_.warning("connections_limited",
                    Error{"few_descriptors",
                          "Fewer connections are possible than limits.connections says: raise LimitNOFILE= "
                          "(ulimit -Hn), or lower the setting."},
                    {{"connections", shares.front()},
                     {"wanted", settings_.max_connections},
                     {"descriptors", descriptors}});
  return shares;
}

Result<std::unique_ptr<http::Server>> FrontDoor::listen(const std::string& where, unsigned connections,
                                                        http::Options options, http::Router router) {
  auto address = http::parse_address(where);
  if (!address) return std::unexpected(std::move(address).error());
  options.listen = {*std::move(address)};
  options.workers = settings_.workers > 0 ? static_cast<unsigned>(settings_.workers)
                                          : std::max(1U, std::thread::hardware_concurrency());
  options.max_header_bytes = static_cast<std::size_t>(settings_.max_header_bytes);
  options.max_memory = static_cast<std::uint64_t>(settings_.max_memory);
  options.max_connections = connections;
  options.per_peer = {.connections = static_cast<unsigned>(settings_.max_client_connections),
                      .requests = static_cast<unsigned>(settings_.max_client_requests),
                      .memory = options.max_memory / 4,
                      .unlimited = proxies_of(settings_).prefixes};
  // What comes from this machine is a proxy in front as a rule, and names others.
  for (const auto* own : {"127.0.0.0/8", "::1"}) options.per_peer.unlimited.push_back(*Prefix::parse(own));
  if (!settings_.trusted_proxies.empty())
    options.named_client = [proxies = proxies_of(settings_)](const Request& head) {
      return client_of(head, proxies);
    };
  options.idle_timeout = settings_.idle_timeout;
  options.request_timeout = settings_.request_timeout;
  options.observe = other_meter_.observer();
  options.log = &report_;
  if (logs_access_) {
    options.access_log = [this](std::string&& lines) { report_.pass(std::move(lines)); };
    options.access_line = [this](std::string& out, const Request& request, const http::AccessEntry& entry) {
      access_log_.append(out, request, entry);
    };
  }
  return http::Server::start(std::move(options), std::move(router));
}

/// TLS for the server of the routes; the doors have their own network.
Result<void> FrontDoor::secure(http::Options& options) {
  options.tls = {.certificate = settings_.tls_certificate, .key = settings_.tls_key};
  secure_ = !options.tls.empty();
  if (settings_.tls_redirect_listen.empty()) return {};
  auto redirect = http::parse_address(settings_.tls_redirect_listen);
  const auto listen = http::parse_address(settings_.listen);
  if (!redirect) return std::unexpected(std::move(redirect).error());
  options.redirect = {*std::move(redirect)};
  if (listen && listen->port != 0) options.redirect_port = listen->port;
  return {};
}

bool FrontDoor::reload(const config::Loaded& loaded) {
  access_log_.take(loaded);
  bool well = true;
  for (const auto& server : servers_) {
    const auto reloaded = server->reload();
    if (!reloaded) report_.error("reload_failed", reloaded.error());
    well = well && reloaded.has_value();
  }
  return well;
}

void FrontDoor::announce() const {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const auto addresses = servers_[i]->addresses();
    for (std::size_t j = 0; j < addresses.size(); ++j) {
      const auto& address = addresses[j];
      if (i == 0 && j > 0) {
        report_.info("serving_redirect", "Every request is sent on to https",
                     {{"address", text_of(address, false)}});
        continue;
      }
      const auto text = text_of(address, i == 0 && secure_);
      if (i == 0) {
        report_.info("serving", routes_.places(address.is_unix() ? "" : text), {{"address", text}});
      } else {
        const auto& door = routes_.doors()[i - 1];
        report_.info(door.event, door.words, {{"address", text}});
      }
    }
  }
}

void FrontDoor::close() {
  connections_ = {};
  const auto end = std::chrono::steady_clock::now() + settings_.stop_timeout / 2;
  for (const auto& server : servers_) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    server->stop(std::max(left, std::chrono::milliseconds(0)));
  }
  servers_.clear();
}

}  // namespace skerry::program
