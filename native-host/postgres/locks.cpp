#include "native-host/postgres/locks.hpp"

#include <utility>

namespace skerry::postgres {

Result<bool> try_lock(Connection& connection, std::int64_t lock) {
  auto locked = connection.query("SELECT pg_try_advisory_xact_lock($1)", {lock});
  if (!locked) return std::unexpected(std::move(locked.error()));
  return locked->boolean(0, 0);
}

Result<std::string> holder_of(Connection& connection, std::int64_t lock) {
  auto rows = connection.query(
      "SELECT 'process ' || l.pid || coalesce(' (' || nullif(concat_ws(', ', nullif(a.application_name, ''), "
      "'since ' || to_char(coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD "
      "HH24:MI:SS') || "
      "' UTC'), '') || ')', '') FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid) "
      "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = "
      "(SELECT oid FROM pg_database WHERE datname = current_database()) "
      "AND l.classid::bigint = ($1::bigint >> 32) & 4294967295 AND l.objid::bigint = $1::bigint & 4294967295 "
      "LIMIT 1",
      {lock});
  if (!rows) return std::unexpected(std::move(rows.error()));
  return rows->size() == 0 ? std::string() : std::string(rows->text(0, 0));
}

Result<void> wait_for_lock(Connection& connection, std::int64_t lock, std::string_view name,
                           const LockWait& wait) {
  const auto taken = try_lock(connection, lock);
  if (!taken) return std::unexpected(taken.error());
  if (*taken) return {};
  const auto found = holder_of(connection, lock);
  if (!found) return std::unexpected(found.error());
  const auto holder = found->empty() ? std::string("another process") : *found;
  wait.say(std::string(name) + " is held by " + holder + "; waiting for it");
  auto bounds = connection.bounds();
  bounds.call = wait.longest;
  const Within within(connection, std::move(bounds));
  auto locked = connection.query("SELECT pg_advisory_xact_lock($1)", {lock});
  if (locked) return {};
  if (locked.error().code != "db_timeout") return std::unexpected(std::move(locked.error()));
  return fail(ErrorKind::busy, "lock_busy",
              std::string(name) + " is held by " + holder + ", and was waited for " +
                  std::to_string(std::chrono::ceil<std::chrono::seconds>(wait.longest).count()) +
                  " s. Try again when that has ended.");
}

Result<std::optional<HeldLock>> HeldLock::take(Connection connection, std::int64_t lock) {
  // A server's time limit for transactions that do nothing would take the lock away.
  auto transaction = connection.begin("SET LOCAL idle_in_transaction_session_timeout = 0");
  if (!transaction) return std::unexpected(std::move(transaction.error()));
  auto locked = try_lock(connection, lock);
  if (!locked) return std::unexpected(std::move(locked.error()));
  if (!*locked) return std::nullopt;
  return HeldLock(std::move(connection), *std::move(transaction));
}

}  // namespace skerry::postgres
