#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "native-host/postgres/connection.hpp"

namespace skerry::postgres {

/// Advisory locks (PostgreSQL manual, 13.3.5), by a number that any constant will do for. All of them are
/// held by a transaction, and go with it: behind a pooler a session's lock would stay with a session that is
/// somebody else's by then. A session's lock of the same number, which older programs take, excludes them,
/// too.

/// Takes a lock for the open transaction, if nobody has it.
Result<bool> try_lock(Connection& connection, std::int64_t lock);

/// Who holds a lock: `process 123 (skerry update, since 2026-11-28 03:00:00 UTC)`; what the server does not
/// tell us of another user's session is left out. Empty: nobody by now.
Result<std::string> holder_of(Connection& connection, std::int64_t lock);

struct LockWait {
  std::chrono::milliseconds longest{30'000};
  /// Told once, before the wait: `The migrations' lock is held by process 123 (…); waiting for it`.
  std::function<void(std::string_view)> say = [](std::string_view) {};
};

/// Takes a lock for the open transaction, after a wait. `name`, as in "The migrations' lock", is for people.
/// Error: `lock_busy` (busy), which fails the transaction.
Result<void> wait_for_lock(Connection& connection, std::int64_t lock, std::string_view name,
                           const LockWait& wait);

/// A lock that is held for long, by a transaction that does nothing else, on a connection of its own. Such a
/// transaction holds back no vacuum: it has no snapshot.
class HeldLock {
 public:
  /// Nothing: somebody else has it.
  static Result<std::optional<HeldLock>> take(Connection connection, std::int64_t lock);

  /// False once the connection is lost, and the lock with it; asks nobody.
  [[nodiscard]] bool check() { return connection_.check(); }

 private:
  HeldLock(Connection connection, Transaction transaction)
      : connection_(std::move(connection)), transaction_(std::move(transaction)) {}

  Connection connection_;
  Transaction transaction_;
};

}  // namespace skerry::postgres
