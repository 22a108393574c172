#include "native-host/edge/capability.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "native-host/edge/own_origin.hpp"
#include "native-host/edge/settings.hpp"
#include "native-host/edge/store_port.hpp"
#include "native-host/kv/wire.hpp"
#include "native-host/program/host.hpp"
#include "native-host/program/human.hpp"
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

/// One that may be missing: then its door is closed, and it is empty. One that can't be read is reported and
/// is empty, too.
std::string read_secret(const config::Secret& secret, program::Report& report) {
  auto read = secret.read();
  if (read) return *std::move(read);
  if (secret.is_set()) report.warning("secret_unreadable", read.error(), {{"setting", secret.name}});
  return {};
}

/// What the function is set to; where that says nothing, what the program knows.
abi::Settings settings_of(program::Host& host, std::string_view function) {
  config::FunctionSettings all;
  const auto& functions = host.loaded().functions;
  if (const auto found = functions.find(function); found != functions.end()) all = found->second;
  if (const auto& proxies = host.settings<program::Settings>().trusted_proxies; !proxies.empty())
    all.try_emplace("trusted_proxies", join_commas(proxies));
  const auto& settings = host.settings<Settings>();
  if (function == "health") {
    all.try_emplace("source", "origin");
    all.try_emplace("health_code", read_secret(settings.health_code, host.report()));
  } else if (function == "metrics") {
    all.try_emplace("source", "origin");
    all.try_emplace("metrics_code", read_secret(settings.metrics_code, host.report()));
  }
  abi::Settings out;
  for (const auto& [name, value] : all) out.push_back({name, value});
  return out;
}

class Functions final : public program::Running {
 public:
  explicit Functions(program::Host& host)
      : store_port_(host.store(), host.registry()),
        origin_({.trouble = [&host] { return host.trouble(); },
                 .health = [&host] { return host.health_now(); },
                 .metrics = [&host] { return host.metrics_now(); }}) {}

  Result<void> mount(program::Host& host) {
    const auto functions = sandbox::bundle();
    const auto waiting = host.settings<program::Settings>().max_waiting;
    std::vector<program::Routes::Mounted*> mounted;
    for (const sandbox::Function& function : functions) {
      auto& box = *sandboxes_.emplace_back(std::make_unique<sandbox::Sandbox>(
          sandbox::Limits{.waiting = static_cast<std::uint32_t>(waiting)},
          sandbox::Ports{store_port_, clock_, host.report(), settings_of(host, function.name),
                         host.services().find<sandbox::EventsPort>(), &origin_}));
      if (auto started = box.start(function); !started) return started;
      const auto largest = static_cast<std::uint64_t>(host.settings<program::Settings>().max_body_bytes);
      mounted.push_back(&host.routes().mount(
          "the function " + std::string(function.name), function.name,
          {.respond_later =
               [&box, &function](const Request& request, http::Later later) {
                 auto worker = later.worker();
                 box.run(function, request, {.answer = std::move(later), .post = std::move(worker)});
               },
           .max_body_bytes = std::max(largest, std::uint64_t{function.max_body}),
           .max_waiting = static_cast<unsigned>(waiting)}));
    }
    const auto routes = sandbox::bundle_routes();
    for (const auto& [path, function] : routes.paths) mounted[function]->path(std::string(path));
    for (const auto& [setting, function] : routes.hosts)
      for (const auto& name : hosts_of(host, setting)) mounted[function]->host(name);
    return {};
  }

  void open_store_door(program::Host& host) {
    const auto& address = host.settings<Settings>().kv_listen;
    if (address.empty()) return;
    host.routes().add_door({.address = address,
                            .event = "serving_kv",
                            .words = "The key-value store for workerd",
                            .handler = {.respond =
                                            [&store = host.store()](const Request& request) {
                                              return kv::handle(request, store, program::system_now());
                                            },
                                        .max_body_bytes = kv::kMaxWireBody}});
  }

 private:
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
  std::vector<std::unique_ptr<sandbox::Sandbox>> sandboxes_;
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
  return tables;
}

}  // namespace

program::Capability capability() {
  return {.name = "edge", .settings = settings_table, .functions = functions, .open = open};
}

}  // namespace skerry::edge
