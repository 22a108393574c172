#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "native-host/events/gate.hpp"
#include "native-host/events/intake.hpp"
#include "native-host/events/intake_port.hpp"
#include "native-host/events/queue.hpp"
#include "native-host/http/exchange.hpp"
#include "native-host/metrics/registry.hpp"
#include "native-host/program/host.hpp"
#include "native-host/program/repeats.hpp"

namespace skerry::events {

/// The queue of the settings, in `<data_dir>/events`, and the door in front of it. Where it can't be opened,
/// that is reported, events are refused, and the rest of the program goes on.
class Place final : public program::Running {
 public:
  explicit Place(program::Host& host);
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  /// What was appended is ended, and told.
  ~Place() override = default;

  /// Null where there is none.
  [[nodiscard]] sandbox::EventsPort* port() { return port_ ? &*port_ : nullptr; }
  [[nodiscard]] sandbox::EventsGate* gate() { return gate_ ? &*gate_ : nullptr; }
  /// `trouble` says why events are refused. Thread-safe; waits for nobody.
  [[nodiscard]] Stats stats() const;
  /// `POST /ingest`. Thread-safe.
  Task<void> ingest(http::Exchange& exchange);
  /// Before its body. Thread-safe.
  std::optional<Response> refuse_ingest(const Request& head);

 private:
  Result<void> open(program::Host& host);
  void read_secret(const config::Secret& secret);
  std::string secret();

  program::Report& report_;
  program::Repeats repeats_;
  std::mutex secret_mutex_;
  std::string secret_;
  std::optional<Error> failed_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Intake> intake_;
  std::optional<IntakePort> port_;
  std::optional<Gate> gate_;
  std::vector<metrics::Callback> shown_;
};

}  // namespace skerry::events
