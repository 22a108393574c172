#include "tests/archive/render.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::archive;

namespace {

Time at(std::string_view text) {
  return parse_rfc3339(text).value();
}

bool contains(std::string_view text, std::string_view piece) {
  return text.find(piece) != std::string_view::npos;
}

}  // namespace

TEST_CASE("RouteViews' table") {
  const std::array entries{
      Entry{"updates.20221001.0000.bz2", at("2022-10-01T00:00:00Z"), 14},
      Entry{"updates.20221001.0015.bz2", at("2022-10-01T00:15:59Z"), 123456},
  };
  CHECK(render_listing(Style::apache, "/route-views.bdix/bgpdata/2022.10/UPDATES/", entries) ==
        R"(<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head>
  <title>Index of /route-views.bdix/bgpdata/2022.10/UPDATES</title>
 </head>
 <body>
<h1>Index of /route-views.bdix/bgpdata/2022.10/UPDATES</h1>
  <table>
   <tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th><th><a href="?C=S;O=A">Size</a></th><th><a href="?C=D;O=A">Description</a></th></tr>
   <tr><th colspan="5"><hr></th></tr>
<tr><td valign="top"><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td><a href="/route-views.bdix/bgpdata/2022.10/">Parent Directory</a>       </td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>
<tr><td valign="top"><img src="/icons/unknown.gif" alt="[   ]"></td><td><a href="updates.20221001.0000.bz2">updates.20221001.000..&gt;</a></td><td align="right">2022-10-01 00:00  </td><td align="right"> 14 </td><td>&nbsp;</td></tr>
<tr><td valign="top"><img src="/icons/unknown.gif" alt="[   ]"></td><td><a href="updates.20221001.0015.bz2">updates.20221001.001..&gt;</a></td><td align="right">2022-10-01 00:15  </td><td align="right">121K</td><td>&nbsp;</td></tr>
   <tr><th colspan="5"><hr></th></tr>
</table>
</body></html>
)");
}

TEST_CASE("RouteViews' folders and short names are padded") {
  const std::array entries{
      Entry{"2022.10/", at("2022-10-31T23:45:00Z"), std::nullopt},
      Entry{"rib.20221001.0000.bz2", at("2022-10-01T00:19:00Z"), 100 << 20},
  };
  const auto page = render_listing(Style::apache, "/route-views2/bgpdata/", entries);
  CHECK(contains(page, "<title>Index of /route-views2/bgpdata</title>"));
  CHECK(contains(page, R"(<a href="/route-views2/">Parent Directory</a>       </td>)"));
  CHECK(contains(
      page,
      R"(<tr><td valign="top"><img src="/icons/folder.gif" alt="[DIR]"></td><td><a href="2022.10/">2022.10/</a>               </td><td align="right">2022-10-31 23:45  </td><td align="right">  - </td><td>&nbsp;</td></tr>)"));
  CHECK(contains(
      page,
      R"(<a href="rib.20221001.0000.bz2">rib.20221001.0000.bz2</a>  </td><td align="right">2022-10-01 00:19  </td><td align="right">100M</td>)"));
}

TEST_CASE("RIS' table, last name first") {
  const std::array entries{
      Entry{"bview.20221102.0800.gz", at("2022-11-02T10:14:00Z"), 1'610'612'736},
      Entry{"updates.20221128.2220.gz", at("2022-11-28T22:25:00Z"), 6'710'886},
  };
  CHECK(render_listing(Style::ris_table, "/rrc00/2022.11/", entries) ==
        R"(<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head>
  <title>Index of /rrc00/2022.11</title>
 </head>
 <body>
<h1>Index of /rrc00/2022.11</h1>
  <table>
   <tr><th valign="top">&nbsp;</th><th><a href="?C=N;O=A">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th><th><a href="?C=S;O=A">Size</a></th><th><a href="?C=D;O=A">Description</a></th></tr>
   <tr><th colspan="5"><hr></th></tr>
<tr><td valign="top">&nbsp;</td><td><a href="/rrc00/">Parent Directory</a></td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>
<tr><td valign="top">&nbsp;</td><td><a href="updates.20221128.2220.gz">updates.20221128.2220.gz</a></td><td align="right">2022-11-28 22:25  </td><td align="right">6.4M</td><td>&nbsp;</td></tr>
<tr><td valign="top">&nbsp;</td><td><a href="bview.20221102.0800.gz">bview.20221102.0800.gz</a></td><td align="right">2022-11-02 10:14  </td><td align="right">1.5G</td><td>&nbsp;</td></tr>
   <tr><th colspan="5"><hr></th></tr>
</table>
</body></html>
)");
}

TEST_CASE("RIS' lines") {
  const std::array entries{
      Entry{"bview.20010101.0609.gz", at("2001-01-01T06:09:00Z"), 12 << 20},
      Entry{"updates.20010131.2251.gz", at("2001-01-31T22:51:00Z"), 97 << 10},
  };
  CHECK(render_listing(Style::ris_pre, "/rrc00/2001.01/", entries) ==
        "<html>\r\n<head><title>Index of /rrc00/2001.01/</title></head>\r\n<body bgcolor=\"white\">\r\n"
        "<h1>Index of /rrc00/2001.01/</h1><hr><pre><a href=\"../\">../</a>\r\n"
        "<a href=\"bview.20010101.0609.gz\">bview.20010101.0609.gz</a>                             "
        "01-Jan-2001 06:09     12M\r\n"
        "<a href=\"updates.20010131.2251.gz\">updates.20010131.2251.gz</a>                           "
        "31-Jan-2001 22:51     97K\r\n"
        "</pre><hr></body>\r\n</html>\r\n");
  const std::array folders{Entry{"2001.01/", at("2001-02-01T00:05:00Z"), std::nullopt}};
  CHECK(contains(render_listing(Style::ris_pre, "/rrc00/", folders),
                 "\r\n<a href=\"2001.01/\">2001.01/</a>                                           "
                 "01-Feb-2001 00:05       -\r\n"));
}

TEST_CASE("an empty folder is a whole page") {
  CHECK(contains(render_listing(Style::ris_pre, "/rrc00/2001.01/", {}), "../</a>\r\n</pre><hr></body>"));
  CHECK(contains(render_listing(Style::apache, "/a/", {}), "<a href=\"/\">Parent Directory</a>"));
}

TEST_CASE("sizes as Apache writes them") {
  struct Case {
    std::uint64_t bytes;
    std::string_view text;
  };
  for (const auto& [bytes, text] : {
           Case{0, "  0 "},
           Case{14, " 14 "},
           Case{972, "972 "},
           Case{973, "1.0K"},
           Case{1024, "1.0K"},
           Case{1536, "1.5K"},
           Case{10'188, "9.9K"},
           Case{10'189, " 10K"},
           Case{10'240, " 10K"},
           Case{97 << 10, " 97K"},
           Case{972 << 10, "972K"},
           Case{973 << 10, "1.0M"},
           Case{6'710'886, "6.4M"},
           Case{100 << 20, "100M"},
           Case{1'610'612'736, "1.5G"},
           Case{std::uint64_t{3} << 40, "3.0T"},
           Case{UINT64_MAX, " 16E"},
       }) {
    CAPTURE(bytes);
    CHECK(apache_size(bytes) == text);
  }
}

TEST_CASE("sizes as nginx writes them") {
  struct Case {
    std::uint64_t bytes;
    std::string_view text;
  };
  for (const auto& [bytes, text] : {
           Case{0, "      0"},
           Case{9'999, "   9999"},
           Case{10'000, "    10K"},
           Case{97 << 10, "    97K"},
           Case{(97 << 10) + 511, "    97K"},
           Case{(97 << 10) + 512, "    98K"},
           Case{(1 << 20) - 1, "  1024K"},
           Case{1 << 20, "     1M"},
           Case{(12 << 20) + (1 << 19) - 1, "    12M"},
           Case{(12 << 20) + (1 << 19), "    13M"},
           Case{(1 << 30) - 1, "  1024M"},
           Case{1'610'612'735, "     1G"},
           Case{1'610'612'736, "     2G"},
       }) {
    CAPTURE(bytes);
    CHECK(nginx_size(bytes) == text);
  }
}
