#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native-host/cli/report.hpp"
#include "native-host/config/settings.hpp"
#include "native-host/kv/store.hpp"
#include "shared/error.hpp"

namespace skerry::cli {

/// What listens: the functions of the bundle, each request in a fresh sandbox, and beside them, on an address
/// of its own, the KV store for a self-hosted workerd.
class FrontDoor {
 public:
  /// Errors: `address_in_use` (names the process), `bad_address`, `function_trapped`.
  static Result<std::unique_ptr<FrontDoor>> open(const config::Settings& settings, kv::Store& store,
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
