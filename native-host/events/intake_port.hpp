#pragma once

#include "native-host/events/intake.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::events {

/// `EventsPort` that also tells how many of the events had been taken before.
class TakingPort : public sandbox::EventsPort {
 public:
  using Told = std::move_only_function<void(Result<Taken>)>;

  /// As `send`.
  virtual void take(std::string batch, std::uint32_t count, Told told) = 0;
  void send(std::string batch, std::uint32_t count, Done done) final;
};

/// The program's queue as the functions see it: durable when `done` says so. A batch that is none is
/// `events_refused`; the other errors are the queue's.
class IntakePort final : public TakingPort {
 public:
  explicit IntakePort(Intake& intake) : intake_(intake) {}

  void take(std::string batch, std::uint32_t count, Told told) override;

 private:
  Intake& intake_;
};

}  // namespace skerry::events
