#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native-host/cli/event_place.hpp"
#include "native-host/cli/report.hpp"
#include "native-host/config/settings.hpp"
#include "native-host/edge/own_origin.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/metrics/registry.hpp"
#include "shared/error.hpp"

namespace skerry::cli {

/// What listens: the functions of the bundle by their table, each request in a fresh sandbox; where no
/// function wants a request, `/livez`, `/readyz` and `POST /ingest`; and on an address of its own the KV
/// store for a self-hosted workerd.
class FrontDoor {
 public:
  /// What is behind it, and lives longer.
  struct Behind {
    kv::Store& store;
    EventPlace& events;
    edge::OwnOrigin& origin;
    metrics::Registry& registry;
  };

  /// Errors: `address_in_use` (names the process), `bad_address`, `config_invalid`, `function_trapped`.
  static Result<std::unique_ptr<FrontDoor>> open(const config::Settings& settings, const Behind& behind,
                                                 Report& report);

  virtual ~FrontDoor() = default;

  /// `http://127.0.0.1:8080`, with the ports that the system chose.
  [[nodiscard]] virtual std::vector<std::string> addresses() const = 0;
  /// Of the KV server; empty where there is none.
  [[nodiscard]] virtual std::vector<std::string> kv_addresses() const = 0;

  /// Lets running requests end.
  virtual void close() = 0;
};

/// Says where everything is: the events `serving` and `serving_kv`.
void announce(const FrontDoor& door, Report& report);

}  // namespace skerry::cli
