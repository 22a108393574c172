#include "functions/tracker/post.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "shared/base64.hpp"
#include "shared/events/event.hpp"
#include "shared/gzip.hpp"
#include "shared/json_cursor.hpp"
#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"
#include "shared/query.hpp"
#include "shared/uuid.hpp"

namespace skerry::functions {
namespace {

constexpr std::size_t kKiB = 1024;
// Batches of events that are much alike shrink to a hundredth and less; what goes on shrinking beyond a
// megabyte is a bomb.
constexpr std::size_t kInflatedAnyway = 1024 * kKiB;
constexpr std::size_t kInflatedRatio = 250;
constexpr std::string_view kPayloadData = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-";

std::string_view without_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b\x08");
}

bool begins_like_json(std::string_view text) {
  return text.starts_with('{') || text.starts_with('[');
}

bool is_posthog(Peer peer) {
  return peer == Peer::posthog || peer == Peer::posthog_v1;
}

Error too_large(std::size_t limit) {
  return {"body_too_large", "A body here has at most " + std::to_string(limit) + " bytes, inflated."};
}

Error not_readable() {
  return {"body_invalid", "The body is neither JSON nor a form."};
}

Result<std::string> inflate(std::string_view bytes, std::size_t limit) {
  const std::size_t cap = std::min(limit, std::max(kInflatedAnyway, bytes.size() * kInflatedRatio));
  auto inflated = gunzip(bytes, cap);
  if (!inflated && inflated.error().code == "gzip_too_large") return std::unexpected(too_large(cap));
  return inflated;
}

/// JSON, as it is or in base64, gzip within.
Result<std::string> decode_payload(std::string payload, std::size_t limit) {
  if (begins_like_json(without_space(payload))) return payload;
  auto bytes = base64_decode(without_space(payload));
  if (!bytes) return std::unexpected(not_readable());
  if (is_gzip(*bytes)) return inflate(*bytes, limit);
  return *std::move(bytes);
}

bool is_form(const Request& request) {
  const std::string_view type = request.headers.get("Content-Type").value_or("");
  return equal_ignoring_case(trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

/// Where an event's id may stand; the first counts.
constexpr std::array<std::string_view, 5> kIdNames{"id", "messageId", "uuid", "eid", "event_id"};

bool is_key_name(Peer peer, std::string_view name) {
  switch (peer) {
    case Peer::snowplow: return name == "aid";
    case Peer::posthog:
    case Peer::posthog_v1: return name == "api_key" || name == "token";
    default: return name == "writeKey" || name == "api_key";
  }
}

/// What no person is called: what SDKs send when they were given nothing.
bool is_distinct_id(std::string_view id) {
  constexpr std::size_t kLongest = 200;
  constexpr std::array<std::string_view, 15> kNobody{
      "0",   "anonymous", "distinct_id",       "distinctid", "email", "false",           "guest",    "id",
      "nan", "none",      "not_authenticated", "null",       "true",  "[object object]", "undefined"};
  return !without_space(id).empty() && id.size() <= kLongest &&
         std::ranges::find(kNobody, to_lower(id)) == kNobody.end();
}

class PostReader {
 public:
  PostReader(Peer peer, std::string_view text)
      : peer_(peer), limits_(limits_of(peer)), text_(text), json_(text) {}

  Result<Post> read() {
    const char open = json_.peek();
    if (open == '[') {
      read_list();
    } else if (open == '{') {
      read_top();
    } else {
      return fail("batch_invalid", "A body is an object or an array.");
    }
    if (too_many_)
      return fail("too_many_events",
                  "At most " + std::to_string(limits_.events) + " events come together here.");
    if (!json_.complete()) return fail("json_invalid", "The body is no well-formed JSON.");
    if (const auto wrong = what_is_wrong()) return std::unexpected(*wrong);
    return std::move(post_);
  }

 private:
  /// What an event says about itself.
  struct Fields {
    std::size_t id_rank = kIdNames.size();
    std::string_view id;
    bool named = false;
    bool distinct = false;
  };

  [[nodiscard]] std::optional<Error> what_is_wrong() const {
    if (peer_ == Peer::snowplow && !(post_.list && is_payload_data_))
      return Error{"batch_invalid", "A body here is a payload_data of version 1."};
    if (peer_ == Peer::posthog_v1 && !post_.list) return Error{"batch_invalid", "A body here has a batch."};
    if (post_.items.empty()) return Error{"batch_empty", "There is no event in this batch."};
    if (peer_ == Peer::posthog_v1 &&
        std::ranges::any_of(post_.items, [](const Item& item) { return item.id.empty(); }))
      return Error{"uuid_invalid", "Every event here has a uuid."};
    return std::nullopt;
  }

  /// The one event that a body is, or what stands around a list.
  void read_top() {
    Fields fields;
    const auto begin = json_.position();
    json_.enter('{');
    const std::string_view list = peer_ == Peer::snowplow ? "data" : "batch";
    while (const auto name = json_.member()) {
      if (*name == list && json_.peek() == '[') {
        read_list();
      } else {
        read_member(*name, fields);
      }
    }
    if (!post_.list) add(text_.substr(begin, json_.position() - begin), fields);
  }

  void read_list() {
    post_.list = true;
    json_.enter('[');
    while (!too_many_ && json_.element()) {
      if (post_.items.size() == limits_.events) {
        too_many_ = true;
      } else if (json_.peek() == '{') {
        read_event();
      } else {
        post_.items.push_back({.body = json_.value(), .id = {}, .fault = Fault::not_an_object});
      }
    }
  }

  void read_event() {
    Fields fields;
    const auto begin = json_.position();
    json_.enter('{');
    while (const auto name = json_.member()) read_member(*name, fields);
    add(text_.substr(begin, json_.position() - begin), fields);
  }

  void read_member(std::string_view name, Fields& fields) {
    if (name == "properties" && is_posthog(peer_) && json_.peek() == '{') {
      json_.enter('{');
      while (const auto inner = json_.member()) {
        const auto value = json_.value();
        if (*inner == "token") show_key(value);
      }
      return;
    }
    const auto value = json_.value();
    if (!value.starts_with('"')) return;
    if (is_key_name(peer_, name)) return show_key(value);
    if (peer_ == Peer::snowplow && name == "schema") {
      is_payload_data_ = plain_string(value).value_or("").starts_with(kPayloadData);
    } else if (peer_ != Peer::posthog_v1) {
      read_id(name, value, fields);
    } else if (name == "uuid") {
      const auto uuid = plain_string(value).value_or("");
      fields.id = is_uuid(uuid) ? uuid : "";
    } else if (name == "event") {
      fields.named = value.size() > 2;
    } else if (name == "distinct_id") {
      fields.distinct = is_distinct_id(read_json_string(value).value_or(""));
    }
  }

  void read_id(std::string_view name, std::string_view value, Fields& fields) {
    const auto rank = static_cast<std::size_t>(std::ranges::find(kIdNames, name) - kIdNames.begin());
    if (rank == kIdNames.size() || rank > fields.id_rank) return;
    const auto plain = plain_string(value);
    std::string unescaped;
    if (!plain) unescaped = read_json_string(value).value_or("");
    const std::string_view id = plain ? *plain : unescaped;
    if (!events::is_event_id(id) || !is_utf8(id)) return;
    fields.id_rank = rank;
    fields.id = plain ? id : post_.ids.emplace_back(std::move(unescaped));
  }

  void show_key(std::string_view value) {
    if (const auto key = plain_string(value)) post_.keys.show(*key);
  }

  void add(std::string_view body, const Fields& fields) {
    Fault fault = Fault::none;
    if (body.size() > limits_.event) {
      fault = Fault::too_large;
    } else if (peer_ == Peer::posthog_v1 && !fields.named) {
      fault = Fault::no_name;
    } else if (peer_ == Peer::posthog_v1 && !fields.distinct) {
      fault = Fault::bad_distinct_id;
    }
    post_.items.push_back({.body = body, .id = fields.id, .fault = fault});
  }

  Peer peer_;
  Limits limits_;
  std::string_view text_;
  JsonCursor json_;
  Post post_;
  bool too_many_ = false;
  bool is_payload_data_ = false;
};

/// Mixes eight bytes at a time; whoever does not know the seed can't choose texts that collide.
std::uint64_t hash(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;
  std::uint64_t value = seed ^ text.size() * kFactor;
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), size);
    text.remove_prefix(size);
    value = (std::rotl(value, 29) ^ word) * kFactor;
    value ^= (value >> 32) * (seed | 1);
  }
  return value;
}

}  // namespace

Result<Text> decode_body(Peer peer, const Request& request, std::string& storage) {
  const std::size_t limit = limits_of(peer).body;
  std::string_view text = request.body;
  const auto keep = [&](std::string decoded) {
    storage = std::move(decoded);
    text = storage;
  };
  if (is_gzip(text)) {
    auto inflated = inflate(text, limit);
    if (!inflated) return std::unexpected(std::move(inflated.error()));
    keep(*std::move(inflated));
  }
  if (text.size() > limit) return std::unexpected(too_large(limit));
  text = without_space(text);
  if (text.empty()) return Text{};
  if (begins_like_json(text)) return Text{.kind = Text::Kind::json, .view = text};

  std::optional<std::string> payload;
  if (is_form(request) || (is_posthog(peer) && text.starts_with("data="))) {
    const auto data = Query::last_in(text, "data");
    if (!data && peer == Peer::generic) return Text{.kind = Text::Kind::form, .view = text};
    payload = data;
  } else if (is_posthog(peer)) {
    payload = text;
  }
  if (!payload) return std::unexpected(not_readable());
  auto decoded = decode_payload(*std::move(payload), limit);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  keep(*std::move(decoded));
  text = without_space(text);
  if (!begins_like_json(text)) return std::unexpected(not_readable());
  return Text{.kind = Text::Kind::json, .view = text};
}

std::string_view code_of(Fault fault) {
  switch (fault) {
    case Fault::none: return "ok";
    case Fault::not_an_object: return "event_invalid";
    case Fault::too_large: return "event_too_large";
    case Fault::no_name: return "event_name_missing";
    case Fault::bad_distinct_id: return "distinct_id_invalid";
    case Fault::duplicate: return "duplicate";
  }
  std::unreachable();
}

std::string_view message_of(Fault fault) {
  switch (fault) {
    case Fault::none: return "";
    case Fault::not_an_object: return "An event is an object.";
    case Fault::too_large: return "The event is too large.";
    case Fault::no_name: return "An event has a name in its member event.";
    case Fault::bad_distinct_id: return "The distinct_id is missing, too long or nobody's.";
    case Fault::duplicate: return "An event with this id came before.";
  }
  std::unreachable();
}

Result<Post> read_post(Peer peer, std::string_view text) {
  return PostReader(peer, text).read();
}

bool mark_duplicates(std::vector<Item>& items, std::uint64_t seed) {
  if (items.size() < 2) return false;
  bool any = false;
  const std::size_t mask = std::bit_ceil(items.size() * 2) - 1;
  std::vector<std::string_view> seen(mask + 1);
  for (Item& item : items) {
    if (item.id.empty()) continue;
    std::size_t slot = hash(item.id, seed) & mask;
    while (!seen[slot].empty() && seen[slot] != item.id) slot = (slot + 1) & mask;
    if (seen[slot].empty()) {
      seen[slot] = item.id;
    } else {
      if (item.fault == Fault::none) item.fault = Fault::duplicate;
      any = true;
    }
  }
  return any;
}

int status_of(const Error& error) {
  return error.code.ends_with("_too_large") || error.code == "too_many_events" ? 413 : 400;
}

}  // namespace skerry::functions
