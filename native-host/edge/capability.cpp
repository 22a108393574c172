#include "native-host/edge/capability.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "native-host/blocking/blocking.hpp"
#include "native-host/edge/own_origin.hpp"
#include "native-host/edge/pauses.hpp"
#include "native-host/edge/settings.hpp"
#include "native-host/edge/store_port.hpp"
#include "native-host/http/listener.hpp"
#include "native-host/kv/door.hpp"
#include "native-host/kv/wire.hpp"
#include "native-host/program/host.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/secrets.hpp"
#include "native-host/program/settings.hpp"
#include "shared/comma_list.hpp"
#include "wasm-runtime/host/bundle.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::edge {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return program::system_now(); }
};

/// What the function is set to; where that says nothing, what the program knows.
config::FunctionSettings settings_of(const config::Loaded& loaded, program::Report& report,
                                     std::string_view function) {
  config::FunctionSettings all;
  if (const auto found = loaded.functions.find(function); found != loaded.functions.end())
    all = found->second;
  const auto& trunk = loaded.get<program::Settings>();
  if (!trunk.trusted_proxies.empty()) all.try_emplace("trusted_proxies", join_commas(trunk.trusted_proxies));
  all.try_emplace("forwarded_headers", join_commas(trunk.forwarded_headers));
  const auto& settings = loaded.get<Settings>();
  if (function == "health") {
    all.try_emplace("source", "origin");
    all["health_code"] = program::read_for_door(settings.health_code, report);
  } else if (function == "metrics") {
    all.try_emplace("source", "origin");
    all["metrics_code"] = program::read_for_door(settings.metrics_code, report);
  }
  return all;
}

constexpr std::size_t kLargeBody = std::size_t{8} * 1024;
constexpr std::size_t kLargeGzip = 1024;

/// What a function would work on for more than a millisecond or two, which must not hold up the others of a
/// server's thread.
bool takes_long(const Request& request) {
  const auto size = request.body.size();
  return size > kLargeBody || (size > kLargeGzip && (request.headers.has("content-encoding") ||
                                                     request.body.starts_with("\x1f\x8b")));
}

blocking::Pool::Options pool_options(const program::Settings& settings) {
  return {.threads = std::max(1U, std::thread::hardware_concurrency()),
          .queue = static_cast<std::size_t>(settings.max_waiting)};
}

class Functions final : public program::Running {
 public:
  explicit Functions(program::Host& host)
      : store_port_(host.store(), host.registry()),
        origin_({.trouble = [&host](const Request& request) { return host.trouble(request); },
                 .health = [&host] { return host.health_now(); },
                 .metrics = [&host] { return host.metrics_now(); }}),
        large_(pool_options(host.settings<program::Settings>())) {}

  Result<void> mount(program::Host& host) {
    const auto functions = sandbox::bundle();
    const auto waiting = host.settings<program::Settings>().max_waiting;
    std::vector<program::Routes::Mounted*> mounted;
    for (const sandbox::Function& function : functions) {
      auto& box = *boxes_.emplace_back(std::make_unique<Box>(function));
      if (auto started = start(box, host.loaded(), host); !started) return started;
      // Of the functions that this program has, it is the one that sends events.
      auto* gate = function.name == "tracker" ? host.services().find<sandbox::EventsGate>() : nullptr;
      const auto largest = static_cast<std::uint64_t>(host.settings<program::Settings>().max_body_bytes);
      mounted.push_back(&host.routes().mount(
          "the function " + std::string(function.name), function.name,
          {.respond_later =
               [this, &box, gate](const Request& request, http::Later later) {
                 auto worker = later.worker();
                 sandbox::Caller caller{.answer =
                                            [&box, later = std::move(later)](Response response) mutable {
                                              if (box.function.name == "tracker")
                                                box.pauses.lengthen(response, program::system_now());
                                              later(std::move(response));
                                            },
                                        .post = std::move(worker)};
                 if (gate != nullptr) gate->watch(request, caller);
                 if (takes_long(request)) return run_aside(box, request, std::move(caller));
                 box.current.load()->run(box.function, request, std::move(caller));
               },
           .admit = admission(gate),
           .max_body_bytes = std::max(largest, std::uint64_t{function.max_body}),
           .max_waiting = static_cast<unsigned>(waiting)}));
    }
    const auto routes = sandbox::bundle_routes();
    for (const auto& [path, function] : routes.paths) mounted[function]->path(std::string(path));
    for (const auto& [path, function] : routes.html) mounted[function]->html_path(std::string(path));
    for (const auto& [setting, function] : routes.hosts)
      for (const auto& name : hosts_of(host, setting)) mounted[function]->host(name);
    host.on_reload([this, &host](const config::Loaded& loaded) {
      for (const auto& box : boxes_)
        if (auto started = start(*box, loaded, host); !started)
          host.report().error("reload_failed", started.error());
    });
    return {};
  }

  static std::function<std::optional<Response>(const Request&)> admission(sandbox::EventsGate* gate) {
    if (gate == nullptr) return {};
    return [gate](const Request& head) { return gate->refuse(head); };
  }

  void open_store_door(program::Host& host) {
    const auto& address = host.settings<Settings>().kv_listen;
    if (address.empty()) return;
    const auto where = http::parse_address(address);
    if (!where) return;
    kv_door_ = std::make_unique<kv::Door>(
        kv::Door::Options{.token = program::read_for_door(host.settings<Settings>().kv_token, host.report()),
                          .host = where->host,
                          .socket = where->path});
    const auto respond = [&store = host.store()](const Request& request) {
      return kv::handle(request, store, program::system_now());
    };
    const auto admit = [this](const Request& head) { return kv_door_->refuse(head); };
    host.routes().add_door(
        {.address = address,
         .event = "serving_kv",
         .words = "The key-value store for workerd",
         .handler = {.respond = respond, .admit = admit, .max_body_bytes = kv::kMaxWireBody}});
  }

 private:
  /// A function, as it is set now.
  struct Box {
    explicit Box(const sandbox::Function& which) : function(which) {}

    const sandbox::Function& function;
    config::FunctionSettings settings = {};
    std::atomic<sandbox::Sandbox*> current = nullptr;
    Pauses pauses = {};
    /// All that it had: requests may be under way in those of before. One for each reload that changed it.
    std::vector<std::unique_ptr<sandbox::Sandbox>> all = {};
  };

  /// The request lives as long as the caller does.
  void run_aside(Box& box, const Request& request, sandbox::Caller caller) {
    auto shared = std::make_shared<sandbox::Caller>(std::move(caller));
    const auto posted = large_.post([&box, &request, shared](const std::stop_token&) {
      box.current.load()->run(box.function, request, std::move(*shared));
    });
    if (posted) return;
    auto busy = error_response(503, "function_busy", "Too many large requests wait; try again.");
    busy.headers.set("Retry-After", "1");
    shared->answer(std::move(busy));
  }

  /// Starts it, or starts it anew where its settings are others now.
  Result<void> start(Box& box, const config::Loaded& loaded, program::Host& host) {
    auto settings = settings_of(loaded, host.report(), box.function.name);
    if (box.current != nullptr && settings == box.settings) return {};
    abi::Settings given;
    for (const auto& [name, value] : settings) given.push_back({name, value});
    const auto waiting = static_cast<std::uint32_t>(host.settings<program::Settings>().max_waiting);
    auto sandbox = std::make_unique<sandbox::Sandbox>(
        sandbox::Limits{.waiting = waiting},
        sandbox::Ports{store_port_, clock_, host.report(), std::move(given),
                       host.services().find<sandbox::EventsPort>(), &origin_});
    if (auto started = sandbox->start(box.function); !started) return started;
    box.settings = std::move(settings);
    box.current = box.all.emplace_back(std::move(sandbox)).get();
    return {};
  }

  /// The hosts in a setting of whichever function has it.
  static std::vector<std::string> hosts_of(const program::Host& host, std::string_view setting) {
    std::vector<std::string> hosts;
    for (const auto& [function, settings] : host.loaded().functions) {
      const auto found = settings.find(setting);
      if (found == settings.end()) continue;
      for (CommaList list(found->second); const auto item = list.next();) hosts.emplace_back(*item);
    }
    return hosts;
  }

  StorePort store_port_;
  SystemClock clock_;
  OwnOrigin origin_;
  std::unique_ptr<kv::Door> kv_door_;
  std::vector<std::unique_ptr<Box>> boxes_;
  blocking::Pool large_;  // last: it works in what is above
};

Result<std::unique_ptr<program::Running>> open(program::Host& host) {
  if (!host.roles().serves) return nullptr;
  auto functions = std::make_unique<Functions>(host);
  if (auto mounted = functions->mount(host); !mounted) return std::unexpected(std::move(mounted).error());
  functions->open_store_door(host);
  return functions;
}

std::vector<config::FunctionTable> functions() {
  std::vector<config::FunctionTable> tables;
  for (const sandbox::Function& function : sandbox::bundle())
    tables.push_back({function.name, function.settings});
  const auto routes = sandbox::bundle_routes();
  for (const auto& paths : {routes.paths, routes.html})
    for (const auto& [path, function] : paths) tables[function].paths.push_back(path);
  return tables;
}

}  // namespace

program::Capability capability() {
  return {.name = "edge", .settings = settings_table, .functions = functions, .open = open};
}

}  // namespace skerry::edge
