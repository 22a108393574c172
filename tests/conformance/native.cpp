/// The functions of the bundle, compiled natively, behind the native host's HTTP server and over its
/// key-value store: the first of the five runtimes, and the reference for the others.
///
///     conformance-native STORE EVENTS ORIGIN [setting=value…]
///
/// ORIGIN `none` means that no native host is configured, `down` that it does not answer; `up`, that this
/// program is its own: batches go to the end of the file EVENTS, `/livez` and `/readyz` say that all is well.
/// Prints `http ADDRESS` and `kv ADDRESS` (the store over workerd's kvNamespace protocol), and serves until
/// it gets SIGTERM.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "functions/bundle.hpp"
#include "native-host/http/server.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/kv/wire.hpp"
#include "shared/platform.hpp"

namespace {

using namespace skerry;

class StoreKv final : public Kv {
 public:
  explicit StoreKv(kv::Store& store) : store_(store) {}

  Task<Result<Value>> get(std::string key) override {
    auto entry = store_.get(key);
    if (!entry) co_return std::unexpected(entry.error());
    co_return value_of(*entry);
  }
  Task<Result<std::vector<Value>>> get_many(std::vector<std::string> keys) override {
    auto entries = store_.get_many(keys);
    if (!entries) co_return std::unexpected(entries.error());
    std::vector<Value> values;
    for (const auto& entry : *entries) values.push_back(value_of(entry));
    co_return values;
  }
  Task<Result<void>> put(std::string key, std::string value) override {
    co_return store_.put(key, {.value = std::move(value), .metadata = {}, .expires = {}});
  }

 private:
  static Value value_of(const kv::EntryPtr& entry) { return entry ? Value(entry->value) : std::nullopt; }
  kv::Store& store_;
};

Time system_time() {
  return floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return system_time(); }
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    std::ranges::generate(bytes, [this] { return static_cast<std::byte>(device_()); });
  }

 private:
  std::random_device device_;
};

/// The native host, as ORIGIN says. Batches go to the end of a file.
class Host final : public Events, public Origin {
 public:
  Host(std::string events, std::string_view state) : events_(std::move(events)), state_(state) {}

  Task<Result<void>> send(std::string batch, std::uint32_t) override {
    if (state_ == "none") co_return fail("events_unavailable", "No place for events is configured.");
    if (state_ == "down") co_return fail("events_unavailable", "the native host does not answer");
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(events_.c_str(), "ab"),
                                                               &std::fclose);
    if (!file || std::fwrite(batch.data(), 1, batch.size(), file.get()) != batch.size()) {
      co_return fail("events_unavailable", "the file can't be written");
    }
    co_return Result<void>();
  }
  Task<Result<Response>> fetch(Request request) override {
    if (state_ == "none") co_return fail("origin_unconfigured", "No native host is configured.");
    if (state_ == "down") co_return fail("origin_unreachable", "the native host does not answer");
    const bool known = request.target == "/livez" || request.path() == "/readyz";
    co_return Response{.status = known ? 200 : 404, .headers = {}, .body = {}};
  }

 private:
  std::string events_;
  std::string_view state_;
};

class ArgumentConfig final : public Config {
 public:
  explicit ArgumentConfig(std::span<char*> arguments) : arguments_(arguments) {}
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
    for (const std::string_view argument : arguments_) {
      if (argument.size() > name.size() && argument.starts_with(name) && argument[name.size()] == '=')
        return argument.substr(name.size() + 1);
    }
    return std::nullopt;
  }

 private:
  std::span<char*> arguments_;
};

class StderrLog final : public Log {
 public:
  void write(Level level, std::string_view line) override {
    constexpr const char* kNames[] = {"info", "warning", "error"};
    std::fprintf(stderr, "%s %.*s\n", kNames[std::to_underlying(level)], static_cast<int>(line.size()),
                 line.data());
  }
};

int failed(const Error& error) {
  std::fprintf(stderr, "conformance-native: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return failed({"usage", "STORE EVENTS ORIGIN [setting=value…]"});
  auto store = kv::Store::open({.path = argv[1]});
  if (!store) return failed(store.error());

  StoreKv kv(**store);
  const SystemClock clock;
  SystemRandom random;
  const ArgumentConfig config(std::span(argv, static_cast<std::size_t>(argc)).subspan(4));
  StderrLog log;
  Host host(argv[2], argv[3]);
  Resident resident;  // one worker: one request at a time

  const auto respond = [&](const Request& request) {
    Platform platform{kv, host, host, clock, random, config, log, resident};
    auto task = functions::serve(request, platform);
    task.start();
    return task.take();
  };
  std::map<const functions::Function*, http::Handler> handlers;
  const http::Handler wire{
      .respond = [&](const Request& request) { return kv::handle(request, **store, clock.now()); },
      .max_body_bytes = kv::kMaxWireBody};

  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  const std::vector local{http::Address{.host = "127.0.0.1", .port = 0, .path = {}}};
  auto edge =
      http::Server::start({.listen = local, .log = &log}, [&](const Request& head) -> const http::Handler* {
        const functions::Function* function = functions::find_route(head, config);
        if (function == nullptr) return nullptr;
        return &handlers
                    .try_emplace(function,
                                 http::Handler{.respond = respond, .max_body_bytes = function->max_body})
                    .first->second;
      });
  if (!edge) return failed(edge.error());
  auto keys = http::Server::start({.listen = local, .log = &log}, [&](const Request&) { return &wire; });
  if (!keys) return failed(keys.error());
  std::printf("http %s\nkv %s\n", (*edge)->addresses()[0].text().c_str(),
              (*keys)->addresses()[0].text().c_str());
  std::fflush(stdout);

  int signal = 0;
  sigwait(&stop, &signal);
}
