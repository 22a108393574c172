#include "tests/archive/location.hpp"

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::archive;
using namespace std::chrono_literals;
using Kind = Location::Kind;

namespace {

Locator make_locator() {
  return Locator({{"rrc00", Project::riperis, "data.ris.ripe.net", "/rrc00"},
                  {"route-views2", Project::routeviews, "archive.routeviews.org", "/route-views2/bgpdata"},
                  {"one", Project::riperis, "one.example", "/twice"},
                  {"two", Project::riperis, "two.example", "/twice"}});
}

}  // namespace

TEST_CASE("places of the archives") {
  struct Case {
    std::string_view path;
    std::string_view collector;
    Kind kind;
    Month month = {};
    std::optional<DataType> type = std::nullopt;
    bool lacks_slash = false;
  };
  const auto locator = make_locator();
  for (const auto& [path, collector, kind, month, type, lacks_slash] : {
           Case{"/data.ris.ripe.net/rrc00/", "rrc00", Kind::collector},
           Case{"/data.ris.ripe.net/rrc00", "rrc00", Kind::collector, {}, {}, true},
           Case{"/rrc00/", "rrc00", Kind::collector},
           Case{"/rrc00/2026.11/", "rrc00", Kind::month, 2026y / 11},
           Case{"/rrc00/2026.11", "rrc00", Kind::month, 2026y / 11, {}, true},
           Case{"/rrc00/2026.11/bview.20261102.0800.gz", "rrc00", Kind::file, 2026y / 11, DataType::rib},
           Case{"/archive.routeviews.org/route-views2/bgpdata/", "route-views2", Kind::collector},
           Case{"/route-views2/bgpdata/2026.11/", "route-views2", Kind::month, 2026y / 11},
           Case{"/route-views2/bgpdata/2026.11/RIBS/", "route-views2", Kind::folder, 2026y / 11,
                DataType::rib},
           Case{"/route-views2/bgpdata/2026.11/UPDATES", "route-views2", Kind::folder, 2026y / 11,
                DataType::update, true},
           Case{"/route-views2/bgpdata/2026.11/UPDATES/updates.20261130.2345.bz2", "route-views2", Kind::file,
                2026y / 11, DataType::update},
           Case{"/one.example/twice/", "one", Kind::collector},
           Case{"/two.example/twice/", "two", Kind::collector},
       }) {
    CAPTURE(path);
    const auto found = locator.find(path);
    REQUIRE(found);
    CHECK(found->collector->id == collector);
    CHECK(found->kind == kind);
    CHECK(found->lacks_slash == lacks_slash);
    if (kind != Kind::collector) CHECK(found->month == month);
    CHECK(found->type == type);
  }
}

TEST_CASE("paths that name no place") {
  const auto locator = make_locator();
  using namespace std::string_view_literals;
  for (const auto path : {
           ""sv,
           "/"sv,
           "//"sv,
           "rrc00/"sv,
           "/rrc01/"sv,
           "/data.ris.ripe.net/"sv,
           "/route-views2/"sv,
           "/twice/"sv,  // on two hosts
           "/archive.routeviews.org/rrc00/"sv,
           "/RRC00/"sv,
           "/rrc00//"sv,
           "/rrc00//2026.11/"sv,
           "/rrc00/2026.13/"sv,
           "/rrc00/2026.00/"sv,
           "/rrc00/2026.1/"sv,
           "/rrc00/-026.11/"sv,
           "/rrc00/2026-11/"sv,
           "/rrc00/2026.11//"sv,
           "/rrc00/2026.11/RIBS/"sv,
           "/rrc00/2026.11/index.html"sv,
           "/rrc00/2026.11/bview.20261002.0800.gz"sv,  // of another month
           "/rrc00/2026.11/bview.20261102.0800.gz/"sv,
           "/rrc00/2026.11/bview.20261102.0800.bz2"sv,
           "/route-views2/bgpdata/2026.11/ribs/"sv,
           "/route-views2/bgpdata/2026.11/rib.20261102.0800.bz2"sv,
           "/route-views2/bgpdata/2026.11/RIBS/updates.20261102.0800.bz2"sv,
           "/rrc00/../rrc00/"sv,
           "/rrc00/%2e%2e/"sv,
           "/rrc00/./"sv,
           "/rrc00/2026.11/../2026.10/"sv,
           "/%72rc00/"sv,
           "/rrc00/2026.11/\0"sv,
           "/rrc00\0/"sv,
           "/../../etc/passwd"sv,
       }) {
    CAPTURE(path);
    CHECK(!locator.find(path));
  }
  CHECK(!locator.find("/rrc00/" + std::string(1 << 20, 'a')));
  CHECK(!locator.find(std::string(1 << 20, '/')));
}
