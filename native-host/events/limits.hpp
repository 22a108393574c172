#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "native-host/events/siphash.hpp"
#include "shared/address.hpp"
#include "shared/http.hpp"

namespace skerry::events {

/// How much one sender may bring; 0: any number.
struct Rate {
  double events = 0;       ///< a second
  double bytes = 0;        ///< a second
  double daily_bytes = 0;  ///< in 24 hours, whenever they begin
};

/// Whom a request counts for. What is empty is not known, and not limited.
struct Sender {
  std::string client;  ///< an address, cut to what one host has (Address::host)
  std::string site;
  std::string key;
};

/// The host of the page that sends, in lower case: of `Origin`, else that the request is for.
std::string site_of(const Request& request);

/// Counts what senders bring, by address, site and key, each for itself (token buckets). Who has used up what
/// is there is refused until it has grown again; a request that begins within the limit is taken whole, and
/// what it took too much is owed. Of more senders than it has places for, those that came longest ago are
/// forgotten. Thread-safe.
class Limits {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class By { client, site, key };
  static constexpr std::size_t kScopes = 3;

  struct Options {
    std::array<Rate, kScopes> rates = {};  ///< in the order of `By`
    std::chrono::seconds burst{30};        ///< as much as this brings may come at once; 0: nothing is limited
    std::size_t most = 65'536;             ///< senders of each scope, about 150 bytes each
    std::function<double()> chance = {};   ///< 0 to 1, for the jitter; empty: random
  };
  struct Refusal {
    By by = By::client;
    std::chrono::seconds retry_after{};
  };

  explicit Limits(Options options);

  /// Nothing: it may send. Else who is over the limit, and when to come again: at least 5 s, twice as long
  /// each time that somebody came when told and there was still no room, 300 s at most (or until there is
  /// room, if that is longer), and up to a quarter more by chance, so that not all come at once.
  std::optional<Refusal> refuse(const Sender& sender, TimePoint now);
  /// Counts what it has sent, of those scopes that it has.
  void take(const Sender& sender, double events, double bytes, TimePoint now);

 private:
  struct Entry {
    Hash128 who;
    double events = 0;  ///< that may come, as `bytes` and `daily`; negative: owed
    double bytes = 0;
    double daily = 0;
    TimePoint at;
    TimePoint until;       ///< when it was told to come again
    unsigned refused = 0;  ///< times that it was told so
  };
  struct LowBits {
    std::size_t operator()(const Hash128& hash) const { return hash.low; }
  };
  struct Scope {
    std::mutex mutex;
    std::list<Entry> entries;  ///< the one that came last is the first
    std::unordered_map<Hash128, std::list<Entry>::iterator, LowBits> places;
  };

  [[nodiscard]] bool is_limited(std::size_t scope, std::string_view who) const;
  Entry& find(std::size_t scope, std::string_view who, TimePoint now);
  std::optional<std::chrono::seconds> refuse_one(std::size_t scope, std::string_view who, TimePoint now);
  double chance();

  Options options_;
  const Hash128 secret_;
  std::array<Scope, kScopes> scopes_;
  std::mutex random_mutex_;
  std::minstd_rand random_;
};

std::string_view name_of(Limits::By by);

}  // namespace skerry::events
