#include "functions/latest/broker_health.hpp"

#include <charconv>
#include <cstdint>
#include <string>

#include "functions/latest/published.hpp"

namespace skerry::functions {
namespace {

Response answer(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  if (status == 503) response.headers.add("Retry-After", "30");
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.body = std::move(body);
  return response;
}

Response not_healthy(std::string_view why) {
  return answer(503, R"({"BrokerNotHealthy":")" + std::string(why) + R"("})");
}

}  // namespace

Response broker_health(const Query& query, const View& view, Time now) {
  std::optional<std::uint32_t> most;
  if (const auto text = query.last("max_delay_secs"); text && !text->empty()) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), most.emplace());
    if (error != std::errc() || end != text->data() + text->size()) {
      return failure(
          400, {"invalid_max_delay_secs", "max_delay_secs is a whole number of seconds, 0 to 4294967295"});
    }
  }
  const auto newest = view.newest_file();
  if (!newest) return broker_not_healthy(newest.error());
  if (!*newest) return not_healthy("database not bootstrap");
  const auto timestamp = floor<Seconds>(**newest).time_since_epoch().count();
  const auto delay = floor<Seconds>(now).time_since_epoch().count() - timestamp;
  if (most && delay > *most) {
    return not_healthy("database is not fresh, latest file timestamp: " + std::to_string(timestamp) +
                       ", delay: " + std::to_string(delay) + "s");
  }
  return answer(200, R"({"message":"database is healthy","meta":{"delay_secs":)" + std::to_string(delay) +
                         R"(,"latest_file_ts":)" + std::to_string(timestamp) + R"(},"status":"OK"})");
}

Response broker_not_healthy(const Error& error) {
  return not_healthy(error.code == "view_missing" ? "database not bootstrap" : "database connection error");
}

}  // namespace skerry::functions
