#include <string>

#include "functions/tracker/answer.hpp"
#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/post.hpp"
#include "shared/credentials.hpp"
#include "shared/json_text.hpp"
#include "shared/query.hpp"

namespace skerry::functions {
namespace {

constexpr std::string_view kSourceConfig = "/sourceConfig";

bool is_pixel(std::string_view path) {
  return path.starts_with("/pixel/v1/");
}

/// Its server SDKs post where Segment's do.
bool has(std::string_view path) {
  constexpr std::array<std::string_view, 9> kCalls{"track", "identify", "page",  "screen", "group",
                                                   "alias", "merge",    "batch", "import"};
  return path.starts_with("/beacon/v1/") || is_pixel(path) || path == kSourceConfig ||
         (path.starts_with("/v1/") && is_one_of(path.substr(4), kCalls));
}

/// What its browser SDK fetches before it sends anything: a source that is on, without destinations.
std::optional<Response> source_config(const Request& request, std::string_view path) {
  if (path != kSourceConfig) return std::nullopt;
  const auto shown = Credentials::of(request);
  const auto key =
      shown && !shown->user.empty() ? shown->user : last_parameter(request.query(), "writeKey").value_or("");
  std::string body = R"({"source":{"id":"skerry","name":"skerry","writeKey":)";
  append_json_string(body, key);
  body +=
      R"(,"workspaceId":"skerry","enabled":true,"config":{"statsCollection":{"errors":{"enabled":false},"metrics":{"enabled":false}}},"connections":[],"destinations":[]},"updatedAt":"1970-01-01T00:00:00.000Z"})";
  return reply(200, "application/json", std::move(body));
}

}  // namespace

constinit const Peer kRudderstack{
    .name = "rudderstack",
    .has = has,
    .limits = {.body = 4000 * kKiB, .event = kWidest.event, .events = kWidest.events},
    .authorization = true,
    .serve = source_config,
    .is_pixel = is_pixel,
    .sdk = context_library,
    .query = {.id = "messageId"},
    .answers = {.success = R"({"success":true)"}};

}  // namespace skerry::functions
