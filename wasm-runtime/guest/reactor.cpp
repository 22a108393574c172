/// The entry of a reactor: the exports of ../abi/README.md around one function of the bundle.

#include <array>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>

#include "skerry_function.hpp"  // generated: `handler`, the function that this module is made of
#include "wasm-runtime/abi/abi.hpp"
#include "wasm-runtime/guest/wasi_ports.hpp"

namespace skerry::guest {
namespace {

class SettingsConfig final : public Config {
 public:
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
    for (const auto& setting : settings) {
      if (setting.name == name) return setting.value;
    }
    return std::nullopt;
  }
  abi::Settings settings;
};

/// Recognises bodies that were sent before and have lived on since, such as those of a resident view.
class SentBodies {
 public:
  /// The same number for the same bytes; 0 for a body that is new here, or not worth a thought.
  std::uint32_t recognise(const Body& body) {
    if (body.size() < kWorthKeeping) return 0;
    for (const Entry& entry : entries_) {
      if (entry.view.data() == body.view().data() && entry.view.size() == body.size() &&
          !entry.owner.owner_before(body.owner()) && !body.owner().owner_before(entry.owner))
        return entry.id;
    }
    entries_[last_id_ % entries_.size()] = {body.owner(), body.view(), last_id_ + 1};
    ++last_id_;
    return 0;
  }

 private:
  static constexpr std::size_t kWorthKeeping = 1024;
  struct Entry {
    std::weak_ptr<const void> owner;  // not revived, but no other owner equals it
    std::string_view view;
    std::uint32_t id = 0;
  };
  std::array<Entry, 64> entries_;
  std::uint32_t last_id_ = 0;
};

/// What outlives a request.
struct Instance {
  SettingsConfig config;
  WasiRandom random;
  StderrLog log;
  Resident resident;
  SentBodies sent;
};

Instance& instance() {
  [[clang::no_destroy]] static Instance the_instance;
  return the_instance;
}

class TurnClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return now_; }
  void set(double milliseconds) {
    now_ = Time(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
  }

 private:
  Time now_;
};

/// Suspends the run with a call for the host; the answer is in `input` when it goes on.
struct HostCall {
  std::optional<abi::Call>& pending;
  std::coroutine_handle<>& waiter;
  abi::Call call;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter = handle;
    pending = std::move(call);
  }
  void await_resume() const noexcept {}
};

/// One request on its way.
class Run final : Kv, Events, Origin {
 public:
  char* buffer(std::size_t size) {
    input_.resize_and_overwrite(size, [](char*, std::size_t n) { return n; });
    return input_.data();
  }

  void configure() {
    if (auto settings = abi::decode_settings(input_)) instance().config.settings = *std::move(settings);
  }

  const abi::Outcome* begin(double now) {
    clock_.set(now);
    auto request = abi::decode_request(input_);
    if (!request || task_) {
      finish(error_response(500, "abi_violation", "the host sent a request that can't be read"));
      return &outcome_;
    }
    request_ = *std::move(request);
    task_.emplace(handler(request_, platform_));
    task_->start();
    return turn_end();
  }

  [[nodiscard]] std::uint32_t body_id() const { return body_id_; }

  const abi::Outcome* resume(double now) {
    clock_.set(now);
    if (!pending_) {
      finish(error_response(500, "abi_violation", "the host resumed a run that was not waiting"));
      return &outcome_;
    }
    pending_.reset();
    std::exchange(waiter_, nullptr).resume();
    return turn_end();
  }

 private:
  Task<Result<Value>> get(std::string key) override {
    co_await call(abi::KvGet{std::move(key)});
    co_return abi::decode_kv_get(std::exchange(input_, {}));
  }
  Task<Result<std::vector<Value>>> get_many(std::vector<std::string> keys) override {
    const std::size_t count = keys.size();
    if (count > abi::kMaxKeys) co_return fail("kv_key_invalid", "at most 100 keys in one read");
    co_await call(abi::KvGetMany{std::move(keys)});
    auto values = abi::decode_kv_get_many(std::exchange(input_, {}));
    if (values && values->size() != count) {
      co_return fail("abi_violation", "the host answered with another number of values than of keys");
    }
    co_return values;
  }
  Task<Result<void>> put(std::string key, std::string value) override {
    co_await call(abi::KvPut{std::move(key), std::move(value)});
    co_return abi::decode_done(std::exchange(input_, {}));
  }
  Task<Result<void>> send(std::string batch, std::uint32_t count) override {
    co_await call(abi::EventsSend{std::move(batch), count});
    co_return abi::decode_done(std::exchange(input_, {}));
  }
  Task<Result<Response>> fetch(Request request) override {
    co_await call(abi::OriginFetch{std::move(request)});
    co_return abi::decode_origin_fetch(std::exchange(input_, {}));
  }
  HostCall call(abi::Call what) { return {pending_, waiter_, std::move(what)}; }

  const abi::Outcome* turn_end() {
    if (task_->done()) {
      finish(task_->take());
    } else {
      record_ = abi::encode_call(*pending_);
      show(abi::State::waiting, abi::bulk_of(*pending_));
    }
    return &outcome_;
  }

  void finish(Response response) {
    response_ = std::move(response);
    body_id_ = instance().sent.recognise(response_.body);
    record_ = abi::encode_response(response_);
    show(abi::State::done, response_.body.view());
  }

  void show(abi::State state, std::string_view body) {
    outcome_ = {.state = std::to_underlying(state),
                .record = address(record_.data()),
                .record_size = static_cast<std::uint32_t>(record_.size()),
                .body = address(body.data()),
                .body_size = static_cast<std::uint32_t>(body.size())};
  }
  static std::uint32_t address(const void* pointer) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(pointer));
  }

  std::string input_;
  TurnClock clock_;
  Request request_;
  Platform platform_{.kv = *this,
                     .events = *this,
                     .origin = *this,
                     .clock = clock_,
                     .random = instance().random,
                     .config = instance().config,
                     .log = instance().log,
                     .resident = instance().resident};
  std::optional<abi::Call> pending_;
  std::coroutine_handle<> waiter_;
  Response response_;
  std::uint32_t body_id_ = 0;
  std::string record_;
  abi::Outcome outcome_;
  std::optional<Task<Response>> task_;  // last: its frames refer to everything above
};

}  // namespace
}  // namespace skerry::guest

// NOLINTBEGIN(cppcoreguidelines-owning-memory): a run is owned by the host, which holds its address.
#define SKERRY_EXPORT(name) extern "C" __attribute__((export_name(#name)))

using skerry::guest::Run;

SKERRY_EXPORT(skerry_abi) std::uint32_t skerry_abi() {
  return skerry::abi::kVersion;
}
SKERRY_EXPORT(skerry_open) Run* skerry_open() {
  return new Run;
}
SKERRY_EXPORT(skerry_buffer) char* skerry_buffer(Run* run, std::size_t size) {
  return run->buffer(size);
}
SKERRY_EXPORT(skerry_configure) void skerry_configure(Run* run) {
  run->configure();
}
SKERRY_EXPORT(skerry_begin) const skerry::abi::Outcome* skerry_begin(Run* run, double now) {
  return run->begin(now);
}
SKERRY_EXPORT(skerry_resume) const skerry::abi::Outcome* skerry_resume(Run* run, double now) {
  return run->resume(now);
}
SKERRY_EXPORT(skerry_body_id) std::uint32_t skerry_body_id(Run* run) {
  return run->body_id();
}
SKERRY_EXPORT(skerry_end) void skerry_end(Run* run) {
  delete run;
}
// NOLINTEND(cppcoreguidelines-owning-memory)
