#include "native-host/broker/updater.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include "native-host/broker/latest_document.hpp"
#include "native-host/broker/pauses.hpp"
#include "native-host/broker/schema.hpp"
#include "native-host/broker/store.hpp"
#include "native-host/clock/test_clock.hpp"
#include "native-host/http/test_http_server.hpp"
#include "native-host/postgres/locks.hpp"
#include "native-host/postgres/test_cluster.hpp"
#include "tests/archive/collectors.hpp"
#include "tests/archive/replica.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;
using http::TestHttpServer;
using postgres::Connection;
using Reply = TestHttpServer::Reply;

constexpr Month kOctober = year(2026) / October;
constexpr Month kNovember = year(2026) / November;

Time at(std::string_view text) {
  return parse_naive(text).value();
}

/// The replica of the archives at a clock of the test, with faults of the test.
class Archive {
 public:
  explicit Archive(std::string_view start) : now_(at(start)) {}

  [[nodiscard]] std::string origin() const { return server_.origin(); }
  [[nodiscard]] Time now() const { return now_; }
  void set(std::string_view time) {
    const std::lock_guard lock(mutex_);
    now_ = at(time);
    replica_ = archive::Replica(known_, clock());
  }
  /// What is answered to paths that begin so, instead.
  void fail(const std::string& prefix, Reply reply) {
    const std::lock_guard lock(mutex_);
    faults_[prefix] = std::move(reply);
  }
  void heal() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
  }
  /// Faults only for requests that name the copy which the client has.
  bool only_conditional = false;
  std::set<std::string> take_asked() {
    const std::lock_guard lock(mutex_);
    return std::exchange(asked_, {});
  }

  /// All files of a month, as the replica knows them.
  [[nodiscard]] std::vector<archive::File> files(std::string_view id, Month month) const {
    const auto found = std::ranges::find(known_, id, &archive::Collector::id);
    return archive::files_in_month(*found, month, now_);
  }

 private:
  [[nodiscard]] archive::SimClock clock() const { return {now_, 0, steady_clock::now()}; }

  Reply answer(const Request& request) {
    const std::lock_guard lock(mutex_);
    asked_.insert(request.target);
    for (const auto& [prefix, reply] : faults_) {
      if (only_conditional && !request.headers.has("If-None-Match")) continue;
      if (request.target.starts_with(prefix)) return reply;
    }
    auto delivery = replica_.answer(request);
    return {.status = delivery.response.status,
            .body = std::string(delivery.response.body.view()),
            .headers = std::move(delivery.response.headers)};
  }

  Time now_;
  std::mutex mutex_;
  std::vector<archive::Collector> known_ = archive::parse_collectors(archive::built_in_collectors()).value();
  archive::Replica replica_{known_, clock()};
  std::map<std::string, Reply> faults_;
  std::set<std::string> asked_;
  TestHttpServer server_{[this](const Request& request) { return answer(request); }};
};

struct Setup {
  explicit Setup(std::string_view now) : archive(now) {
    setenv("no_proxy", "*", 1);
    migrate(connection).value();
    options.database = conninfo;
    options.collectors = with_origin(default_collectors(), archive.origin());
    options.plan.probe = false;  // unless a test is about it: every folder, each time
    options.fetch.backoff = 10ms;
    options.fetch.silence_timeout = 1s;
    options.fetch.connect_timeout = 1s;
  }

  Result<CycleReport> cycle(Updater& updater) {
    return updater.run_cycle([this] { return archive.now(); });
  }
  std::int64_t count(const std::string& sql) {
    return connection.exec("SELECT count(*) FROM broker." + sql).value().integer(0, 0);
  }

  Archive archive;
  std::string conninfo = postgres::TestCluster::instance().new_database();
  Connection connection = Connection::open(conninfo).value();
  UpdaterOptions options;
};

std::string code_of(const Result<CycleReport>& result) {
  return result ? "" : result.error().code;
}

const CollectorReport& report_of(const CycleReport& report, std::string_view id) {
  return *std::ranges::find(report.collectors, id, &CollectorReport::id);
}

/// The files of a collector in the database are those of the archive: URL, time and rough size of each.
void check_same_files(Setup& setup, std::string_view id, std::initializer_list<Month> months) {
  CAPTURE(id);
  const auto collector = *std::ranges::find(setup.options.collectors, id, &Collector::id);
  std::set<std::string> expected;
  for (const auto month : months) {
    for (const auto& file : setup.archive.files(id, month)) {
      const auto type = file.type == archive::DataType::rib ? DataType::rib : DataType::update;
      const auto listings = month_listings(collector, month);
      expected.insert((type == DataType::rib ? listings.front() : listings.back()).url +
                      usual_name(collector.layout, type, file.begin));
    }
  }
  const auto rows = setup.connection
                        .query(
                            "SELECT l.url || broker.file_name(l.layout, f.data_type, f.ts_start, f.name) "
                            "FROM broker.files f "
                            "JOIN broker.listings l ON l.id = f.listing JOIN broker.collectors c ON c.key = "
                            "f.collector WHERE c.id = $1",
                            {id})
                        .value();
  std::set<std::string> stored;
  for (int row = 0; row < rows.size(); ++row) stored.emplace(rows.text(row, 0));
  CHECK(static_cast<std::size_t>(rows.size()) == stored.size());
  CHECK(stored == expected);
}

}  // namespace

TEST_CASE("requirement 37: all collectors, from an empty database, cycle by cycle") {
  Setup setup("2026-11-03T04:00:00");
  std::size_t calls = 0;
  Progress last;
  setup.options.progress = [&](const Progress& progress) {
    ++calls;
    last = progress;
  };
  Updater updater(setup.options);

  const auto first = setup.cycle(updater);
  REQUIRE_MESSAGE(first, first.error().message);
  CHECK(first->collectors.size() == 85);
  CHECK(first->total.listings == 26 + 2 * 59);
  CHECK(calls == first->total.listings);
  CHECK(last.done == first->total.listings);
  CHECK(last.total == first->total.listings);
  CHECK(first->failed_listings == 0);
  CHECK(first->total.skipped_rows == 0);
  CHECK(first->total.files_added == setup.count("files"));
  for (const auto& collector : setup.options.collectors) check_same_files(setup, collector.id, {kNovember});
  CHECK(Store(setup.connection).latest().value().size() == 2 * 79);
  CHECK(latest_document(setup.connection, setup.options.collectors, setup.archive.now())
            .value()
            .contains("\"rows\":158,"));

  const auto again = setup.cycle(updater).value();
  CHECK(again.total.unchanged + again.total.absent == again.total.listings);
  CHECK(again.total.files_added == 0);

  setup.archive.set("2026-11-03T08:00:00");
  Updater other(setup.options);
  const auto later = setup.cycle(other).value();
  CHECK(later.failed_listings == 0);
  CHECK(later.total.files_added == setup.count("files") - first->total.files_added);
  for (const auto& collector : setup.options.collectors) check_same_files(setup, collector.id, {kNovember});
}

TEST_CASE("a view shows the collectors that are chosen, whatever the index has") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "amsix.ams"};
  Updater updater(setup.options);
  setup.cycle(updater).value();
  std::vector<Collector> one;
  for (const auto& collector : setup.options.collectors)
    if (collector.id == "rrc00") one.push_back(collector);
  const auto all = latest_document(setup.connection, setup.options.collectors, setup.archive.now()).value();
  const auto narrow = latest_document(setup.connection, one, setup.archive.now(), true).value();
  CHECK(all.contains("\"rows\":4,"));
  CHECK(narrow.contains("\"rows\":2,"));
  CHECK(narrow.contains("\"made_up\":true"));
  CHECK_FALSE(narrow.contains("amsix.ams"));
}

TEST_CASE("requirement 26: from one month to the next") {
  Setup setup("2026-10-31T23:50:00");
  setup.options.only = {"rrc00", "amsix.ams"};
  Updater updater(setup.options);
  CHECK(setup.cycle(updater).value().total.listings == 3);
  for (const auto* time : {"2026-11-01T00:00:00", "2026-11-01T01:00:00", "2026-11-02T23:59:00"}) {
    setup.archive.set(time);
    const auto report = setup.cycle(updater).value();
    CHECK(report.failed_listings == 0);
    CHECK(report.total.listings == 6);
    for (const auto& id : setup.options.only) check_same_files(setup, id, {kOctober, kNovember});
  }
  // Then once a day.
  const std::pair<const char*, std::size_t> later[] = {{"2026-11-03T00:00:00", 3},
                                                       {"2026-11-04T00:00:00", 6},
                                                       {"2026-11-04T00:05:00", 3},
                                                       {"2026-11-15T00:00:00", 6},
                                                       {"2026-11-17T00:00:00", 3}};
  for (const auto& [time, listings] : later) {
    CAPTURE(time);
    setup.archive.set(time);
    CHECK(setup.cycle(updater).value().total.listings == listings);
  }
}

TEST_CASE("requirements 22, 25: what fails is told, harms nobody else, and is made up for") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "rrc01", "rrc03", "rrc04", "rrc05", "amsix.ams", "route-views2"};
  Updater updater(setup.options);
  setup.archive.fail("/rrc00/", {.status = 404, .body = "gone"});
  setup.archive.fail("/rrc01/", {.status = 503, .body = "busy"});
  setup.archive.fail("/rrc03/", {.body = "<html><h1>Under construction</h1></html>"});
  setup.archive.fail("/rrc04/", {.body = "<html><h1>Index of /rrc04</h1><pre><a href=\"../\">../</a>\n<a "
                                         "href=\"bview.20261101.0000.gz\">b</a>  01-Nov-2026 00:00  1M\n"});
  setup.archive.fail("/amsix.ams/bgpdata/2026.11/RIBS/", {.status = 500, .body = ""});

  const auto report = setup.cycle(updater).value();
  CHECK(report.failed_listings == 5);
  CHECK(report.failed_collectors == 5);
  const auto failure = [&](std::string_view id) { return report_of(report, id).failures.at(0).error.code; };
  CHECK(failure("rrc00") == "http_404");
  CHECK(setup.count("listings WHERE failures = 1 AND failing_since = '2026-11-21 08:00'") == 5);
  CHECK(failure("rrc01") == "http_503");
  CHECK(failure("rrc03") == "not_a_listing");
  CHECK(failure("rrc04") == "listing_truncated");
  CHECK(failure("amsix.ams") == "http_500");
  CHECK(report_of(report, "amsix.ams").failures.at(0).url ==
        setup.archive.origin() + "/amsix.ams/bgpdata/2026.11/RIBS/");
  CHECK(report_of(report, "amsix.ams").files_added > 1000);
  CHECK(report_of(report, "route-views2").failures.empty());
  check_same_files(setup, "rrc05", {kNovember});
  CHECK(
      setup.count("files f JOIN broker.collectors c ON c.key = f.collector WHERE c.id IN ('rrc00', 'rrc01', "
                  "'rrc03', 'rrc04')") == 0);

  setup.archive.heal();
  CHECK(setup.cycle(updater).value().failed_listings == 0);
  CHECK(setup.count("listings WHERE failing_since IS NOT NULL OR failures > 0 OR error <> ''") == 0);
  for (const auto& id : setup.options.only) check_same_files(setup, id, {kNovember});
}

TEST_CASE("a month that failed is read when its month is long over") {
  Setup setup("2026-08-20T08:00:00");
  setup.options.only = {"rrc00", "rrc01"};
  Updater updater(setup.options);
  CHECK(setup.cycle(updater));
  setup.archive.set("2026-11-21T08:00:00");
  setup.archive.fail("/rrc00/2026.09/", {.status = 500, .body = ""});
  CHECK(setup.cycle(updater).value().failed_listings == 1);
  setup.archive.heal();
  setup.archive.take_asked();
  CHECK(setup.cycle(updater).value().failed_listings == 0);
  CHECK(setup.archive.take_asked() ==
        std::set<std::string>{"/rrc00/2026.09/", "/rrc00/2026.11/", "/rrc01/2026.11/"});
  check_same_files(
      setup, "rrc00",
      {year(2026) / August, year(2026) / September, year(2026) / October, year(2026) / November});
}

TEST_CASE("since a month of the past") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "amsix.ams"};
  CHECK(setup.cycle(*std::make_unique<Updater>(setup.options)));
  setup.options.since = year(2026) / September;
  Updater updater(setup.options);
  CHECK(setup.cycle(updater).value().failed_listings == 0);
  for (const auto& id : setup.options.only) {
    check_same_files(setup, id, {year(2026) / September, year(2026) / October, year(2026) / November});
  }
  setup.archive.take_asked();
  CHECK(setup.cycle(updater).value().total.files_added == 0);
  CHECK(setup.archive.take_asked() ==
        std::set<std::string>{"/rrc00/", "/amsix.ams/bgpdata/", "/rrc00/2026.11/",
                              "/amsix.ams/bgpdata/2026.11/RIBS/", "/amsix.ams/bgpdata/2026.11/UPDATES/"});
}

TEST_CASE("requirements 29, 31: a hostile archive") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00"};
  Updater updater(setup.options);
  const auto line = [](const std::string& href) {
    return "<a href=\"" + href + "\">x</a>  21-Nov-2026 00:00  1M\n";
  };
  setup.archive.fail("/rrc00/",
                     {.body = "<h1>Index of /</h1><pre>" + line("../rrc01/updates.20261121.0000.gz") +
                              line("http://evil.example/updates.20261121.0005.gz") +
                              line("updates.20991231.2355.gz") + line("updates.19971231.2355.gz") +
                              line("updates.20261121.0010.gz'; DROP TABLE files;--.20261121.0010.gz") +
                              line("x\t\\.\n.20261121.0015.gz") + line("updates.20261121.0020.gz") +
                              line("updates.20261121.0020.gz") + "</pre>"});
  const auto report = setup.cycle(updater).value();
  CHECK(report.total.files_added == 1);
  CHECK(report.total.skipped_rows == 6);
  CHECK(report_of(report, "rrc00").failures.at(0).error.code == "listing_unreadable");
  CHECK(Store(setup.connection).latest().value().front().timestamp == at("2026-11-21T00:20:00"));
}

TEST_CASE("a listing of which no row can be read fails each time, and is remembered") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "rrc01"};
  Updater updater(setup.options);
  const std::string rows =
      "<h1>Index of /rrc00</h1><table><tr><td><a href=\"updates.20261121.0000.gz\">u</a></td><td>2026-11-21 "
      "00:05</td><td>large</td></tr></table>";
  setup.archive.fail("/rrc00/", {.body = rows, .headers = Headers{{"ETag", "\"same\""}}});
  for (int failures = 1; failures <= 3; ++failures) {
    const auto report = setup.cycle(updater).value();
    REQUIRE(report_of(report, "rrc00").failures.size() == 1);
    CHECK(report_of(report, "rrc00").failures[0].error.code == "listing_unreadable");
    CHECK(report_of(report, "rrc00").unchanged == 0);
    CHECK(report.failed_collectors == 1);
    CHECK(setup.count("listings WHERE error LIKE 'listing_unreadable: %' AND failing_since IS NOT NULL AND "
                      "failures = " +
                      std::to_string(failures)) == 1);
  }
  setup.archive.heal();
  CHECK(setup.cycle(updater).value().failed_listings == 0);
  check_same_files(setup, "rrc00", {kNovember});
  CHECK(setup.count("listings WHERE failing_since IS NOT NULL") == 0);
}

TEST_CASE("a listing whose links are no files fails where there never was one") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "rrc01"};
  Updater updater(setup.options);
  const auto page = [](const std::string& links) {
    return "<h1>Index of /rrc00</h1><pre><a href=\"../\">../</a>\n" + links + "</pre>";
  };
  struct Case {
    std::string links;
    bool is_told;
  };
  for (const auto& [links, is_told] : std::vector<Case>{
           {"<a href=\"?dir=x&amp;file=updates.20261121.0000.gz\">x</a>  21-Nov-2026 00:00  1M\n", true},
           {"<a href=\"get.php?id=1\">updates.20261121.0000.gz</a>  21-Nov-2026 00:00  1M\n", true},
           {"<a href=\"one.mrt\">x</a>  21-Nov-2026 00:00  1M\n", true},
           {"<a href=\"?C=N;O=D\">Name</a>\n<a href=\"sub/\">sub/</a>\n", false},
           {"", false},
       }) {
    CAPTURE(links);
    setup.archive.fail("/rrc00/", {.body = page(links)});
    const auto report = setup.cycle(updater).value();
    const auto& failures = report_of(report, "rrc00").failures;
    REQUIRE(failures.size() == (is_told ? 1 : 0));
    if (is_told) CHECK(failures[0].error.code == "listing_unreadable");
  }
  // Of a collector that has files, a folder may be one without.
  setup.archive.heal();
  CHECK(setup.cycle(updater).value().failed_listings == 0);
  setup.archive.fail("/rrc00/", {.body = page("<a href=\"README.txt\">x</a>  21-Nov-2026 00:00  1M\n")});
  CHECK(setup.cycle(updater).value().failed_listings == 0);
}

TEST_CASE(
    "folders of a host that asks to be left alone are delayed, told once, and kept for other processes") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "rrc01"};
  const auto clock = std::make_shared<TestClock>(at("2026-11-21T08:00:00"), true);
  setup.options.fetch.clock = clock;
  const auto folder =
      std::filesystem::temp_directory_path() / ("skerry-pauses-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  setup.options.pauses = folder / "update.delayed";
  std::vector<std::string> news;
  setup.options.pause_news = {
      .begun = [&](const std::string& host, Time) { news.push_back("begun " + host); },
      .over = [&](const std::string& host) { news.push_back("over " + host); }};
  setup.archive.fail("/", {.status = 429, .body = "", .headers = Headers{{"Retry-After", "3600"}}});
  for (int process = 0; process < 3; ++process) {
    CAPTURE(process);
    setup.archive.take_asked();
    Updater updater(setup.options);
    const auto report = setup.cycle(updater).value();
    CHECK(report.failed_listings == 0);
    CHECK(report.total.delayed == 2);
    CHECK(setup.archive.take_asked().empty() == (process > 0));
  }
  CHECK(setup.count("listings WHERE failing_since IS NOT NULL") == 0);
  // It asks for another hour, of which nobody needs to hear.
  clock->move(at("2026-11-21T09:00:01") - clock->now());
  Updater updater(setup.options);
  CHECK(setup.cycle(updater).value().total.delayed == 2);
  CHECK(news == std::vector<std::string>{"begun " + setup.archive.origin()});
  CHECK_FALSE(setup.archive.take_asked().empty());
  CHECK(setup.cycle(updater).value().total.delayed == 2);
  CHECK(setup.archive.take_asked().empty());
  setup.archive.heal();
  clock->move(at("2026-11-21T10:00:02") - clock->now());
  CHECK(setup.cycle(updater).value().total.files_added > 0);
  CHECK(news.back() == "over " + setup.archive.origin());
  CHECK(news.size() == 2);
  CHECK_FALSE(std::filesystem::exists(setup.options.pauses));
  // What is no file of pauses is as none.
  for (const auto* text :
       {"", "[]", "{\"x\":5}", "{\"x\":\"soon\"}", "{\"x\":\"2026-11-01T00:00:00Z\"}", "\xff"}) {
    std::ofstream(setup.options.pauses) << text;
    CHECK(read_pauses(setup.options.pauses, clock->now()).empty());
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("no archive at all") {
  Setup setup("2026-11-03T04:00:00");
  Updater updater(setup.options);
  setup.archive.fail("/", {.status = 403, .body = ""});
  const auto result = setup.cycle(updater);
  CHECK(code_of(result) == "all_collectors_failed");
  CHECK(result.error().message.contains("None of 79 collectors"));
  CHECK(setup.count("update_meta WHERE failed = 144") == 1);
  CHECK(setup.count("update_meta WHERE error LIKE 'all_collectors_failed: %'") == 1);
  setup.archive.heal();
  CHECK(setup.cycle(updater));

  // Also when only single files are due.
  setup.options.plan.probe = true;
  Updater prober(setup.options);
  setup.archive.set("2026-11-03T04:05:00");
  CHECK(setup.cycle(prober));
  setup.archive.set("2026-11-03T04:10:00");
  setup.archive.fail("/", {.status = 500, .body = ""});
  const auto outage = setup.cycle(prober);
  CHECK(code_of(outage) == "all_collectors_failed");
  setup.archive.heal();
  CHECK(setup.cycle(prober).value().total.answers > 50);
}

TEST_CASE("of the collectors that are chosen none could be read") {
  struct Case {
    std::vector<std::string> only;
    const char* words;
  };
  for (const auto& [only, words] : std::vector<Case>{
           {{"rrc00", "rrc01", "route-views2"}, "None of 3 collectors could be read. "},
           {{"rrc00", "rrc01", "rrc00"}, "None of 2 collectors could be read. "},
           {{"rrc01"}, "The one collector could not be read. rrc01: "},
           {{"rrc00", "rrc02", "rrc08"}, "The one collector could not be read. "},  // two ended
           {{"rrc02", "rrc08"}, "None of 2 collectors could be read. "},
       }) {
    CAPTURE(words);
    Setup setup("2026-11-03T04:00:00");
    setup.options.only = only;
    setup.archive.fail("/", {.status = 403, .body = ""});
    const auto result = setup.cycle(*std::make_unique<Updater>(setup.options));
    REQUIRE(code_of(result) == "all_collectors_failed");
    CHECK(result.error().message.starts_with(words));
  }
}

TEST_CASE("the database is lost in the middle of a cycle") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "rrc01", "amsix.ams"};
  bool cut = true;
  setup.options.progress = [&](const Progress&) {
    if (std::exchange(cut, false)) {
      setup.connection
          .exec(
              "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
              "WHERE application_name = 'skerry update' AND datname = current_database()")
          .value();
    }
  };
  Updater updater(setup.options);
  CHECK(code_of(setup.cycle(updater)) == "db_unreachable");
  CHECK(setup.count("latest_times") <= 2);
  CHECK(setup.cycle(updater));
  for (const auto& id : setup.options.only) check_same_files(setup, id, {kNovember});
}

TEST_CASE("a cycle that loses its lock ends") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "rrc01", "amsix.ams"};
  bool cut = true;
  setup.options.progress = [&](const Progress&) {
    if (!std::exchange(cut, false)) return;
    const auto holders =
        "FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database "
        "WHERE datname = current_database())";
    setup.connection.exec(std::string("SELECT pg_terminate_backend(pid, 60000) ") + holders).value();
  };
  Updater updater(setup.options);
  const auto lost = setup.cycle(updater);
  CHECK(code_of(lost) == "db_unreachable");
  CHECK(lost.error().message.contains("lock"));
  CHECK(setup.cycle(updater));
}

TEST_CASE("a trial keeps nothing") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "amsix.ams"};
  setup.options.dry_run = true;
  Updater updater(setup.options);
  const auto report = setup.cycle(updater).value();
  CHECK(report.total.files_added > 5000);
  for (const auto* table : {"files", "listings", "collectors", "latest_file", "update_meta"})
    CHECK(setup.count(table) == 0);
}

TEST_CASE("who may run, and how it ends") {
  Setup setup("2026-11-21T08:00:00");
  setup.options.only = {"rrc00", "rrc01"};
  SUBCASE("another one is at it") {
    Updater updater(setup.options);
    {
      const auto held =
          postgres::HeldLock::take(
              Connection::open(setup.conninfo, {.application_name = "the other one"}).value(), kUpdaterLock)
              .value();
      REQUIRE(held);
      const auto refused = setup.cycle(updater);
      CHECK(code_of(refused) == "update_running");
      CHECK(refused.error().kind == ErrorKind::busy);
      CHECK(refused.error().message.contains("the other one"));
    }
    CHECK(setup.cycle(updater));
  }
  SUBCASE("an updater of an older program, whose session has the lock") {
    auto older = Connection::open(setup.conninfo).value();
    const auto lock = std::to_string(kUpdaterLock);
    CHECK(older.exec("SELECT pg_try_advisory_lock(" + lock + ")").value().boolean(0, 0));
    Updater updater(setup.options);
    CHECK(code_of(setup.cycle(updater)) == "update_running");
    CHECK(older.exec("SELECT pg_advisory_unlock(" + lock + ")"));
    CHECK(setup.cycle(updater));
  }
  SUBCASE("a collector that is not there") {
    setup.options.only = {"rrc00", "rrc17"};
    Updater updater(setup.options);
    const auto result = setup.cycle(updater);
    CHECK(code_of(result) == "unknown_collector");
    CHECK(result.error().message.contains("rrc17"));
  }
  SUBCASE("a database that is not there") {
    setup.options.database = "host=/nonexistent";
    Updater updater(setup.options);
    CHECK(code_of(setup.cycle(updater)) == "db_unreachable");
  }
  SUBCASE("stopped") {
    setup.archive.fail("/rrc01/", {.silent = true});
    setup.options.fetch.total_timeout = 1h;
    setup.options.fetch.silence_timeout = 1h;
    std::stop_source stop;
    setup.options.progress = [&](const Progress&) { stop.request_stop(); };
    Updater updater(setup.options);
    CHECK(code_of(updater.run_cycle([&] { return setup.archive.now(); }, stop.get_token())) == "stopped");
    check_same_files(setup, "rrc00", {kNovember});
  }
}

TEST_CASE("files that are asked for one by one") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00", "amsix.ams"};
  setup.options.plan.probe = true;
  Updater updater(setup.options);
  CHECK(setup.cycle(updater).value().total.listings == 3);
  const auto listed = setup.count("files");
  setup.archive.take_asked();

  // Half an hour, five minutes at a time, without a single listing.
  std::int64_t added = 0;
  for (const auto* time : {"04:10", "04:15", "04:20", "04:25", "04:30"}) {
    setup.archive.set("2026-11-20T" + std::string(time) + ":00");
    const auto report = setup.cycle(updater).value();
    CHECK(report.total.listings == 0);
    CHECK(report.total.probes >= 2);
    CHECK(report.total.bytes < 4000);
    CHECK(report.failed_collectors == 0);
    added += report.total.files_added;
  }
  CHECK(added >= 5);
  CHECK(setup.count("files") == listed + added);
  CHECK(setup.count("files WHERE exact_size > 0 AND rough_size = exact_size") == added);
  for (const auto& id : setup.options.only) check_same_files(setup, id, {kNovember});
  for (const auto& target : setup.archive.take_asked()) CHECK_FALSE(target.ends_with("/"));

  // The listing, an hour later, says nothing new of them.
  setup.archive.set("2026-11-20T05:30:00");
  const auto report = setup.cycle(updater).value();
  CHECK(report.total.listings == 3);
  CHECK(report.total.files_changed == 0);
  CHECK(setup.count("files WHERE exact_size > 0") == added);
  for (const auto& id : setup.options.only) check_same_files(setup, id, {kNovember});
}

TEST_CASE("what an answer to a single file may be") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00"};
  setup.options.plan.probe = true;
  Updater updater(setup.options);
  setup.cycle(updater).value();
  setup.archive.set("2026-11-20T04:10:00");
  const std::string file = "/rrc00/2026.11/updates.20261120.0";
  const struct {
    Reply reply;
    std::size_t listings;  ///< asked for, as the answer says nothing of the file
  } cases[] = {
      {{.status = 404, .body = ""}, 0},
      {{.status = 405, .body = ""}, 1},
      {{.status = 503, .body = ""}, 1},
      {{.status = 200, .body = "", .headers = {{"Content-Type", "text/html"}, {"Content-Length", "9000"}}},
       1},
      {{.status = 200, .body = ""}, 1},
      {{.status = 302, .body = "", .headers = {{"Location", "/rrc00/2026.11/"}}}, 1},
      {{.status = 302, .body = "", .headers = {{"Location", "/rrc00/2026.11/bview.20261101.0000.gz"}}}, 1},
  };
  for (const auto& [reply, listings] : cases) {
    CAPTURE(reply.status);
    setup.connection.exec("DELETE FROM broker.files WHERE ts_start > '2026-11-20 03:50'").value();
    setup.connection
        .exec(
            "UPDATE broker.latest_file SET ts_start = '2026-11-20 03:50' WHERE data_type = 'update';"
            "UPDATE broker.listings SET checked = '2026-11-20 04:05', digest = '', etag = '', last_modified "
            "= ''")
        .value();
    setup.archive.fail(file, reply);
    const auto result = setup.cycle(updater);
    REQUIRE_MESSAGE(result, result.error().message);
    CHECK(result->total.listings == listings);
    CHECK(result->failed_collectors == 0);
    if (listings > 0) check_same_files(setup, "rrc00", {kNovember});
    setup.archive.heal();
  }
}

TEST_CASE("requirement 24: an archive whose validators lie") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00"};
  Updater updater(setup.options);
  setup.cycle(updater).value();
  // From now on nothing has ever changed.
  const auto lie = [&] { setup.archive.fail("/rrc00/2026.11/", {.status = 304, .body = ""}); };

  SUBCASE("found out by the files that were asked for one by one") {
    setup.options.plan.probe = true;
    Updater prober(setup.options);
    setup.archive.set("2026-11-20T04:10:00");
    CHECK(setup.cycle(prober).value().total.files_added > 0);
    setup.archive.set("2026-11-20T05:30:00");
    setup.archive.only_conditional = true;
    lie();
    CHECK(setup.cycle(prober).value().failed_collectors == 0);
    check_same_files(setup, "rrc00", {kNovember});
  }
  SUBCASE("found out after some hours at the latest") {
    setup.archive.only_conditional = true;
    lie();
    setup.archive.set("2026-11-20T09:55:00");
    CHECK(setup.cycle(updater).value().total.unchanged == 1);
    setup.archive.set("2026-11-20T10:05:00");
    CHECK(setup.cycle(updater).value().total.unchanged == 0);
    check_same_files(setup, "rrc00", {kNovember});
  }
}

TEST_CASE("a redirect to another folder is no listing of this one") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00", "rrc01"};
  setup.archive.fail("/rrc00/2026.11/",
                     {.status = 302, .body = "", .headers = {{"Location", "/rrc00/2026.10/"}}});
  // The whole base moved: that is where the files are now.
  setup.archive.fail(
      "/rrc01/2026.11/",
      {.status = 301, .body = "", .headers = {{"Location", "/data.ris.ripe.net/rrc01/2026.11/"}}});
  Updater updater(setup.options);
  const auto report = setup.cycle(updater).value();
  CHECK(report_of(report, "rrc00").failures.at(0).error.code == "redirected");
  CHECK(report_of(report, "rrc00").files_added == 0);
  check_same_files(setup, "rrc01", {kNovember});
}

TEST_CASE("a redirect to the same month of another collector is no listing of this one") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00", "rrc01"};
  setup.archive.fail("/rrc00/2026.11/",
                     {.status = 302, .body = "", .headers = {{"Location", "/rrc21/2026.11/"}}});
  Updater updater(setup.options);
  const auto report = setup.cycle(updater).value();
  CHECK(report_of(report, "rrc00").failures.at(0).error.code == "redirected");
  CHECK(report_of(report, "rrc00").files_added == 0);
}

TEST_CASE("a cycle that the database ended in its planning leaves nothing to the next one") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00", "rrc21"};
  setup.options.exact_sizes = 5;
  Progress last;
  setup.options.progress = [&](const Progress& now) { last = now; };
  Updater updater(setup.options);
  setup.cycle(updater).value();
  check_same_files(setup, "rrc00", {kNovember});
  // The requests stand already when the files without an exact size are looked for.
  setup.connection.exec("ALTER FUNCTION broker.file_name RENAME TO file_name_away").value();
  CHECK_FALSE(setup.cycle(updater));
  setup.connection.exec("ALTER FUNCTION broker.file_name_away RENAME TO file_name").value();
  setup.cycle(updater).value();
  CHECK(last.done == last.total);  // no answers but its own
  check_same_files(setup, "rrc00", {kNovember});
  check_same_files(setup, "rrc21", {kNovember});
}

TEST_CASE("requirement 33: exact sizes of older files, some in each cycle") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00", "amsix.ams"};
  setup.options.exact_sizes = 40;
  Updater updater(setup.options);
  setup.cycle(updater).value();
  CHECK(setup.count("files WHERE exact_size > 0") == 0);
  for (const std::int64_t sized : {40, 80, 120}) {
    const auto report = setup.cycle(updater).value();
    CHECK(report.total.files_sized == 40);
    CHECK(setup.count("files WHERE exact_size > 0") == sized);
  }
  CHECK(setup.count("files WHERE exact_size > 0 AND ts_start < '2026-11-18'") == 0);
  const auto truth = setup.archive.files("rrc00", kNovember).back();
  CHECK(setup.count(
            "files f JOIN broker.collectors c ON c.key = f.collector WHERE c.id = 'rrc00' AND exact_size = " +
            std::to_string(truth.size)) == 1);
}

TEST_CASE("requirement 34: an archive in a folder of this machine") {
  Setup setup("2026-11-20T04:00:00");
  const auto root = std::filesystem::temp_directory_path() / ("skerry-local-" + std::to_string(getpid()));
  const auto put = [&](const std::string& name, std::size_t size) {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(root / name) << std::string(size, 'x');
  };
  put("2026.10/bview.20261001.0000.gz", 10);
  put("2026.11/bview.20261101.0000.gz", 20);
  put("2026.11/updates.20261101.0000.gz", 30);
  put("2026.11/updates.20991101.0000.gz", 30);
  put("2026.11/notes.txt", 30);
  put("2026.11/updates.20261101.0005.gz/inside", 1);
  setup.options.collectors =
      apply_collectors(
          {}, R"([{"id": "lab", "project": "lab", "layout": "ris", "url": "file://)" + root.string() + "\"}]",
          "test")
          .value();
  Updater updater(setup.options);
  auto report = setup.cycle(updater).value();
  CHECK(report.total.files_added == 2);
  CHECK(report.total.skipped_rows == 1);
  CHECK(Store(setup.connection).latest().value().front().item_url ==
        "file://" + root.string() + "/2026.11/bview.20261101.0000.gz");
  CHECK(setup.count("files WHERE exact_size = rough_size AND exact_size IN (20, 30)") == 2);
  CHECK(setup.cycle(updater).value().total.unchanged == 1);
  put("2026.11/updates.20261101.0005.bz2", 31);
  CHECK(setup.cycle(updater).value().total.files_added == 1);

  setup.options.since = year(2026) / September;
  report = setup.cycle(*std::make_unique<Updater>(setup.options)).value();
  CHECK(report.total.files_added == 1);
  setup.options.since.reset();
  std::filesystem::remove_all(root);
  CHECK(code_of(setup.cycle(*std::make_unique<Updater>(setup.options))) == "all_collectors_failed");
  CHECK(setup.count("files") == 4);
}

TEST_CASE("requirement 27: an interrupted bootstrap goes on inside a month that is partly there") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00", "amsix.ams"};
  setup.options.since = year(2026) / September;
  std::stop_source stop;
  setup.options.progress = [&](const Progress& progress) {
    if (progress.done == 4) stop.request_stop();
  };
  Updater updater(setup.options);
  CHECK(code_of(updater.run_cycle([&] { return setup.archive.now(); }, stop.get_token())) == "stopped");
  // Part of a month is lost, as if another program had loaded it.
  setup.connection.exec("DELETE FROM broker.files WHERE rough_size % 2 = 0").value();
  setup.connection
      .exec("UPDATE broker.listings SET digest = '', etag = '', last_modified = '', checked = NULL")
      .value();
  setup.options.progress = [](const Progress&) {};
  CHECK(setup.cycle(*std::make_unique<Updater>(setup.options)));
  for (const auto& id : setup.options.only) {
    check_same_files(setup, id, {year(2026) / September, year(2026) / October, kNovember});
  }
}

TEST_CASE("an exact size that was measured while the file was being written") {
  Setup setup("2026-11-20T04:00:00");
  setup.options.only = {"rrc00"};
  setup.options.plan.probe = true;
  Updater updater(setup.options);
  setup.cycle(updater).value();
  setup.archive.set("2026-11-20T04:10:00");
  // Half of it is there, and was changed a minute ago.
  setup.archive.fail(
      "/rrc00/2026.11/updates.20261120.0",
      {.status = 200,
       .body = "",
       .headers = {{"Content-Length", "1"}, {"Last-Modified", "Fri, 20 Nov 2026 04:04:00 GMT"}}});
  CHECK(setup.cycle(updater).value().total.files_added > 0);
  CHECK(setup.count("files WHERE exact_size = 1") > 0);
  setup.archive.heal();
  setup.archive.set("2026-11-20T05:30:00");
  CHECK(setup.cycle(updater).value().total.files_sized > 0);
  CHECK(setup.count("files WHERE exact_size = 1 OR rough_size = 1") == 0);
  for (const auto& file : setup.archive.files("rrc00", kNovember)) {
    if (file.type != archive::DataType::update || file.begin < at("2026-11-20T03:59:00")) continue;
    CHECK(setup.count("files WHERE data_type = 'update' AND ts_start = '" + format_naive(file.begin) +
                      "' AND exact_size IN (0, " + std::to_string(file.size) + ")") == 1);
  }
}

}  // namespace skerry::broker
