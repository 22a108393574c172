#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native-host/events/intake_port.hpp"
#include "native-host/events/limits.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/metrics/registry.hpp"
#include "native-host/program/report.hpp"
#include "shared/client.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::events {

/// Limits what the functions' clients may send, as `events.limits.*` say: 429 `events_limited` with
/// Retry-After. Address and site are known from the head, and refused before the body; the key is known when
/// the function sends its events, which then get the error `events_limited`. A request counts with the bytes
/// of its body, or of its records where they are more, and with each event and its record's bytes for the
/// key. Told once in a while (`events_limited`), and counted.
///
/// Completes their answers: events that had been taken before, in an earlier request, are told as
/// `X-Track-Duplicates: n` and, where nothing else was dropped, `X-Track-Dropped: duplicate`. The body can't
/// tell it: the function wrote it, and counts as accepted what is kept. What the function refused of a
/// request (`X-Track-Rejected`) is counted by reason, and told once in a while (`events_rejected`).
/// Thread-safe.
class Gate final : public sandbox::EventsGate {
 public:
  struct Parts {
    Limits::Options limits = {};
    Proxies proxies = {};  ///< whose word on the client counts
    program::Report* report = nullptr;
    metrics::Registry* registry = nullptr;
    std::function<Limits::TimePoint()> clock = std::chrono::steady_clock::now;
  };
  /// `events` gets what is let through, and must live as long as any run.
  Gate(Parts parts, TakingPort& events);

  std::optional<Response> refuse(const Request& head) override;
  void watch(const Request& request, sandbox::Caller& caller) override;

 private:
  struct State;
  class Charge;
  std::shared_ptr<State> state_;
};

Limits::Options limits_of(const Settings& settings);

}  // namespace skerry::events
