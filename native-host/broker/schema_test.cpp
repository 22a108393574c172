#include "native-host/broker/schema.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include <doctest/doctest.h>

#include "native-host/broker/store.hpp"
#include "native-host/postgres/test_cluster.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono_literals;
using postgres::Connection;
using Names = std::vector<std::string>;

/// What the dumped database holds: by testdata's program, of before schemas.
constexpr std::int64_t kFiles = 576;

std::string text_of_dump() {
  std::ifstream file(SKERRY_BROKER_TESTDATA "/database_before_schemas.sql");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(text.contains("CREATE TABLE public.files"));
  return text;
}

/// A database as the program of before schemas left it.
std::string older_database() {
  auto conninfo = postgres::TestCluster::instance().new_database();
  Connection::open(conninfo).value().exec(text_of_dump()).value();
  return conninfo;
}

std::string text(Connection& connection, const std::string& sql) {
  return std::string(connection.exec(sql).value().text(0, 0));
}

/// All that is not the server's own: `broker.files, …`.
std::string objects(Connection& connection) {
  return text(
      connection,
      "SELECT string_agg(name, ' ' ORDER BY name) FROM (SELECT relnamespace::regnamespace || '.' || relname "
      "FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'broker', 'skerry') "
      "UNION ALL SELECT pronamespace::regnamespace || '.' || proname FROM pg_proc WHERE "
      "pronamespace::regnamespace::text IN ('public', 'broker', 'skerry') "
      "UNION ALL SELECT typnamespace::regnamespace || '.' || typname FROM pg_type WHERE typtype = 'e' AND "
      "typnamespace::regnamespace::text IN ('public', 'broker', 'skerry')) t(name)");
}

/// All rows, in whatever schema the tables are.
std::string rows(Connection& connection, const std::string& schema) {
  std::string sql = "SELECT md5(concat(";
  for (const std::string_view table : {"collectors", "listings", "files", "latest_file", "update_meta"}) {
    sql.append("(SELECT string_agg(t::text, '|' ORDER BY t::text) FROM ")
        .append(schema)
        .append(".")
        .append(table)
        .append(" t), ");
  }
  return text(connection, sql + "''))");
}

std::string code_of(const Result<Names>& result) {
  return result ? "" : result.error().code;
}

}  // namespace

TEST_CASE("the schema that is built in") {
  auto connection = Connection::open(postgres::TestCluster::instance().new_database()).value();
  CHECK(migrate(connection).value() == Names{"0001_broker", "0002_updater"});
  CHECK(migrate(connection).value() == Names{});
  CHECK(
      text(connection,
           "SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position) FROM "
           "information_schema.columns WHERE table_schema = 'broker' AND table_name = 'latest_times'") ==
      "timestamp timestamp without time zone, delay interval, collector_id text, data_type text, rough_size "
      "bigint, exact_size bigint, project text, collector_url text, item_url text");
  CHECK_FALSE(objects(connection).contains("public."));
}

TEST_CASE("a database of before schemas is carried over, whole and once") {
  auto connection = Connection::open(older_database()).value();
  const auto before = rows(connection, "public");
  CHECK(migrate(connection).value() == Names{"0000_from_public"});
  CHECK(rows(connection, "broker") == before);
  CHECK(migrate(connection).value() == Names{});

  // As in a new one, but for the mark.
  auto made_now = Connection::open(postgres::TestCluster::instance().new_database()).value();
  migrate(made_now).value();
  auto left = objects(connection);
  for (const std::string mark : {"public.migrations ", "public.migrations_pkey "}) {
    REQUIRE(left.contains(mark));
    left.erase(left.find(mark), mark.size());
  }
  CHECK(left == objects(made_now));
  // An older program knows two migrations, and takes a third one for a newer program's.
  CHECK(text(connection, "SELECT string_agg(name, ' ' ORDER BY name) FROM public.migrations") ==
        "0001_broker 0002_updater 9999_moved_to_schema_broker");

  // And it goes on: the view, the planner's state, what is written next.
  Store store(connection);
  CHECK(store.latest().value().size() == 6);
  CHECK(store.load_state().value().collectors.at("rrc00").listings.size() == 2);
  CHECK(store.last_cycle().value()->files_added == 58);
  const Collector collector{"rrc99", "riperis", Layout::riperis, "https://archive.example/rrc99", false};
  store.sync_collectors(std::vector{collector}).value();
  const std::string name = "updates.20261101.2010.gz";
  const ListedFile file{
      .name = name, .time = parse_naive("2026-11-01T20:10:00").value(), .data_type = DataType::update};
  const ListingResult result{.listing = month_listings(collector, month_of(file.time)).front(),
                             .checked = file.time,
                             .validators = {},
                             .files = {&file, 1}};
  CHECK(store.write(collector, {&result, 1}).value().added == 1);
  CHECK(text(connection, "SELECT count(*) FROM broker.files") == std::to_string(kFiles + 1));
  CHECK(store.latest().value().size() == 1);
}

TEST_CASE("a database that is one migration behind") {
  auto connection = Connection::open(postgres::TestCluster::instance().new_database()).value();
  const auto first = migrations().at(1);
  REQUIRE(first.name == "0001_broker");
  connection
      .exec(
          "CREATE TABLE migrations (name text PRIMARY KEY, checksum text NOT NULL, applied timestamptz NOT "
          "NULL "
          "DEFAULT now())")
      .value();
  connection.exec(std::string(first.sql)).value();
  connection
      .query("INSERT INTO migrations VALUES ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'))",
             {first.name, first.sql})
      .value();
  CHECK(migrate(connection).value() == Names{"0000_from_public", "0002_updater"});
}

TEST_CASE("several processes carry one database over at once") {
  const auto database = older_database();
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
  CHECK(applied[0] + applied[1] + applied[2] + applied[3] == 1);
}

TEST_CASE("carrying over that is interrupted leaves the database as it was") {
  const auto database = older_database();
  auto reader = Connection::open(database, {.application_name = "a reader"}).value();
  const auto before = objects(reader);
  const auto before_rows = rows(reader, "public");
  std::optional reading(reader.begin().value());
  reader.exec("SELECT * FROM public.update_meta").value();

  const auto interrupted = [&](const postgres::MigrateOptions& options, auto&& interrupt) {
    std::stop_source source;
    auto connection = Connection::open(database, {.stop = source.get_token()}).value();
    const auto pid = connection.exec("SELECT pg_backend_pid()").value().integer(0, 0);
    auto other = Connection::open(database).value();
    Result<Names> result;
    {
      const std::jthread migrating([&] { result = migrate(connection, options); });
      while (other.query("SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'relation'", {pid})
                 .value()
                 .size() == 0) {
        std::this_thread::yield();
      }
      interrupt(source, other, pid);
    }
    auto code = code_of(result);
    CHECK(objects(other) == before);
    return code;
  };
  CHECK(interrupted({}, [](std::stop_source& source, auto&, auto) { source.request_stop(); }) == "stopped");
  CHECK(interrupted({}, [](auto&, Connection& other, std::int64_t pid) {
          other.query("SELECT pg_terminate_backend($1, 60000)", {pid}).value();
        }) == "db_unreachable");
  {
    auto connection = Connection::open(database, {.grace = 10min}).value();
    const auto locked = migrate(connection, {.lock = {.longest = 100ms}});
    CHECK(code_of(locked) == "migration_locked");
    CHECK(locked.error().message.contains("a reader"));
  }
  reading.reset();
  CHECK(objects(reader) == before);
  CHECK(migrate(reader).value() == Names{"0000_from_public"});
  CHECK(rows(reader, "broker") == before_rows);
}

TEST_CASE("an older program at work is not overtaken") {
  const auto database = older_database();
  auto older = Connection::open(database, {.application_name = "skerry update"}).value();
  auto connection = Connection::open(database, {.grace = 10min}).value();
  older.exec("SELECT pg_advisory_lock(" + std::to_string(kUpdaterLock) + ")").value();
  const auto locked = migrate(connection, {.lock = {.longest = 100ms}});
  CHECK(code_of(locked) == "migration_locked");
  CHECK(locked.error().message.contains("older skerry is updating"));
  CHECK(locked.error().message.contains("skerry update"));
  older.exec("SELECT pg_advisory_unlock(" + std::to_string(kUpdaterLock) + ")").value();
  CHECK(migrate(connection).value() == Names{"0000_from_public"});
  CHECK_FALSE(older.exec("SELECT * FROM files"));
}

TEST_CASE("tables in public that are not ours, or a newer program's, stay where they are") {
  SUBCASE("another program's migrations") {
    auto connection = Connection::open(postgres::TestCluster::instance().new_database()).value();
    connection.exec("CREATE TABLE migrations (id int, migration text, batch int); CREATE TABLE files (n int)")
        .value();
    CHECK(migrate(connection).value() == Names{"0001_broker", "0002_updater"});
    CHECK(text(connection, "SELECT to_regclass('public.files') IS NOT NULL") == "t");
  }
  SUBCASE("a newer program's") {
    auto connection = Connection::open(older_database()).value();
    connection.exec("INSERT INTO public.migrations (name, checksum) VALUES ('0003_newer', 'x')").value();
    const auto before = objects(connection);
    const auto result = migrate(connection);
    CHECK(code_of(result) == "migration_unknown");
    CHECK(result.error().message.contains("0003_newer"));
    CHECK(objects(connection) == before);
  }
  SUBCASE("one that somebody has edited") {
    auto connection = Connection::open(older_database()).value();
    connection.exec("UPDATE public.migrations SET checksum = 'x' WHERE name = '0001_broker'").value();
    const auto before = objects(connection);
    CHECK(code_of(migrate(connection)) == "migration_edited");
    CHECK(objects(connection) == before);
  }
  SUBCASE("one in which a table is missing") {
    auto connection = Connection::open(older_database()).value();
    connection.exec("DROP TABLE public.update_meta").value();
    const auto before = objects(connection);
    const auto result = migrate(connection);
    CHECK(code_of(result) == "migration_failed");
    CHECK(result.error().message.contains("update_meta"));
    CHECK(objects(connection) == before);
  }
}

}  // namespace skerry::broker
