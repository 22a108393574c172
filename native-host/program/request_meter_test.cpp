#include "native-host/program/request_meter.hpp"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

using namespace std::chrono_literals;

TEST_CASE("requests are counted by function and status, from many threads") {
  metrics::Registry registry;
  RequestMeter tracker(registry, "tracker");
  RequestMeter none(registry, "none");
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < 100; ++j) {
          tracker.observe(200, 2ms);
          tracker.observe(400 + j % 3, 2ms);
        }
      });
  }
  none.observe(404, 1ms);
  none.observe(10'000, 1ms);
  none.observe(-1, 1ms);
  const auto text = registry.render();
  for (const char* line :
       {R"(skerry_http_requests_total{function="tracker",code="200"} 400)",
        R"(skerry_http_requests_total{function="tracker",code="401"} 132)",
        R"(skerry_http_requests_total{function="none",code="404"} 1)",
        R"(skerry_http_requests_total{function="none",code="599"} 1)",
        R"(skerry_http_request_duration_seconds_count{function="tracker"} 800)",
        R"(skerry_http_request_duration_seconds_bucket{function="tracker",le="0.001"} 0)"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

}  // namespace
}  // namespace skerry::program
