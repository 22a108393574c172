// What ends a call before its answer: stops, deadlines, servers that hang or die; and rows and COPY in
// pieces.
#include "native-host/postgres/session.hpp"

#include <fstream>
#include <functional>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>
#include <signal.h>

#include "native-host/postgres/test_cluster.hpp"
#include "native-host/postgres/test_silent_port.hpp"

namespace skerry::postgres {
namespace {

using namespace std::chrono_literals;

std::string database() {
  static const auto conninfo = TestCluster::instance().new_database();
  return conninfo;
}

/// On the slowest machine a server that works answers within the grace.
constexpr auto kAges = 10min;

Connection connect_to(const std::string& conninfo, const ConnectOptions& options = {.grace = kAges}) {
  return Connection::open(conninfo, options).value();
}

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "" : result.error().code;
}

std::int64_t pid_of(Connection& connection) {
  return connection.exec("SELECT pg_backend_pid()").value().integer(0, 0);
}

/// Until the session `pid` waits for `event` (PostgreSQL manual, 28.2.3).
void wait_until_it_waits(Connection& other, std::int64_t pid, std::string_view event) {
  for (;;) {
    const auto rows =
        other.query("SELECT wait_event FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", {pid});
    if (rows.value().size() == 1 && rows->text(0, 0) == event) return;
    std::this_thread::yield();
  }
}

/// Stops processes (SIGSTOP) as long as it lives: a server that hangs.
class Frozen {
 public:
  explicit Frozen(std::vector<pid_t> processes) : processes_(std::move(processes)) {
    for (const auto process : processes_) REQUIRE(kill(process, SIGSTOP) == 0);
  }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  ~Frozen() {
    for (const auto process : processes_) kill(process, SIGCONT);
  }

 private:
  std::vector<pid_t> processes_;
};

pid_t postmaster(Connection& connection) {
  std::ifstream file(std::string(connection.exec("SHOW data_directory").value().text(0, 0)) +
                     "/postmaster.pid");
  pid_t pid = 0;
  file >> pid;
  REQUIRE(pid > 0);
  return pid;
}

/// Ways to wait for the server, each of which comes to no end by itself.
struct Wait {
  const char* name;
  std::function<std::string(Connection&)> run;  ///< the code it ends with
};

}  // namespace

TEST_CASE("rows come one by one, and the server waits for a slow reader") {
  auto connection = connect_to(database());
  auto other = connect_to(database());
  const auto pid = pid_of(connection);
  {
    auto rows =
        connection.stream("SELECT g, repeat('x', 1000), NULL, g = 1 FROM generate_series(1, 100000) g")
            .value();
    REQUIRE(rows.next().value());
    CHECK(rows.integer(0) == 1);
    CHECK(rows.text(1).size() == 1000);
    CHECK(rows.is_null(2));
    CHECK(rows.boolean(3));
    wait_until_it_waits(other, pid, "ClientWrite");  // nobody here pulls what nobody has asked for
    CHECK(code_of(connection.exec("SELECT 1")) == "db_error");
    std::int64_t sum = 1;
    while (rows.next().value()) sum += rows.integer(0);
    CHECK(sum == 5'000'050'000);
    CHECK_FALSE(rows.next().value());
    CHECK(connection.exec("SELECT 1"));
  }
  {
    const std::vector<Parameter> none_at_all{5, 5};
    auto empty = connection.stream("SELECT 1 WHERE $1::int <> $2::int", none_at_all).value();
    CHECK_FALSE(empty.next().value());
  }
}

/// Until a stopped process has a SIGINT to come (proc(5), ShdPnd).
void wait_for_interrupt(std::int64_t pid) {
  constexpr unsigned long kInterrupt = 1UL << (SIGINT - 1);
  for (;;) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("ShdPnd:") && (std::stoul(line.substr(7), nullptr, 16) & kInterrupt) != 0) return;
    std::this_thread::yield();
  }
}

TEST_CASE("a cancellation that comes before its statement is sent again") {
  auto connection = connect_to(database());
  const auto pid = pid_of(connection);
  // It reads the statement after it was interrupted, and a server that is idle has nothing to interrupt.
  REQUIRE(kill(static_cast<pid_t>(pid), SIGSTOP) == 0);
  const std::jthread later([&] {
    wait_for_interrupt(pid);
    kill(static_cast<pid_t>(pid), SIGCONT);
  });
  {
    auto unread = connection.stream("SELECT pg_sleep(1000)").value();
  }
  CHECK(connection.exec("SELECT 1"));
}

TEST_CASE("a reader that has enough") {
  auto connection = connect_to(database());
  {
    auto rows = connection.stream("SELECT generate_series(1, 1000000000::bigint)").value();
    for (int i = 0; i < 10; ++i) REQUIRE(rows.next().value());
  }
  CHECK(connection.exec("SELECT 1"));
  {
    auto unread = connection.stream("SELECT pg_sleep(1000)").value();
  }
  CHECK(connection.exec("SELECT 1"));
  auto transaction = connection.begin().value();
  {
    auto rows = connection.stream("SELECT generate_series(1, 1000000000::bigint)").value();
    REQUIRE(rows.next().value());
  }
  CHECK(code_of(transaction.commit()) == "db_error");
}

TEST_CASE("a statement that fails after some rows") {
  auto connection = connect_to(database());
  auto rows = connection.stream("SELECT 1 / (5 - g) FROM generate_series(1, 10) g").value();
  for (int i = 0; i < 4; ++i) REQUIRE(rows.next().value());
  CHECK(code_of(rows.next()) == "db_error");
  CHECK_FALSE(rows.next().value());
  CHECK(connection.exec("SELECT 1"));
  auto wrong = connection.stream("SELEC").value();
  CHECK(code_of(wrong.next()) == "db_error");
  CHECK(connection.exec("SELECT 1"));
}

TEST_CASE("parameters whose number is known at run time") {
  auto connection = connect_to(database());
  std::vector<Parameter> parameters;
  std::string sql = "SELECT 0";
  for (int i = 1; i <= 1000; ++i) {
    parameters.emplace_back(i);
    sql += " + $" + std::to_string(i) + "::int";
  }
  CHECK(connection.query(sql, parameters).value().integer(0, 0) == 500'500);
  const auto nul = connection.query("SELECT $1::text", {std::string("a\0b", 3)});
  CHECK(code_of(nul) == "db_error");
  CHECK(nul.error().kind == ErrorKind::usage);
  parameters.resize(65'536, Parameter(1));
  CHECK(code_of(connection.query("SELECT 1", parameters)) == "db_error");
  CHECK(connection.exec("SELECT 1"));
}

TEST_CASE("COPY in pieces, in and out") {
  auto connection = connect_to(database());
  connection.exec("CREATE TEMP TABLE t (a text, n int)").value();
  std::string data;
  for (int i = 0; i < 50'000; ++i) {
    append_copy_text(data, "tab\tand\\line\n");
    data += "\t" + std::to_string(i) + "\n";
  }
  {
    auto in = connection.start_copy_in("COPY t FROM STDIN").value();
    std::size_t size = 1;
    for (std::string_view rest = data; !rest.empty(); size = size * 3 + 1) {
      const auto piece = rest.substr(0, size);
      REQUIRE(in.write(piece));
      rest.remove_prefix(piece.size());
    }
    CHECK(in.finish().value() == 50'000);
    CHECK(code_of(in.finish()) == "db_error");
    CHECK(code_of(in.write("x")) == "db_error");
  }
  {
    auto out = connection.start_copy_out("COPY t TO STDOUT").value();
    std::string whole;
    for (;;) {
      const auto piece = out.next().value();
      if (!piece) break;
      CHECK(piece->ends_with('\n'));
      CHECK(piece->size() < 70'000);
      whole += *piece;
    }
    CHECK(whole == data);
    CHECK_FALSE(out.next().value());
  }
  {
    auto few = connection.start_copy_out("COPY (SELECT 1) TO STDOUT").value();
    CHECK(few.next().value() == "1\n");
    CHECK_FALSE(few.next().value());
  }
  const auto count = [&] { return connection.exec("SELECT count(*) FROM t").value().integer(0, 0); };
  {
    auto unfinished = connection.start_copy_in("COPY t FROM STDIN").value();
    REQUIRE(unfinished.write("a\t1\n"));
  }
  CHECK(count() == 50'000);
  {
    auto half_read =
        connection.start_copy_out("COPY (SELECT generate_series(1, 1000000000::bigint)) TO STDOUT").value();
    REQUIRE(half_read.next().value());
  }
  CHECK(count() == 50'000);
  {
    auto bad = connection.start_copy_in("COPY t FROM STDIN").value();
    REQUIRE(bad.write("a\tnot a number\n"));
    CHECK(code_of(bad.finish()) == "db_error");
  }
  {
    auto bad =
        connection
            .start_copy_out("COPY (SELECT 1 / (100000 - g) FROM generate_series(1, 200000) g) TO STDOUT")
            .value();
    auto piece = bad.next();
    while (piece && *piece) piece = bad.next();
    CHECK(code_of(piece) == "db_error");
  }
  CHECK(code_of(connection.start_copy_in("COPY t TO STDOUT")) == "db_error");
  auto after = connect_to(database());
  CHECK(code_of(after.start_copy_out("SELECT 1")) == "db_error");
  CHECK(after.exec("SELECT 1"));
  CHECK(code_of(after.exec("COPY (SELECT 1) TO STDOUT")) == "db_error");
}

TEST_CASE("a stop and a deadline end each wait, and the connection goes on") {
  const Wait waits[] = {
      {"a statement", [](Connection& c) { return code_of(c.exec("SELECT pg_sleep(1000)")); }},
      {"a query", [](Connection& c) { return code_of(c.query("SELECT pg_sleep($1)", {1000})); }},
      {"a lock", [](Connection& c) { return code_of(c.exec("SELECT * FROM locked")); }},
      {"a row",
       [](Connection& c) {
         auto rows =
             c.stream("SELECT CASE WHEN g = 2 THEN pg_sleep(1000) END FROM generate_series(1, 3) g").value();
         auto row = rows.next();
         while (row && *row) row = rows.next();
         return code_of(row);
       }},
      {"a piece of a COPY",
       [](Connection& c) {
         auto copy = c.start_copy_out("COPY (SELECT pg_sleep(1000)) TO STDOUT").value();
         return code_of(copy.next());
       }},
      {"a COPY that begins",
       [](Connection& c) { return code_of(c.start_copy_in("COPY locked FROM STDIN")); }},
      {"a commit",
       [](Connection& c) {
         auto transaction = c.begin().value();
         c.exec("INSERT INTO slow VALUES (1)").value();
         return code_of(transaction.commit());
       }},
  };
  auto holder = connect_to(database());
  holder
      .exec(
          "CREATE TABLE IF NOT EXISTS locked (n int); CREATE TABLE IF NOT EXISTS slow (n int);"
          "CREATE OR REPLACE FUNCTION wait_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
          "pg_sleep(1000); RETURN NULL; END $$;"
          "DROP TRIGGER IF EXISTS waits ON slow; CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON slow "
          "DEFERRABLE "
          "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_long()")
      .value();
  auto other = connect_to(database());
  auto held = holder.begin().value();
  holder.exec("LOCK TABLE locked").value();

  for (const auto& [name, run] : waits) {
    CAPTURE(std::string(name));
    std::stop_source source;
    auto connection = connect_to(database(), {.stop = source.get_token(), .grace = kAges});
    const auto pid = pid_of(connection);
    std::string code;
    {
      const std::jthread waiter([&] { code = run(connection); });
      while (
          other
              .query("SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event IN ('PgSleep', 'relation')",
                     {pid})
              .value()
              .size() == 0) {
        std::this_thread::yield();
      }
      source.request_stop();
    }
    CHECK(code == "stopped");
    CHECK(code_of(connection.exec("SELECT 1")) == "stopped");
    {
      const Within later(connection, {.call = 100ms, .grace = kAges});
      CHECK(run(connection) == "db_timeout");
    }
    {
      const Within never(connection, {.until = std::chrono::steady_clock::now()});
      const auto late = connection.exec("SELECT 1");
      CHECK(code_of(late) == "db_timeout");
      CHECK(late.error().kind == ErrorKind::unavailable);
    }
    const Within now(connection, {.grace = kAges});
    CHECK(connection.exec("SELECT 1"));
    CHECK(pid_of(connection) == pid);
  }
}

TEST_CASE("a time that is up for all of a stream ends it also while rows come") {
  auto connection = connect_to(database());
  auto rows = connection.stream("SELECT generate_series(1, 1000000000::bigint)").value();
  connection.set_bounds({.until = std::chrono::steady_clock::now() + 100ms, .grace = kAges});
  auto row = rows.next();
  while (row && *row) row = rows.next();
  CHECK(code_of(row) == "db_timeout");
}

TEST_CASE("connecting ends by a stop and by a deadline") {
  SilentPort port;
  for (const auto* host : {"127.0.0.1", "localhost", "127.0.0.1,127.0.0.1"}) {
    CAPTURE(std::string(host));
    const auto late = Connection::open(port.conninfo(host), {.timeout = 1s});
    CHECK(code_of(late) == "db_unreachable");
    port.accept_one();
    std::stop_source source;
    std::string code;
    {
      const std::jthread waiter([&] {
        code = code_of(Connection::open(port.conninfo(host), {.timeout = 1000s, .stop = source.get_token()}));
      });
      port.accept_one();
      source.request_stop();
    }
    CHECK(code == "stopped");
    CHECK(code_of(Connection::open(port.conninfo(host), {.stop = source.get_token()})) == "stopped");
  }
  CHECK(code_of(Connection::open("host=no-such-host.invalid user=u")) == "db_unreachable");
}

TEST_CASE("a server that hangs, and one that dies") {
  TestCluster cluster;
  const auto conninfo = cluster.conninfo("skerry");
  auto look = connect_to(conninfo);
  look.exec("CREATE TABLE t (a text)").value();
  const auto server = postmaster(look);

  const Wait waits[] = {
      {"a statement", [](Connection& c) { return code_of(c.exec("SELECT 1")); }},
      {"rows",
       [](Connection& c) {
         auto rows = c.stream("SELECT 1");
         return rows ? code_of(rows->next()) : code_of(rows);
       }},
      {"the begin of a COPY", [](Connection& c) { return code_of(c.start_copy_in("COPY t FROM STDIN")); }},
  };
  for (const auto& [name, run] : waits) {
    CAPTURE(std::string(name));
    auto late = connect_to(conninfo, {.statement_timeout = 100ms});
    std::stop_source source;
    auto stopped = connect_to(conninfo, {.stop = source.get_token()});
    const Frozen frozen({server, static_cast<pid_t>(pid_of(late)), static_cast<pid_t>(pid_of(stopped))});
    CHECK(run(late) == "db_unreachable");
    CHECK_FALSE(late.alive());
    CHECK(run(late) == "db_unreachable");
    std::string code;
    {
      const std::jthread waiter([&] { code = run(stopped); });
      source.request_stop();
    }
    CHECK(code == "stopped");
  }
  {
    // In the middle of a COPY in, of one out, of rows, and of a transaction.
    auto in = connect_to(conninfo, {.statement_timeout = 100ms});
    auto out = connect_to(conninfo, {.statement_timeout = 100ms});
    auto rows = connect_to(conninfo, {.statement_timeout = 100ms});
    auto transaction_of = connect_to(conninfo, {.statement_timeout = 100ms});
    const std::vector<pid_t> processes{server, static_cast<pid_t>(pid_of(in)),
                                       static_cast<pid_t>(pid_of(out)), static_cast<pid_t>(pid_of(rows)),
                                       static_cast<pid_t>(pid_of(transaction_of))};
    auto copy_in = in.start_copy_in("COPY t FROM STDIN").value();
    auto copy_out =
        out.start_copy_out("COPY (SELECT generate_series(1, 1000000000::bigint)) TO STDOUT").value();
    auto stream = rows.stream("SELECT generate_series(1, 1000000000::bigint)").value();
    REQUIRE(copy_out.next().value());
    REQUIRE(stream.next().value());
    {
      std::optional transaction(transaction_of.begin().value());
      const Frozen frozen(processes);
      const std::string line(1 << 20, 'x');
      auto written = copy_in.write(line);
      while (written) written = copy_in.write(line);
      CHECK(code_of(written) == "db_unreachable");
      auto piece = copy_out.next();
      while (piece && *piece) piece = copy_out.next();
      CHECK(code_of(piece) == "db_unreachable");
      auto row = stream.next();
      while (row && *row) row = stream.next();
      CHECK(code_of(row) == "db_unreachable");
      CHECK(code_of(Connection::open(conninfo, {.timeout = 1s})) == "db_unreachable");
      transaction.reset();
      CHECK_FALSE(transaction_of.alive());
    }
  }
  CHECK(connect_to(conninfo).exec("SELECT count(*) FROM t").value().integer(0, 0) == 0);

  auto killed = connect_to(conninfo);
  const auto pid = pid_of(killed);
  auto rows = killed.stream("SELECT generate_series(1, 1000000000::bigint), repeat('x', 1000)").value();
  REQUIRE(rows.next().value());
  REQUIRE(kill(static_cast<pid_t>(pid), SIGKILL) == 0);
  auto row = rows.next();
  while (row && *row) row = rows.next();
  CHECK(code_of(row) == "db_unreachable");
  CHECK_FALSE(killed.alive());
  // The others learn of it when they look.
  while (look.check()) std::this_thread::yield();
  CHECK(code_of(look.exec("SELECT 1")) == "db_unreachable");
}

}  // namespace skerry::postgres
