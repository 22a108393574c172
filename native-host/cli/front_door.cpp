#include "native-host/cli/front_door.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include <spdlog/fmt/fmt.h>

#include "native-host/cli/publication.hpp"
#include "native-host/cli/request_meter.hpp"
#include "native-host/cli/secret.hpp"
#include "native-host/edge/store_port.hpp"
#include "native-host/http/server.hpp"
#include "native-host/kv/wire.hpp"
#include "shared/address.hpp"
#include "shared/client.hpp"
#include "shared/comma_list.hpp"
#include "shared/events/event.hpp"
#include "wasm-runtime/host/bundle.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::cli {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return system_now(); }
};

/// One function of the bundle behind the server.
struct Mounted {
  Mounted(const sandbox::Function& f, sandbox::Ports ports, const config::Settings& settings,
          metrics::Registry& registry)
      : function(f),
        meter(registry, std::string(f.name)),
        sandbox({.waiting = static_cast<std::uint32_t>(settings.max_waiting)}, std::move(ports)),
        handler{.respond_later =
                    [this](const Request& request, http::Later later) {
                      auto worker = later.worker();
                      sandbox.run(function, request, {.answer = std::move(later), .post = std::move(worker)});
                    },
                .max_body_bytes =
                    std::max(static_cast<std::uint64_t>(settings.max_body_bytes), std::uint64_t{f.max_body}),
                .max_waiting = static_cast<unsigned>(settings.max_waiting),
                .observe = meter.observer()} {}
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  sandbox::Function function;
  RequestMeter meter;
  sandbox::Sandbox sandbox;
  http::Handler handler;
};

/// What the function is set to; where that says nothing, what the program knows.
abi::Settings settings_of(const config::Settings& settings, std::string_view function, Report& report) {
  config::FunctionSettings all;
  if (const auto found = settings.functions.find(function); found != settings.functions.end())
    all = found->second;
  if (!settings.trusted_proxies.empty())
    all.try_emplace("trusted_proxies", join_commas(settings.trusted_proxies));
  if (function == "health") {
    all.try_emplace("source", "origin");
    all.try_emplace("health_code", read_secret(health_code(settings), report));
  } else if (function == "metrics") {
    all.try_emplace("source", "origin");
    all.try_emplace("metrics_code", read_secret(metrics_code(settings), report));
  }
  abi::Settings out;
  for (const auto& [name, value] : all) out.push_back({name, value});
  return out;
}

/// A setting of whichever function has it, for the table of routes.
class FunctionSettings final : public Config {
 public:
  explicit FunctionSettings(const config::Settings& settings) : functions_(settings.functions) {}
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
    for (const auto& [function, settings] : functions_) {
      if (const auto found = settings.find(name); found != settings.end()) return found->second;
    }
    return std::nullopt;
  }

 private:
  const decltype(config::Settings::functions)& functions_;
};

Result<std::vector<http::Address>> parse_addresses(const std::string& text) {
  auto address = http::parse_address(text);
  if (!address) return std::unexpected(address.error());
  return std::vector{*std::move(address)};
}

std::vector<std::string> texts(const http::Server& server) {
  std::vector<std::string> out;
  for (const auto& address : server.addresses()) {
    out.push_back((address.is_unix() ? "" : "http://") + address.text());
  }
  return out;
}

class Door final : public FrontDoor {
 public:
  Door(const config::Settings& settings, const Behind& behind, Report& report)
      : settings_(settings),
        function_settings_(settings),
        behind_(behind),
        report_(report),
        store_port_(behind.store, behind.registry),
        probe_meter_(behind.registry, "probe"),
        ingest_meter_(behind.registry, "ingest"),
        other_meter_(behind.registry, "none") {}
  ~Door() override { close(); }

  Result<void> start() {
    auto proxies = parse_prefixes(join_commas(settings_.trusted_proxies));
    if (!proxies) return fail("config_invalid", "trusted_proxies has what is no address and no prefix.");
    trusted_proxies_ = *std::move(proxies);
    for (const sandbox::Function& function : sandbox::bundle()) {
      auto mounted = std::make_unique<Mounted>(
          function,
          sandbox::Ports{store_port_, clock_, report_, settings_of(settings_, function.name, report_),
                         behind_.events.port(), &behind_.origin},
          settings_, behind_.registry);
      if (auto started = mounted->sandbox.start(function); !started) return started;
      functions_.emplace(function.module, std::move(mounted));
    }
    probe_ = {.respond = [this](const Request& request) { return behind_.origin.outside(request); },
              .observe = probe_meter_.observer()};
    ingest_ = {
        .respond_later = [this](Request& request,
                                http::Later later) { behind_.events.ingest(request, std::move(later)); },
        .max_body_bytes = events::kMaxBatch,
        .max_waiting = static_cast<unsigned>(settings_.max_waiting),
        .observe = ingest_meter_.observer()};
    auto listening = listen(settings_.listen, [this](const Request& head) { return route(head); });
    if (!listening) return std::unexpected(listening.error());
    server_ = *std::move(listening);
    connections_ = behind_.registry.gauge("skerry_http_connections", "Open connections", {}, [this] {
      return static_cast<double>(server_->open_connections());
    });
    if (settings_.kv_listen.empty()) return {};

    kv_handler_ = {
        .respond =
            [this](const Request& request) { return kv::handle(request, behind_.store, system_now()); },
        .max_body_bytes = kv::kMaxWireBody};
    listening = listen(settings_.kv_listen, [this](const Request&) { return &kv_handler_; });
    if (!listening) return std::unexpected(listening.error());
    kv_server_ = *std::move(listening);
    return {};
  }

  [[nodiscard]] std::vector<std::string> addresses() const override { return texts(*server_); }
  [[nodiscard]] std::vector<std::string> kv_addresses() const override {
    return kv_server_ ? texts(*kv_server_) : std::vector<std::string>();
  }

  void close() override {
    connections_ = {};
    if (server_) server_->stop(settings_.stop_timeout);
    if (kv_server_) kv_server_->stop(settings_.stop_timeout);
    server_.reset();
    kv_server_.reset();
  }

 private:
  const http::Handler* route(const Request& head) {
    if (const auto* function = sandbox::find_route(head, function_settings_); function != nullptr)
      return &functions_.at(function->module)->handler;
    const auto path = head.path();
    if (path == "/livez" || path == "/readyz") return &probe_;
    return path == "/ingest" ? &ingest_ : nullptr;
  }

  Result<std::unique_ptr<http::Server>> listen(const std::string& where, http::Router router) {
    auto addresses = parse_addresses(where);
    if (!addresses) return std::unexpected(addresses.error());
    http::Options options{.listen = *std::move(addresses),
                          .workers = settings_.workers > 0
                                         ? static_cast<unsigned>(settings_.workers)
                                         : std::max(1U, std::thread::hardware_concurrency()),
                          .max_header_bytes = static_cast<std::size_t>(settings_.max_header_bytes),
                          .max_connections = static_cast<unsigned>(settings_.max_connections),
                          .idle_timeout = settings_.idle_timeout,
                          .request_timeout = settings_.request_timeout,
                          .observe = other_meter_.observer(),
                          .log = &report_};
    if (!trusted_proxies_.empty()) {
      options.client = [this](const Request& request) {
        const auto client = client_of(request, trusted_proxies_);
        return client ? client->text() : request.client;
      };
    }
    if (settings_.access_log) {
      options.access_log = [this](std::string&& lines) { report_.pass(std::move(lines)); };
    }
    return http::Server::start(std::move(options), std::move(router));
  }

  const config::Settings& settings_;
  FunctionSettings function_settings_;
  const Behind behind_;
  Report& report_;
  std::vector<Prefix> trusted_proxies_;
  edge::StorePort store_port_;
  SystemClock clock_;
  std::map<const skerry_module*, std::unique_ptr<Mounted>> functions_;
  RequestMeter probe_meter_;
  RequestMeter ingest_meter_;
  RequestMeter other_meter_;
  http::Handler probe_;
  http::Handler ingest_;
  http::Handler kv_handler_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> kv_server_;
  metrics::Callback connections_;
};

}  // namespace

Result<std::unique_ptr<FrontDoor>> FrontDoor::open(const config::Settings& settings, const Behind& behind,
                                                   Report& report) {
  auto door = std::make_unique<Door>(settings, behind, report);
  if (auto started = door->start(); !started) return std::unexpected(std::move(started.error()));
  return door;
}

void announce(const FrontDoor& door, Report& report) {
  for (const std::string& address : door.addresses()) {
    const auto words =
        address.starts_with("http")
            ? fmt::format("The view is at {0}/latest, the page at {0}/status, the tracker at {0}/t", address)
            : "The view, the page and the tracker";
    report.info("serving", words, {{"address", address}});
  }
  for (const std::string& address : door.kv_addresses())
    report.info("serving_kv", "The key-value store for workerd", {{"address", address}});
}

}  // namespace skerry::cli
