#include "functions/pages/status/status_page.hpp"

#include <doctest/doctest.h>

using namespace skerry::pages;

namespace {

std::string row(const std::string& id, const std::string& type, const std::string& time,
                const std::string& delay, const std::string& url = "https://a/b.gz") {
  return R"({"timestamp":")" + time + R"(","delay":)" + delay + R"(,"collector_id":")" + id +
         R"(","data_type":")" + type + R"(","item_url":")" + url +
         R"(","rough_size":435415200,"exact_size":0,"project":"riperis",)" +
         R"("collector_url":"https://data.ris.ripe.net/x"})";
}

std::string view(const std::string& rows) {
  return R"({"last_updated_at":"2026-11-21T08:05:11.000Z","latest":[)" + rows + "]}";
}

const std::string kView = view(row("rrc1", "rib", "2026-11-21T08:00:00", "311") + "," +
                               row("rrc1", "update", "2026-11-21T08:00:00", "311") + "," +
                               row("rrc2", "update", "2026-11-21T04:00:00", "14711"));

std::string history(const std::string& slots) {
  return R"({"format":1,"last_updated_at":"2026-11-21T08:05:11.000Z","begin":"2026-11-19T08:05:00","series":[)"
         R"({"collector_id":"rrc1","data_type":"rib","step":28800,"slots":"0000000"},)"
         R"({"collector_id":"rrc1","data_type":"update","step":300,"slots":")" +
         slots + R"("}]})";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
  return n;
}

double at(const char* time) {
  return static_cast<double>(skerry::parse_rfc3339(time)->time_since_epoch().count());
}

}  // namespace

TEST_CASE("a page without documents shows nothing and breaks nothing") {
  StatusPage page;
  CHECK(page.changed_rows() == "");
  CHECK(page.order() == "");
  CHECK(page.details(1) == "");
  CHECK(page.headline() == "0 collectors, none late");
  CHECK(page.late_list() == "");
  CHECK(page.axis() == "");
  CHECK_FALSE(page.load_latest("<html>").empty());
  CHECK_FALSE(page.load_history("<html>").empty());
  CHECK(page.load_history(history("8")) == "");
  CHECK(page.order() == "");
}

TEST_CASE("rows, their words and their keys") {
  StatusPage page;
  REQUIRE(page.load_latest(kView) == "");
  const std::string rows = page.changed_rows();
  CHECK(count(rows, "<tr ") == 2);
  CHECK(rows.contains("<tr role=row data-key=1><th role=rowheader scope=row class=id>rrc1</th>"));
  CHECK(rows.contains("<tr role=row data-key=2 class=haslate>"));
  CHECK(rows.contains("<a href=\"https://a/b.gz\"><time datetime=\"2026-11-21T08:00:00Z\">08:00</time></a>"));
  CHECK(
      rows.contains("4 h 05 min<small><span class=unseen-text>late, </span>since <time "
                    "datetime=\"2026-11-21T05:00:00Z\">05:00</time></small>"));
  CHECK(rows.contains("<span class=none>none</span>"));
  CHECK(page.order() == "1 2");
  CHECK(page.headline() == "2 collectors, 1 late");
  CHECK(page.shown() == "2 of 2 collectors, 1 late");
  CHECK(page.late_list() ==
        "<li><a href=\"?q=rrc2\">rrc2</a> updates since <time "
        "datetime=\"2026-11-21T05:00:00Z\">05:00</time></li>");
}

TEST_CASE("only what changed is given again, and keys stay") {
  StatusPage page;
  REQUIRE(page.load_latest(kView) == "");
  CHECK(count(page.changed_rows(), "<tr ") == 2);
  CHECK(page.changed_rows() == "");
  REQUIRE(page.load_latest(kView) == "");
  CHECK(page.changed_rows() == "");
  REQUIRE(page.load_latest(view(row("rrc0", "rib", "2026-11-21T08:00:00", "311") + "," +
                                row("rrc2", "update", "2026-11-21T08:00:00", "311"))) == "");
  CHECK(page.order() == "3 2");
  const std::string rows = page.changed_rows();
  CHECK(count(rows, "<tr ") == 2);
  CHECK(rows.contains("data-key=2><th"));
  CHECK_FALSE(page.load_latest("{}").empty());  // changes nothing
  CHECK(page.order() == "3 2");
  CHECK(page.details(1) == "");  // gone
}

TEST_CASE("a deep link, the form and the sort buttons") {
  StatusPage page;
  REQUIRE(page.load_latest(kView) == "");
  page.set_query("?late=1&sort=updates&q=RRC&data_type=u&project=ris");
  CHECK(page.order() == "2");
  CHECK(page.shown() == "1 of 2 collectors, 1 late");
  CHECK(page.query() == "q=RRC&project=riperis&data_type=update&late=1&sort=updates");
  CHECK(page.field("q") == "RRC");
  CHECK(page.field("project") == "riperis");
  CHECK(page.field("data_type") == "update");
  CHECK(page.field("late") == "1");
  CHECK(page.field("sort") == "updates");
  CHECK(page.field("order") == "desc");
  CHECK(page.field("x") == "");
  page.sort_by("updates");
  page.sort_by("nothing");
  CHECK(page.field("order") == "asc");
}

TEST_CASE("strips: a path for each kind, a title for each gap") {
  StatusPage page;
  REQUIRE(page.load_latest(kView) == "");
  CHECK_FALSE(page.changed_rows().contains("<svg"));
  std::string slots(577, '8');
  slots.replace(287, 12, std::string(12, '.'));
  slots.replace(400, 1, "z");
  REQUIRE(page.load_history(history(slots)) == "");
  const std::string rows = page.changed_rows();
  CHECK(count(rows, "<tr ") == 1);
  CHECK(count(rows, "<svg") == 1);
  CHECK(rows.contains("viewBox=\"0 0 2880 24\""));
  CHECK(rows.contains(
      "aria-label=\"Arrivals at rrc1. RIB: all 7 files. Updates: 565 of 577 files; longest gap 1 h 00 min, "
      "ending 2026-11-20 09:00\""));
  CHECK(rows.contains(
      "<path class=gone d=\"M1435 11h60v13H1435z\"><title>Updates, 11-20 08:00 to 11-20 09:00: 12 files "
      "missing</title></path>"));
  CHECK(rows.contains("<path class=late d=\"M2000 11h5v13H2000z\"><title>"));
  CHECK(count(rows, "class=ok") == 2);
  CHECK(rows.contains("data-name=\"Missing\">12<"));
  CHECK(count(page.axis(), "<text") == 8);
  CHECK(page.axis().contains("<text class=\"day\" x=\"33%\" y=11>11-20</text>"));
  const std::string details = page.details(1);
  CHECK(details.contains("<li class=gone>11-20 08:00 to 11-20 09:00: 12 files missing</li>"));
  CHECK(details.contains("<a href=\"https://data.ris.ripe.net/x\">https://data.ris.ripe.net/x</a>"));
}

TEST_CASE("hundreds of gaps are still few elements") {
  StatusPage page;
  REQUIRE(page.load_latest(kView) == "");
  std::string slots;
  while (slots.size() < 577) slots += "8.";
  slots.resize(577);
  REQUIRE(page.load_history(history(slots)) == "");
  CHECK(count(page.changed_rows(), "<path") < 40);
  CHECK(count(page.details(1), "<li") == 17);
}

TEST_CASE("a history of nonsense times") {
  for (const char* times : {R"("last_updated_at":"0000-01-01T00:00:00Z","begin":"9999-12-31T23:59:59")",
                            R"("last_updated_at":"9999-12-31T23:59:59Z","begin":"0000-01-01T00:00:00")"}) {
    StatusPage page;
    REQUIRE(page.load_latest(kView) == "");
    REQUIRE(page.load_history(
                std::string(R"({"format":1,)") + times +
                R"(,"series":[{"collector_id":"rrc1","data_type":"update","step":60,"slots":"8.+z"}]})") ==
            "");
    CHECK(page.axis() == "");
    CHECK(count(page.changed_rows(), "<tr ") == 2);
  }
}

TEST_CASE("hostile texts are text") {
  StatusPage page;
  const std::string evil = R"(\"><img src=x onerror=alert(1)>&'\u003cscript>)";
  REQUIRE(page.load_latest(view(
              row(evil, "update", "2026-11-21T04:00:00", "14711", R"(javascript:alert(1)//\"'>)"))) == "");
  REQUIRE(
      page.load_history(
          R"({"format":1,"last_updated_at":"2026-11-21T08:05:11Z","begin":"2026-11-19T08:05:00","series":[)"
          R"({"collector_id":")" +
          evil + R"(","data_type":"update","step":300,"slots":"8..8"}]})") == "");
  for (const std::string& html : {page.changed_rows(), page.details(1), page.late_list()}) {
    CAPTURE(html);
    CHECK_FALSE(html.empty());
    CHECK_FALSE(html.contains("<img"));
    CHECK_FALSE(html.contains("<script"));
    CHECK_FALSE(html.contains("href=\"javascript"));
    CHECK_FALSE(
        html.contains("\"><"
                      "img"));
  }
}

TEST_CASE("the view's age") {
  StatusPage page;
  REQUIRE(page.load_latest(kView) == "");
  CHECK(page.updated_at() == at("2026-11-21T08:05:11Z"));
  CHECK(page.age(at("2026-11-21T08:05:12Z")) == "2026-11-21 08:05:11 UTC, just now");
  CHECK(page.age(at("2026-11-21T07:00:00Z")) == "2026-11-21 08:05:11 UTC, just now");
  CHECK(page.age(at("2026-11-21T08:07:30Z")) == "2026-11-21 08:05:11 UTC, 2 min ago");
  CHECK_FALSE(page.is_old(at("2026-11-21T08:20:11Z")));
  CHECK(page.is_old(at("2026-11-21T08:20:12Z")));
  CHECK_FALSE(page.is_old(-1e300));
  CHECK(page.is_old(1e300));
}
