#include "native-host/postgres/pool.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/postgres/test_cluster.hpp"
#include "native-host/postgres/test_silent_port.hpp"

namespace skerry::postgres {
namespace {

using namespace std::chrono_literals;

const std::string& database() {
  static const auto conninfo = TestCluster::instance().new_database();
  return conninfo;
}

/// A wait that a test never sees the end of.
PoolOptions patient(std::size_t size) {
  return {.size = size, .wait = 1h, .connect = {.application_name = "pool test"}};
}

std::string code_of(const Result<Lease>& result) {
  return result ? "" : result.error().code;
}

std::int64_t pid_of(Lease& lease) {
  return lease->exec("SELECT pg_backend_pid()").value().integer(0, 0);
}

void terminate(std::int64_t pid) {
  auto other = Connection::open(database()).value();
  other.query("SELECT pg_terminate_backend($1, 60000)", {pid}).value();
}

void wait_for_waiters(const Pool& pool, std::size_t count) {
  while (pool.state().waiting != count) std::this_thread::yield();
}

}  // namespace

TEST_CASE("connections are lent out, come back, and are lent out again") {
  metrics::Registry registry;
  Pool pool({.size = 2, .wait = 3s, .meters = PoolMeters::of(registry)}, database());
  CHECK(pool.state().open == 0);
  std::int64_t pid = 0;
  {
    auto lease = pool.take("one").value();
    pid = pid_of(lease);
    CHECK(pool.state().in_use == 1);
  }
  auto first = pool.take("a long report").value();
  CHECK(pid_of(first) == pid);
  auto second = pool.take("two").value();
  CHECK(pid_of(second) != pid);
  const auto third = pool.take("three");
  CHECK(code_of(third) == "db_busy");
  CHECK(third.error().kind == ErrorKind::busy);
  CHECK(third.error().message.contains("All 2 connections"));
  CHECK(third.error().message.contains("a long report"));
  CHECK(pool.state().open == 2);
  const auto text = registry.render();
  CHECK(text.contains("\nskerry_db_pool_open 2\n"));
  CHECK(text.contains("\nskerry_db_pool_in_use 2\n"));
  CHECK(text.contains("\nskerry_db_pool_busy_total 1\n"));
  CHECK(text.contains("\nskerry_db_pool_wait_seconds_count 3\n"));
}

TEST_CASE("many threads never have more than there are") {
  Pool pool(patient(3), database());
  std::atomic<int> out = 0;
  std::atomic<bool> too_many = false;
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 25; ++round) {
          auto lease = pool.take("a round").value();
          if (++out > 3) too_many = true;
          done += static_cast<int>(lease->query("SELECT $1::int", {1}).value().integer(0, 0));
          --out;
        }
      });
    }
  }
  CHECK_FALSE(too_many);
  CHECK(done == 200);
  CHECK(pool.state().open <= 3);
  CHECK(pool.state().in_use == 0);
}

TEST_CASE("the first to wait is the first to get one") {
  Pool pool(patient(1), database());
  std::optional held(pool.take("held").value());
  std::vector<int> order;  // guarded by the pool: there is one connection
  const auto waiter = [&](int number) {
    auto lease = pool.take("waiter").value();
    order.push_back(number);
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(waiter, i);
      wait_for_waiters(pool, static_cast<std::size_t>(i) + 1);
    }
    held.reset();
  }
  CHECK(order == std::vector{0, 1, 2, 3});
}

TEST_CASE("a wait ends by a stop, by a deadline, and with the pool") {
  std::optional<Pool> pool(std::in_place, patient(1), database());
  auto held = pool->take("held").value();
  std::stop_source source;
  std::string code;
  {
    const std::jthread waiter([&] { code = code_of(pool->take("waiter", {.stop = source.get_token()})); });
    wait_for_waiters(*pool, 1);
    source.request_stop();
  }
  CHECK(code == "stopped");
  CHECK(code_of(pool->take("late", {.until = std::chrono::steady_clock::now() + 10ms})) == "db_busy");
  CHECK(pool->state().waiting == 0);
  {
    const std::jthread waiter([&, &waiting = *pool] { code = code_of(waiting.take("waiter")); });
    wait_for_waiters(*pool, 1);
    // The thread is inside of the wait, which keeps what it needs.
    pool.reset();
  }
  CHECK(code == "stopped");
  CHECK(held->exec("SELECT 1"));
}

TEST_CASE("bounds go with the lease") {
  Pool pool(patient(1), database());
  std::stop_source source;
  {
    auto lease = pool.take("bounded", {.call = 50ms, .stop = source.get_token(), .grace = 10min}).value();
    CHECK(lease->exec("SELECT pg_sleep(1000)").error().code == "db_timeout");
    source.request_stop();
    CHECK(lease->exec("SELECT 1").error().code == "stopped");
  }
  auto lease = pool.take("the next one").value();
  CHECK(lease->exec("SELECT 1"));
}

TEST_CASE("what is broken or left open is thrown away") {
  Pool pool(patient(2), database());
  std::int64_t pid = 0;
  SUBCASE("lost while it was lent out") {
    {
      auto lease = pool.take("lost").value();
      pid = pid_of(lease);
      terminate(pid);
      CHECK(lease->exec("SELECT 1").error().code == "db_unreachable");
    }
    CHECK(pool.state().open == 0);
  }
  SUBCASE("lost while it was idle, as all are when a server restarts") {
    {
      auto lease = pool.take("idle").value();
      auto another = pool.take("idle").value();
      pid = pid_of(lease);
      terminate(pid);
      terminate(pid_of(another));
    }
  }
  SUBCASE("with a transaction that nobody ended") {
    {
      auto lease = pool.take("open").value();
      pid = pid_of(lease);
      lease->exec("BEGIN").value();
    }
    CHECK(pool.state().open == 0);
  }
  auto next = pool.take("next").value();
  CHECK(pid_of(next) != pid);
  CHECK(next->exec("SELECT 1"));
  CHECK(pool.state().open == 1);
}

TEST_CASE("a database that is away: known at once, tried again in time") {
  metrics::Registry registry;
  auto options = patient(4);
  options.connect.meters = Meters::of(registry);
  options.backoff = 1h;
  options.max_backoff = 2h;
  Pool pool(options);
  CHECK_FALSE(pool.state().ready);
  CHECK(code_of(pool.take("early")) == "db_unreachable");
  pool.set_conninfo("host=/nonexistent");
  for (int i = 0; i < 3; ++i) CHECK(code_of(pool.take("away")) == "db_unreachable");
  CHECK(registry.render().contains("\nskerry_db_failures_total 1\n"));
  CHECK(pool.state().error->message.contains("/nonexistent"));

  pool.set_conninfo("host=/nonexistent");  // a word that it may be there again
  CHECK(code_of(pool.take("away")) == "db_unreachable");
  CHECK(registry.render().contains("\nskerry_db_failures_total 2\n"));

  pool.set_conninfo(database());
  CHECK(pool.state().ready);
  auto there = pool.take("there");
  REQUIRE(there);
  pool.set_conninfo(TestCluster::instance().conninfo("skerry"));
  auto moved = pool.take("moved").value();
  CHECK(moved->exec("SELECT current_database()").value().text(0, 0) == "skerry");
  CHECK((*there)->exec("SELECT 1"));
}

TEST_CASE("an outage, and its end") {
  const TemporaryFolder folder;
  std::optional cluster(Cluster::start({.data_dir = folder.path()}).value());
  auto options = patient(2);
  options.backoff = 1ms;
  options.max_backoff = 10ms;
  Pool pool(options, cluster->conninfo());
  {
    auto lease = pool.take("before").value();
    auto kept = pool.take("before").value();
    REQUIRE(cluster->stop());
    CHECK(lease->exec("SELECT 1").error().code == "db_unreachable");
  }
  CHECK(code_of(pool.take("during")) == "db_unreachable");
  CHECK_FALSE(pool.state().ready);
  cluster.emplace(Cluster::start({.data_dir = folder.path()}).value());
  pool.set_conninfo(cluster->conninfo());
  std::optional<Lease> lease;
  while (!lease) {
    if (auto taken = pool.take("after")) lease.emplace(*std::move(taken));
  }
  CHECK((*lease)->exec("SELECT 1"));
  CHECK(pool.state().ready);
}

TEST_CASE("a server that does not answer holds nobody else up") {
  SilentPort port;
  auto options = patient(4);
  options.connect.timeout = 1000s;
  Pool pool(options, port.conninfo("127.0.0.1"));
  std::stop_source source;
  std::string code;
  {
    const std::jthread connecting([&] { code = code_of(pool.take("hangs", {.stop = source.get_token()})); });
    port.accept_one();
    CHECK(pool.state().open == 1);
    CHECK(code_of(pool.take("soon", {.until = std::chrono::steady_clock::now() + 10ms})) == "db_unreachable");
    pool.set_conninfo(database());
    CHECK(pool.take("elsewhere").value()->exec("SELECT 1"));
    source.request_stop();
  }
  CHECK(code == "stopped");
  CHECK(pool.state().open == 1);
  CHECK(pool.state().ready);
}

}  // namespace skerry::postgres
