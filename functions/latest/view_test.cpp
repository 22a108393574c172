#include "functions/latest/view.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace skerry;
using namespace skerry::functions;

namespace {

constexpr std::string_view kRib =
    R"({"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"rrc00","data_type":"rib","item_url":"https://data.ris.ripe.net/rrc00/2026.11/bview.20261121.0800.gz","rough_size":435415200,"exact_size":0,"project":"riperis","collector_url":"https://data.ris.ripe.net/rrc00"})";
constexpr std::string_view kRisUpdate =
    R"({"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"rrc00","data_type":"update","item_url":"https://data.ris.ripe.net/rrc00/2026.11/updates.20261121.0800.gz","rough_size":5000,"exact_size":4990,"project":"riperis","collector_url":"https://data.ris.ripe.net/rrc00"})";
constexpr std::string_view kRvUpdate =
    R"({"timestamp":"2026-12-31T23:45:00","delay":12.5,"collector_id":"amsix.ams","data_type":"update","item_url":"http://x/updates.20261231.2345.bz2","rough_size":1,"exact_size":0,"project":"routeviews","collector_url":"http://x"})";

std::string document(const std::vector<std::string_view>& rows) {
  std::string text = R"({"format":1,"update_duration":7,"rows":)" + std::to_string(rows.size()) +
                     R"(,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[)";
  for (std::size_t i = 0; i < rows.size(); ++i) text.append(i == 0 ? "" : ",").append(rows[i]);
  return text + "]}";
}

View open(std::string text) {
  auto view = View::open(std::move(text));
  REQUIRE(view);
  return *std::move(view);
}

std::string render(const View& view, Form form, const Filter& filter = {}) {
  const auto text = view.render(form, filter);
  REQUIRE(text);
  return *text;
}

Filter filter_of(std::string_view query) {
  const auto filter = Filter::parse(Query::parse(query));
  REQUIRE_MESSAGE(filter, std::string(query));
  return *filter;
}

}  // namespace

TEST_CASE("the newest file of all") {
  CHECK(open(document({kRib, kRvUpdate, kRisUpdate})).newest_file().value() ==
        parse_naive("2026-12-31T23:45:00"));
  CHECK(open(document({})).newest_file().value() == std::nullopt);
  std::string undated(kRib);
  undated.replace(undated.find("2026-11-21T"), 10, "some time ");
  CHECK(open(document({kRvUpdate, undated})).newest_file().error().code == "view_damaged");
}

TEST_CASE("a filter is read in every generation's words") {
  for (const auto* word : {"ris", "riperis", "ripe-ris", "ripe_ris", "rrc", "RIPE-RIS", "Ris"}) {
    CHECK(filter_of("project=" + std::string(word)).project == "riperis");
  }
  for (const auto* word : {"rv", "routeviews", "route-views", "route_views", "Route-Views"}) {
    CHECK(filter_of("project=" + std::string(word)).project == "routeviews");
  }
  for (const auto* word : {"update", "updates", "u", "U"}) {
    CHECK(filter_of("data_type=" + std::string(word)).data_type == broker::DataType::update);
  }
  for (const auto* word : {"rib", "ribs", "r", "RIB"}) {
    CHECK(filter_of("data_type=" + std::string(word)).data_type == broker::DataType::rib);
  }
}

TEST_CASE("a filter's collectors are a comma list") {
  struct Case {
    std::string_view query;
    std::vector<std::string> collectors;
  };
  const std::vector<Case> cases{
      {"", {}},
      {"collector_id=", {}},
      {"collector_id=,", {}},
      {"collector_id=%2C+%2C", {}},
      {"collector_id=rrc00", {"rrc00"}},
      {"collector_id=rrc01,rrc00,", {"rrc00", "rrc01"}},
      {"collector_id=+rrc01+,+rrc00", {"rrc00", "rrc01"}},
      {"collector_id=rrc00,rrc00", {"rrc00"}},
      {"collector_id=rrc00&collector_id=rrc01", {"rrc01"}},
      {"collector_id=rrc00&collector_id=", {}},
      {"collector_id=route-views2.saopaulo", {"route-views2.saopaulo"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.query);
    const auto found = filter_of(c.query).collectors;
    CHECK(std::vector(found.begin(), found.end()) == c.collectors);
  }
}

TEST_CASE("a filter that means nothing is an error with a stable code") {
  struct Case {
    std::string query;
    std::string_view code;
  };
  const std::vector<Case> cases{
      {"project=fo%20o", "unknown_project"},
      {"project=ris%00", "unknown_project"},
      {"project=%ff%fe", "unknown_project"},
      {"project=ris,rv", "unknown_project"},
      {"project=" + std::string(100'000, 'x'), "unknown_project"},
      {"data_type=mrt", "unknown_data_type"},
      {"data_type=%F0%9F%8C%8A", "unknown_data_type"},
      {"collector_id=../etc", "invalid_collector_id"},
      {"collector_id=a%22b", "invalid_collector_id"},
      {"collector_id=rrc00,%ff", "invalid_collector_id"},
      {"collector_id=" + std::string(65, 'a'), "invalid_collector_id"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.query.substr(0, 80));
    const auto filter = Filter::parse(Query::parse(c.query));
    REQUIRE_FALSE(filter);
    CHECK(filter.error().code == c.code);
    CHECK(filter.error().message.size() < 400);
  }
}

TEST_CASE("filters that select the same have one canonical text") {
  CHECK(filter_of("").canonical().empty());
  CHECK(filter_of("project=&data_type=&collector_id=,").canonical().empty());
  CHECK(filter_of("project=ris&collector_id=b,a").canonical() ==
        filter_of("collector_id=a,b,a&project=RIPE-RIS").canonical());
  CHECK(filter_of("project=ris").canonical() != filter_of("project=rv").canonical());
  CHECK(filter_of("collector_id=a,b").canonical() != filter_of("collector_id=a").canonical());
}

TEST_CASE("the whole forms are cut from the text as it is") {
  const View view = open(document({kRib, kRisUpdate}));
  CHECK(view.last_updated_at() == *parse_rfc3339("2026-11-21T08:05:12.345Z"));
  CHECK(view.whole(Form::array) == "[" + std::string(kRib) + "," + std::string(kRisUpdate) + "]");
  CHECK(view.whole(Form::document) == R"({"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[)" +
                                          std::string(kRib) + "," + std::string(kRisUpdate) + "]}");
  CHECK_FALSE(view.whole(Form::envelope));
}

TEST_CASE("rendering without a filter gives the whole forms") {
  for (const auto& rows :
       std::vector<std::vector<std::string_view>>{{}, {kRib}, {kRib, kRisUpdate, kRvUpdate}}) {
    const View view = open(document(rows));
    CHECK(render(view, Form::array) == *view.whole(Form::array));
    CHECK(render(view, Form::document) == *view.whole(Form::document));
  }
}

TEST_CASE("rows are selected by their members") {
  const View view = open(document({kRvUpdate, kRib, kRisUpdate}));
  struct Case {
    std::string_view query;
    std::vector<std::string_view> rows;
  };
  const std::vector<Case> cases{
      {"project=ris", {kRib, kRisUpdate}},
      {"project=routeviews", {kRvUpdate}},
      {"data_type=rib", {kRib}},
      {"data_type=u", {kRvUpdate, kRisUpdate}},
      {"collector_id=rrc00", {kRib, kRisUpdate}},
      {"collector_id=amsix.ams,rrc00&data_type=update", {kRvUpdate, kRisUpdate}},
      {"collector_id=rrc0", {}},
      {"collector_id=RRC00", {}},
      {"project=rv&data_type=rib", {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.query);
    std::string expected = "[";
    for (std::size_t i = 0; i < c.rows.size(); ++i) expected.append(i == 0 ? "" : ",").append(c.rows[i]);
    CHECK(render(view, Form::array, filter_of(c.query)) == expected + "]");
  }
}

TEST_CASE("the envelope has API v3's shape and words") {
  const View view = open(document({kRvUpdate, kRib, kRisUpdate}));
  CHECK(
      render(view, Form::envelope) ==
      R"({"total":3,"count":3,"page":0,"page_size":3,"error":null,"data":[)"
      R"({"ts_start":"2026-12-31T23:45:00","ts_end":"2027-01-01T00:00:00","collector_id":"amsix.ams","data_type":"updates","url":"http://x/updates.20261231.2345.bz2","rough_size":1,"exact_size":0},)"
      R"({"ts_start":"2026-11-21T08:00:00","ts_end":"2026-11-21T08:00:00","collector_id":"rrc00","data_type":"rib","url":"https://data.ris.ripe.net/rrc00/2026.11/bview.20261121.0800.gz","rough_size":435415200,"exact_size":0},)"
      R"({"ts_start":"2026-11-21T08:00:00","ts_end":"2026-11-21T08:05:00","collector_id":"rrc00","data_type":"updates","url":"https://data.ris.ripe.net/rrc00/2026.11/updates.20261121.0800.gz","rough_size":5000,"exact_size":4990}],)"
      R"("meta":{"latest_update_ts":"2026-11-21T08:05:12","latest_update_duration":7}})");
  CHECK(render(view, Form::envelope, filter_of("collector_id=none")) ==
        R"({"total":0,"count":0,"page":0,"page_size":0,"error":null,"data":[],)"
        R"("meta":{"latest_update_ts":"2026-11-21T08:05:12","latest_update_duration":7}})");
}

TEST_CASE("strings in rows may hold whatever JSON lets them") {
  const std::string row =
      R"({"timestamp":"2026-11-21T08:00:00","delay":1,"collector_id":"odd","data_type":"rib","item_url":"http://x/}],{\"\\\"é\u0000","rough_size":1,"exact_size":0,"project":"riperis","collector_url":"]}"})";
  const View view = open(document({row, kRib}));
  CHECK(render(view, Form::array, filter_of("collector_id=odd")) == "[" + row + "]");
  CHECK(nlohmann::json::accept(render(view, Form::envelope)));
}

TEST_CASE("views differ in their identity") {
  const View one = open(document({kRib}));
  const View two = open(document({kRib, kRisUpdate}));
  std::string later = document({kRib});
  later.replace(later.find("12.345Z"), 7, "12.346Z");
  CHECK(one.identity() != two.identity());
  CHECK(one.identity() != open(later).identity());
  CHECK(one.identity() == open(document({kRib})).identity());
}

TEST_CASE("what is no view is refused when it is opened") {
  const std::string good = document({kRib});
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  struct Case {
    std::string text;
    std::string_view code;
  };
  const std::vector<Case> cases{
      {"", "view_damaged"},
      {"null", "view_damaged"},
      {"[]", "view_damaged"},
      {"<html>502 Bad Gateway</html>", "view_damaged"},
      {"\xff\xfe{", "view_damaged"},
      {std::string(1000, '{'), "view_damaged"},
      {"{}", "view_damaged"},
      {R"({"format":1})", "view_damaged"},
      {with(R"("format":1)", R"("format":2)"), "view_format"},
      {with(R"("format":1)", R"("format":"1")"), "view_format"},
      {with(R"("format":1,)", ""), "view_format"},
      {with(R"("rows":1)", R"("rows":-1)"), "view_damaged"},
      {with(R"("rows":1)", R"("rows":1e3)"), "view_damaged"},
      {with(R"("update_duration":7)", R"("update_duration":"}{")"), "view_damaged"},
      {with("2026-11-21T08:05:12.345Z", "yesterday"), "view_damaged"},
      {with(R"("2026-11-21T08:05:12.345Z")", "1700000000"), "view_damaged"},
      {with(R"(,"last_updated_at")", R"(, "last_updated_at")"), "view_damaged"},
      {with(R"("latest":[)", R"("latest": [)"), "view_damaged"},
      {with(R"("latest")", R"("newest")"), "view_damaged"},
      {R"({"last_updated_at":"2026-11-21T08:05:12Z","latest":[]})", "view_format"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text.substr(0, 120));
    const auto view = View::open(c.text);
    REQUIRE_FALSE(view);
    CHECK(view.error().code == c.code);
  }
}

TEST_CASE("a view that breaks off anywhere is never taken for a whole one") {
  const std::string good = document({kRib, kRisUpdate});
  for (std::size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    const auto view = View::open(good.substr(0, length));
    if (view) CHECK_FALSE(view->render(Form::array, {}));
  }
}

TEST_CASE("damage inside the rows is found when they are read") {
  const std::string good = document({kRib, kRisUpdate});
  struct Case {
    std::string_view from, to;
  };
  for (const Case& c : std::vector<Case>{{R"("rows":2)", R"("rows":3)"},
                                         {R"("collector_id":"rrc00")", R"("collector":"rrc00")"},
                                         {R"("collector_id":"rrc00")", R"("collector_id":7)"},
                                         {R"("timestamp":"2026)", R"("timestamp:"2026)"},
                                         {R"("exact_size":0,)", R"("exact_size":0)"},
                                         {"},{", "}{"},
                                         {"},{", "},[],{"},
                                         {"rrc00/2026", "rrc00\n2026"}}) {
    CAPTURE(c.from);
    std::string text = good;
    text.replace(text.find(c.from), c.from.size(), c.to);
    const auto view = View::open(text);
    REQUIRE(view);
    const auto rendered = view->render(Form::array, {});
    REQUIRE_FALSE(rendered);
    CHECK(rendered.error().code == "view_damaged");
  }
  for (const Case& c : std::vector<Case>{{R"("data_type":"rib")", R"("data_type":"pcap")"},
                                         {"2026-11-21T08:00:00", "2026-13-21T08:00:00"}}) {
    std::string text = good;
    text.replace(text.find(c.from), c.from.size(), c.to);
    const auto view = View::open(text);
    REQUIRE(view);
    CHECK_FALSE(view->render(Form::envelope, {}));
  }
}

TEST_CASE("a custom project's files last as long as those of the project whose layout it follows") {
  for (const auto& [row, project, end] : {std::tuple{kRisUpdate, "riperis", "08:05:00"},
                                          std::tuple{kRvUpdate, "routeviews", "2027-01-01T00:00:00"}}) {
    std::string custom(row);
    custom.replace(custom.find(project, custom.find("\"project\"")), std::string_view(project).size(), "pch");
    const std::string envelope = render(open(document({custom})), Form::envelope);
    CHECK(envelope.find(std::string(end) + "\",\"collector_id\"") != std::string::npos);
  }
}
