#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native-host/broker/planner.hpp"
#include "native-host/postgres/connection.hpp"

namespace skerry::broker {

/// What an archive said of a listing, so that it need not send or we need not read it again.
struct Validators {
  std::string etag;
  std::string last_modified;
  std::string digest;  ///< of the body (hexadecimal)

  friend bool operator==(const Validators&, const Validators&) = default;
};

/// A listing that was read, was found unchanged or was found absent.
struct ListingResult {
  ListingUrl listing;
  Time checked;
  /// `probed`: the folder was not looked at, only single files in it.
  enum class Outcome { read, unchanged, absent, probed } outcome = Outcome::read;
  Validators validators;              ///< of `read` and `unchanged`
  std::span<const ListedFile> files;  ///< of `read` and `probed`
  bool whole = true;                  ///< its body came, not only the word that it is `unchanged`
  std::optional<Error> failure = {};  ///< of an `absent` one that should be there
};

/// A file whose exact size is not known yet.
struct UnsizedFile {
  std::string collector_id;
  ListingUrl listing;
  std::string name;
  Time time;
  DataType data_type = DataType::rib;

  friend bool operator==(const UnsizedFile&, const UnsizedFile&) = default;
};

struct Written {
  std::int64_t added = 0;
  std::int64_t changed = 0;  ///< got another rough size
  std::int64_t sized = 0;    ///< got an exact size

  std::vector<UnsizedFile> stale = {};  ///< had an exact size that is doubtful, and have none now

  friend bool operator==(const Written&, const Written&) = default;
};

/// One row of `update_meta`.
struct CycleRecord {
  Time started;
  std::chrono::milliseconds duration{};
  std::int64_t listings = 0, unchanged = 0, failed = 0;
  std::int64_t files_added = 0, files_changed = 0, bytes = 0;
  std::int64_t probes = 0;
  std::string error = {};  ///< `code: message` of a cycle that failed as a whole
};

/// One row of the view `latest_times`, without the delay, which depends on when it is asked for.
struct LatestRow {
  Time timestamp;
  std::string collector_id;
  DataType data_type = DataType::rib;
  std::int64_t rough_size = 0;
  std::int64_t exact_size = 0;
  std::string project;
  std::string collector_url;
  std::string item_url;
};

/// What an archive made us say, as text that any database takes: `code: message`, ASCII, cut.
std::string words_of(const Error& error);

/// The updater's lock (postgres/locks.hpp): one at a time works on a database.
inline constexpr std::int64_t kUpdaterLock = 5428190433518011138;

/// The index in PostgreSQL, in the schema `broker` (broker/migrations). Errors are those of the connection.
class Store {
 public:
  explicit Store(postgres::Connection& connection) : connection_(&connection) {}

  /// Makes the collectors table say what `collectors` says, and what was derived from it follow: those that
  /// are no longer there keep their files and leave the view, and so do types that a layout has no more,
  /// until they are there again; folders that are read no more don't count as failing; where the layout of a
  /// place changed, files keep the names that they had.
  Result<void> sync_collectors(std::span<const Collector> collectors);

  /// What the updater remembers of a listing beside what the planner needs.
  struct ListingState {
    Validators validators;
    std::optional<Time> read;  ///< when its body last came
    bool outdated = false;     ///< files of it were found since without it
    std::string failure = {};  ///< the code of its last failure, where it fails
  };
  struct State {
    std::map<std::string, CollectorState, std::less<>> collectors;  ///< by id
    std::map<std::string, ListingState, std::less<>> listings;      ///< by URL; unsettled ones
  };
  /// What `plan` needs; `with_settled` adds all other listings, for `plan_since`.
  Result<State> load_state(bool with_settled = false);

  /// Records listings of one collector in one transaction: files that are new, sizes that changed, the latest
  /// file of each type, and the validators. A file that was known from a folder which is none of the
  /// collector's now gets its address here; those that nobody lists any more keep theirs. Either all of it is
  /// there afterwards or nothing.
  Result<Written> write(const Collector& collector, std::span<const ListingResult> results);

  /// A file of a collector, ordered as the table is; `name` is empty where it is the usual one.
  struct FileKey {
    Time time;
    DataType data_type;
    std::string_view name;

    friend auto operator<=>(const FileKey&, const FileKey&) = default;
  };
  /// A row of the table, as a listing or a probe has it.
  struct Entry {
    FileKey file;
    std::int64_t listing = 0;
    std::int64_t rough_size = 0;
    std::int64_t rounding = 0;
    std::int64_t exact_size = 0;
    std::optional<std::int64_t> listed = {};  ///< when it was changed last: minutes, in the archive's zone
    const ListingUrl* folder = nullptr;
    std::int64_t known_in = 0;  ///< of a file that is known: its listing
  };
  /// Makes `newest` the collector's latest file of its type, unless that is newer already. `write` does so in
  /// its transaction; it costs the same however many files there are. `collector` is the table's key.
  Result<void> raise_latest(std::int64_t collector, const FileKey& newest);

  /// Remembers a listing that could not be read, since when, and why, so that a later cycle tries it again.
  Result<void> note_failure(const Collector& collector, const ListingUrl& listing, Time now,
                            const Error& error);

  /// The newest files from `since` on, and before `before`, whose exact size is not known, at most `limit`.
  Result<std::vector<UnsizedFile>> unsized_files(Time since, Time before, std::int64_t limit);

  Result<void> record_cycle(const CycleRecord& record);
  Result<std::optional<CycleRecord>> last_cycle();

  /// The view, ordered by collector and type, bytewise.
  Result<std::vector<LatestRow>> latest();

 private:
  struct Place {
    std::int64_t listing;
    std::int64_t collector;
  };
  Result<Place> place_of(std::string_view collector_id, const ListingUrl& listing);
  Result<void> set_failing(std::int64_t listing, Time now, const Error& error);
  Result<void> update_listing(std::int64_t id, const ListingResult& result);
  Result<Written> merge_files(const Collector& collector, std::int64_t key,
                              std::span<const std::pair<std::int64_t, const ListingResult*>> read);
  Result<void> move_files(const Collector& collector, std::int64_t key, std::span<const Entry> elsewhere);
  Result<void> keep_names();
  Result<void> forget_failures(std::span<const Collector> collectors);
  Result<void> derive_latest(std::span<const Collector> collectors);
  Result<void> update_file(const Collector& collector, std::int64_t key, const Entry& entry, Entry known,
                           Written& written);

  postgres::Connection* connection_;
};

}  // namespace skerry::broker
