// All of it through the real PgBouncer, which lends sessions of the server out for one transaction each.
#include <optional>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/postgres/locks.hpp"
#include "native-host/postgres/migrate.hpp"
#include "native-host/postgres/pool.hpp"
#include "native-host/postgres/test_pgbouncer.hpp"

namespace skerry::postgres {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr std::int64_t kSomeLock = 4711;
/// On the slowest machine a server that works answers within the grace.
constexpr auto kAges = 10min;

std::string new_database() {
  const auto conninfo = TestCluster::instance().new_database();
  return conninfo.substr(conninfo.rfind('=') + 1);
}

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "" : result.error().code;
}

}  // namespace

TEST_CASE("through PgBouncer: one session of the server for many clients") {
  const TestPgBouncer bouncer(1);
  const auto database = new_database();
  auto first = Connection::open(bouncer.conninfo(database), {.application_name = "first"}).value();
  auto second = Connection::open(bouncer.conninfo(database), {.application_name = "second"}).value();
  const auto name = [](Connection& c) {
    return std::string(c.exec("SHOW application_name").value().text(0, 0));
  };
  CHECK(name(first) == "first");
  CHECK(name(second) == "second");

  // Nothing of a migration stays with the session.
  const std::vector migrations{Migration{"0001_a", "CREATE TABLE a (n int); INSERT INTO a VALUES (7)"}};
  CHECK(migrate(first, "an_owner", migrations).value() == Names{"0001_a"});
  CHECK(second.exec("SHOW search_path").value().text(0, 0) == "\"$user\", public");
  CHECK(second.exec("SHOW lock_timeout").value().text(0, 0) == "0");
  CHECK(second.query("SELECT n + $1 FROM an_owner.a", {1}).value().integer(0, 0) == 8);

  // Whoever waits for the one session is told so.
  const auto held = first.begin().value();
  const Within soon(second, {.call = 100ms});
  const auto late = second.exec("SELECT 1");
  CHECK(late.error().kind == ErrorKind::unavailable);
}

TEST_CASE("through PgBouncer: processes that migrate at once") {
  const TestPgBouncer bouncer(4);
  const auto conninfo = bouncer.conninfo(new_database());
  const std::vector migrations{Migration{"0001_a", "CREATE TABLE a (n int)"},
                               Migration{"0002_b", "CREATE TABLE b (n int)"}};
  std::vector<std::size_t> applied(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(applied.size());
    for (auto& count : applied) {
      threads.emplace_back([&] {
        auto connection = Connection::open(conninfo, {.grace = kAges}).value();
        count = migrate(connection, "an_owner", migrations).value().size();
      });
    }
  }
  CHECK(applied[0] + applied[1] + applied[2] + applied[3] == 2);
  auto connection = Connection::open(conninfo, {.grace = kAges}).value();
  CHECK(connection.exec("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").value().integer(0, 0) ==
        0);
}

TEST_CASE("through PgBouncer: a lock that is held for long") {
  const TestPgBouncer bouncer(4);
  const auto conninfo = bouncer.conninfo(new_database());
  const auto open = [&](std::string name) {
    return Connection::open(conninfo, {.application_name = std::move(name)}).value();
  };
  auto held = HeldLock::take(open("the holder"), kSomeLock).value();
  REQUIRE(held);
  auto look = open("look");
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(HeldLock::take(open("another"), kSomeLock).value());
    CHECK(held->check());
  }
  CHECK(holder_of(look, kSomeLock).value().contains("the holder"));
  held.reset();
  CHECK(HeldLock::take(open("another"), kSomeLock).value());
  // Its holder dies: so does the lock.
  auto dead = HeldLock::take(open("dead"), kSomeLock).value();
  REQUIRE(dead);
  look.exec("SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory'").value();
  while (dead->check()) std::this_thread::yield();
  CHECK(HeldLock::take(open("another"), kSomeLock).value());
}

TEST_CASE("through PgBouncer: rows and COPY in pieces, and readers that have enough") {
  const TestPgBouncer bouncer(2);
  auto connection = Connection::open(bouncer.conninfo(new_database()), {.grace = kAges}).value();
  connection.exec("CREATE TABLE t (n int)").value();
  {
    auto in = connection.start_copy_in("COPY t FROM STDIN").value();
    for (int i = 1; i <= 10'000; ++i) REQUIRE(in.write(std::to_string(i) + "\n"));
    CHECK(in.finish().value() == 10'000);
  }
  {
    auto rows = connection.stream("SELECT n FROM t WHERE n > $1", {5000}).value();
    std::int64_t sum = 0;
    while (rows.next().value()) sum += rows.integer(0);
    CHECK(sum == 37'502'500);
  }
  {
    auto out = connection.start_copy_out("COPY t TO STDOUT").value();
    std::size_t size = 0;
    for (auto piece = out.next().value(); piece; piece = out.next().value()) size += piece->size();
    CHECK(size == 48'894);
  }
  for (int i = 0; i < 5; ++i) {
    auto rows = connection.stream("SELECT generate_series(1, 1000000000::bigint)").value();
    REQUIRE(rows.next().value());
  }
  {
    auto unfinished = connection.start_copy_in("COPY t FROM STDIN").value();
    REQUIRE(unfinished.write("1\n"));
  }
  CHECK(connection.exec("SELECT count(*) FROM t").value().integer(0, 0) == 10'000);
}

TEST_CASE("through PgBouncer: a stop and a deadline hit their own statement, and no other") {
  const TestPgBouncer bouncer(2);
  const auto conninfo = bouncer.conninfo(new_database());
  auto connection = Connection::open(conninfo, {.grace = kAges}).value();
  auto other = Connection::open(conninfo, {.grace = kAges}).value();
  other.exec("CREATE TABLE locked (n int)").value();
  for (int i = 0; i < 5; ++i) {
    const Within soon(connection, {.call = 50ms, .grace = kAges});
    CHECK(code_of(connection.exec("SELECT pg_sleep(1000)")) == "db_timeout");
    CHECK(other.exec("SELECT 1"));
  }
  {
    const auto held = other.begin().value();
    other.exec("LOCK TABLE locked").value();
    std::stop_source source;
    std::string code;
    {
      const std::jthread waiter([&] {
        const Within stoppable(connection, {.stop = source.get_token(), .grace = kAges});
        code = code_of(connection.exec("SELECT * FROM locked"));
      });
      while (other.exec("SELECT FROM pg_locks WHERE NOT granted").value().size() == 0)
        std::this_thread::yield();
      source.request_stop();
    }
    CHECK(code == "stopped");
  }
  CHECK(connection.exec("SELECT * FROM locked"));
  CHECK(other
            .exec("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1000)%' AND state = "
                  "'active' AND "
                  "pid <> pg_backend_pid()")
            .value()
            .integer(0, 0) == 0);
}

TEST_CASE("through PgBouncer: a pool, over a restart of the pooler and one that hangs") {
  TestPgBouncer bouncer(2);
  const auto conninfo = bouncer.conninfo(new_database());
  Pool pool({.size = 8, .wait = 1h, .backoff = 1ms, .max_backoff = 10ms}, conninfo);
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) {
          auto lease = pool.take("a round").value();
          auto transaction = lease->begin().value();
          lease->exec("SELECT 1").value();
          transaction.commit().value();
        }
      });
    }
  }
  bouncer.kill();
  CHECK(code_of(pool.take("during")) == "db_unreachable");
  bouncer.start();
  std::optional<Lease> lease;
  while (!lease) {
    if (auto taken = pool.take("after")) lease.emplace(*std::move(taken));
  }
  CHECK((*lease)->exec("SELECT 1"));
  REQUIRE(kill(bouncer.process(), SIGSTOP) == 0);
  (*lease)->set_bounds({.call = 100ms});
  CHECK(code_of((*lease)->exec("SELECT 1")) == "db_unreachable");
  CHECK(kill(bouncer.process(), SIGCONT) == 0);
}

TEST_CASE("a pooler that ends the session with each statement is refused, with what to do") {
  const TestPgBouncer bouncer(2, "statement");
  auto connection = Connection::open(bouncer.conninfo(new_database()), {.grace = kAges}).value();
  const std::vector migrations{Migration{"0001_a", "CREATE TABLE a (n int)"}};
  const auto refused = migrate(connection, "an_owner", migrations);
  CHECK(code_of(refused) == "db_pooling");
  CHECK(refused.error().kind == ErrorKind::usage);
  CHECK(refused.error().message.contains("pool_mode"));
}

}  // namespace skerry::postgres
