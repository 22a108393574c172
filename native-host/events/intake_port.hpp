#pragma once

#include "native-host/events/intake.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::events {

/// The program's queue as the functions see it: durable when `done` says so. A batch that is none is
/// `events_refused`; the other errors are the queue's.
class IntakePort final : public sandbox::EventsPort {
 public:
  explicit IntakePort(Intake& intake) : intake_(intake) {}

  void send(std::string batch, std::uint32_t count, Done done) override;

 private:
  Intake& intake_;
};

}  // namespace skerry::events
