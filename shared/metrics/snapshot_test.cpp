#include "shared/metrics/snapshot.hpp"

#include <doctest/doctest.h>

#include "shared/metrics/exposition.hpp"

namespace skerry::metrics {
namespace {

const Time kNow = *parse_rfc3339("2026-11-21T08:06:12.345Z");
constexpr RepositoryReport kReport{1ULL << 40U, 3, 4, 5, 6, 7, 8};

std::string counted() {
  Exposition out;
  out.single(Type::counter, "skerry_more_total", "More.", std::uint64_t{9});
  return std::move(out).finish();
}

TEST_CASE("a snapshot is read as it was written") {
  const std::string text = render_snapshot(kNow, kReport, counted());
  CHECK(
      text.starts_with("# TYPE skerry_snapshot_timestamp_seconds gauge\n"
                       "# UNIT skerry_snapshot_timestamp_seconds seconds\n"
                       "# HELP skerry_snapshot_timestamp_seconds When these numbers were taken.\n"
                       "skerry_snapshot_timestamp_seconds 1795248372.345\n"
                       "# TYPE skerry_repository_declared_bytes gauge\n"));
  CHECK(text.ends_with("skerry_more_total 9\n# EOF\n"));
  const auto snapshot = read_snapshot(text);
  REQUIRE(snapshot);
  CHECK(snapshot->made_at == kNow);
  CHECK(snapshot->report == kReport);
  CHECK(snapshot->text == text);
  CHECK(read_snapshot(render_snapshot(Time(), {}, "# EOF\n"))->report == RepositoryReport());
  for (const int milliseconds : {0, 1, 20, 300, 999, 1000, 1001, 1'000'000}) {
    const Time time{std::chrono::milliseconds(milliseconds)};
    CHECK(read_snapshot(render_snapshot(time, {}, "# EOF\n"))->made_at == time);
  }
}

TEST_CASE("what is no snapshot") {
  const std::string good = render_snapshot(kNow, kReport, counted());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.rfind(from), from.size(), to);
  };
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(read_snapshot(good.substr(0, size)));
  for (const std::string& text : {
           std::string("# EOF\n"),
           counted(),
           good + good,
           std::string("{}"),
           with("1795248372.345", "-1"),
           with("1795248372.345", "NaN"),
           with("1795248372.345", "1e300"),
           with("1795248372.345", "soon"),
           with("1795248372.345", "1795248372.3456"),
           with("1795248372.345", "253402300800"),
           with("skerry_repository_tags 8", "skerry_repository_tags -8"),
           with("skerry_repository_tags 8", "skerry_repository_tags 1e30"),
           with("skerry_repository_tags 8", "skerry_repository_tags NaN"),
           with("skerry_repository_tags 8", "skerry_repository_tags{a=\"\"} 8"),
           with("skerry_repository_tags 8", "skerry_other 8"),
           with("OF", "of"),
           with("More", "\xff"),
       }) {
    CAPTURE(text.substr(0, 300));
    const auto snapshot = read_snapshot(text);
    REQUIRE_FALSE(snapshot);
    CHECK(snapshot.error().code == "metrics_unreadable");
  }
}

}  // namespace
}  // namespace skerry::metrics
