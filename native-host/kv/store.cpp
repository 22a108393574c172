#include "native-host/kv/store.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/stat.h>

#include "native-host/metrics/registry.hpp"
#include "shared/json_text.hpp"

namespace skerry::kv {
namespace {

constexpr auto kCheckInterval = std::chrono::milliseconds(50);
constexpr int kBusyMillis = 5000;

constexpr const char* kSchema = R"sql(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS entries (
    key      BLOB NOT NULL PRIMARY KEY,
    value    BLOB NOT NULL,
    metadata TEXT NOT NULL,
    expires  INTEGER,             -- milliseconds since 1970
    is_foreign INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries (expires) WHERE expires IS NOT NULL;
)sql";

/// For files that were made before there was such a column.
constexpr const char* kAddForeign = "ALTER TABLE entries ADD COLUMN is_foreign INTEGER NOT NULL DEFAULT 0";

std::int64_t to_millis(Time time) {
  return time.time_since_epoch().count();
}

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A prepared statement; reset after each use by whoever runs it.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, const char* sql) {
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    handle_.reset(raw);
  }

  [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }

  Statement& bind(int place, std::string_view bytes) {
    // A null pointer would bind NULL.
    sqlite3_bind_blob64(handle_.get(), place, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
    return *this;
  }
  Statement& bind_text(int place, std::string_view text) {
    sqlite3_bind_text64(handle_.get(), place, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
  }
  Statement& bind(int place, std::int64_t number) {
    sqlite3_bind_int64(handle_.get(), place, number);
    return *this;
  }
  Statement& bind(int place, std::optional<Time> time) {
    if (time) return bind(place, to_millis(*time));
    sqlite3_bind_null(handle_.get(), place);
    return *this;
  }

  int step() { return sqlite3_step(handle_.get()); }
  void reset() {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
  }

  [[nodiscard]] std::string bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return data == nullptr ? std::string() : std::string(data, size);
  }
  [[nodiscard]] std::int64_t number(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  [[nodiscard]] std::optional<Time> time(int column) const {
    if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) return std::nullopt;
    return Time(std::chrono::milliseconds(number(column)));
  }

 private:
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle_;
};

/// Resets a statement at the end of a scope, so that no lock outlives it.
class Run {
 public:
  explicit Run(Statement& statement) : statement_(statement) {}
  ~Run() { statement_.reset(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

 private:
  Statement& statement_;
};

/// One connection with its statements. Not thread-safe.
struct Database {
  std::unique_ptr<sqlite3, CloseDatabase> handle;
  Statement get, put, purge, list, remove, version;
  dev_t device = 0;
  ino_t inode = 0;

  [[nodiscard]] bool is_damaged() const {
    const int code = sqlite3_errcode(handle.get()) & 0xff;
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
  }

  [[nodiscard]] std::unexpected<Error> unavailable(std::string_view path) const {
    // Of a file that can't be opened, SQLite doesn't say why.
    const int why = sqlite3_errcode(handle.get()) == SQLITE_CANTOPEN ? sqlite3_system_errno(handle.get()) : 0;
    if (is_damaged())
      return fail(ErrorKind::damaged, "kv_unavailable",
                  "The key-value file " + std::string(path) + " is damaged: " + sqlite3_errmsg(handle.get()) +
                      ". The service puts it aside, and makes a new one, at its next start or round.");
    const bool denied = why == EACCES || why == EPERM || sqlite3_errcode(handle.get()) == SQLITE_READONLY;
    return fail(denied ? ErrorKind::denied : ErrorKind::unavailable, "kv_unavailable",
                "The key-value file " + std::string(path) + ": " + sqlite3_errmsg(handle.get()) +
                    (why != 0 ? std::string(": ") + std::strerror(why) : "") + ".");
  }

  enum class IfMissing { create, fail };

  static Result<Database> open(const std::filesystem::path& path, IfMissing if_missing) {
    Database database;
    sqlite3* raw = nullptr;
    int create = if_missing == IfMissing::create ? SQLITE_OPEN_CREATE : 0;
    int status =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | create, nullptr);
    database.handle.reset(raw);
    if (status != SQLITE_OK) return database.unavailable(path.native());
    sqlite3_busy_timeout(raw, kBusyMillis);
    if (sqlite3_exec(raw, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK)
      return database.unavailable(path.native());
    // Where another process was faster, it fails, and the column is there all the same.
    if (!Statement(raw, "SELECT is_foreign FROM entries"))
      sqlite3_exec(raw, kAddForeign, nullptr, nullptr, nullptr);
    database.get = Statement(raw, "SELECT value, metadata, expires, is_foreign FROM entries WHERE key = ?1");
    database.put = Statement(raw,
                             "INSERT OR REPLACE INTO entries (key, value, metadata, expires, is_foreign)"
                             " VALUES (?1, ?2, ?3, ?4, ?5)");
    database.purge = Statement(raw, "DELETE FROM entries WHERE expires <= ?1");
    database.list = Statement(raw,
                              "SELECT key, metadata, expires FROM entries WHERE key > ?1 AND key >= ?2"
                              " AND key < ?3 AND (expires IS NULL OR expires > ?4) ORDER BY key LIMIT ?5");
    database.remove = Statement(raw, "DELETE FROM entries WHERE key = ?1");
    database.version = Statement(raw, "PRAGMA data_version");
    if (!database.get || !database.put || !database.purge || !database.list || !database.remove ||
        !database.version)
      return database.unavailable(path.native());
    struct stat file{};
    if (::stat(path.c_str(), &file) == 0) {
      database.device = file.st_dev;
      database.inode = file.st_ino;
    }
    return database;
  }

  /// False when another file stands at the path: it was replaced or removed.
  [[nodiscard]] bool is_current(const std::filesystem::path& path) const {
    struct stat file{};
    return ::stat(path.c_str(), &file) == 0 && file.st_dev == device && file.st_ino == inode;
  }
};

/// Values by key, the least recently used go first. Each belongs to a generation of the file; older ones
/// serve only while the file can't be read. Not thread-safe.
class Cache {
 public:
  struct Slot {
    EntryPtr entry;  // null: the file has no such key
    std::uint64_t generation = 0;
  };

  explicit Cache(std::size_t limit) : limit_(limit) {}

  const Slot* find(std::string_view key) {
    auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    items_.splice(items_.begin(), items_, found->second);
    return &found->second->slot;
  }

  [[nodiscard]] std::vector<std::pair<std::string, EntryPtr>> entries() const {
    std::vector<std::pair<std::string, EntryPtr>> all;
    for (const auto& item : items_)
      if (item.slot.entry) all.emplace_back(item.key, item.slot.entry);
    return all;
  }

  void store(std::string_view key, Slot slot) {
    erase(key);
    items_.push_front({std::string(key), std::move(slot)});
    places_.emplace(items_.front().key, items_.begin());
    bytes_ += weight(items_.front());
    while (bytes_ > limit_ && items_.size() > 1) erase(std::string_view(items_.back().key));
  }

 private:
  struct Item {
    std::string key;
    Slot slot;
  };
  using Items = std::list<Item>;

  static std::size_t weight(const Item& item) {
    constexpr std::size_t kOverhead = 256;
    return kOverhead + item.key.size() + (item.slot.entry ? item.slot.entry->value.size() : 0);
  }
  void erase(std::string_view key) {
    auto found = places_.find(key);
    if (found == places_.end()) return;
    auto item = found->second;
    places_.erase(found);
    bytes_ -= weight(*item);
    items_.erase(item);
  }

  std::size_t limit_;
  std::size_t bytes_ = 0;
  Items items_;
  std::unordered_map<std::string_view, Items::iterator> places_;
};

/// What the store counts; nothing without a registry.
struct Meters {
  metrics::Counter cache_reads, file_reads, read_bytes, writes, written_bytes, failures;

  static Meters of(metrics::Registry& registry) {
    const auto reads = [&](const char* source) {
      return registry.counter("skerry_kv_store_reads_total",
                              "Values that were asked for, by where they were found", {{"source", source}});
    };
    return {
        .cache_reads = reads("cache"),
        .file_reads = reads("file"),
        .read_bytes = registry.counter("skerry_kv_store_read_bytes_total", "Of the values that were found"),
        .writes = registry.counter("skerry_kv_store_writes_total", "Values that were stored or removed"),
        .written_bytes = registry.counter("skerry_kv_store_written_bytes_total", "Of the stored values"),
        .failures =
            registry.counter("skerry_kv_store_failures_total", "Reads and writes of the file that failed")};
  }
};

Result<void> check_key(std::string_view key) {
  if (key.empty() || key.size() > kMaxKeyBytes || key == "." || key == ".." || !is_utf8(key))
    return fail(ErrorKind::usage, "kv_key_invalid",
                "A key is 1 to 512 bytes of UTF-8, and neither \".\" nor \"..\".");
  return {};
}

Result<void> check_entry(const Entry& entry) {
  if (entry.value.size() > kMaxValueBytes)
    return fail(ErrorKind::too_large, "kv_value_too_large", "A value has at most 25 MiB.");
  if (entry.metadata.empty()) return {};
  if (entry.metadata.size() > kMaxMetadataBytes || !nlohmann::json::accept(entry.metadata))
    return fail(ErrorKind::usage, "kv_metadata_invalid", "Metadata is JSON of at most 1024 bytes.");
  return {};
}

/// The log first: a new file must never be read with the old one's.
Result<std::filesystem::path> put_aside(const std::filesystem::path& path) {
  std::filesystem::path aside = path.native() + ".damaged";
  std::error_code ec;
  for (const char* part : {"-wal", "-shm", ""}) {
    std::filesystem::rename(path.native() + part, aside.native() + part, ec);
    if (ec && ec != std::errc::no_such_file_or_directory)
      return fail("kv_unavailable", "The key-value file " + path.native() +
                                        " is damaged, and can't be put aside: " + ec.message() + ".");
  }
  return aside;
}

/// Nobody else may read what is made.
Result<Database> open_or_make(const Store::Options& options) {
  const auto old_mask = ::umask(0077);
  auto database = Database::open(options.path, Database::IfMissing::create);
  if (!database && database.error().kind == ErrorKind::damaged && options.renew) {
    if (const auto aside = put_aside(options.path)) {
      options.renew(*aside);
      database = Database::open(options.path, Database::IfMissing::create);
    } else {
      database = std::unexpected(aside.error());
    }
  }
  ::umask(old_mask);
  return database;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(Options options, Database reader, Database writer)
      : options_(std::move(options)),
        meters_(options_.registry == nullptr ? Meters() : Meters::of(*options_.registry)),
        cache_(options_.cache_bytes),
        reader_(std::move(reader)),
        writer_(std::move(writer)) {
    std::lock_guard lock(reader_mutex_);
    version_ = read_version();
  }

  Result<EntryPtr> get(std::string_view key) override {
    if (auto valid = check_key(key); !valid) return std::unexpected(valid.error());
    look_for_changes();
    EntryPtr last_good;
    {
      std::lock_guard lock(cache_mutex_);
      if (const auto* slot = cache_.find(key)) {
        if (slot->generation == generation_) {
          meters_.cache_reads.add();
          return counted(slot->entry);
        }
        last_good = slot->entry;
      }
    }
    auto read = read_through(key);
    (read ? meters_.file_reads : meters_.failures).add();
    if (!read && last_good) return counted(std::move(last_good));
    if (!read) return read;
    return counted(std::move(*read));
  }

  Result<std::vector<EntryPtr>> get_many(std::span<const std::string> keys) override {
    std::vector<EntryPtr> entries;
    entries.reserve(keys.size());
    for (const auto& key : keys) {
      auto entry = get(key);
      if (!entry) return std::unexpected(std::move(entry.error()));
      entries.push_back(std::move(*entry));
    }
    return entries;
  }

  Result<void> put(std::string_view key, Entry entry) override {
    if (auto valid = check_key(key); !valid) return valid;
    if (auto valid = check_entry(entry); !valid) return valid;
    auto kept = std::make_shared<const Entry>(std::move(entry));
    std::lock_guard lock(writer_mutex_);
    reopen_if_replaced(writer_, Database::IfMissing::create);
    purge_expired();
    auto stored = write(key, kept);
    if (!stored && stored.error().kind == ErrorKind::damaged && renewed()) stored = write(key, kept);
    return stored;
  }

  Result<void> remove(std::string_view key) override {
    if (auto valid = check_key(key); !valid) return valid;
    std::lock_guard lock(writer_mutex_);
    reopen_if_replaced(writer_, Database::IfMissing::create);
    writer_.remove.bind(1, key);
    return change(writer_.remove, key, nullptr);
  }

  Result<Listing> list(std::string_view prefix, std::size_t limit, std::string_view cursor) override {
    auto after = decode_cursor(cursor);
    if (!after)
      return fail(ErrorKind::usage, "kv_cursor_invalid", "The cursor is not one that a listing gave.");
    limit = std::clamp<std::size_t>(limit, 1, kMaxListedKeys);

    std::lock_guard lock(reader_mutex_);
    reopen_if_replaced(reader_, Database::IfMissing::fail);
    Run run(reader_.list);
    // No UTF-8 holds the byte FF, so all that starts with the prefix comes before this.
    auto beyond = std::string(prefix) + '\xff';
    // One more than asked for tells whether there is a next page.
    auto rows = static_cast<std::int64_t>(limit + 1);
    reader_.list.bind(1, *after).bind(2, prefix).bind(3, beyond).bind(4, to_millis(now())).bind(5, rows);
    Listing listing;
    int status = SQLITE_ROW;
    while ((status = reader_.list.step()) == SQLITE_ROW)
      listing.keys.push_back({reader_.list.bytes(0), reader_.list.bytes(1), reader_.list.time(2)});
    if (status != SQLITE_DONE) return reader_.unavailable(path());
    if (listing.keys.size() > limit) {
      listing.keys.pop_back();
      listing.cursor = encode_cursor(listing.keys.back().name);
    }
    return listing;
  }

 private:
  [[nodiscard]] std::string_view path() const { return options_.path.native(); }
  [[nodiscard]] Time now() const {
    return options_.now ? options_.now()
                        : std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  /// The entry as it is given out: nothing where it has expired.
  [[nodiscard]] EntryPtr counted(EntryPtr entry) const {
    if (entry && entry->expires && *entry->expires <= now()) return nullptr;
    if (entry) meters_.read_bytes.add(entry->value.size());
    return entry;
  }

  /// Every 50 ms one caller asks whether another connection has changed the file.
  void look_for_changes() {
    auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto due = next_check_.load(std::memory_order_relaxed);
    if (now < due) return;
    auto next = now + std::chrono::steady_clock::duration(kCheckInterval).count();
    if (!next_check_.compare_exchange_strong(due, next)) return;
    std::unique_lock lock(reader_mutex_, std::try_to_lock);
    if (!lock) return;
    reopen_if_replaced(reader_, Database::IfMissing::fail);
    auto version = read_version();
    if (version == std::exchange(version_, version)) return;
    std::lock_guard cache_lock(cache_mutex_);
    ++generation_;
  }

  /// Nothing when the file can't be read; that differs from every version.
  std::optional<std::int64_t> read_version() {
    Run run(reader_.version);
    if (reader_.version.step() != SQLITE_ROW) return std::nullopt;
    return reader_.version.number(0);
  }

  /// Of a file that was removed the old one is read on, until a put makes a new one.
  void reopen_if_replaced(Database& database, Database::IfMissing if_missing) {
    if (database.is_current(options_.path)) return;
    auto fresh = Database::open(options_.path, if_missing);
    if (!fresh) return;
    database = std::move(*fresh);
    std::lock_guard lock(cache_mutex_);
    ++generation_;
  }

  Result<EntryPtr> read_through(std::string_view key) {
    std::lock_guard lock(reader_mutex_);
    std::uint64_t generation = 0;
    std::uint64_t changes = 0;
    {
      std::lock_guard cache_lock(cache_mutex_);
      generation = generation_;
      changes = changes_;
    }
    EntryPtr entry;
    {
      Run run(reader_.get);
      reader_.get.bind(1, key);
      auto status = reader_.get.step();
      if (status == SQLITE_ROW)
        entry = std::make_shared<const Entry>(Entry{reader_.get.bytes(0), reader_.get.bytes(1),
                                                    reader_.get.time(2), reader_.get.number(3) != 0});
      else if (status != SQLITE_DONE)
        return reader_.unavailable(path());
    }
    std::lock_guard cache_lock(cache_mutex_);
    // A put that came in between has stored something newer.
    if (changes == changes_) cache_.store(key, {entry, generation});
    return entry;
  }

  Result<void> write(std::string_view key, const EntryPtr& entry) {
    writer_.put.bind(1, key).bind(2, entry->value).bind_text(3, entry->metadata).bind(4, entry->expires);
    writer_.put.bind(5, std::int64_t{entry->foreign ? 1 : 0});
    return change(writer_.put, key, entry);
  }

  /// In the place of a damaged file: one with the last good values.
  bool renewed() {
    if (!options_.renew) return false;
    // Somebody else may have done so.
    if (writer_.is_current(options_.path)) {
      const auto aside = put_aside(options_.path);
      if (!aside) return false;
      options_.renew(*aside);
    }
    auto fresh = open_or_make(options_);
    if (!fresh) return false;
    writer_ = std::move(*fresh);
    std::vector<std::pair<std::string, EntryPtr>> good;
    {
      const std::lock_guard lock(cache_mutex_);
      good = cache_.entries();
    }
    for (const auto& [key, entry] : good)
      if (!write(key, entry)) return false;
    return true;
  }

  Result<void> change(Statement& statement, std::string_view key, EntryPtr entry) {
    Run run(statement);
    if (statement.step() != SQLITE_DONE) {
      meters_.failures.add();
      return writer_.unavailable(path());
    }
    meters_.writes.add();
    if (entry) meters_.written_bytes.add(entry->value.size());
    std::lock_guard lock(cache_mutex_);
    ++changes_;
    cache_.store(key, {std::move(entry), generation_});
    return {};
  }

  void purge_expired() {
    Run run(writer_.purge);
    writer_.purge.bind(1, to_millis(now())).step();
  }

  /// Hex of the last key: opaque, and safe in a URL.
  static std::string encode_cursor(std::string_view key) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string cursor;
    for (unsigned char byte : key) (cursor += kDigits[byte >> 4]) += kDigits[byte & 15];
    return cursor;
  }
  static std::optional<std::string> decode_cursor(std::string_view cursor) {
    auto digit = [](char c) {
      return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    if (cursor.size() % 2 != 0 || cursor.size() > 2 * kMaxKeyBytes) return std::nullopt;
    std::string key;
    for (std::size_t i = 0; i < cursor.size(); i += 2) {
      auto high = digit(cursor[i]);
      auto low = digit(cursor[i + 1]);
      if (high < 0 || low < 0) return std::nullopt;
      key += static_cast<char>(high * 16 + low);
    }
    return key;
  }

  Options options_;
  Meters meters_;

  std::mutex cache_mutex_;  // taken last
  Cache cache_;
  std::uint64_t generation_ = 1;  // of the file, as far as we know
  std::uint64_t changes_ = 0;     // by this process

  std::mutex reader_mutex_;
  Database reader_;
  std::optional<std::int64_t> version_;
  std::atomic<std::chrono::steady_clock::rep> next_check_ = 0;

  std::mutex writer_mutex_;
  Database writer_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(Options options) {
  std::error_code ec;
  if (options.path.has_parent_path()) std::filesystem::create_directories(options.path.parent_path(), ec);
  auto writer = open_or_make(options);
  if (!writer) return std::unexpected(std::move(writer.error()));
  auto reader = Database::open(options.path, Database::IfMissing::fail);
  if (!reader) return std::unexpected(std::move(reader.error()));
  return std::make_unique<SqliteStore>(std::move(options), std::move(*reader), std::move(*writer));
}

}  // namespace skerry::kv
