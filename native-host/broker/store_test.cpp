#include "native-host/broker/store.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "native-host/broker/latest_document.hpp"
#include "native-host/broker/test_index.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono;
using Outcome = ListingResult::Outcome;

const Month kMonth = year(2026) / November;
const Collector kRis{"rrc00", "riperis", Layout::riperis, "https://ris/rrc00", false};
const Collector kViews{"amsix.ams", "routeviews", Layout::routeviews, "https://rv/amsix.ams/bgpdata", false};

Time at(std::string_view text) {
  return parse_naive(text).value();
}

/// A file with its layout's usual name, or with one of its own.
ListedFile file(const Collector& collector, DataType type, std::string_view time, std::int64_t size,
                std::deque<std::string>& names, std::string name = "") {
  names.push_back(name.empty() ? usual_name(collector.layout, type, at(time)) : std::move(name));
  return {.name = names.back(), .time = at(time), .data_type = type, .rough_size = size};
}

ListingResult read(const ListingUrl& listing, std::span<const ListedFile> files, std::string digest = "d") {
  return {.listing = listing,
          .checked = at("2026-11-21T08:05:00"),
          .outcome = Outcome::read,
          .validators = {.etag = "\"e\"", .last_modified = "", .digest = std::move(digest)},
          .files = files};
}

/// A migrated database with both collectors.
struct Database : TestIndex {
  Database() : TestIndex({kRis, kViews}) {}

  std::int64_t count(const std::string& sql) {
    return connection.exec("SELECT count(*) FROM broker." + sql).value().integer(0, 0);
  }
  std::vector<std::string> urls() {
    const auto rows =
        connection
            .exec(
                "SELECT l.url || broker.file_name(l.layout, f.data_type, f.ts_start, f.name) FROM "
                "broker.files f JOIN "
                "broker.listings l ON l.id = f.listing ORDER BY f.ts_start, f.data_type, f.name")
            .value();
    std::vector<std::string> urls;
    urls.reserve(static_cast<std::size_t>(rows.size()));
    for (int row = 0; row < rows.size(); ++row) urls.emplace_back(rows.text(row, 0));
    return urls;
  }
};

}  // namespace

TEST_CASE("files, the latest of each type, and what changes later") {
  Database database;
  auto& store = database.store;
  std::deque<std::string> names;
  const auto listing = month_listings(kRis, kMonth).front();
  std::vector files{file(kRis, DataType::rib, "2026-11-21T00:00:00", 400, names),
                    file(kRis, DataType::update, "2026-11-21T07:55:00", 5, names),
                    file(kRis, DataType::update, "2026-11-21T08:00:00", 6, names)};
  CHECK(store.write(kRis, std::vector{read(listing, files)}).value() == Written{3, 0});
  CHECK(database.urls() == std::vector<std::string>{"https://ris/rrc00/2026.11/bview.20261121.0000.gz",
                                                    "https://ris/rrc00/2026.11/updates.20261121.0755.gz",
                                                    "https://ris/rrc00/2026.11/updates.20261121.0800.gz"});
  CHECK(database.count("files WHERE name = ''") == 3);
  auto latest = store.latest().value();
  REQUIRE(latest.size() == 2);
  CHECK(latest[0].data_type == DataType::rib);
  CHECK(latest[1].item_url == "https://ris/rrc00/2026.11/updates.20261121.0800.gz");
  CHECK(latest[1].timestamp == at("2026-11-21T08:00:00"));
  CHECK(latest[1].rough_size == 6);
  CHECK(latest[1].collector_url == "https://ris/rrc00");
  CHECK(latest[1].project == "riperis");

  SUBCASE("the same again changes nothing") {
    CHECK(store.write(kRis, std::vector{read(listing, files)}).value() == Written{0, 0});
  }
  SUBCASE("requirement 32: a size that grew, a late file and a newer one") {
    files[2].rough_size = 7;
    files.push_back(file(kRis, DataType::update, "2026-11-02T00:00:00", 1, names));
    CHECK(store.write(kRis, std::vector{read(listing, files)}).value() == Written{1, 1});
    CHECK(store.latest().value()[1].rough_size == 7);
    CHECK(store.latest().value()[1].timestamp == at("2026-11-21T08:00:00"));
    files.push_back(file(kRis, DataType::update, "2026-11-21T08:05:00", 8, names));
    CHECK(store.write(kRis, std::vector{read(listing, files)}).value() == Written{1, 0});
    CHECK(store.latest().value()[1].timestamp == at("2026-11-21T08:05:00"));
  }
  SUBCASE("requirement 33: exact sizes, from files that were asked for one by one") {
    ListingResult probed{.listing = listing,
                         .checked = at("2026-11-21T08:10:00"),
                         .outcome = Outcome::probed,
                         .validators = {},
                         .files = {}};
    auto exact = file(kRis, DataType::update, "2026-11-21T08:05:00", 1500, names);
    exact.exact_size = 1500;
    probed.files = {&exact, 1};
    CHECK(store.write(kRis, std::vector{probed}).value() == Written{1, 0, 0});
    CHECK(database.count("listings WHERE checked = '2026-11-21 08:05'") == 1);  // the folder was not read
    CHECK(store.load_state().value().listings.at(listing.url).outdated);
    // The listing's rounding of the same size changes nothing; a size that can't be one does.
    auto listed = exact;
    listed.exact_size = 0;
    listed.rough_size = 1024;
    listed.rounding = 1024;
    CHECK(store.write(kRis, std::vector{read(listing, std::vector{listed})}).value() == Written{0, 0, 0});
    CHECK(database.count("files WHERE rough_size = 1500 AND exact_size = 1500") == 1);
    listed.rough_size = 0;
    listed.rounding = kUnknownSize;
    CHECK(store.write(kRis, std::vector{read(listing, std::vector{listed})}).value() == Written{0, 0, 0});
    listed.rough_size = 4096;
    listed.rounding = 1024;
    auto written = store.write(kRis, std::vector{read(listing, std::vector{listed})}).value();
    CHECK(written.changed == 1);
    REQUIRE(written.stale.size() == 1);
    CHECK(written.stale[0].listing.url + written.stale[0].name ==
          "https://ris/rrc00/2026.11/updates.20261121.0805.gz");
    CHECK(database.count("files WHERE rough_size = 4096 AND exact_size = 0") == 1);
    // What has none is found, newest first, and filled in.
    const auto unsized = store.unsized_files(at("2026-11-01T00:00:00"), at("2026-11-22T00:00:00"), 2).value();
    REQUIRE(unsized.size() == 2);
    CHECK(unsized[0].listing.url + unsized[0].name == "https://ris/rrc00/2026.11/updates.20261121.0805.gz");
    CHECK(unsized[1].time == at("2026-11-21T08:00:00"));
    exact.exact_size = 4100;
    CHECK(store.write(kRis, std::vector{probed}).value() == Written{0, 0, 1});
    CHECK(database.count("files WHERE rough_size = 4096 AND exact_size = 4100") == 1);
    // Another date makes it doubtful, though the size that is shown is the same; the same date does not.
    listed.modified = floor<minutes>(at("2026-11-21T08:11:00"));
    written = store.write(kRis, std::vector{read(listing, std::vector{listed})}).value();
    CHECK(written.changed == 0);
    CHECK(written.stale.size() == 1);
    CHECK(database.count("files WHERE rough_size = 4096 AND exact_size = 0") == 1);
    CHECK(store.write(kRis, std::vector{probed}).value() == Written{0, 0, 1});
    CHECK(store.write(kRis, std::vector{read(listing, std::vector{listed})}).value() == Written{0, 0, 0});
    // A rough size that a wrong page left behind makes way, and a right exact one stays.
    database.connection.exec("UPDATE broker.files SET rough_size = 9999 WHERE exact_size = 4100").value();
    CHECK(store.write(kRis, std::vector{read(listing, std::vector{listed})}).value() == Written{0, 1, 0});
    CHECK(database.count("files WHERE rough_size = 4096 AND exact_size = 4100") == 1);
  }
  SUBCASE("a file that grows where its folder tells exact sizes: both follow") {
    auto grows = file(kRis, DataType::update, "2026-11-21T08:05:00", 0, names);
    for (const std::int64_t size : {0, 5'000, 900'000}) {
      grows.rough_size = grows.exact_size = size;
      CHECK(store.write(kRis, std::vector{read(listing, std::vector{grows})}));
      CHECK(database.count(
                "files WHERE ts_start = '2026-11-21 08:05' AND rough_size = exact_size AND exact_size = " +
                std::to_string(size)) == 1);
    }
  }
  SUBCASE("an older month never takes the place of the latest") {
    const auto before = month_listings(kRis, kMonth - months(1)).front();
    const std::vector old{file(kRis, DataType::update, "2026-10-31T23:55:00", 5, names)};
    CHECK(store.write(kRis, std::vector{read(before, old)}).value() == Written{1, 0});
    CHECK(store.latest().value()[1].timestamp == at("2026-11-21T08:00:00"));
  }
  SUBCASE("requirement 36: tied files give one row, and the same key twice in a batch is fine") {
    files.push_back(
        file(kRis, DataType::update, "2026-11-21T08:00:00", 9, names, "z-update.20261121.0800.gz"));
    files.push_back(files.back());
    CHECK(store.write(kRis, std::vector{read(listing, files)}).value() == Written{1, 0});
    latest = store.latest().value();
    REQUIRE(latest.size() == 2);
    CHECK(latest[1].item_url == "https://ris/rrc00/2026.11/z-update.20261121.0800.gz");
  }
  SUBCASE(
      "requirement 35: a base that moved makes no duplicates; what is listed there has its address there") {
    auto moved = kRis;
    moved.url = "http://mirror/rrc00";
    store
        .note_failure(kRis, {"https://ris/rrc00/2026.10/", year(2026) / October, {}},
                      at("2026-11-21T08:00:00"), {"http_500", "Gone."})
        .value();
    store.sync_collectors(std::vector{moved, kViews}).value();
    CHECK(database.count("listings WHERE failing_since IS NOT NULL") == 0);
    files.erase(files.begin());
    files.push_back(file(kRis, DataType::update, "2026-11-21T08:05:00", 8, names));
    const auto place = month_listings(moved, kMonth).front();
    for (const auto& written : {Written{1, 0}, Written{0, 0}}) {
      CHECK(store.write(moved, std::vector{read(place, files)}).value() == written);
      CHECK(database.urls() ==
            std::vector<std::string>{"https://ris/rrc00/2026.11/bview.20261121.0000.gz",
                                     "http://mirror/rrc00/2026.11/updates.20261121.0755.gz",
                                     "http://mirror/rrc00/2026.11/updates.20261121.0800.gz",
                                     "http://mirror/rrc00/2026.11/updates.20261121.0805.gz"});
    }
    CHECK(store.latest().value()[0].item_url == "https://ris/rrc00/2026.11/bview.20261121.0000.gz");
    CHECK(store.latest().value()[1].item_url == "http://mirror/rrc00/2026.11/updates.20261121.0805.gz");
    CHECK(store.latest().value()[1].collector_url == "http://mirror/rrc00");
    // And back again.
    store.sync_collectors(std::vector{kRis, kViews}).value();
    CHECK(store.write(kRis, std::vector{read(listing, files)}).value() == Written{0, 0});
    CHECK(database.urls().back() == "https://ris/rrc00/2026.11/updates.20261121.0805.gz");
  }
  SUBCASE("a project that is renamed, and a layout that changes at the same place") {
    auto changed = kRis;
    changed.project = "lab";
    changed.layout = Layout::routeviews;
    changed.url = "https://ris/rrc00";
    store.sync_collectors(std::vector{changed, kViews}).value();
    CHECK(database.urls() == std::vector<std::string>{"https://ris/rrc00/2026.11/bview.20261121.0000.gz",
                                                      "https://ris/rrc00/2026.11/updates.20261121.0755.gz",
                                                      "https://ris/rrc00/2026.11/updates.20261121.0800.gz"});
    CHECK(store.latest().value().size() == 2);
    CHECK(store.latest().value()[0].project == "lab");
    CHECK(database.count("listings WHERE digest <> ''") == 0);
    std::deque<std::string> others;
    const std::vector new_files{file(changed, DataType::update, "2026-11-21T08:05:00", 8, others)};
    CHECK(store.write(changed, std::vector{read(listing, new_files)}).value() == Written{1, 0});
    CHECK(database.urls().back() == "https://ris/rrc00/2026.11/updates.20261121.0805.bz2");
    CHECK(store.latest().value()[1].item_url == "https://ris/rrc00/2026.11/updates.20261121.0805.bz2");
  }
  SUBCASE("a collector that was removed leaves the view and keeps its files") {
    store.sync_collectors(std::vector{kViews}).value();
    CHECK(store.latest().value().empty());
    CHECK(database.count("files") == 3);
    store.sync_collectors(std::vector{kRis, kViews}).value();
    CHECK(store.latest().value().size() == 2);
    CHECK(database.connection.exec("SELECT max(key) FROM broker.collectors").value().integer(0, 0) == 2);
  }
  SUBCASE("the delay of the view is as of now") {
    const auto seconds = [&] {
      return database.connection.exec(
          "SELECT floor(extract(epoch FROM delay - (now() AT TIME ZONE 'UTC' - timestamp))) FROM "
          "broker.latest_times");
    };
    CHECK(seconds().value().integer(0, 0) == 0);
  }
  SUBCASE("the document") {
    store.record_cycle({.started = at("2026-11-21T08:00:00"), .duration = milliseconds(12'600)}).value();
    const auto document =
        latest_document(database.connection, std::vector{kRis}, at("2026-11-21T08:05:00")).value();
    CHECK(document.starts_with(
        R"({"format":1,"update_duration":13,"rows":2,"last_updated_at":"2026-11-21T08:05:00.000Z","latest":[{"timestamp":"2026-11-21T00:00:00","delay":29100,"collector_id":"rrc00","data_type":"rib",)"));
  }
}

TEST_CASE("both folders of RouteViews, in one transaction or not at all") {
  Database database;
  std::deque<std::string> names;
  const auto listings = month_listings(kViews, kMonth);
  const std::vector ribs{file(kViews, DataType::rib, "2026-11-21T00:00:00", 400, names)};
  const std::vector updates{file(kViews, DataType::update, "2026-11-21T07:45:00", 5, names)};
  const std::vector impossible{
      file(kViews, DataType::update, "2026-11-21T07:45:00", 5, names, std::string("\xff\xfe", 2))};

  CHECK_FALSE(
      database.store.write(kViews, std::vector{read(listings[0], ribs), read(listings[1], impossible)}));
  CHECK(database.count("files") == 0);
  CHECK(database.count("listings") == 0);
  CHECK(database.count("latest_file") == 0);

  CHECK(database.store.write(kViews, std::vector{read(listings[0], ribs), read(listings[1], updates)})
            .value() == Written{2, 0});
  CHECK(database.urls() ==
        std::vector<std::string>{"https://rv/amsix.ams/bgpdata/2026.11/RIBS/rib.20261121.0000.bz2",
                                 "https://rv/amsix.ams/bgpdata/2026.11/UPDATES/updates.20261121.0745.bz2"});
}

TEST_CASE("a type that leaves a layout leaves the view, and comes back with its newest file") {
  const CustomLayout both{"{year}.{month}/RIBS/", "{year}.{month}/UPDATES/", hours(2), minutes(15)};
  const auto lab = [](const CustomLayout& layout) {
    return Collector{"lab", "lab", Layout::custom, "https://lab/x", false, layout};
  };
  const auto all = lab(both);
  const auto ribs_alone = lab({both.rib, "", both.rib_cadence, {}});
  const auto updates_alone = lab({"", both.update, {}, both.update_cadence});
  const auto elsewhere = lab({"{year}/ribs/", both.update, both.rib_cadence, both.update_cadence});
  Database database;
  auto& store = database.store;
  store.sync_collectors(std::vector{kRis, kViews, all}).value();
  std::deque<std::string> names;
  const auto listings = month_listings(all, kMonth);
  const std::vector ribs{file(all, DataType::rib, "2026-11-21T00:00:00", 400, names, "rib.0000.bz2")};
  std::vector updates{file(all, DataType::update, "2026-11-21T07:30:00", 5, names, "updates.0730.bz2"),
                      file(all, DataType::update, "2026-11-21T07:45:00", 5, names, "updates.0745.bz2")};
  store.write(all, std::vector{read(listings[0], ribs), read(listings[1], updates)}).value();
  const std::vector others{file(kRis, DataType::rib, "2026-11-21T00:00:00", 400, names)};
  store.write(kRis, std::vector{read(month_listings(kRis, kMonth).front(), others)}).value();
  for (const auto& listing : listings)
    store.note_failure(all, listing, at("2026-11-21T08:00:00"), {"http_503", "Busy."}).value();

  const auto view = [&] {
    std::vector<std::string> urls;
    for (const auto& row : store.latest().value()) urls.push_back(row.item_url);
    return urls;
  };
  const std::string of_rib = "https://lab/x/2026.11/RIBS/rib.0000.bz2";
  const std::string of_update = "https://lab/x/2026.11/UPDATES/updates.0745.bz2";
  const std::string of_other = "https://ris/rrc00/2026.11/bview.20261121.0000.gz";
  struct Case {
    Collector collector;
    std::vector<std::string> view;
    int failing;
  };
  for (const auto& [collector, urls, failing] : std::vector<Case>{
           {all, {of_rib, of_update, of_other}, 2},
           {ribs_alone, {of_rib, of_other}, 1},
           {ribs_alone, {of_rib, of_other}, 1},
           {all, {of_rib, of_update, of_other}, 1},
           {updates_alone, {of_update, of_other}, 0},
           {elsewhere, {of_rib, of_update, of_other}, 0},
           {all, {of_rib, of_update, of_other}, 0},
       }) {
    store.sync_collectors(std::vector{kRis, kViews, collector}).value();
    CHECK(view() == urls);
    CHECK(database.count("listings WHERE failing_since IS NOT NULL") == failing);
    CHECK(database.count("files") == 4);
  }
  // One that is out of use meanwhile, and comes back with less.
  store.sync_collectors(std::vector{kRis, kViews}).value();
  CHECK(view() == std::vector{of_other});
  store.sync_collectors(std::vector{kRis, kViews, ribs_alone}).value();
  CHECK(view() == std::vector{of_rib, of_other});
  // What came before it was dropped is no newer than what comes after it is there again.
  store.sync_collectors(std::vector{kRis, kViews, all}).value();
  updates.push_back(file(all, DataType::update, "2026-11-21T08:00:00", 5, names, "updates.0800.bz2"));
  store.write(all, std::vector{read(listings[1], updates)}).value();
  CHECK(view()[1] == "https://lab/x/2026.11/UPDATES/updates.0800.bz2");
}

TEST_CASE("what the planner gets back") {
  Database database;
  auto& store = database.store;
  std::deque<std::string> names;
  const auto listing = month_listings(kRis, kMonth).front();
  const auto october = month_listings(kRis, kMonth - months(1)).front();
  const auto may = month_listings(kRis, kMonth - months(6)).front();
  const std::vector files{file(kRis, DataType::rib, "2026-11-21T00:00:00", 400, names)};
  store.write(kRis, std::vector{read(listing, files, "digest")}).value();
  store.note_failure(kRis, october, at("2026-11-21T08:00:00"), {"http_503", "Busy \xff."}).value();
  store.note_failure(kRis, october, at("2026-11-21T08:05:00"), {"timeout", "Slow."}).value();
  CHECK(database.count("listings WHERE failures = 2 AND failing_since = '2026-11-21 08:00' AND error = "
                       "'timeout: Slow.'") == 1);
  auto settled = read(may, {});
  settled.outcome = Outcome::unchanged;
  store.write(kRis, std::vector{settled}).value();

  auto state = store.load_state().value();
  const auto& ris = state.collectors.at("rrc00");
  CHECK(ris.last_rib == at("2026-11-21T00:00:00"));
  CHECK_FALSE(ris.last_update);
  REQUIRE(ris.listings.size() == 2);
  CHECK(state.listings.at(listing.url).validators == Validators{"\"e\"", "", "digest"});
  CHECK(state.listings.at(listing.url).read == at("2026-11-21T08:05:00"));
  for (const auto& known : ris.listings) {
    CHECK(known.month == (known.url == october.url ? october.month : kMonth));
    CHECK(known.checked ==
          (known.url == october.url ? std::nullopt : std::optional(at("2026-11-21T08:05:00"))));
  }
  CHECK(store.load_state(true).value().collectors.at("rrc00").listings.size() == 3);

  // Absence is remembered, and what was known of the folder stays.
  auto absent = read(listing, {});
  absent.outcome = Outcome::absent;
  store.write(kRis, std::vector{absent}).value();
  state = store.load_state().value();
  CHECK(std::ranges::any_of(state.collectors.at("rrc00").listings, &KnownListing::absent));
  CHECK(state.listings.at(listing.url).validators.digest == "digest");
}

TEST_CASE("cycles are kept for a month") {
  Database database;
  auto& store = database.store;
  CHECK_FALSE(store.last_cycle().value());
  const CycleRecord record{.started = at("2026-11-21T08:00:00"),
                           .duration = milliseconds(1234),
                           .listings = 1,
                           .unchanged = 2,
                           .failed = 3,
                           .files_added = 4,
                           .files_changed = 5,
                           .bytes = 6};
  auto old = record;
  old.started = at("2026-10-01T00:00:00");
  store.record_cycle(old).value();
  store.record_cycle(record).value();
  CHECK(database.count("update_meta") == 1);
  const auto last = store.last_cycle().value().value();
  CHECK(last.started == record.started);
  CHECK(last.duration == record.duration);
  CHECK(last.bytes == 6);
}

}  // namespace skerry::broker
