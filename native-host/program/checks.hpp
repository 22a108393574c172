#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/config/config.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/postgres/connection.hpp"
#include "native-host/program/database.hpp"
#include "native-host/program/services.hpp"
#include "native-host/program/world.hpp"
#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::program {

/// What a check says. What is not ok says what to do.
struct Finding {
  enum class Status { ok, warning, failed } status = Status::ok;
  std::string name;
  std::string message = {};
  std::string advice = {};
  std::string part = {};  ///< the check's
};
using Findings = std::vector<Finding>;

/// What a probe looks at: the program from inside, or from outside (`skerry doctor`).
struct Inspection {
  const config::Loaded& loaded;
  const World& world;
  Time now;
  const Services* services = nullptr;     ///< null from outside
  kv::Store* store = nullptr;             ///< null where there is none yet
  std::optional<Error> store_error = {};  ///< why the one that there is can't be read
  std::span<const Schema> schemas = {};   ///< what the capabilities keep in the database
  std::vector<Time>* clocks = nullptr;    ///< what the clocks of others said; probes that see one add it
  /// A connection to the database where it is, within 5 s; nothing is started for it.
  std::function<Result<postgres::Connection>()> connect;

  template <class S>
  [[nodiscard]] const S& settings() const {
    return loaded.get<S>();
  }
  template <class Interface>
  [[nodiscard]] Interface* find() const {
    return services == nullptr ? nullptr : services->find<Interface>();
  }
  [[nodiscard]] bool from_outside() const { return services == nullptr; }
  /// What is stored at a key; null where there is no such thing, or it can't be read.
  [[nodiscard]] kv::EntryPtr stored(std::string_view key) const {
    return store == nullptr ? nullptr : store->get(key).value_or(nullptr);
  }
};

/// Something that can be well or not. One declaration serves all who ask: `health` is the document of that
/// name,
/// `/health`, and the metric `skerry_check_ok{check}`; `ready` is `/readyz`; `doctor` is `skerry doctor`.
struct Check {
  enum Shown : unsigned { health = 1, ready = 2, doctor = 4 };

  std::string_view name;
  unsigned shown = health | doctor;
  /// Adds its findings: mostly one, under its own name. Runs on a thread of its own, never on a server's; may
  /// take seconds, but one of `ready` must be cheap: it runs every second.
  std::function<void(const Inspection&, Findings&)> probe;
  /// The part of the program that is not ready where this fails, for `/readyz?capability=`; empty: all of it.
  std::string_view part = {};
};

/// All checks of a program, in the order in which people should read them.
class Checks {
 public:
  void add(Check check) { checks_.push_back(std::move(check)); }
  [[nodiscard]] Findings run(Check::Shown shown, const Inspection& inspection) const;

 private:
  std::vector<Check> checks_;
};

}  // namespace skerry::program
