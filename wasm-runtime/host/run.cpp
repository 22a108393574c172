#include "wasm-runtime/host/run.hpp"

#include <string>
#include <utility>

namespace skerry::sandbox {
namespace {

constexpr std::size_t kMaxRecordBytes = 65536;
constexpr std::size_t kWorthKeeping = std::size_t{16} * 1024;

std::unexpected<Error> broken(std::string message) {
  return fail("function_trapped", std::move(message));
}

double milliseconds(Time time) {
  return static_cast<double>(time.time_since_epoch().count());
}

}  // namespace

Run::Turn Run::begin(const Request& request) {
  const auto opened = instance_->open();
  if (!opened) return std::unexpected(opened.error());
  run_ = *opened;
  return advance(send(encode(request), &Instance::begin));
}

Run::Turn Run::resume(const Record& answer) {
  wait_.reset();
  return advance(send(answer, &Instance::resume));
}

Run::Turn Run::advance(Result<abi::Outcome> outcome) {
  while (outcome && outcome->state == std::to_underlying(abi::State::waiting)) {
    if (calls_++ == limits_->calls) return broken("more than " + std::to_string(limits_->calls) + " calls");
    auto what = call(*outcome);
    if (!what) return std::unexpected(std::move(what).error());
    outcome = std::visit([this](auto& made) { return perform(made); }, *what);
    if (wait_) return std::nullopt;
  }
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return finish(*outcome);
}

Result<abi::Outcome> Run::send(const Record& record, Export to) {
  const auto room = instance_->buffer(run_, record.size());
  if (!room) return std::unexpected(room.error());
  record.write(*room);
  return ((*instance_).*to)(run_, milliseconds(ports_->clock.now()));
}

Result<std::string_view> Run::text(std::uint32_t address, std::uint32_t size, std::size_t limit) {
  if (size > limit) return broken("more than " + std::to_string(limit) + " bytes at once");
  const auto bytes = instance_->view(address, size);
  if (!bytes) return std::unexpected(bytes.error());
  return std::string_view(bytes->data(), bytes->size());
}

Result<abi::Call> Run::call(const abi::Outcome& outcome) {
  const auto record = text(outcome.record, outcome.record_size, kMaxRecordBytes);
  if (!record) return std::unexpected(record.error());
  const auto body = text(outcome.body, outcome.body_size, limits_->memory_bytes);
  if (!body) return std::unexpected(body.error());
  auto what = abi::decode_call(*record, *body);
  if (!what) return broken("a call that can't be read");
  return *std::move(what);
}

// The values live until they are written into the module's memory.
Result<abi::Outcome> Run::perform(const abi::KvGet& get) {
  const auto value = ports_->kv.get(get.key);
  return send(value ? encode(*value) : encode(value.error()), &Instance::resume);
}

Result<abi::Outcome> Run::perform(const abi::KvGetMany& get) {
  const auto values = ports_->kv.get_many(get.keys);
  return send(values ? encode(*values) : encode(values.error()), &Instance::resume);
}

Result<abi::Outcome> Run::perform(abi::KvPut& put) {
  const auto done = ports_->kv.put(put.key, std::move(put.value));
  return send(done ? encode_done() : encode(done.error()), &Instance::resume);
}

Result<abi::Outcome> Run::perform(abi::EventsSend& send) {
  if (ports_->events == nullptr) {
    return this->send(encode(Error{"events_unavailable", "No place for events is configured."}),
                      &Instance::resume);
  }
  wait_ = std::move(send);
  return {};
}

Result<abi::Outcome> Run::perform(abi::OriginFetch& fetch) {
  if (ports_->origin == nullptr) {
    return send(encode(Error{"origin_unconfigured", "No native host is configured."}), &Instance::resume);
  }
  wait_ = std::move(fetch);
  return {};
}

Result<Response> Run::finish(const abi::Outcome& outcome) {
  if (outcome.state != std::to_underlying(abi::State::done)) return broken("an outcome without a state");
  auto response = read(outcome);
  if (!response || response->body.owner() == instance_) return response;
  if (auto ended = instance_->end(run_); !ended) return std::unexpected(std::move(ended).error());
  return response;
}

Result<Response> Run::read(const abi::Outcome& outcome) {
  const auto record = text(outcome.record, outcome.record_size, kMaxRecordBytes);
  if (!record) return std::unexpected(record.error());
  const auto body = text(outcome.body, outcome.body_size, limits_->response_bytes);
  if (!body) return std::unexpected(body.error());
  auto response = abi::decode_response(*record, keep(*body));
  if (!response) return broken("a response that can't be read");
  return *std::move(response);
}

/// A large body stays where it is, in the instance's memory, until it is sent. Its run is not ended, since
/// that would free it: the instance is reset.
Body Run::keep(std::string_view body) {
  if (body.size() < kWorthKeeping || !pool_->rest(*instance_)) return std::string(body);
  return {body, instance_};
}

}  // namespace skerry::sandbox
