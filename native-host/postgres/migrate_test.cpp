#include "native-host/postgres/migrate.hpp"

#include <thread>

#include <doctest/doctest.h>

#include "native-host/postgres/test_cluster.hpp"

namespace skerry::postgres {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

const Migration kFirst{"0001_first", "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);"};
const Migration kSecond{"0002_second", "ALTER TABLE a ADD m int; UPDATE a SET m = n + 1;"};
const Migration kBroken{"0002_broken", "CREATE TABLE b (n int); SELECT 1/0;"};
/// A time that is up before another session ends.
const MigrateOptions kImpatient{.lock = {.longest = 100ms}};

Connection new_database() {
  return Connection::open(TestCluster::instance().new_database(), {.grace = 10min}).value();
}

/// A second session with the same database.
Connection another(Connection& connection, std::string application_name) {
  const auto name = connection.exec("SELECT current_database()").value();
  return Connection::open(TestCluster::instance().conninfo(std::string(name.text(0, 0))),
                          {.application_name = std::move(application_name)})
      .value();
}

Result<Names> migrate_a(Connection& connection, const std::vector<Migration>& migrations,
                        const MigrateOptions& options = {}) {
  return migrate(connection, "a_schema", migrations, options);
}

std::string code_of(const Result<Names>& result) {
  return result ? "" : result.error().code;
}

bool is_true(Connection& connection, const std::string& condition) {
  return connection.exec("SELECT " + condition).value().boolean(0, 0);
}

}  // namespace

TEST_CASE("migrations are applied once, in order, to their owner's schema") {
  auto connection = new_database();
  const std::vector one{kFirst};
  const std::vector two{kFirst, kSecond};
  CHECK(schema_state(connection, "a_schema", one) == SchemaState::behind);
  CHECK(migrate_a(connection, one).value() == Names{"0001_first"});
  CHECK(migrate_a(connection, one).value() == Names{});
  CHECK(schema_state(connection, "a_schema", one) == SchemaState::current);
  CHECK(schema_state(connection, "a_schema", two) == SchemaState::behind);
  CHECK(migrate_a(connection, two).value() == Names{"0002_second"});
  CHECK(migrate_a(connection, two).value() == Names{});
  CHECK(connection.exec("SELECT n + m FROM a_schema.a")->integer(0, 0) == 3);
  CHECK(is_true(connection, "to_regclass('public.a') IS NULL"));
  CHECK(connection.exec("SHOW search_path")->text(0, 0) == "\"$user\", public");

  SUBCASE("an older program") {
    CHECK(code_of(migrate_a(connection, one)) == "migration_unknown");
    CHECK(schema_state(connection, "a_schema", one) == SchemaState::ahead);
  }
  SUBCASE("another program") {
    const std::vector other{kFirst, Migration{"0002_other", ""}};
    CHECK(code_of(migrate_a(connection, other)) == "migration_unknown");
  }
  SUBCASE("an edited migration") {
    const std::vector edited{Migration{kFirst.name, "CREATE TABLE a (n bigint);"}, kSecond};
    const auto result = migrate_a(connection, edited);
    CHECK(code_of(result) == "migration_edited");
    CHECK(result.error().message.contains("0001_first"));
  }
  SUBCASE("other line ends are no edit") {
    const std::vector crlf{Migration{kFirst.name, "CREATE TABLE a (n int);\r\nINSERT INTO a VALUES (1);"},
                           kSecond};
    CHECK(migrate_a(connection, crlf).has_value());
  }
  SUBCASE("the same names of another owner") {
    CHECK(migrate(connection, "b_schema", two).value() == Names{"0001_first", "0002_second"});
    CHECK(connection.exec("SELECT count(*) FROM b_schema.a")->integer(0, 0) == 1);
  }
}

TEST_CASE("nothing stays of a migration that fails, and other owners go on") {
  auto connection = new_database();
  const auto result = migrate_a(connection, {kFirst, kBroken});
  CHECK(code_of(result) == "migration_failed");
  CHECK(result.error().message.contains("division by zero"));
  CHECK(is_true(connection, "to_regclass('a_schema.a') IS NOT NULL AND to_regclass('a_schema.b') IS NULL"));
  CHECK(migrate(connection, "b_schema", std::vector{kFirst}).value() == Names{"0001_first"});
  CHECK(migrate_a(connection, {kFirst, kSecond}).value() == Names{"0002_second"});

  auto untouched = new_database();
  CHECK(code_of(migrate_a(untouched, {Migration{"0001_broken", "SELECT 1/0"}})) == "migration_failed");
  CHECK(is_true(untouched, "to_regnamespace('a_schema') IS NULL AND to_regnamespace('skerry') IS NULL"));
  const auto ended = migrate_a(untouched, {Migration{"0001_ends", "COMMIT"}});
  CHECK(code_of(ended) == "migration_failed");
  CHECK(ended.error().message.contains("ends the transaction"));
}

TEST_CASE("names out of order, and owners that are no schema's") {
  auto connection = new_database();
  for (const auto* name : {"0002_gap", "first", "0001", "00001x_a", ""}) {
    CAPTURE(std::string(name));
    CHECK(code_of(migrate_a(connection, {Migration{name, ""}})) == "migration_order");
  }
  CHECK(code_of(migrate_a(connection, {Migration{"0000_a", ""}, Migration{"0000_b", ""}})) ==
        "migration_order");
  for (const std::string owner : {"", "public", "skerry", "pg_mine", "A", "a b", "a\"", "1a", "ä"}) {
    CAPTURE(owner);
    CHECK(code_of(migrate(connection, owner, std::vector{kFirst})) == "migration_order");
  }
}

TEST_CASE("the migration 0 takes over what was there before") {
  const Migration zeroth{
      "0000_before",
      "DO $$ BEGIN IF to_regclass('public.a') IS NOT NULL THEN ALTER TABLE public.a SET SCHEMA "
      "a_schema; INSERT INTO skerry.migrations (owner, name, checksum) VALUES ('a_schema', "
      "'0001_first', encode(sha256(convert_to('CREATE TABLE a (n int);' || chr(10) || 'INSERT INTO "
      "a VALUES (1);', 'UTF8')), 'hex')); END IF; END $$"};
  auto connection = new_database();
  connection.exec("CREATE TABLE a (n int); INSERT INTO a VALUES (10)").value();
  SUBCASE("what it says is applied is not applied again") {
    CHECK(migrate_a(connection, {zeroth, kFirst, kSecond}).value() == Names{"0000_before", "0002_second"});
    CHECK(connection.exec("SELECT m FROM a_schema.a")->integer(0, 0) == 11);
    CHECK(migrate_a(connection, {zeroth, kFirst, kSecond}).value() == Names{});
  }
  SUBCASE("what this program does not know stays where it is") {
    const Migration other{"0001_other", ""};
    CHECK(code_of(migrate_a(connection, {zeroth, other})) == "migration_unknown");
    CHECK(is_true(connection, "to_regclass('public.a') IS NOT NULL"));
  }
  SUBCASE("in a new database it does nothing") {
    auto fresh = new_database();
    CHECK(migrate_a(fresh, {zeroth, kFirst}).value() == Names{"0001_first"});
  }
}

TEST_CASE("several processes migrate at once") {
  const auto database = TestCluster::instance().new_database();
  std::vector<std::size_t> applied(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(applied.size());
    for (auto& count : applied) {
      threads.emplace_back([&] {
        auto connection = Connection::open(database).value();
        count = migrate_a(connection, {kFirst, kSecond}).value().size();
      });
    }
  }
  CHECK(applied[0] + applied[1] + applied[2] + applied[3] == 2);
}

TEST_CASE("who is in the way is waited for, for a time, and named") {
  auto connection = new_database();
  auto holder = another(connection, "the holder");
  SUBCASE("of the lock, in a transaction or, as older programs have it, in a session") {
    const auto held = holder.begin().value();
    for (const auto* sql : {"SELECT pg_advisory_xact_lock(5428190433518011137)",
                            "SELECT pg_advisory_lock(5428190433518011137)"}) {
      holder.exec(sql).value();
      Names said;
      const auto result = migrate_a(
          connection, {kFirst},
          {.lock = {.longest = 100ms, .say = [&](std::string_view line) { said.emplace_back(line); }}});
      CHECK(code_of(result) == "migration_locked");
      CHECK(result.error().kind == ErrorKind::busy);
      CHECK(result.error().message.contains("the holder, since 2"));
      REQUIRE(said.size() == 1);
      CHECK(said[0].contains("the holder"));
    }
    std::stop_source source;
    connection.set_bounds({.stop = source.get_token(), .grace = 10min});
    const auto stopped =
        migrate_a(connection, {kFirst}, {.lock = {.say = [&](auto) { source.request_stop(); }}});
    CHECK(code_of(stopped) == "stopped");
    CHECK(is_true(holder, "to_regnamespace('a_schema') IS NULL"));
  }
  SUBCASE("of a table") {
    migrate_a(connection, {kFirst}).value();
    const auto reading = holder.begin().value();
    holder.exec("SELECT * FROM a_schema.a").value();
    const auto result = migrate_a(connection, {kFirst, kSecond}, kImpatient);
    CHECK(code_of(result) == "migration_locked");
    CHECK(result.error().message.contains("the holder"));
    CHECK(is_true(holder, "count(*) = 1 FROM skerry.migrations"));
  }
  CHECK(connection.idle());
}

TEST_CASE("a wait for the migrations' lock ends when it is free") {
  auto connection = new_database();
  auto holder = another(connection, "the holder");
  auto held = HeldLock::take(std::move(holder), 5428190433518011137).value();
  REQUIRE(held);
  const auto result = migrate_a(connection, {kFirst}, {.lock = {.say = [&](auto) { held.reset(); }}});
  CHECK(result.value() == Names{"0001_first"});
}

TEST_CASE("a user who may not make schemas") {
  auto connection = new_database();
  const auto name = std::string(connection.exec("SELECT current_database()").value().text(0, 0));
  connection.exec("DROP ROLE IF EXISTS limited; CREATE ROLE limited LOGIN").value();
  auto limited = Connection::open(TestCluster::instance().conninfo(name) + " user=limited").value();
  const auto denied = migrate_a(limited, {kFirst});
  CHECK(code_of(denied) == "migration_denied");
  CHECK(denied.error().kind == ErrorKind::denied);
  CHECK(denied.error().message.contains("GRANT"));
  connection.exec("CREATE SCHEMA skerry AUTHORIZATION limited; CREATE SCHEMA a_schema AUTHORIZATION limited")
      .value();
  CHECK(migrate_a(limited, {kFirst}).value() == Names{"0001_first"});
}

}  // namespace skerry::postgres
