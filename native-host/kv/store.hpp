#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::metrics {
class Registry;
}

namespace skerry::kv {

// The limits of Cloudflare KV, so that what is stored here can be stored there.
inline constexpr std::size_t kMaxKeyBytes = 512;
inline constexpr std::size_t kMaxValueBytes = std::size_t{25} << 20U;
inline constexpr std::size_t kMaxMetadataBytes = 1024;
inline constexpr std::size_t kMaxListedKeys = 1000;

struct Entry {
  std::string value = {};
  std::string metadata = {};  ///< JSON text; empty: none
  std::optional<Time> expires = {};
  bool foreign = false;  ///< written by somebody else than the program itself: kept, never published
};
using EntryPtr = std::shared_ptr<const Entry>;

struct Listing {
  struct Key {
    std::string name;
    std::string metadata;
    std::optional<Time> expires = {};
  };
  std::vector<Key> keys;  ///< in the order of their bytes
  std::string cursor;     ///< for the next page; empty: this is the last
};

/// The native host's key-value store: one SQLite file in WAL mode that several processes may share.
///
/// A put is atomic, and on the disk when it returns. A get that hits the cache costs about a microsecond;
/// what another process wrote is seen after 50 ms at most. When the file can't be read any more, gets go on
/// with the last good value of each key that was read before; the next put makes a new file of them, where
/// `renew` says so. Thread-safe.
///
/// Keys are 1 to 512 bytes of UTF-8, neither `.` nor `..`; values up to 25 MiB; metadata is JSON of up to
/// 1024 bytes. Errors: `kv_key_invalid`, `kv_value_too_large`, `kv_metadata_invalid`, `kv_cursor_invalid`,
/// and `kv_unavailable` (damaged or unreadable file, full disk, another process holds the lock for too long).
class Store {
 public:
  struct Options {
    std::filesystem::path path;
    std::size_t cache_bytes = std::size_t{128} << 20U;
    /// A file that is damaged is put aside (`<path>.damaged`, in place of an older one), and a new one made,
    /// at the start and at a put. Told with the place of the old one, from any thread. Empty: it is an error.
    std::function<void(const std::filesystem::path& aside)> renew = {};
    std::function<Time()> now = {};         ///< empty: the system's clock
    metrics::Registry* registry = nullptr;  ///< what to count reads and writes into; must live longer
  };

  /// Opens the file; makes it, readable by its owner only, and its folder where they are missing.
  static Result<std::unique_ptr<Store>> open(Options options);

  virtual ~Store() = default;

  /// Null where there is no such key, or where it has expired.
  virtual Result<EntryPtr> get(std::string_view key) = 0;
  /// In the order of `keys`.
  virtual Result<std::vector<EntryPtr>> get_many(std::span<const std::string> keys) = 0;
  virtual Result<void> put(std::string_view key, Entry entry) = 0;
  /// `limit` is cut to 1…1000.
  virtual Result<Listing> list(std::string_view prefix, std::size_t limit, std::string_view cursor) = 0;
  /// Removing what isn't there is no error.
  virtual Result<void> remove(std::string_view key) = 0;
};

}  // namespace skerry::kv
