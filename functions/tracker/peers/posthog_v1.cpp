#include <algorithm>
#include <string>

#include "functions/tracker/answer.hpp"
#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/post.hpp"
#include "shared/json_cursor.hpp"
#include "shared/json_text.hpp"
#include "shared/uuid.hpp"

/// PostHog's newer endpoint asks for more of each event, and says of each what became of it.
namespace skerry::functions {
namespace {

constexpr std::array<std::string_view, 1> kIds{"uuid"};
constexpr std::array<std::string_view, 2> kKeys{"api_key", "token"};

/// What no person is called: what SDKs send when they were given nothing.
bool is_distinct_id(std::string_view id) {
  constexpr std::size_t kLongest = 200;
  constexpr std::array<std::string_view, 15> kNobody{
      "0",   "anonymous", "distinct_id",       "distinctid", "email", "false",           "guest",    "id",
      "nan", "none",      "not_authenticated", "null",       "true",  "[object object]", "undefined"};
  return !trim(id).empty() && id.size() <= kLongest && !is_one_of(to_lower(id), kNobody);
}

Fault judge(std::string_view event) {
  bool named = false, distinct = false;
  JsonCursor json(event);
  json.enter('{');
  while (const auto name = json.member()) {
    const auto value = json.value();
    if (!value.starts_with('"')) continue;
    if (*name == "event") named = value.size() > 2;
    if (*name == "distinct_id") distinct = is_distinct_id(read_json_string(value).value_or(""));
  }
  return !named ? Fault::no_name : !distinct ? Fault::bad_distinct_id : Fault::none;
}

std::optional<Error> check(const Post& post) {
  if (!post.list) return Error{"batch_invalid", "A body here has a batch."};
  if (std::ranges::any_of(post.items, [](const Item& item) { return !is_uuid(item.id); }))
    return Error{"uuid_invalid", "Every event here has a uuid."};
  return std::nullopt;
}

Response list(std::span<const Item> items, std::optional<Drop> drop) {
  std::string out = R"({"results":{)";
  for (const Item& item : items) {
    const std::string_view details = item.fault != Fault::none ? code_of(item.fault)
                                     : drop                    ? name_of(*drop)
                                                               : "";
    out += out.ends_with('{') ? "\"" : ",\"";
    out += item.id;
    out += details.empty() ? R"(":{"result":"ok")" : R"(":{"result":"drop","details":")";
    out += details;
    out += details.empty() ? "}" : "\"}";
  }
  return reply(200, "application/json", out += "}}");
}

Response problem(int status, const Error& error) {
  std::string body = R"({"error":)";
  append_json_string(body, error.code);
  body += R"(,"error_description":)";
  append_json_string(body, error.message);
  body += R"(,"error_uri":null,"message":)";
  append_json_string(body, error.message);
  return reply(status, "application/json", body += '}');
}

}  // namespace

constinit const Peer kPosthogV1{.name = "posthog_v1",
                                .has = [](std::string_view path) { return path == "/i/v1/analytics/events"; },
                                .authorization = true,
                                .with_credentials = true,
                                .shape = {.packed = true,
                                          .ids_differ = true,
                                          .ids = kIds,
                                          .keys = kKeys,
                                          .key_object = "properties",
                                          .key_in_object = "token",
                                          .check = check,
                                          .judge = judge},
                                .sdk = posthog_sdk,
                                .query = {.key = "token"},
                                .answers = {.list = list, .problem = problem}};

}  // namespace skerry::functions
