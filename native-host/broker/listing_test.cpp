#include "native-host/broker/listing.hpp"

#include <doctest/doctest.h>

namespace skerry::broker {
namespace {

using namespace std::chrono;

const Time kNow = civil_time(2026, 11, 21, 0, 0, 0).value();

std::string row(std::string_view href, std::string_view size) {
  return "<tr><td valign=\"top\"><img src=\"/icons/unknown.gif\" alt=\"[   ]\"></td><td><a href=\"" +
         std::string(href) + "\">" + std::string(href.substr(0, 20)) +
         "..&gt;</a></td><td align=\"right\">2022-10-01 00:00  </td><td align=\"right\"> " +
         std::string(size) + " </td><td>&nbsp;</td></tr>\n";
}
std::string table(std::string_view rows) {
  return R"(<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><head><title>Index of /route-views.bdix/bgpdata/2022.10/UPDATES</title></head><body>
<h1>Index of /route-views.bdix/bgpdata/2022.10/UPDATES</h1>
<table><tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th><th><a href="?C=S;O=A">Size</a></th><th><a href="?C=D;O=A">Description</a></th></tr>
<tr><th colspan="5"><hr></th></tr>
<tr><td valign="top"><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td><a href="/route-views.bdix/bgpdata/2022.10/">Parent Directory</a>       </td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>
)" + std::string(rows) +
         R"(<tr><th colspan="5"><hr></th></tr>
</table>
</body></html>
)";
}
std::string pre(std::string_view lines) {
  return "<html>\r\n<head><title>Index of /rrc00/2001.01/</title></head>\r\n<body bgcolor=\"white\">\r\n"
         "<h1>Index of /rrc00/2001.01/</h1><hr><pre><a href=\"../\">../</a>\r\n" +
         std::string(lines) + "</pre><hr></body>\r\n</html>\r\n";
}
std::string line(std::string_view href, std::string_view size) {
  return "<a href=\"" + std::string(href) + "\">" + std::string(href) +
         "</a>                  01-Jan-2001 06:09     " + std::string(size) + "\r\n";
}

struct Expected {
  std::string name;
  std::string time;
  DataType type;
  std::int64_t size;
};

void check_files(const Listing& listing, const std::vector<Expected>& expected) {
  REQUIRE(listing.files.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(listing.files[i].name == expected[i].name);
    CHECK(format_naive(listing.files[i].time) == expected[i].time);
    CHECK(listing.files[i].data_type == expected[i].type);
    CHECK(listing.files[i].rough_size == expected[i].size);
  }
}

}  // namespace

TEST_CASE("a row that ends in the middle of a line takes its link once") {
  const auto listing = parse_listing(
      "<title>Index of /</title><pre><tr><a href=\"updates.20261121.0000.gz\">u</a></tr> 2026-11-21 00:05 "
      "12K\n",
      kNow);
  if (listing) CHECK(listing->files.size() + listing->skipped <= 1);
}

TEST_CASE("RouteViews: Apache's table") {
  const auto html = table(row("updates.20221001.0000.bz2", "14") + row("updates.20221001.0015.bz2", "6.4M") +
                          row("rib.20221001.0200.bz2", "1.1G"));
  const auto listing = parse_listing(html, kNow).value();
  CHECK(listing.complete);
  CHECK(listing.skipped == 0);
  check_files(listing, {{"updates.20221001.0000.bz2", "2022-10-01T00:00:00", DataType::update, 14},
                        {"updates.20221001.0015.bz2", "2022-10-01T00:15:00", DataType::update, 6'710'886},
                        {"rib.20221001.0200.bz2", "2022-10-01T02:00:00", DataType::rib, 1'181'116'006}});
}

TEST_CASE("RIS before 2022-11-28") {
  const auto html =
      "<html><head><title>Index of /rrc00/2022.11</title></head><body><h1>Index of /rrc00/2022.11</h1><table>"
      "<tr><th>&nbsp;</th><th><a href=\"?C=N;O=A\">Name</a></th></tr>"
      "<tr><td valign=\"top\">&nbsp;</td><td><a href=\"/rrc00/\">Parent "
      "Directory</a></td><td>&nbsp;</td><td>  - </td></tr>"
      "<tr><td valign=\"top\">&nbsp;</td><td><a "
      "href=\"bview.20221102.0800.gz\">bview.20221102.0800.gz</a></td><td "
      "align=\"right\">2022-11-02 10:14  </td><td align=\"right\">1.5G</td><td>&nbsp;</td></tr>"
      "<tr><th colspan=\"5\"><hr></th></tr></table></body></html>";
  const auto listing = parse_listing(html, kNow).value();
  CHECK(listing.complete);
  check_files(listing, {{"bview.20221102.0800.gz", "2022-11-02T08:00:00", DataType::rib, 1'610'612'736}});
}

TEST_CASE("RIS since") {
  const auto html = pre(line("bview.20010101.0609.gz", "12M") + line("updates.20010131.2251.gz", "97K"));
  const auto listing = parse_listing(html, kNow).value();
  CHECK(listing.complete);
  CHECK(listing.skipped == 0);
  check_files(listing, {{"bview.20010101.0609.gz", "2001-01-01T06:09:00", DataType::rib, 12'582'912},
                        {"updates.20010131.2251.gz", "2001-01-31T22:51:00", DataType::update, 99'328}});
}

TEST_CASE("how far a size may be from the exact one") {
  const struct {
    const char* text;
    std::int64_t least;  ///< exact sizes that may be shown so
    std::int64_t most;
  } cases[] = {
      {"14", 14, 14},
      {"97K", 97 * 1024 - 512, 97 * 1024 + 511},
      {"12M", (12 << 20) - (1 << 19), (12 << 20) + (1 << 19) - 1},
      {"6.4M", 6'658'458, 6'763'314},
      {"1.5G", 1'556'925'645, 1'664'299'827},
  };
  for (const auto& [text, least, most] : cases) {
    CAPTURE(text);
    const auto html = pre(line("rib.20221001.0200.bz2", text));
    const auto listing = parse_listing(html, kNow).value();
    REQUIRE(listing.files.size() == 1);
    const auto& file = listing.files[0];
    CHECK(file.rough_size - file.rounding <= least);
    CHECK(file.rough_size + file.rounding >= most);
    CHECK(file.rounding <= (most - least) / 2 + 2);
    CHECK(file.exact_size == 0);
  }
  const auto html = pre(line("rib.20221001.0200.bz2", "-"));
  CHECK(parse_listing(html, kNow).value().files.at(0).rounding == kUnknownSize);
}

TEST_CASE("when a file was changed last") {
  const auto modified = [](const std::string& html) {
    const auto file = parse_listing(html, kNow).value().files.at(0);
    return file.modified ? format_naive(*file.modified) : "";
  };
  const struct {
    const char* date;
    const char* time;
  } cases[] = {
      {"2022-10-01 02:14", "2022-10-01T02:14:00"},
      {"01-Oct-2022 02:14", "2022-10-01T02:14:00"},
      {"31-Dec-2022 23:59", "2022-12-31T23:59:00"},
      {"32-Dec-2022 23:59", ""},
      {"01-Foo-2022 23:59", ""},
      {"2022-10-01", ""},
      {"2022-10-01 02:60", ""},
      {"yesterday", ""},
      {"2022-10-01T02:14", "2022-10-01T02:14:00"},
      {"2022-10-01T02:14:09Z", "2022-10-01T02:14:00"},
      {"2022-10-01T02:14:09.123+02:00", "2022-10-01T02:14:00"},
      {"2022-10-01 02:14:09", "2022-10-01T02:14:00"},
      {"2022-10-01 02:14:09 UTC", "2022-10-01T02:14:00"},
      {"2022-10-01 02:14 +0000", "2022-10-01T02:14:00"},
      {"2022/10/01 02:14", "2022-10-01T02:14:00"},
      {"2022-Oct-01 02:14:09", "2022-10-01T02:14:00"},
      {"1-OCT-2022 2:14", "2022-10-01T02:14:00"},
      {"Sat, 01 Oct 2022 02:14:09 GMT", "2022-10-01T02:14:00"},
      {"Sat Oct  1 02:14:09 2022", "2022-10-01T02:14:00"},
      {"Saturday, October 1, 2022  2:14 PM", "2022-10-01T14:14:00"},
      {"Oct 1, 2022, 2:14:09 AM", "2022-10-01T02:14:00"},
      {"1 October 2022 02:14", "2022-10-01T02:14:00"},
      {"10/1/2022 12:14 AM", "2022-10-01T00:14:00"},
      {"10/01/2022 02:14:09 PM +00:00", "2022-10-01T14:14:00"},
      {"31/10/2022 02:14", "2022-10-31T02:14:00"},
      {"01.10.2022 02:14", "2022-10-01T02:14:00"},
      {"Oct  1 02:14", ""},
      {"Oct  1  2022", ""},
      {"13/13/2022 02:14", ""},
      {"10/1/2022 13:14 PM", ""},
  };
  for (const auto& [date, time] : cases) {
    CAPTURE(date);
    const std::string link = R"(<a href="rib.20221001.0200.bz2">rib.20221001.0200.bz2</a>)";
    std::string in_lines = "<h1>Index of /</h1><pre>";
    in_lines.append(link).append("  ").append(date).append("     12M\n</pre>");
    CHECK(modified(in_lines) == time);
    std::string in_cells = "<h1>Index of /</h1><table><tr><td>";
    in_cells.append(link).append("</td><td>").append(date).append("  </td><td> 12M</td></tr></table>");
    CHECK(modified(in_cells) == time);
  }
}

TEST_CASE("requirement 30: sizes") {
  const struct {
    const char* text;
    std::int64_t bytes;  ///< -1: malformed
  } cases[] = {
      {"0", 0},
      {"14", 14},
      {"1k", 1024},
      {"97K", 99'328},
      {"6.4M", 6'710'886},
      {"6.4m", 6'710'886},
      {"1.5G", 1'610'612'736},
      {"1.5g", 1'610'612'736},
      {"2T", 2'199'023'255'552},
      {"0.1t", 109'951'162'777},
      {"-", 0},
      {"8388607T", 9'223'370'937'343'148'032},
      {"9223372036854775807", 9'223'372'036'854'775'807},
      {"9223372036854775808", -1},
      {"8388608T", -1},
      {"99999999999999999999", -1},
      {"1.5P", -1},
      {"1.", -1},
      {".5M", -1},
      {"-5", -1},
      {"+5", -1},
      {"1e3", -1},
      {"1.23456M", -1},
      {"M", -1},
      {"12MB", 12'582'912},
      {"12kb", 12'288},
      {"1.2MiB", 1'258'291},
      {"1.2 MiB", 1'258'291},
      {"1.2 M", 1'258'291},
      {"12 bytes", 12},
      {"12B", 12},
      {"1,234,567", 1'234'567},
      {"1,234,567 bytes", 1'234'567},
      {"(97K)", 99'328},
      {"12,34", -1},
      {"1234,567", -1},
      {",123", -1},
      {"1.5", -1},
      {"0x10", -1},
      {"1,5M", -1},
      {"1..5M", -1},
      {"NaN", -1},
  };
  for (const auto& [text, bytes] : cases) {
    CAPTURE(text);
    for (const auto& html :
         {table(row("rib.20221001.0200.bz2", text)), pre(line("rib.20221001.0200.bz2", text))}) {
      const auto listing = parse_listing(html, kNow).value();
      REQUIRE(listing.files.size() + listing.skipped == 1);
      CHECK((listing.files.empty() ? -1 : listing.files[0].rough_size) == bytes);
    }
  }
}

TEST_CASE("links") {
  enum { kTaken, kSkipped, kIgnored };
  const struct {
    const char* href;
    int what;
  } cases[] = {
      {"updates.20221001.0000.bz2", kTaken},
      {"./updates.20221001.0000.bz2", kTaken},
      {"updates.20011101.0923.gz", kTaken},
      {"some-update_x.20221001.0000.gz", kTaken},
      {"updates&#46;20221001&#x2e;0000&period;gz", kTaken},
      {"updates.20261121.0000.gz", kTaken},
      {"updates%2E20221001%2e0000%2Egz", kTaken},
      {"%75pdates.2022%31001.0000.bz2", kTaken},
      {"some%2Dupdate%5Fx.20221001.0000.gz", kTaken},
      {"updates&#37;2E20221001.0000.gz", kTaken},
      {"%2E/updates.20221001.0000.gz", kTaken},
      {"UPDATES.20221001.0000.GZ", kTaken},
      {"Updates.20221001.0000.Bz2", kTaken},
      // decoded once, and only what is unreserved
      {"updates%252E20221001.0000.gz", kSkipped},
      {"updates%2.20221001.0000.gz", kSkipped},
      {"updates%0a.20221001.0000.gz", kSkipped},
      {"x%2Fupdates.20221001.0000.gz", kSkipped},
      // a file is only mentioned
      {"?dir=2022.10&amp;file=updates.20221001.0000.gz", kSkipped},
      {"get.php?file=updates.20221001.0000.gz&amp;x=1", kSkipped},
      {"index.php?/rrc00/2022.10/updates%2E20221001.0000.gz", kSkipped},
      // out of the folder
      {"../updates.20221001.0000.bz2", kSkipped},
      {"x/updates.20221001.0000.bz2", kSkipped},
      {"/updates.20221001.0000.bz2", kSkipped},
      {"//evil.example/updates.20221001.0000.bz2", kSkipped},
      {"http://evil.example/updates.20221001.0000.bz2", kSkipped},
      {"http:updates.20221001.0000.bz2", kSkipped},
      {"updates.20221001.0000.bz2?x=1", kSkipped},
      {"updates.20221001.0000.bz2#x", kSkipped},
      {"%2e%2e%2fupdates.20221001.0000.bz2", kSkipped},
      {"..\\updates.20221001.0000.bz2", kSkipped},
      {"&sol;&sol;updates.20221001.0000.bz2", kSkipped},
      {"&#47;updates.20221001.0000.bz2", kSkipped},
      {"up dates.20221001.0000.bz2", kSkipped},
      {"up\ndates.20221001.0000.bz2", kSkipped},
      {"\xffupdates.20221001.0000.bz2", kSkipped},
      {"updates&amp;.20221001.0000.bz2", kSkipped},
      // impossible times, and too early or too late ones
      {"updates.20221301.0000.bz2", kSkipped},
      {"updates.20220230.0000.bz2", kSkipped},
      {"updates.20221001.2400.bz2", kSkipped},
      {"updates.20221001.0060.bz2", kSkipped},
      {"updates.19971231.2359.bz2", kSkipped},
      {"updates.00000000.0000.bz2", kSkipped},
      {"updates.20261121.0001.gz", kSkipped},
      {"updates.99991231.2359.gz", kSkipped},
      // no files of ours
      {"updates.20221001.0000.bz2.md5", kIgnored},
      {"updates.2022100.0000.bz2", kIgnored},
      {"updates.20221001-0000.bz2", kIgnored},
      {"updates.20221001.0000", kIgnored},
      {"README.gz", kIgnored},
      {"2022.10/", kIgnored},
      {"", kIgnored},
      {"?C=N;O=D", kIgnored},
  };
  for (const auto& [href, what] : cases) {
    CAPTURE(href);
    for (const auto& html : {table(row(href, "1K")), pre(line(href, "1K"))}) {
      const auto listing = parse_listing(html, kNow).value();
      CHECK(listing.files.size() == (what == kTaken ? 1 : 0));
      CHECK(listing.skipped == (what == kSkipped ? 1 : 0));
    }
  }
  for (const auto& [name, type] : {std::pair{"UPDATES.20221001.0000.GZ", DataType::update},
                                   std::pair{"BVIEW.20221001.0000.GZ", DataType::rib}})
    CHECK(parse_listing(table(row(name, "1K")), kNow).value().files.at(0).data_type == type);
  const auto html = table(row("./updates&#46;20221001.0000&#x2E;gz", "1K"));
  auto listing = parse_listing(html, kNow).value();
  const auto moved = std::move(listing);
  CHECK(moved.files[0].name == "updates.20221001.0000.gz");
}

TEST_CASE("requirement 29: rows that lack something") {
  const std::string whole = row("rib.20221001.0200.bz2", "1K");
  const struct {
    std::string html;
    std::size_t files;
    std::size_t skipped;
  } cases[] = {
      {table("<tr><td><a href=\"rib.20221001.0000.bz2\">x</a></td></tr>" + whole), 1, 1},
      {table("<tr><td><a href=\"rib.20221001.0000.bz2\">x</a></td><td>2022-10-01</td></tr>" + whole), 1, 1},
      {table("<tr><td>&nbsp;</td><td><a "
             "href=\"rib.20221001.0000.bz2\">x</a></td><td>&nbsp;</td><td>1K</td></tr>" +
             whole),
       1, 1},
      {table("<tr></tr><tr><td></td></tr><tr><td>a<td>b<td>c</tr>" + whole), 1, 0},
      {table("<tr><td><a>x</a></td><td>d</td><td>1K</td></tr>" + whole), 1, 0},
      {table("<tr><td><a href='rib.20221001.0000.bz2'>x</a><td>d<td>1K" + whole), 2, 0},
      {table("<TR><TD><A CLASS=x HREF = rib.20221001.0000.bz2 >x</A></TD><TD>d</TD><TD>1K</TD></TR>" + whole),
       2, 0},
      {table("<!-- <tr><td><a href=\"rib.20221001.0000.bz2\">x</a></td><td>d</td><td>1K</td></tr> -->" +
             whole),
       1, 0},
      {table("<tr><td><a title='a>b' href=\"rib.20221001.0000.bz2\">x</a></td><td>d</td><td>1K</td></tr>"), 1,
       0},
      {table("<tr><td><a href=\"rib.20221001.0000.bz2\">a</a><a "
             "href=\"rib.20221001.0100.bz2\">b</a></td><td>d</td><td>1K</td></tr>"),
       0, 1},
      {pre("<a href=\"rib.20221001.0000.bz2\">x</a>\n" + line("rib.20221001.0200.bz2", "1K")), 1, 1},
      {pre("<a href=\"rib.20221001.0000.bz2\">x</a>  1K\n" + line("rib.20221001.0200.bz2", "1K")), 1, 1},
      {pre("<img> <a href=\"rib.20221001.0000.bz2\">x</a>  2022-10-01 02:00  1K  \n"), 1, 0},
  };
  for (const auto& [html, files, skipped] : cases) {
    CAPTURE(html);
    const auto listing = parse_listing(html, kNow).value();
    CHECK(listing.complete);
    CHECK(listing.files.size() == files);
    CHECK(listing.skipped == skipped);
  }
}

TEST_CASE("a listing that was cut anywhere is not complete, and has no wrong row") {
  for (const auto& html :
       {table(row("rib.20221001.0000.bz2", "123K") + row("rib.20221001.0200.bz2", "456.7M")),
        pre(line("bview.20221001.0000.gz", "123K") + line("bview.20221001.0800.gz", "456M"))}) {
    const auto whole = parse_listing(html, kNow).value();
    const auto end = std::min(html.find("</table>"), html.find("</pre>"));
    for (std::size_t length = 0; length < end + 5; ++length) {
      const auto cut = parse_listing(std::string_view(html).substr(0, length), kNow);
      if (!cut) {
        CHECK(cut.error().code == "not_a_listing");
        continue;
      }
      CHECK_FALSE(cut->complete);
      CHECK(cut->files.size() <= whole.files.size());
      for (std::size_t i = 0; i < cut->files.size(); ++i) {
        CHECK(cut->files[i].name == whole.files[i].name);
        CHECK(cut->files[i].rough_size == whole.files[i].rough_size);
      }
    }
  }
}

TEST_CASE("pages that are no listings, and listings without files") {
  for (const auto* html : {"", "<", "<html><body><h1>503 Service Unavailable</h1></body></html>", "Not Found",
                           "{\"error\":\"x\"}", "<table><tr><td>Please log in</td></tr></table>",
                           "<pre>Traceback</pre>", "\x1f\x8b\x08"}) {
    CAPTURE(html);
    CHECK(parse_listing(html, kNow).error().code == "not_a_listing");
  }
  for (const auto& html : {table(""), pre("")}) {
    const auto listing = parse_listing(html, kNow).value();
    CHECK(listing.complete);
    CHECK(listing.files.empty());
    CHECK(listing.skipped == 0);
  }
}

namespace {

/// A folder of two files as a server shows it: 12M and 1.5K, or nearly so.
struct Server {
  const char* name;
  std::string page;
  bool has_sizes = true;
  bool has_dates = true;
  std::int64_t rib = 12 << 20;
  std::int64_t updates = 1536;
};

constexpr std::string_view kUrl = "https://archive.example/rrc00/2022.10/";

std::string cells(std::string_view link, std::string_view a, std::string_view b, std::string_view c = "") {
  return "<tr><td>" + std::string(link) + "</td><td class=\"x\">" + std::string(a) + "</td><td>" +
         std::string(b) + "</td><td>" + std::string(c) + "</td></tr>\n";
}
std::string link_to(std::string_view name, std::string_view before = "") {
  return "<a href=\"" + std::string(before) + std::string(name) + "\">" + std::string(name) + "</a>";
}
constexpr std::string_view kRib = "bview.20221001.0800.gz";
constexpr std::string_view kUpdates = "updates.20221001.0805.gz";

std::vector<Server> servers() {
  const std::string rib = link_to(kRib);
  const std::string updates = link_to(kUpdates);
  const std::string caddy_rib = "<a href=\"./" + std::string(kRib) +
                                "\"><svg width=\"1.5em\"><path d=\"M9 7h1\"/></svg><span class=\"name\">" +
                                std::string(kRib) + "</span></a>";
  const std::string caddy_updates = "<a href=\"./" + std::string(kUpdates) +
                                    "\"><svg/><span class=\"name\">" + std::string(kUpdates) + "</span></a>";
  const auto card = [](std::string_view name, std::string_view size) {
    return "<div class=\"entry\"><a href=\"./" + std::string(name) +
           "\" title=\"Sat, 01 Oct 2022\"><svg/><div class=\"name\">" + std::string(name) +
           "</div><div class=\"size\">" + std::string(size) + "</div></a></div>\n";
  };
  return {
      {"Apache without FancyIndexing",
       "<html><head><title>Index of /rrc00/2022.10</title></head><body><h1>Index of "
       "/rrc00/2022.10</h1>\n<ul><li><a "
       "href=\"/rrc00/\"> Parent Directory</a></li>\n<li>" +
           rib + "</li>\n<li>" + updates + "</li>\n</ul>\n</body></html>",
       false, false},
      {"Apache with FancyIndexing",
       "<title>Index of /rrc00/2022.10</title><pre><img src=\"/icons/blank.gif\" alt=\"Icon \"> <a "
       "href=\"?C=N;O=D\">Name</a> <a href=\"?C=M;O=A\">Last modified</a> <a "
       "href=\"?C=S;O=A\">Size</a><hr><img "
       "src=\"/icons/back.gif\" alt=\"[PARENTDIR]\"> <a href=\"/rrc00/\">Parent Directory</a>   -   \n<img "
       "alt=\"[   ]\"> " +
           rib + "  2022-10-01 08:14   12M  GZIP compressed docume&gt;\n<img alt=\"[   ]\"> " + updates +
           "  2022-10-01 08:14  1.5K  GZIP compressed docume&gt;\n<hr></pre>\n<address>Apache/2.4</address>"},
      {"nginx autoindex, exact sizes",
       pre(rib + "    01-Oct-2022 08:14    12582912\r\n" + updates + "   01-Oct-2022 08:14    1536\r\n")},
      {"nginx autoindex as XML",
       "<?xml version=\"1.0\"?>\n<list>\n<directory mtime=\"2022-10-01T00:00:00Z\">old</directory>\n<file "
       "mtime=\"2022-10-01T08:14:00Z\" size=\"12582912\">" +
           std::string(kRib) + "</file>\n<file mtime=\"2022-10-01T08:14:00Z\" size=\"1536\">" +
           std::string(kUpdates) + "</file>\n</list>\n"},
      {"nginx autoindex as JSON",
       R"([{"name":"old","type":"directory","mtime":"Sat, 01 Oct 2022 00:00:00 GMT"},{"name":")" +
           std::string(kRib) +
           R"(","type":"file","mtime":"Sat, 01 Oct 2022 08:14:00 GMT","size":12582912},{"name":")" +
           std::string(kUpdates) +
           R"(","type":"file","mtime":"Sat, 01 Oct 2022 08:14:00 GMT","size":1536}])"},
      {"nginx fancyindex",
       "<h1>Index of /rrc00/2022.10/</h1><table id=\"list\"><thead><tr><th>File Name</th><th>File "
       "Size</th><th>Date</th></tr></thead><tbody><tr><td><a href=\"../\">Parent "
       "directory/</a></td><td>-</td><td>-</td></tr>" +
           cells(rib, "12.0 MiB", "2022-Oct-01 08:14") + cells(updates, "1.5 KiB", "2022-Oct-01 08:14") +
           "</tbody></table>"},
      {"lighttpd",
       "<title>Index of /rrc00/2022.10/</title><div class=\"list\"><table><thead><tr><th>Name</th><th>Last "
       "Modified</th><th>Size</th><th>Type</th></tr></thead><tbody>" +
           cells(rib, "2022-Oct-01 08:14:09", "12.0M", "application/gzip") +
           cells(updates, "2022-Oct-01 08:14:09", "1.5K", "application/gzip") + "</tbody></table></div>"},
      {"Caddy's table",
       "<title>/rrc00/2022.10/</title><main><table aria-describedby=\"summary\"><tr><td></td><td><a "
       "href=\"..\">Up</a></td><td>—</td></tr>"
       "<tr class=\"file\"><td></td><td>" +
           caddy_rib +
           "</td><td class=\"size\" data-size=\"12582912\"><div "
           "class=\"sizebar\"><div class=\"sizebar-text\">12 MiB</div></div></td><td><time "
           "datetime=\"2022-10-01T08:14:09Z\">10/01/2022 08:14:09 AM +00:00</time></td><td></td></tr><tr "
           "class=\"file\"><td></td><td>" +
           caddy_updates +
           "</td><td><div>1.5 KiB</div></td><td><time>10/01/2022 08:14:09 AM "
           "+00:00</time></td><td></td></tr></table></main><footer>Served with Caddy</footer>"},
      {"Caddy's cards",
       "<html><body><main><div class=\"listing grid\">" + card(kRib, "12 MiB") + card(kUpdates, "1.5 KiB") +
           "</div></main></body></html>",
       true, false},
      {"cards of lines", "<html><body><p>" + rib + "<br>1 October 2022 08:14<br></p></body></html>", false,
       false, 0, 0},
      {"Python",
       "<!DOCTYPE HTML><html><head><title>Directory listing for "
       "/rrc00/2022.10/</title></head><body><h1>Directory "
       "listing for /rrc00/2022.10/</h1><hr>\n<ul>\n<li>" +
           rib + "</li>\n<li>" + updates + "</li>\n</ul>\n<hr>\n</body></html>",
       false, false},
      {"thttpd",
       "<TITLE>Index of /rrc00/2022.10/</TITLE><H2>Index of /rrc00/2022.10/</H2><PRE>\nmode  links  bytes  "
       "last-changed  name\n<HR>drwxr-xr-x   2      4096  Oct  1 00:00  "
       "<A HREF=\".\">./</A>\n-r--r--r--   1  12582912  Oct  1 08:14  " +
           rib + "\n-r--r--r--   1      1536  Oct  1 08:14  " + updates + "\n</PRE>",
       true, false},
      {"IIS",
       "<html><head><title>archive.example - /rrc00/2022.10/</title></head><body><H1>archive.example - "
       "/rrc00/2022.10/</H1><hr>\n<pre><A "
       "HREF=\"/rrc00/\">[To Parent Directory]</A><br><br> 10/1/2022  8:14 AM     12582912 " +
           link_to(kRib, "/rrc00/2022.10/") + "<br> 10/1/2022  8:14 AM         1536 " +
           link_to(kUpdates, "/rrc00/2022.10/") +
           "<br> 10/1/2022  8:14 AM        &lt;dir&gt; <A "
           "HREF=\"/rrc00/2022.10/old/\">old</A><br></pre><hr></body></html>"},
      {"Jetty", "<h1 class=\"title\">Directory: /rrc00/2022.10/</h1><table class=\"listing\">" +
                    cells(rib + "&nbsp;",
                          "Oct 1, 2022, 8:14:09\xe2\x80\xaf"
                          "AM&nbsp;",
                          "12,582,912 bytes&nbsp;") +
                    cells(updates + "&nbsp;", "Oct 1, 2022, 8:14:09 AM&nbsp;", "1,536 bytes&nbsp;") +
                    "</table>"},
      {"Tomcat", "<title>Directory Listing For /rrc00/2022.10/</title><table>" +
                     cells("&nbsp;&nbsp;" + link_to(kRib, "/rrc00/2022.10/"), "<tt>12288.0 kb</tt>",
                           "<tt>Sat, 01 Oct 2022 08:14:09 GMT</tt>") +
                     cells(link_to(kUpdates, "https://archive.example/rrc00/2022.10/"), "<tt>1.5 kb</tt>",
                           "<tt>Sat, 01 Oct 2022 08:14:09 GMT</tt>") +
                     "</table>"},
      {"http-server of npm",
       "<h1>Index of /rrc00/2022.10/</h1><table id=\"files\"><tr><td "
       "class=\"perms\"><code>(-rw-r--r--)</code></td><td>01-Oct-2022 "
       "08:14</td><td><code>12.0M</code></td><td>" +
           link_to(kRib, "./") +
           "</td></tr><tr><td><code>(-rw-r--r--)</code></td><td>01-Oct-2022 "
           "08:14</td><td><code>1.5k</code></td><td>" +
           link_to(kUpdates, "./") + "</td></tr></table>"},
      {"S3",
       "<?xml version=\"1.0\" "
       "encoding=\"UTF-8\"?>\n<ListBucketResult><Name>archive</Name><Prefix>rrc00/2022.10/</"
       "Prefix><IsTruncated>false</IsTruncated><Contents><Key>rrc00/2022.10/" +
           std::string(kRib) +
           "</Key><LastModified>2022-10-01T08:14:09.000Z</LastModified><ETag>\"1\"</ETag><Size>12582912</"
           "Size><StorageClass>STANDARD</StorageClass></Contents><Contents><Key>rrc00/2022.10/" +
           std::string(kUpdates) +
           "</Key><LastModified>2022-10-01T08:14:09.000Z</LastModified><Size>1536</Size></"
           "Contents><Contents><Key>rrc01/2022.10/updates.20221001.0810.gz</Key><Size>1</Size></Contents></"
           "ListBucketResult>"},
      {"Azure", "<EnumerationResults><Blobs><Blob><Name>rrc00/2022.10/" + std::string(kRib) +
                    "</Name><Properties><Last-Modified>Sat, 01 Oct 2022 08:14:09 "
                    "GMT</Last-Modified><Content-Length>12582912</Content-Length></Properties></"
                    "Blob><Blob><Name>rrc00/2022.10/" +
                    std::string(kUpdates) +
                    "</Name><Properties><Last-Modified>Sat, 01 Oct 2022 08:14:09 "
                    "GMT</Last-Modified><Content-Length>1536</Content-Length></Properties></Blob></Blobs></"
                    "EnumerationResults>"},
      {"ls -l",
       "total 12290\n-rw-r--r-- 1 1000 1000 12582912 Oct  1 08:14 " + std::string(kRib) +
           "\n-rw-r--r-- 1 ripe ripe 1536 Oct  1 08:14 " + std::string(kUpdates) + "\n",
       true, false},
      {"a proxy of FTP",
       "<h2>FTP Directory: ftp://archive.example/rrc00/2022.10/</h2><pre><a href=\"../\">Parent "
       "Directory</a>\n" +
           rib + " . . . . Oct  1 08:14 12288K\n" + updates + " . . . Oct  1 08:14 1536\n</pre>",
       true, false},
      {"a table with the link last, and an owner",
       "<h1>Index of /</h1><table>" + cells("12,582,912", "2022-10-01 08:14", "ripe", rib) +
           cells("1,536", "2022-10-01 08:14", "ripe", updates) + "</table>"},
  };
}

}  // namespace

TEST_CASE("the listings of servers that are in use") {
  for (const auto& server : servers()) {
    CAPTURE(server.name);
    const auto listing = parse_listing(server.page, kNow, kUrl);
    REQUIRE(listing);
    CHECK(listing->complete);
    CHECK(listing->skipped == 0);
    CHECK_FALSE(is_unreadable(*listing));
    if (std::string_view(server.name) == "cards of lines") {
      REQUIRE(listing->files.size() == 1);
      continue;
    }
    REQUIRE(listing->files.size() == 2);
    const auto& rib = listing->files[0];
    const auto& updates = listing->files[1];
    CHECK(rib.name == kRib);
    CHECK(updates.name == kUpdates);
    CHECK(rib.data_type == DataType::rib);
    CHECK(rib.rough_size == (server.has_sizes ? server.rib : 0));
    CHECK(updates.rough_size == (server.has_sizes ? server.updates : 0));
    CHECK((rib.rounding == kUnknownSize) == !server.has_sizes);
    for (const auto& file : listing->files)
      CHECK((file.modified ? format_naive(*file.modified) : "") ==
            (server.has_dates ? "2022-10-01T08:14:00" : ""));
  }
}

TEST_CASE("a link to the same host is a link into the folder, however it is written") {
  const struct {
    const char* url;
    const char* before;
  } cases[] = {
      {"https://archive.example/rrc00/2022.10/", "//archive.example/rrc00/2022.10/"},
      {"https://archive.example/rrc00/2022.10/", "//ARCHIVE.example/rrc00/2022.10/"},
      {"https://archive.example/rrc00/2022.10/", "HTTPS://Archive.Example/rrc00/2022.10/"},
      {"https://archive.example/rrc00/2022.10/", "https://archive.example/rrc00/2022%2E10/"},
      {"http://127.0.0.1:8450/x/2022.10/", "//127.0.0.1:8450/x/2022.10/"},
      {"https://archive.example/route%2Dviews/2022.10/", "/route-views/2022.10/"},
      {"https://archive.example/route-views/2022.10/", "/route%2Dviews/2022.10/"},
  };
  for (const auto& [url, before] : cases) {
    CAPTURE(before);
    const auto page = pre(link_to(kRib, before) + "  01-Oct-2022 08:14  12M\n");  // names are parts of it
    const auto listing = parse_listing(page, kNow, url).value();
    REQUIRE(listing.files.size() == 1);
    CHECK(listing.files[0].name == kRib);
    CHECK(listing.skipped == 0);
  }
}

TEST_CASE("links to what is no file are counted where they could be the folder's") {
  const struct {
    const char* href;
    bool counts;
  } cases[] = {
      {"x.bin", true},
      {"file%20one", true},
      {"download.php?id=12", true},
      {"./data-1.mrt", true},
      {"../", false},
      {"..", false},
      {"?C=N;O=D", false},
      {"?sort=name&amp;order=asc", false},
      {"2022.10/", false},
      {"/", false},
      {"/style.css", false},
      {"https://nginx.org", false},
      {"#top", false},
      {"mailto:x@example.org", false},
      {"", false},
      {"./", false},
  };
  for (const auto& [href, counts] : cases) {
    CAPTURE(href);
    for (const auto& html : {table(row(href, "1K")), pre(line(href, "1K"))}) {
      const auto listing = parse_listing(html, kNow, kUrl).value();
      CHECK(listing.others == (counts ? 1 : 0));
      CHECK(has_only_others(listing) == counts);
    }
  }
  CHECK_FALSE(has_only_others(parse_listing(table(row("x.bin", "1K") + row(kRib, "1K")), kNow).value()));
  // Beside the links themselves, those that only mention the files count for nothing.
  const auto both =
      parse_listing(table(row(kRib, "1K") + row("?info=bview.20221001.0800.gz", "1K")), kNow).value();
  CHECK(both.files.size() == 1);
  CHECK(both.skipped == 0);
}

TEST_CASE("a page that is one of several, or whose links lead elsewhere") {
  const std::string s3 = "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>rrc00/2022.10/" +
                         std::string(kRib) +
                         "</Key><LastModified>2022-10-01T08:14:09.000Z</LastModified><Size>1</Size></"
                         "Contents></ListBucketResult>";
  CHECK_FALSE(parse_listing(s3, kNow, kUrl).value().complete);
  CHECK(parse_listing(s3, kNow, kUrl).value().files.size() == 1);
  CHECK(parse_listing(s3, kNow, "https://archive.example/rrc01/2022.10/").value().files.empty());
  for (const auto* before : {"/rrc01/2022.10/", "https://evil.example/rrc00/2022.10/", "/rrc00/2022.10/../",
                             "//evil.example/rrc00/2022.10/"}) {
    CAPTURE(before);
    const auto html = pre(link_to(kRib, before) + "  01-Oct-2022 08:14  12M\n");
    CHECK(parse_listing(html, kNow, kUrl).value().files.empty());
    CHECK(parse_listing(html, kNow, kUrl).value().skipped == 1);
  }
}

TEST_CASE("a form that is not known is not guessed, and counts as unreadable") {
  const struct {
    const char* what;
    std::string rows;
  } cases[] = {
      {"two numbers without a date", cells(link_to(kRib), "12", "34") + cells(link_to(kUpdates), "12", "34")},
      {"a date that is not known",
       cells(link_to(kRib), "2022年10月1日", "12 MiB 3") + cells(link_to(kUpdates), "x", "1 2")},
      {"sizes in words", cells(link_to(kRib), "2022-10-01 08:14", "large") +
                             cells(link_to(kUpdates), "2022-10-01 08:14", "small")},
      {"decimal commas", cells(link_to(kRib), "2022-10-01 08:14", "1,5M") +
                             cells(link_to(kUpdates), "2022-10-01 08:14", "1,5K")},
  };
  for (const auto& [what, rows] : cases) {
    CAPTURE(what);
    const auto listing = parse_listing("<h1>Index of /</h1><table>" + rows + "</table>", kNow).value();
    CHECK(listing.files.empty());
    CHECK(listing.skipped == 2);
    CHECK(is_unreadable(listing));
  }
  const auto half = parse_listing(table(row(kRib, "1K") + row(kUpdates, "?")), kNow).value();
  CHECK_FALSE(is_unreadable(half));
  CHECK(is_unreadable(
      parse_listing(table(row(kRib, "1K") + row(kUpdates, "?") + row("updates.20221001.0810.gz", "?")), kNow)
          .value()));
  CHECK_FALSE(is_unreadable(parse_listing(table(""), kNow).value()));
}

TEST_CASE("the months of a collector") {
  constexpr Month kLast = year(2026) / November;
  const auto months_of = [&](std::string_view html) { return parse_months(html, kLast); };
  const auto html =
      pre(line("2026.11/", "-") + line("1999.10/", "-") + line("./2001.01/", "-") + line("2001.01/", "-") +
          line("2026.12/", "-") + line("2001.13/", "-") + line("2001.00/", "-") + line("1997.12/", "-") +
          line("latest/", "-") + line("../2002.01/", "-") + line("2002.01", "-") + line("20x2.01/", "-") +
          line("2002.-1/", "-"));
  CHECK(months_of(html).value() == std::vector<Month>{year(1999) / October, year(2001) / January, kLast});
  CHECK(months_of(table(row("2001.01/", "-"))).value() == std::vector<Month>{year(2001) / January});
  CHECK(months_of(pre("")).value().empty());
  CHECK(months_of(html.substr(0, html.find("</pre>"))).error().code == "listing_truncated");
  CHECK(months_of("<html>oops</html>").error().code == "not_a_listing");

  constexpr std::string_view kRoot = "https://archive.example/rrc00/";
  const struct {
    const char* what;
    std::string page;
  } forms[] = {
      {"dots that are encoded", "<ul>\n<li><a href=\"2001%2E01/\">2001.01/</a></li>\n</ul>"},
      {"the host without its scheme", R"(<pre><a href="//archive.example/rrc00/2001.01/">x</a></pre>)"},
      {"Python", "<ul>\n<li><a href=\"2001.01/\">2001.01/</a></li>\n</ul>"},
      {"IIS", R"(<pre><A HREF="/rrc00/2001.01/">2001.01</A><br></pre>)"},
      {"Caddy's cards", R"(<html><body><a href="./2001.01/"><div>2001.01</div></a></body></html>)"},
      {"nginx, XML", R"(<list><directory mtime="2001-01-01T00:00:00Z">2001.01</directory></list>)"},
      {"nginx, JSON", R"([{"name":"2001.01","type":"directory"},{"name":"2001.02","type":"file"}])"},
      {"Caddy, JSON", R"([{"name":"2001.01/","is_dir":true}])"},
      {"S3",
       "<ListBucketResult><Prefix>rrc00/</Prefix><IsTruncated>false</"
       "IsTruncated><CommonPrefixes><Prefix>rrc00/2001.01/"
       "</Prefix></CommonPrefixes></ListBucketResult>"},
  };
  for (const auto& [what, page] : forms) {
    CAPTURE(what);
    CHECK(parse_months(page, kLast, kRoot).value() == std::vector<Month>{year(2001) / January});
  }
}

}  // namespace skerry::broker
