#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "native-host/metrics/registry.hpp"
#include "native-host/postgres/connection.hpp"

namespace skerry::postgres {

struct PoolMeters {
  metrics::Gauge open, in_use;
  metrics::Histogram wait;
  metrics::Counter busy;

  static PoolMeters of(metrics::Registry& registry);
};

struct PoolOptions {
  std::size_t size = 4;                    ///< connections at most
  std::chrono::milliseconds wait{5'000};   ///< for one that is free, or for a new one
  std::chrono::milliseconds backoff{250};  ///< after a connection that failed; doubles with each one more
  std::chrono::milliseconds max_backoff{30'000};
  ConnectOptions connect = {};
  PoolMeters meters = {};
};

/// What is known of a pool without asking the database.
struct PoolState {
  bool ready = false;               ///< there is an address, and the last connection succeeded
  std::optional<Error> error = {};  ///< why it is away
  std::size_t open = 0, in_use = 0, waiting = 0;
};

/// A connection that is lent out until this ends. One in which something is still open, or that was lost, is
/// thrown away. For one thread at a time.
class [[nodiscard]] Lease {
 public:
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  Connection& operator*() { return *connection_; }
  Connection* operator->() { return &*connection_; }

 private:
  friend class Pool;
  struct Home;
  Lease(Connection connection, std::unique_ptr<Home> home);
  std::optional<Connection> connection_;
  std::unique_ptr<Home> home_;
};

/// Connections for many threads. Making a pool asks nobody: its database is ready, or away until it is there,
/// at an address that may come and change later. All of it may be called by any thread; no lock is held while
/// the network is waited for. A pool may end before what it has lent out.
class Pool {
 public:
  explicit Pool(PoolOptions options, std::string conninfo = {});
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  /// Whoever waits is told `stopped`.
  ~Pool();

  /// Where the database is from now on; empty: nowhere. Connections with another place are closed, those that
  /// are lent out when they come back. The next one is tried at once, whatever failed before.
  void set_conninfo(std::string conninfo);

  /// Lends a connection out, with these bounds; the first to ask is the first to get one. `purpose`, in a few
  /// words, is told to those who wait for it in vain.
  ///
  /// Errors: those of Connection::open; `db_busy` (busy: all are in use, with who has one for longest);
  /// `db_unreachable`, at once, while nobody has set a place, and after a failure until it is time for the
  /// next try, which one caller at a time makes.
  Result<Lease> take(std::string_view purpose, Bounds bounds = {});

  [[nodiscard]] PoolState state() const;

 private:
  friend struct Lease::Home;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace skerry::postgres
