#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/events/redis/redis_connection.hpp"
#include "native-host/events/settings.hpp"
#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::events {

/// The id of an entry: milliseconds since 1970, and a number within them.
struct EntryId {
  std::uint64_t time = 0;
  std::uint64_t number = 0;

  /// `1790000000000-3`
  static std::optional<EntryId> parse(std::string_view text);
  /// The first one that an entry of this moment may have.
  static EntryId at(Time time);
  [[nodiscard]] std::string text() const;
  /// The one before; of `0-0` itself.
  [[nodiscard]] EntryId before() const;
  friend auto operator<=>(const EntryId&, const EntryId&) = default;
};

/// The id that somebody wrote: `2026-11` is a month, and none.
std::optional<EntryId> entry_in(std::string_view text);

struct StreamEntry {
  EntryId id;
  std::string writer;
  std::uint64_t mark = 0;
  std::string batch;     ///< empty: a writer's mark alone
  bool damaged = false;  ///< it is no entry of Skerry's
};

/// A reader, as Redis knows it.
struct StreamGroup {
  std::string name;
  EntryId last;                              ///< that it was given
  std::uint64_t pending = 0;                 ///< entries that it was given and has not acknowledged
  std::optional<EntryId> oldest = {};        ///< of these
  std::optional<std::uint64_t> behind = {};  ///< entries that it has not acknowledged; Redis may not know
};

struct StreamReport {
  std::string key;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::optional<EntryId> first = {};
  std::optional<EntryId> last = {};
  std::vector<StreamGroup> groups = {};
};

/// The stream of the settings, as who looks after it sees it; what is read here is read by no group. For one
/// thread. Errors: `redis_settings`, those of redis_connection.hpp with what to do.
class StreamView {
 public:
  static Result<StreamView> open(const Settings& settings);

  Result<StreamReport> report();
  /// The next entries from `from` on, oldest first; none: there are no more yet.
  Result<std::vector<StreamEntry>> from(const EntryId& from);
  /// The entries before, newest first; without an id the newest of all.
  Result<std::vector<StreamEntry>> before(std::optional<EntryId> id);
  /// How many entries there are before `id`, from `start` on.
  Result<std::uint64_t> count(const EntryId& start, const EntryId& id);
  /// Deletes all entries before; gives how many.
  Result<std::uint64_t> trim(const EntryId& id);
  /// Lets a group go on at `id`, or deletes it.
  Result<void> set_group(const std::string& group, const EntryId& id);
  Result<void> forget_group(const std::string& group);

 private:
  StreamView(std::unique_ptr<RedisConnection> connection, std::string key)
      : connection_(std::move(connection)), key_(std::move(key)) {}
  Result<Reply> ask(const Words& words);
  Result<std::vector<StreamEntry>> entries(const Words& words);

  std::unique_ptr<RedisConnection> connection_;
  std::string key_;
};

}  // namespace skerry::events
