#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native-host/cli/report.hpp"
#include "native-host/config/settings.hpp"
#include "native-host/edge/intake_port.hpp"
#include "native-host/events/intake.hpp"
#include "native-host/events/queue.hpp"
#include "native-host/http/later.hpp"
#include "native-host/metrics/registry.hpp"

namespace skerry::cli {

/// The queue of the settings, in `<data_dir>/events`, and the door in front of it. Where it can't be opened,
/// that is reported, events are refused, and the rest of the program goes on.
class EventPlace {
 public:
  EventPlace(const config::Settings& settings, metrics::Registry& registry, Report& report);
  EventPlace(const EventPlace&) = delete;
  EventPlace& operator=(const EventPlace&) = delete;
  /// What was appended is ended, and told.
  ~EventPlace() = default;

  /// Null where there is none.
  [[nodiscard]] sandbox::EventsPort* port() { return port_ ? &*port_ : nullptr; }
  /// `trouble` says why events are refused. Thread-safe.
  [[nodiscard]] events::Stats stats() const;
  /// `POST /ingest`. Thread-safe.
  void ingest(Request& request, http::Later later);

 private:
  Result<void> open(metrics::Registry& registry);

  const config::Settings& settings_;
  Report& report_;
  std::string secret_;
  std::optional<Error> failed_;
  std::unique_ptr<events::Queue> queue_;
  std::unique_ptr<events::Intake> intake_;
  std::optional<edge::IntakePort> port_;
  std::vector<metrics::Callback> shown_;
};

}  // namespace skerry::cli
