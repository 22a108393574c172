#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "functions/testing/test_platform.hpp"
#include "functions/tracker/tracker.hpp"
#include "shared/gzip.hpp"

using namespace skerry;
using namespace skerry::functions;
using namespace skerry::functions::testing;

/// Any body on any path: the answer is one of the closed list, what is JSON is well-formed, what is sent is a
/// whole batch (TestPlatform checks it) with an id each, and the account agrees with it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<const char*, 12> kPaths{"/t/w",
                                               "/v1/batch",
                                               "/beacon/v1/batch",
                                               "/e/",
                                               "/i/v1/analytics/events",
                                               "/com.snowplowanalytics.snowplow/tp2",
                                               "/i",
                                               "/t/x.gif",
                                               "/api/event",
                                               "/api/send",
                                               "/api/batch",
                                               "/e/?compression=lz64"};
  if (size < 2) return 0;
  TestPlatform test;
  Request request;
  request.method = (data[0] & 0x80) != 0 ? "GET" : "POST";
  request.target = kPaths[(data[0] & 0x7f) % kPaths.size()];
  request.client = "192.0.2.1";
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const unsigned flags = data[1];
  if ((flags & 1) != 0) request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  if ((flags & 2) != 0) request.headers.add("Sec-GPC", "1");
  if ((flags & 4) != 0) test.settings["gpc"] = "drop";
  if ((flags & 8) != 0) test.settings["keys"] = "k";
  if ((flags & 16) != 0) test.settings["trusted_proxies"] = "192.0.2.0/24";
  if ((flags & 32) != 0) {
    request.headers.add("X-Forwarded-For", bytes);
    request.headers.add("Authorization", bytes);
    request.target += '?' + bytes;
    request.headers.add("Accept", bytes);
    request.headers.add("Content-Encoding", bytes.substr(0, 8));
  }
  request.body = (flags & 64) != 0 ? gzip(bytes, 1) : bytes;

  const Response response = run(tracker, test, request);
  constexpr std::array<int, 7> kStatuses{200, 202, 400, 401, 405, 413, 415};
  if (std::ranges::find(kStatuses, response.status) == kStatuses.end()) std::abort();
  if (header(response, "Access-Control-Allow-Origin") != "*" && header(response, "Vary") != "Origin")
    std::abort();
  if (response.status >= 400 && !test.sent.empty()) std::abort();
  if (header(response, "Content-Type") != "application/json") return 0;
  const auto json = nlohmann::json::parse(response.body.view(), nullptr, false);
  if (!json.is_object()) std::abort();
  if (response.status >= 400 && !json["message"].is_string()) std::abort();
  if (json.contains("accepted") && json["accepted"] != test.sent.size()) std::abort();
  if (json.contains("results") && json["results"].size() < test.sent.size()) std::abort();
  return 0;
}
