#include "wasm-runtime/host/sandbox.hpp"

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include "wasm-runtime/host/pool.hpp"
#include "wasm-runtime/host/record.hpp"

namespace skerry::sandbox {
namespace {

constexpr std::size_t kMaxRecordBytes = 65536;
constexpr std::size_t kMaxPathInLog = 200;
constexpr std::size_t kWorthKeeping = std::size_t{16} * 1024;

std::unexpected<Error> broken(std::string message) {
  return fail("function_trapped", std::move(message));
}

double milliseconds(Time time) {
  return static_cast<double>(time.time_since_epoch().count());
}

/// One request in one instance, over the boundary.
class Exchange {
 public:
  Exchange(Pool& pool, std::shared_ptr<Instance> instance, const Limits& limits, const Ports& ports)
      : pool_(pool), instance_(std::move(instance)), limits_(limits), ports_(ports) {}

  Result<Response> run(const Request& request) {
    const auto opened = instance_->open();
    if (!opened) return std::unexpected(opened.error());
    run_ = *opened;
    auto outcome = send(encode(request), &Instance::begin);
    for (std::uint32_t calls = 0; outcome && outcome->state == std::to_underlying(abi::State::waiting);
         ++calls) {
      if (calls == limits_.calls) return broken("more than " + std::to_string(limits_.calls) + " calls");
      outcome = answer(*outcome);
    }
    if (!outcome) return std::unexpected(std::move(outcome).error());
    if (outcome->state != std::to_underlying(abi::State::done)) return broken("an outcome without a state");
    auto response = read(*outcome);
    if (!response || response->body.owner() == instance_) return response;
    if (auto ended = instance_->end(run_); !ended) return std::unexpected(std::move(ended).error());
    return response;
  }

 private:
  using Turn = Result<abi::Outcome> (Instance::*)(std::uint32_t, double);

  Result<abi::Outcome> send(const Record& record, Turn turn) {
    const auto room = instance_->buffer(run_, record.size());
    if (!room) return std::unexpected(room.error());
    record.write(*room);
    return ((*instance_).*turn)(run_, milliseconds(ports_.clock.now()));
  }

  Result<std::string_view> text(std::uint32_t address, std::uint32_t size, std::size_t limit) {
    if (size > limit) return broken("more than " + std::to_string(limit) + " bytes at once");
    const auto bytes = instance_->view(address, size);
    if (!bytes) return std::unexpected(bytes.error());
    return std::string_view(bytes->data(), bytes->size());
  }

  Result<abi::Outcome> answer(const abi::Outcome& outcome) {
    const auto record = text(outcome.record, outcome.record_size, kMaxRecordBytes);
    if (!record) return std::unexpected(record.error());
    const auto body = text(outcome.body, outcome.body_size, limits_.memory_bytes);
    if (!body) return std::unexpected(body.error());
    auto call = abi::decode_call(*record, *body);
    if (!call) return broken("a call that can't be read");
    return std::visit([&](auto& what) { return perform(what); }, *call);
  }

  // The values live until they are written into the module's memory.
  Result<abi::Outcome> perform(const abi::KvGet& get) {
    const auto value = ports_.kv.get(get.key);
    return send(value ? encode(*value) : encode(value.error()), &Instance::resume);
  }
  Result<abi::Outcome> perform(const abi::KvGetMany& get) {
    const auto values = ports_.kv.get_many(get.keys);
    return send(values ? encode(*values) : encode(values.error()), &Instance::resume);
  }
  Result<abi::Outcome> perform(abi::KvPut& put) {
    const auto done = ports_.kv.put(put.key, std::move(put.value));
    return send(done ? encode_done() : encode(done.error()), &Instance::resume);
  }
  Result<abi::Outcome> perform(const abi::EventsSend&) {
    return send(encode(Error{"events_unavailable", "No place for events is configured."}), &Instance::resume);
  }
  Result<abi::Outcome> perform(const abi::OriginFetch&) {
    return send(encode(Error{"origin_unconfigured", "No native host is configured."}), &Instance::resume);
  }

  Result<Response> read(const abi::Outcome& outcome) {
    const auto record = text(outcome.record, outcome.record_size, kMaxRecordBytes);
    if (!record) return std::unexpected(record.error());
    const auto body = text(outcome.body, outcome.body_size, limits_.response_bytes);
    if (!body) return std::unexpected(body.error());
    auto response = abi::decode_response(*record, keep(*body));
    if (!response) return broken("a response that can't be read");
    return *std::move(response);
  }

  /// A large body stays where it is, in the instance's memory, until it is sent. Its run is not ended, since
  /// that would free it: the instance is reset.
  Body keep(std::string_view body) {
    if (body.size() < kWorthKeeping || !pool_.rest(*instance_)) return std::string(body);
    return {body, instance_};
  }

  Pool& pool_;
  std::shared_ptr<Instance> instance_;
  const Limits& limits_;
  const Ports& ports_;
  std::uint32_t run_ = 0;
};

/// For the log: no query, since that may be personal, and nothing that could forge a line.
std::string describe(const Request& request) {
  std::string line = request.method + " " + std::string(request.path().substr(0, kMaxPathInLog));
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, '?');
  return line;
}

}  // namespace

struct Sandbox::Impl {
  Impl(Limits l, Ports p) : limits(l), ports(std::move(p)), pool(limits, ports.log) {}

  Result<Response> run(const Function& function, const Request& request) {
    auto instance = pool.take(function);
    if (!instance->started())
      if (auto started = instance->start(ports.settings); !started) return std::unexpected(started.error());
    return Exchange(pool, std::move(instance), limits, ports).run(request);
  }

  Limits limits;
  Ports ports;
  Pool pool;
};

int Sandbox::time_signal() {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  return SIGTRAP;  // the thread sanitizer holds back others until the thread calls into libc
#endif
#endif
  return SIGRTMIN + 3;
}

Sandbox::Sandbox(Limits limits, Ports ports) : impl_(std::make_unique<Impl>(limits, std::move(ports))) {}
Sandbox::~Sandbox() = default;

Result<void> Sandbox::start(const Function& function) {
  const auto instance = impl_->pool.take(function);
  if (instance->started()) return {};
  return instance->start(impl_->ports.settings);
}

Response Sandbox::run(const Function& function, const Request& request) {
  auto response = impl_->run(function, request);
  if (response) return *std::move(response);
  impl_->ports.log.write(Log::Level::error, std::string(function.name) + ": " + describe(request) + ": " +
                                                response.error().message);
  return error_response(500, response.error().code, "The function failed; the operator's log says why.");
}

}  // namespace skerry::sandbox
