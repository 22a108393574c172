#include "native-host/postgres/migrate.hpp"

#include <thread>

#include <doctest/doctest.h>

#include "native-host/postgres/test_cluster.hpp"

namespace skerry::postgres {
namespace {

using Names = std::vector<std::string>;

const Migration kFirst{"0001_first", "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);"};
const Migration kSecond{"0002_second", "ALTER TABLE a ADD m int; UPDATE a SET m = n + 1;"};

std::string code_of(const Result<Names>& result) {
  return result ? "" : result.error().code;
}

}  // namespace

TEST_CASE("migrations are applied once, in order") {
  auto connection = Connection::open(TestCluster::instance().new_database()).value();
  const std::vector one{kFirst};
  const std::vector two{kFirst, kSecond};
  CHECK(migrate(connection, one).value() == Names{"0001_first"});
  CHECK(migrate(connection, one).value() == Names{});
  CHECK(migrate(connection, two).value() == Names{"0002_second"});
  CHECK(migrate(connection, two).value() == Names{});
  CHECK(connection.exec("SELECT n + m FROM a")->integer(0, 0) == 3);

  SUBCASE("an older program") {
    CHECK(code_of(migrate(connection, one)) == "migration_unknown");
  }
  SUBCASE("another program") {
    const std::vector other{kFirst, Migration{"0002_other", ""}};
    CHECK(code_of(migrate(connection, other)) == "migration_unknown");
  }
  SUBCASE("an edited migration") {
    const std::vector edited{Migration{kFirst.name, "CREATE TABLE a (n bigint);"}, kSecond};
    const auto result = migrate(connection, edited);
    CHECK(code_of(result) == "migration_edited");
    CHECK(result.error().message.contains("0001_first"));
  }
  SUBCASE("other line ends are no edit") {
    const std::vector crlf{Migration{kFirst.name, "CREATE TABLE a (n int);\r\nINSERT INTO a VALUES (1);"},
                           kSecond};
    CHECK(migrate(connection, crlf).has_value());
  }
}

TEST_CASE("nothing stays of a migration that fails") {
  auto connection = Connection::open(TestCluster::instance().new_database()).value();
  const std::vector broken{kFirst, Migration{"0002_broken", "CREATE TABLE b (n int); SELECT 1/0;"}};
  const auto result = migrate(connection, broken);
  CHECK(code_of(result) == "migration_failed");
  CHECK(result.error().message.contains("division by zero"));
  CHECK(connection.exec("SELECT to_regclass('a') IS NOT NULL AND to_regclass('b') IS NULL")->boolean(0, 0));
  CHECK(migrate(connection, std::vector{kFirst, kSecond}).value() == Names{"0002_second"});
}

TEST_CASE("names out of order") {
  auto connection = Connection::open(TestCluster::instance().new_database()).value();
  for (const auto* name : {"0002_gap", "first", "0001", "00001x_a", ""}) {
    CAPTURE(name);
    CHECK(code_of(migrate(connection, std::vector{Migration{name, ""}})) == "migration_order");
  }
}

TEST_CASE("two processes migrate at once") {
  const auto database = TestCluster::instance().new_database();
  std::vector<std::size_t> applied(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(applied.size());
    for (auto& count : applied) {
      threads.emplace_back([&] {
        auto connection = Connection::open(database).value();
        count = migrate(connection).value().size();
      });
    }
  }
  CHECK(applied[0] + applied[1] + applied[2] + applied[3] == embedded_migrations().size());
}

TEST_CASE("the schema that is built in") {
  auto connection = Connection::open(TestCluster::instance().new_database()).value();
  REQUIRE(migrate(connection).value().size() == embedded_migrations().size());
  const auto columns = connection.exec(
      "SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position) "
      "FROM information_schema.columns WHERE table_name = 'latest_times'");
  CHECK(
      columns->text(0, 0) ==
      "timestamp timestamp without time zone, delay interval, collector_id text, data_type text, rough_size "
      "bigint, exact_size bigint, project text, collector_url text, item_url text");
}

}  // namespace skerry::postgres
