#include "native-host/cli/front_door.hpp"

#include <map>
#include <thread>

#include <spdlog/fmt/fmt.h>

#include "native-host/cli/publication.hpp"
#include "native-host/http/server.hpp"
#include "native-host/kv/wire.hpp"
#include "wasm-runtime/host/bundle.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::cli {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return system_now(); }
};

/// The store as the sandbox wants it: the value shares its entry's life.
class StorePort final : public sandbox::KvPort {
 public:
  explicit StorePort(kv::Store& store) : store_(store) {}

  Result<Value> get(std::string_view key) override {
    auto entry = store_.get(key);
    if (!entry) return std::unexpected(std::move(entry.error()));
    return value_of(*entry);
  }
  Result<std::vector<Value>> get_many(std::span<const std::string> keys) override {
    const auto entries = store_.get_many(keys);
    if (!entries) return std::unexpected(entries.error());
    std::vector<Value> values;
    values.reserve(entries->size());
    for (const kv::EntryPtr& entry : *entries) values.push_back(value_of(entry));
    return values;
  }
  Result<void> put(std::string_view key, std::string value) override {
    return store_.put(key, {.value = std::move(value)});
  }

 private:
  static Value value_of(const kv::EntryPtr& entry) { return entry ? Value(entry, &entry->value) : nullptr; }
  kv::Store& store_;
};

/// One function of the bundle behind the server.
struct Mounted {
  Mounted(const sandbox::Function& f, sandbox::Ports ports, std::uint64_t max_body)
      : function(f), sandbox({}, std::move(ports)) {
    handler.respond = [this](const Request& request) { return sandbox.run(function, request); };
    handler.max_body_bytes = max_body;
  }
  sandbox::Function function;
  sandbox::Sandbox sandbox;
  http::Handler handler;
};

abi::Settings settings_of(const config::Settings& settings, std::string_view function) {
  abi::Settings out;
  if (const auto found = settings.functions.find(function); found != settings.functions.end()) {
    for (const auto& [name, value] : found->second) out.push_back({name, value});
  }
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
  Door(const config::Settings& settings, kv::Store& store, Report& report)
      : settings_(settings), function_settings_(settings), report_(report), store_(store), port_(store) {}
  ~Door() override { close(); }

  Result<void> start() {
    for (const sandbox::Function& function : sandbox::bundle()) {
      auto mounted = std::make_unique<Mounted>(
          function, sandbox::Ports{port_, clock_, report_, settings_of(settings_, function.name)},
          static_cast<std::uint64_t>(settings_.max_body_bytes));
      if (auto started = mounted->sandbox.start(function); !started) return started;
      functions_.emplace(function.module, std::move(mounted));
    }
    auto listening = listen(settings_.listen, [this](const Request& head) { return route(head); });
    if (!listening) return std::unexpected(listening.error());
    server_ = *std::move(listening);
    if (settings_.kv_listen.empty()) return {};

    kv_handler_ = {
        .respond = [this](const Request& request) { return kv::handle(request, store_, system_now()); },
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
    if (server_) server_->stop(settings_.stop_timeout);
    if (kv_server_) kv_server_->stop(settings_.stop_timeout);
    server_.reset();
    kv_server_.reset();
  }

 private:
  const http::Handler* route(const Request& head) {
    const sandbox::Function* function = sandbox::find_route(head, function_settings_);
    return function == nullptr ? nullptr : &functions_.at(function->module)->handler;
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
                          .log = &report_};
    if (settings_.access_log) {
      options.access_log = [this](std::string&& lines) { report_.pass(std::move(lines)); };
    }
    return http::Server::start(std::move(options), std::move(router));
  }

  const config::Settings& settings_;
  const FunctionSettings function_settings_;
  Report& report_;
  kv::Store& store_;
  StorePort port_;
  SystemClock clock_;
  std::map<const skerry_module*, std::unique_ptr<Mounted>> functions_;
  http::Handler kv_handler_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> kv_server_;
};

}  // namespace

Result<std::unique_ptr<FrontDoor>> FrontDoor::open(const config::Settings& settings, kv::Store& store,
                                                   Report& report) {
  auto door = std::make_unique<Door>(settings, store, report);
  if (auto started = door->start(); !started) return std::unexpected(std::move(started.error()));
  return door;
}

void announce(const FrontDoor& door, Report& report) {
  for (const std::string& address : door.addresses()) {
    const auto words = address.starts_with("http")
                           ? fmt::format("The view is at {0}/latest, the page at {0}/status", address)
                           : "The view and the page";
    report.info("serving", words, {{"address", address}});
  }
  for (const std::string& address : door.kv_addresses())
    report.info("serving_kv", "The key-value store for workerd", {{"address", address}});
}

}  // namespace skerry::cli
