#pragma once

#include <memory>
#include <thread>

#include "native-host/cli/database.hpp"
#include "native-host/cli/event_place.hpp"
#include "native-host/cli/front_door.hpp"
#include "native-host/cli/publication.hpp"
#include "native-host/edge/own_origin.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/metrics/registry.hpp"

namespace skerry::cli {

/// What `skerry serve` and `skerry up` are: the store, the queue, the self-check and the front door, each
/// with what it needs. They end from the outside in: nothing that was acknowledged is lost.
class Serving {
 public:
  /// Opens the door; publishing and checking begin with `start`. Errors: those of `open_store` and of
  /// `FrontDoor::open`.
  static Result<std::unique_ptr<Serving>> open(const config::Settings& settings, Report& report);

  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  ~Serving() { close(); }

  void start();
  /// Lets running requests end.
  void close();

  [[nodiscard]] Database& database() { return database_; }
  [[nodiscard]] Publication& publication() { return publication_; }
  [[nodiscard]] const FrontDoor& door() const { return *door_; }

 private:
  struct Opened {
    std::unique_ptr<metrics::Registry> registry;
    std::unique_ptr<kv::Store> store = {};
  };
  Serving(const config::Settings& settings, Report& report, Opened opened);
  [[nodiscard]] std::string trouble() const;

  Opened opened_;
  EventPlace events_;
  Database database_;
  Publication publication_;
  edge::OwnOrigin origin_;
  std::unique_ptr<FrontDoor> door_;
  std::jthread checks_;
};

}  // namespace skerry::cli
