#include "native-host/metrics/registry.hpp"

#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "shared/metrics/exposition.hpp"

namespace skerry::metrics {
namespace {

TEST_CASE("what was counted is shown") {
  Registry registry;
  const auto requests = [&](const char* function) {
    return registry.counter("skerry_http_requests_total", "Requests.",
                            {{"function", function}, {"code", "200"}});
  };
  requests("latest").add();
  requests("health").add(2);
  requests("latest").add(3);
  const Gauge open = registry.gauge("skerry_http_connections", "Open now.");
  open.add(3);
  open.add(-1);
  const auto took = registry.histogram("skerry_took_seconds", "How long.", {{"function", "latest"}},
                                       std::vector<double>{0.1, 1});
  for (const double value : {0.0625, 0.1, 0.5, 2.0, -1.0}) took.observe(value);
  const auto depth = registry.gauge("skerry_queue_bytes", "Waiting.", {}, [] { return 1.5; });
  const auto hits =
      registry.counter("skerry_hits_total", "Kept elsewhere.", {}, [] { return std::uint64_t{9}; });
  registry.counter("skerry_zero_total", "Not counted yet.");
  CHECK(registry.render() ==
        "# TYPE skerry_hits counter\n"
        "# HELP skerry_hits Kept elsewhere.\n"
        "skerry_hits_total 9\n"
        "# TYPE skerry_http_connections gauge\n"
        "# HELP skerry_http_connections Open now.\n"
        "skerry_http_connections 2\n"
        "# TYPE skerry_http_requests counter\n"
        "# HELP skerry_http_requests Requests.\n"
        "skerry_http_requests_total{function=\"latest\",code=\"200\"} 4\n"
        "skerry_http_requests_total{function=\"health\",code=\"200\"} 2\n"
        "# TYPE skerry_queue_bytes gauge\n"
        "# UNIT skerry_queue_bytes bytes\n"
        "# HELP skerry_queue_bytes Waiting.\n"
        "skerry_queue_bytes 1.5\n"
        "# TYPE skerry_took_seconds histogram\n"
        "# UNIT skerry_took_seconds seconds\n"
        "# HELP skerry_took_seconds How long.\n"
        "skerry_took_seconds_bucket{function=\"latest\",le=\"0.1\"} 3\n"
        "skerry_took_seconds_bucket{function=\"latest\",le=\"1.0\"} 4\n"
        "skerry_took_seconds_bucket{function=\"latest\",le=\"+Inf\"} 5\n"
        "skerry_took_seconds_sum{function=\"latest\"} 2.6625\n"
        "skerry_took_seconds_count{function=\"latest\"} 5\n"
        "# TYPE skerry_zero counter\n"
        "# HELP skerry_zero Not counted yet.\n"
        "skerry_zero_total 0\n"
        "# EOF\n");
}

TEST_CASE("a handle of nobody counts nothing") {
  Counter().add();
  Gauge().set(1);
  Gauge().add(1);
  Histogram().observe(1);
  CHECK(Registry().render() == "# EOF\n");
}

TEST_CASE("values at the edges of what a number holds") {
  Registry registry;
  const Counter counter = registry.counter("c_total", "Wraps.");
  counter.add(std::numeric_limits<std::uint64_t>::max());
  CHECK(registry.render().contains("\nc_total 18446744073709551615\n"));
  counter.add(3);
  CHECK(registry.render().contains("\nc_total 2\n"));

  const Histogram histogram = registry.histogram("h_seconds", "Finite.");
  for (const double value :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
    histogram.observe(value);
  CHECK(registry.render().contains("\nh_seconds_count 0\n"));
  histogram.observe(1e300);
  CHECK(registry.render().contains("\nh_seconds_bucket{le=\"10.0\"} 0\nh_seconds_bucket{le=\"+Inf\"} 1\n"));

  const Gauge gauge = registry.gauge("g", "Anything.");
  gauge.set(std::nan(""));
  CHECK(registry.render().contains("\ng NaN\n"));
  CHECK(is_exposition(registry.render()));
}

TEST_CASE("hostile label values forge nothing and don't fill the memory") {
  Registry registry;
  registry.counter("c_total", "help\n# EOF", {{"path", "\"} 1\n# EOF\n"}}).add();
  registry.counter("c_total", "ignored", {{"path", "\xff\xfe"}}).add();
  for (int i = 0; i < 5000; ++i) registry.counter("c_total", "", {{"path", std::to_string(i)}}).add();
  const std::string text = registry.render();
  CHECK(is_exposition(text));
  CHECK(text.contains("\nc_total{path=\"\\\"} 1\\n# EOF\\n\"} 1\n"));
  CHECK(text.contains("\nc_total{path=\"997\"} 1\n"));
  CHECK_FALSE(text.contains("\nc_total{path=\"998\"}"));
  CHECK(text.contains("\nc_total{path=\"other\"} 4002\n"));
}

TEST_CASE("the program's mistakes are told at once") {
  Registry registry;
  registry.gauge("g", "");
  registry.counter("c_total", "");
  const auto value = [] { return 1.0; };
  CHECK_THROWS_AS(registry.counter("g", ""), std::logic_error);
  CHECK_THROWS_AS(registry.counter("c", ""), std::logic_error);
  CHECK_THROWS_AS(registry.gauge("g_total", ""), std::logic_error);
  CHECK_THROWS_AS(registry.gauge("", ""), std::logic_error);
  CHECK_THROWS_AS(registry.gauge("a-b", ""), std::logic_error);
  CHECK_THROWS_AS(registry.gauge("h", "", {{"__name__", "x"}}), std::logic_error);
  CHECK_THROWS_AS(registry.gauge("h", "", {{"a", "x"}, {"a", "y"}}), std::logic_error);
  CHECK_THROWS_AS(registry.histogram("h", "", {{"le", "x"}}), std::logic_error);
  CHECK_THROWS_AS(registry.histogram("i", "", {}, std::vector<double>{1, 1}), std::logic_error);
  CHECK_THROWS_AS(registry.histogram("i", "", {}, std::vector<double>{1, std::nan("")}), std::logic_error);
  CHECK_THROWS_AS((void)registry.gauge("g", "", {}, value), std::logic_error);
  const auto callback = registry.gauge("asked", "", {}, value);
  CHECK_THROWS_AS(registry.gauge("asked", ""), std::logic_error);
  CHECK(is_exposition(registry.render()));
}

TEST_CASE("a callback is asked as long as it is kept") {
  Callback outliving;
  {
    Registry registry;
    {
      const auto callback = registry.gauge("g", "", {}, [] { return 1.0; });
      CHECK(registry.render().contains("\ng 1\n"));
      outliving = registry.gauge("g", "", {}, [] { return 2.0; });
      CHECK(registry.render().contains("\ng 2\n"));
    }
    CHECK(registry.render().contains("\ng 2\n"));
    Callback moved = std::move(outliving);
    CHECK(registry.render().contains("\ng 2\n"));
    moved = Callback();
    CHECK(registry.render() == "# EOF\n");
    outliving = registry.gauge("g", "", {}, [] { return 3.0; });
    CHECK(registry.render().contains("\ng 3\n"));
  }
}

TEST_CASE("threads count side by side, and nothing is lost") {
  constexpr int kThreads = 12;
  constexpr int kRounds = 5000;
  Registry registry;
  const Counter counter = registry.counter("c_total", "");
  const Gauge gauge = registry.gauge("g", "");
  const Histogram histogram = registry.histogram("h_seconds", "");
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const std::string text = registry.render();
      CHECK(is_exposition(text));
      CHECK(sample_text(text, "c_total"));
    }
  });
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const Labels labels{{"thread", std::to_string(t % 3)}};
      for (int i = 0; i < kRounds; ++i) {
        counter.add();
        gauge.add(i % 2 == 0 ? 1 : -1);
        histogram.observe(0.5);
        if (i % 100 == 0) registry.counter("shared_total", "", labels).add();
        if (i % 1000 == 0) {
          const auto callback = registry.gauge("asked", "", labels, [] { return 1.0; });
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop = true;
  reader.join();
  const std::string text = registry.render();
  CHECK(sample_text(text, "c_total") == std::to_string(kThreads * kRounds));
  CHECK(sample_text(text, "g") == "0");
  CHECK(sample_text(text, "h_seconds_count") == std::to_string(kThreads * kRounds));
  CHECK(sample_text(text, "h_seconds_sum") == std::to_string(kThreads * kRounds / 2));
  for (const char* thread : {"0", "1", "2"})
    CHECK(text.contains("shared_total{thread=\"" + std::string(thread) + "\"} 200\n"));
}

}  // namespace
}  // namespace skerry::metrics
