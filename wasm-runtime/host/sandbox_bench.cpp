// Prints, as one JSON object, the microseconds of a fresh instance with one request for the latest view: the
// median of several rounds. Usage: sandbox_bench [file with the view] (default: a made-up view of 132 rows,
// 43 kB).

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <time.h>

#include "wasm-runtime/host/bundle.hpp"
#include "wasm-runtime/host/fixture.hpp"

using namespace skerry;
using namespace skerry::sandbox;

namespace {

std::string made_up_view() {
  std::ostringstream view;
  view << R"({"format":1,"update_duration":2,"rows":132,"last_updated_at":"2026-11-21T08:00:00Z","latest":[)";
  for (int i = 0; i < 132; ++i) {
    const bool rib = i % 2 == 0;
    const std::string collector = "route-views" + std::to_string(i / 2);
    const std::string url = "https://archive.routeviews.org/" + collector + "/bgpdata";
    view << (i == 0 ? "" : ",") << R"({"timestamp":"2026-11-21T08:00:00","delay":300.0,"collector_id":")"
         << collector << R"(","data_type":")" << (rib ? "rib" : "updates") << R"(","item_url":")" << url
         << "/2026.11/" << (rib ? "RIBS/rib" : "UPDATES/updates")
         << R"(.20261121.0800.bz2","rough_size":1048576,"exact_size":0,)"
         << R"("project":"routeviews","collector_url":")" << url << R"("})";
  }
  view << "]}";
  return view.str();
}

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Of this thread, which never waits: what a request takes, whatever else the machine does.
std::chrono::nanoseconds processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kRounds = 21;
  constexpr int kRequests = 2000;
  testing::MemoryKv kv;
  const testing::FixedClock clock{*parse_rfc3339("2026-11-21T08:05:00Z")};
  testing::MemoryLog log;
  if (!kv.put("latest", argc > 1 ? read_file(argv[1]) : made_up_view())) return 1;
  Sandbox sandbox({}, {kv, clock, log, {{"gzip", "off"}}});
  Request request = testing::request_for("/latest");
  request.headers = {{"accept", "*/*"}, {"user-agent", "bench"}};
  const auto function = std::ranges::find(bundle(), "latest", &Function::name);

  std::size_t bytes = 0;
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = processor_time();
    for (int i = 0; i < kRequests; ++i) {
      const Response response = sandbox.run(*function, request);
      if (response.status != 200) {
        std::cerr << "status " << response.status << ": " << response.body.view() << '\n';
        for (const auto& [level, line] : log.take()) std::cerr << line << '\n';
        return 1;
      }
      bytes = response.body.size();
    }
    const std::chrono::duration<double, std::micro> spent = processor_time() - start;
    rounds.push_back(spent.count() / kRequests);
  }
  std::printf(
      R"({"name":"sandbox_fresh_instance","unit":"us","ours":%.2f,"best":%.2f,"rounds":%d,"bytes":%zu})"
      "\n",
      median(rounds), *std::ranges::min_element(rounds), kRounds, bytes);
  return 0;
}
