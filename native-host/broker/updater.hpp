#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "native-host/broker/fetch.hpp"
#include "native-host/broker/planner.hpp"
#include "native-host/postgres/connection.hpp"
#include "shared/time.hpp"

namespace skerry::broker {

struct Progress {
  std::size_t done = 0;      ///< listings and single files
  std::size_t total = 0;     ///< may grow while `since` finds more
  std::string_view current;  ///< the collector whose listing was done last
};

/// Of hosts that asked to be left alone (Retry-After), for a word about it: each once when it begins, and
/// once when the host answers again, whichever process has it.
struct PauseNews {
  std::function<void(const std::string& host, Time until)> begun = [](const std::string&, Time) {};
  std::function<void(const std::string& host)> over = [](const std::string&) {};
};

struct UpdaterOptions {
  std::string database = {};  ///< for postgres::Connection::open; migrated already
  postgres::Meters meters = {};
  std::vector<Collector> collectors = default_collectors();
  std::vector<std::string> only;  ///< ids; empty: all
  std::optional<Month> since;     ///< all months that the archives offer from then on, not only the new ones
  bool dry_run = false;           ///< do everything, keep nothing
  PlanOptions plan = {};
  std::int64_t exact_sizes =
      0;  ///< files per cycle, of the last 30 days, that are asked for their exact size
  FetchOptions fetch;
  std::filesystem::path pauses = {};  ///< the file of what hosts asked for (pauses.hpp); empty: none
  PauseNews pause_news = {};
  std::function<void(const Progress&)> progress = [](const Progress&) {};
};

struct ListingFailure {
  std::string url;
  Error error;
};

struct CollectorReport {
  std::string id = {};
  std::size_t listings = 0;   ///< asked for
  std::size_t probes = 0;     ///< single files that were asked for, beside
  std::size_t unchanged = 0;  ///< of these: as they were
  std::size_t absent = 0;     ///< of these: not there, and that is no failure
  std::size_t answers = 0;    ///< that said something: a listing, a file, or that there is none
  std::size_t delayed = 0;    ///< not asked, as their host had asked for: no failure
  std::vector<ListingFailure> failures = {};
  std::size_t skipped_rows = 0;
  std::int64_t files_added = 0;
  std::int64_t files_changed = 0;
  std::int64_t files_sized = 0;  ///< got an exact size later
  std::int64_t bytes = 0;        ///< received

  /// The code of what failed at this collector before the cycle, by the index; empty: nothing.
  std::string failed_before = {};
  bool recovered = false;  ///< nothing of that fails any more
};

struct CycleReport {
  std::vector<CollectorReport> collectors;  ///< ordered by id
  CollectorReport total;                    ///< the sums; `id` and `failures` are empty
  std::size_t failed_listings = 0;
  std::size_t failed_collectors = 0;  ///< those with a failure
  std::chrono::milliseconds duration{};
};

/// Brings the index up to date with the archives, cycle by cycle.
///
/// A cycle asks for the files that should be new, reads the listings that are due (planner.hpp), and writes
/// what is new, one transaction for each collector month, as the answers come. What fails is reported and
/// tried again by the next cycle; what was written stays. A host that asks to be left alone (429 or 503 with
/// Retry-After) is, over cycles, for a day at most; its folders are delayed, and don't fail. An archive that
/// says "not modified" of a folder in which files were found since is asked again without conditions, and
/// every folder is read whole every few hours. Connections to the archives and to the database are kept
/// between cycles; a lost database is connected to anew.
///
/// A cycle holds two connections: one works, the other one holds the updater's lock, in a transaction of its
/// own, so that a pooler may stand between. A cycle that loses its lock ends.
///
/// Errors of a cycle: those of postgres::Connection; `update_running` (busy: another process is at it, and
/// which); `unknown_collector` (`only` names one that is not there); `all_collectors_failed` (whatever was
/// asked, nothing gave an answer); `stopped`. Blocking, for one thread.
class Updater {
 public:
  explicit Updater(UpdaterOptions options);
  ~Updater();
  Updater(Updater&&) noexcept;
  Updater& operator=(Updater&&) noexcept;

  /// `clock` says what time it is, for what the archives may hold; durations are measured apart from it.
  Result<CycleReport> run_cycle(const std::function<Time()>& clock, const std::stop_token& stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skerry::broker
