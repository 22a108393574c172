#include "native-host/postgres/connection.hpp"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

#include "native-host/postgres/test_cluster.hpp"
#include "native-host/postgres/test_silent_port.hpp"

namespace skerry::postgres {
namespace {

Connection connect() {
  static const auto database = TestCluster::instance().new_database();
  return Connection::open(database).value();
}

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "" : result.error().code;
}

}  // namespace

TEST_CASE("parameters and results") {
  auto connection = connect();
  const auto rows = connection.query(
      "SELECT $1::text, $2::bigint, $3::boolean, $4::text UNION ALL "
      "SELECT 'b', -1, false, 'x'",
      {"O'Brien\\ \"ü\"", std::int64_t{9'000'000'000}, true, std::nullopt});
  REQUIRE(rows);
  CHECK(rows->size() == 2);
  CHECK(rows->text(0, 0) == "O'Brien\\ \"ü\"");
  CHECK(rows->integer(0, 1) == 9'000'000'000);
  CHECK(rows->boolean(0, 2));
  CHECK(rows->is_null(0, 3));
  CHECK(rows->integer(1, 1) == -1);
  CHECK_FALSE(rows->boolean(1, 2));
  CHECK_FALSE(rows->is_null(1, 3));
}

TEST_CASE("what a connection does is counted") {
  metrics::Registry registry;
  const ConnectOptions options{.meters = Meters::of(registry)};
  CHECK_FALSE(Connection::open("host=/nonexistent", options));
  {
    auto connection = Connection::open(TestCluster::instance().conninfo("skerry"), options).value();
    CHECK(connection.query("SELECT 1"));
    CHECK_FALSE(connection.exec("SELECT 1/0"));
  }
  const auto text = registry.render();
  CHECK(text.contains("\nskerry_db_connections_total 1\n"));
  CHECK(text.contains("\nskerry_db_failures_total 2\n"));
  CHECK(text.contains("\nskerry_db_query_duration_seconds_count 2\n"));
}

TEST_CASE("errors have stable codes") {
  auto connection = connect();
  const struct {
    const char* sql;
    const char* code;
  } cases[] = {
      {"SELECT 1/0", "db_error"},
      {"SELEC", "db_error"},
      {"DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", "db_full"},
      {"DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", "db_conflict"},
      {"DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", "db_conflict"},
      {"DO $$ BEGIN RAISE unique_violation; END $$", "db_conflict"},
      {"DO $$ BEGIN RAISE SQLSTATE '57P03'; END $$", "db_unreachable"},
  };
  for (const auto& [sql, code] : cases) {
    CAPTURE(sql);
    const auto result = connection.exec(sql);
    CHECK(code_of(result) == code);
    CHECK(connection.alive());
  }
  CHECK(connection.exec("SELECT 1/0").error().message == "PostgreSQL: division by zero [22012]");
}

TEST_CASE("a login that is refused is not a server that is away") {
  const auto& cluster = TestCluster::instance();
  for (const auto& conninfo : {cluster.conninfo("nope"), cluster.conninfo("skerry") + " user=nobody_here"}) {
    CAPTURE(conninfo);
    const auto refused = Connection::open(conninfo);
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().message);
    CHECK(refused.error().code == "db_refused");
    CHECK(refused.error().message.starts_with("PostgreSQL refuses the login: "));
    CHECK_FALSE(refused.error().message.contains("LOCATION"));
    CHECK_FALSE(refused.error().message.contains("3D000"));
  }
  const struct {
    const char* sqlstate;
    const char* severity;
    const char* said;
    const char* code;
  } cases[] = {
      {"28P01", "FATAL", "password authentication failed for user \"u\"", "db_refused"},
      {"28P01", "ВАЖНО", "пользователь \"u\" не прошёл проверку", "db_refused"},
      {"28000", "FATAL", "no pg_hba.conf entry for host", "db_refused"},
      {"3D000", "FATAL", "database \"d\" does not exist", "db_refused"},
      {"42501", "FATAL", "permission denied for database \"d\"", "db_refused"},
      {"57P03", "FATAL", "the database system is starting up", "db_unreachable"},
      {"53300", "FATAL", "sorry, too many clients already", "db_unreachable"},
      {"28P01", "FATAL", "two\n\tlines of hunter2", "db_refused"},
  };
  for (const auto& [sqlstate, severity, said, code] : cases) {
    for (const char* host : {"127.0.0.1", "localhost"}) {
      CAPTURE(said);
      CAPTURE(host);
      SilentPort port;
      Result<Connection> refused = fail("none", "");
      {
        const std::jthread asking([&] {
          refused = Connection::open(port.conninfo(host) + " password=hunter2",
                                     {.timeout = std::chrono::seconds(60)});
        });
        port.refuse_one(severity, sqlstate, said);
      }
      REQUIRE_FALSE(refused);
      const auto& message = refused.error().message;
      CAPTURE(message);
      CHECK(refused.error().code == code);
      CHECK(refused.error().kind == ErrorKind::unavailable);
      CHECK(message.find_first_of("\n\t") == std::string::npos);
      CHECK_FALSE(message.contains(sqlstate));
      CHECK_FALSE(message.contains("hunter2"));
      if (!std::string_view(said).starts_with("two"))
        CHECK(message.ends_with(std::string(severity) + ": " + said));
    }
  }
}

TEST_CASE("a server that is not there, and strings that are none") {
  const auto nobody = Connection::open("host=/nonexistent user=x password=hunter2 dbname=y");
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == "db_unreachable");
  CHECK_FALSE(nobody.error().message.contains("hunter2"));

  for (const auto* text : {"postgres://user:hunter2@host:notaport:x/db", "user:hunter2@host",
                           "postgres://u:hunter2@h/d?sslmode"}) {
    CAPTURE(text);
    const auto result = Connection::open(text);
    REQUIRE_FALSE(result);
    CHECK_FALSE(result.error().message.contains("hunter2"));
  }
}

TEST_CASE("transactions nest, and roll back unless committed") {
  auto connection = connect();
  connection.exec("CREATE TEMP TABLE t (n int)").value();
  const auto insert = [&](int n) { connection.query("INSERT INTO t VALUES ($1)", {n}).value(); };
  const auto sum = [&] { return connection.exec("SELECT coalesce(sum(n), 0) FROM t")->integer(0, 0); };

  {
    const auto dropped = connection.begin().value();
    insert(1);
  }
  CHECK(sum() == 0);
  {
    auto outer = connection.begin().value();
    insert(1);
    {
      auto inner = connection.begin().value();
      insert(10);
      REQUIRE(inner.commit());
    }
    {
      auto inner = connection.begin().value();
      insert(100);
      CHECK_FALSE(connection.exec("SELECT 1/0"));
      CHECK(code_of(inner.commit()) == "db_error");
    }
    insert(1000);
    REQUIRE(outer.commit());
  }
  CHECK(sum() == 1011);
}

TEST_CASE("COPY") {
  auto connection = connect();
  connection.exec("CREATE TEMP TABLE t (a text, n int)").value();
  const std::string hostile = "tab\tback\\slash\nline\rreturn \\N \\.";
  std::string data;
  for (int i = 0; i < 20'000; ++i) {
    append_copy_text(data, hostile);
    data += "\t" + std::to_string(i) + "\n";
  }
  CHECK(connection.copy_in("COPY t FROM STDIN", data).value() == 20'000);
  const auto rows = connection.query("SELECT count(*), sum(n) FROM t WHERE a = $1", {hostile}).value();
  CHECK(rows.integer(0, 0) == 20'000);
  CHECK(rows.integer(0, 1) == 199'990'000);

  CHECK(code_of(connection.copy_in("COPY t FROM STDIN", "a\tnot a number\n")) == "db_error");
  CHECK(code_of(connection.copy_in("COPY missing FROM STDIN", "a\n")) == "db_error");
  CHECK(connection.copy_in("COPY t FROM STDIN", "").value() == 0);
  CHECK(connection.exec("SELECT count(*) FROM t")->integer(0, 0) == 20'000);
}

TEST_CASE("a session that the server ends") {
  auto connection = connect();
  auto other = connect();
  const auto pid = connection.exec("SELECT pg_backend_pid()")->integer(0, 0);
  auto transaction = connection.begin().value();
  other.query("SELECT pg_terminate_backend($1, 60000)", {pid}).value();
  CHECK(code_of(connection.exec("SELECT 1")) == "db_unreachable");
  CHECK_FALSE(connection.alive());
  CHECK(code_of(transaction.commit()) == "db_unreachable");
}

TEST_CASE("a statement that takes too long") {
  auto connection =
      Connection::open(TestCluster::instance().conninfo("skerry"),
                       {.statement_timeout = std::chrono::seconds(1), .grace = std::chrono::minutes(10)})
          .value();
  const auto result = connection.exec("SELECT pg_sleep(30)");
  CHECK(code_of(result) == "db_timeout");
  CHECK(result.error().message.contains("1 s: SELECT pg_sleep(30)"));
  CHECK(connection.exec("SELECT 1"));
}

}  // namespace skerry::postgres
