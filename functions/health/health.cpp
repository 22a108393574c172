#include "functions/health/health.hpp"

#include "functions/health/checks.hpp"
#include "functions/health/settings.hpp"
#include "shared/door.hpp"
#include "shared/query.hpp"

namespace skerry::functions {
namespace {

Request ask(std::string_view target) {
  Request request;
  request.target = target;
  return request;
}

Task<void> check_store(Platform& platform, Seconds max_age, Checks& checks) {
  auto values = co_await platform.kv.get_many({"health", "latest"});
  if (!values) {
    checks.add("kv", false, values.error().message);
    co_return;
  }
  checks.add("kv", true, "");
  const Time now = platform.clock.now();
  const Seconds promise{number_of(platform.config, settings::kViewPromise)};
  checks.add_view((*values)[1], now, promise);
  checks.add_self_check((*values)[0], now, max_age);
}

Task<void> check_liveness(Platform& platform, Checks& checks) {
  if (platform.config.get(settings::kOriginUrl.name).value_or("").empty()) co_return;
  const auto answer = co_await platform.origin.fetch(ask("/livez"));
  if (!answer) {
    checks.add("origin", false, "The native host does not answer.");
  } else if (answer->status != 200) {
    checks.add("origin", false,
               "The native host answers /livez with " + std::to_string(answer->status) + '.');
  } else {
    checks.add("origin", true, "");
  }
}

Task<void> check_now(Platform& platform, Seconds max_age, Checks& checks) {
  const auto answer = co_await platform.origin.fetch(ask("/internal/health"));
  if (!answer) {
    checks.add("self_check", false, answer.error().message);
  } else if (answer->status != 200) {
    checks.add("self_check", false, "The native host can't check itself.");
  } else {
    checks.add_self_check(std::string(answer->body.view()), platform.clock.now(), max_age);
  }
}

}  // namespace

Task<Response> health(const Request& request, Platform& platform) {
  if (auto answer = answer_other_method(request)) co_return *std::move(answer);
  if (!shows_secret(request, platform.config.get(kHealthCode.name))) co_return access_denied();

  Checks checks;
  const Seconds max_age{number_of(platform.config, kHealthMaxAge)};
  if (platform.config.get(settings::kSource.name) == "origin") {
    co_await check_now(platform, max_age, checks);
  } else {
    co_await check_store(platform, max_age, checks);
    co_await check_liveness(platform, checks);
  }
  Response response;
  response.status = checks.all_pass() ? 200 : 503;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.body = checks.render(Query::parse(request.query()).last("shape") == "objects");
  co_return response;
}

}  // namespace skerry::functions
