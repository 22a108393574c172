#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/post.hpp"
#include "shared/json_slice.hpp"

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

}  // namespace

constinit const Peer kSnowplow{
    .name = "snowplow",
    .has = has,
    .limits = {.body = 2048 * kKiB, .event = kWidest.event, .events = kWidest.events},
    .is_pixel = [](std::string_view) { return true; },
    .shape = {.list = "data", .keys = kKeys, .check = check},
    .query = {.id = "eid", .key = "aid"},
    .answers = {.text = "ok"}};

}  // namespace skerry::functions
