#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "wasm-runtime/abi/abi.hpp"
#include "wasm-runtime/host/instance.hpp"
#include "wasm-runtime/host/pool.hpp"
#include "wasm-runtime/host/record.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::sandbox {

/// One request in one instance, over the boundary, to be used by one thread at a time.
class Run {
 public:
  /// What it may have to wait for.
  using Wait = std::variant<abi::EventsSend, abi::OriginFetch>;
  /// The response, or `function_trapped`; nothing while it waits.
  using Turn = std::optional<Result<Response>>;

  Run(Pool& pool, std::shared_ptr<Instance> instance, const Limits& limits, const Ports& ports)
      : pool_(&pool), instance_(std::move(instance)), limits_(&limits), ports_(&ports) {}

  [[nodiscard]] Instance& instance() const { return *instance_; }

  Turn begin(const Request& request);
  /// With the answer to what it waited for.
  Turn resume(const Record& answer);
  Wait take_wait() { return *std::move(wait_); }

 private:
  using Export = Result<abi::Outcome> (Instance::*)(std::uint32_t, double);

  Turn advance(Result<abi::Outcome> outcome);
  Result<abi::Outcome> send(const Record& record, Export to);
  Result<std::string_view> text(std::uint32_t address, std::uint32_t size, std::size_t limit);
  Result<abi::Call> call(const abi::Outcome& outcome);
  Result<abi::Outcome> perform(const abi::KvGet& get);
  Result<abi::Outcome> perform(const abi::KvGetMany& get);
  Result<abi::Outcome> perform(abi::KvPut& put);
  Result<abi::Outcome> perform(abi::EventsSend& send);
  Result<abi::Outcome> perform(abi::OriginFetch& fetch);
  Result<Response> finish(const abi::Outcome& outcome);
  Result<Response> read(const abi::Outcome& outcome);
  Body keep(std::string_view body);

  Pool* pool_;
  std::shared_ptr<Instance> instance_;
  const Limits* limits_;
  const Ports* ports_;
  std::uint32_t run_ = 0;
  std::uint32_t calls_ = 0;
  std::optional<Wait> wait_;
};

}  // namespace skerry::sandbox
