#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/post.hpp"
#include "shared/json_slice.hpp"
#include "shared/query.hpp"

namespace skerry::functions {
namespace {

constexpr std::array<std::string_view, 1> kKeys{"aid"};

bool has(std::string_view path) {
  return path == "/i" || path == "/ice.png" || path.starts_with("/com.snowplowanalytics.snowplow/");
}

std::optional<Error> check(const Post& post) {
  constexpr std::string_view kPayloadData = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-";
  const auto schema = plain_string(post.outer_member("schema")).value_or("");
  if (post.list && schema.starts_with(kPayloadData)) return std::nullopt;
  return Error{"batch_invalid", "A body here is a payload_data of version 1."};
}

/// `tv`: `js-4.1.0`, `node-4.1.0`.
Sdk sdk(const Request& request, const Post& post) {
  const auto posted = short_text(member_of(post.items.front().body, "tv"));
  return sdk_in(posted.empty() ? last_parameter(request.query(), "tv").value_or("") : posted, '-');
}

}  // namespace

constinit const Peer kSnowplow{
    .name = "snowplow",
    .has = has,
    .limits = {.body = 2048 * kKiB, .event = kWidest.event, .events = kWidest.events},
    .with_credentials = true,
    .is_pixel = [](std::string_view) { return true; },
    .shape = {.list = "data", .keys = kKeys, .check = check},
    .sdk = sdk,
    .query = {.id = "eid", .key = "aid"},
    .answers = {.text = "ok"}};

}  // namespace skerry::functions
