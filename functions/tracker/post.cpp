#include "functions/tracker/post.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "functions/tracker/lz_string.hpp"
#include "shared/base64.hpp"
#include "shared/comma_list.hpp"
#include "shared/events/event.hpp"
#include "shared/gzip.hpp"
#include "shared/json_cursor.hpp"
#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"
#include "shared/query.hpp"
#include "shared/uuid.hpp"

namespace skerry::functions {
namespace {

// Batches of events that are much alike shrink to a hundredth and less; what goes on shrinking beyond a
// megabyte is a bomb.
constexpr std::size_t kInflatedAnyway = 1024 * kKiB;
constexpr std::size_t kInflatedRatio = 250;
// Browsers packed so; what they send at once is far below it.
constexpr std::size_t kLongestLz64 = 1024 * kKiB;
constexpr std::string_view kLz64 = "lz64";

std::string_view without_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Without a byte order mark and without white space around it.
std::string_view text_in(std::string_view bytes) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  auto text = without_space(bytes);
  if (text.starts_with(kMark)) text = without_space(text.substr(kMark.size()));
  return text;
}

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b\x08");
}

bool begins_like_json(std::string_view text) {
  return text.starts_with('{') || text.starts_with('[');
}

Error too_large(std::size_t limit) {
  return {"body_too_large", "A body here has at most " + std::to_string(limit) + " bytes, inflated."};
}

Error not_readable() {
  return {"body_invalid", "The body is neither JSON nor application/x-www-form-urlencoded."};
}

std::size_t inflated_cap(std::size_t packed, std::size_t limit) {
  return std::min(limit, std::max(kInflatedAnyway, packed * kInflatedRatio));
}

Result<std::string> inflate(std::string_view bytes, std::size_t limit) {
  const std::size_t cap = inflated_cap(bytes.size(), limit);
  auto inflated = gunzip(bytes, cap);
  if (!inflated && inflated.error().code == "gzip_too_large") return std::unexpected(too_large(cap));
  return inflated;
}

/// JSON, as it is or in base64, gzip within; or lz64, where that is said.
Result<std::string> decode_payload(std::string payload, std::size_t limit, bool is_lz64) {
  if (begins_like_json(text_in(payload))) return payload;
  if (is_lz64) {
    if (payload.size() > kLongestLz64) return std::unexpected(too_large(kLongestLz64));
    const auto cap = inflated_cap(payload.size(), limit);
    auto text = lz_string_decode(without_space(payload), cap);
    if ((!text && text.error().code == "lz64_too_large") || (text && text->size() > limit))
      return std::unexpected(too_large(cap));
    return text;
  }
  auto bytes = base64_decode(without_space(payload));
  if (!bytes) return std::unexpected(not_readable());
  if (is_gzip(*bytes)) return inflate(*bytes, limit);
  return *std::move(bytes);
}

bool is_form(const Request& request) {
  const std::string_view type = request.headers.get("Content-Type").value_or("");
  return equal_ignoring_case(trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

/// The id that a query gives its event, where its protocol has one.
std::string query_id(const Peer& peer, std::string_view query) {
  if (peer.query.id.empty()) return {};
  auto id = last_parameter(query, peer.query.id).value_or("");
  return events::is_event_id(id) && is_utf8(id) ? id : std::string();
}

/// Gzip shows by itself, so that only what can't be read here need be said.
std::optional<Error> unknown_coding(const Request& request) {
  const std::string list = request.headers.joined("Content-Encoding");
  bool is_coded = false;
  for (CommaList codings(list); const auto coding = codings.next();) {
    if (equal_ignoring_case(*coding, "identity")) continue;
    const bool gzip = equal_ignoring_case(*coding, "gzip") || equal_ignoring_case(*coding, "x-gzip");
    if (!gzip || std::exchange(is_coded, true))
      return Error{"encoding_unsupported", "A body here is gzip, or not encoded."};
  }
  return std::nullopt;
}

/// Of a well-formed value: a number without a fraction or an exponent.
bool is_integer(std::string_view value) {
  if (value.starts_with('-')) value.remove_prefix(1);
  return !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
}

class PostReader {
 public:
  PostReader(const Asked& asked, std::string_view text)
      : shape_(asked.peer.shape), limits_(asked.limits), text_(text), json_(text, JsonCursor::Deep::passes) {}

  Result<Post> read() {
    const char open = json_.peek();
    if (open == '[' && shape_.bare_lists) {
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
    std::size_t id_rank = std::numeric_limits<std::size_t>::max();
    std::string_view id;
  };

  [[nodiscard]] std::optional<Error> what_is_wrong() const {
    if (deep_) return Error{std::string(code_of(Fault::too_deep)), std::string(message_of(Fault::too_deep))};
    if (const auto wrong = shape_.check == nullptr ? std::nullopt : shape_.check(post_)) return wrong;
    if (post_.items.empty()) return Error{"batch_empty", "There is no event in this batch."};
    return std::nullopt;
  }

  /// The one event that a body is, or what stands around a list.
  void read_top() {
    Fields fields;
    bool deep = false;
    const auto begin = json_.position();
    json_.enter('{');
    while (const auto name = json_.member()) {
      if (*name == shape_.list && json_.peek() == '[') {
        read_list();
      } else {
        post_.outer.push_back({.name = *name, .value = read_member(*name, fields)});
        deep = json_.passed_deep() || deep;
      }
    }
    if (post_.list) {
      deep_ = deep;
      return;
    }
    post_.outer.clear();
    add(text_.substr(begin, json_.position() - begin), fields, deep);
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
        json_.passed_deep();
      }
    }
  }

  void read_event() {
    Fields fields;
    const auto begin = json_.position();
    json_.enter('{');
    while (const auto name = json_.member()) read_member(*name, fields);
    add(text_.substr(begin, json_.position() - begin), fields, json_.passed_deep());
  }

  std::string_view read_member(std::string_view name, Fields& fields) {
    json_.peek();
    const auto begin = json_.position();
    if (!name.empty() && name == shape_.key_object && json_.peek() == '{') {
      json_.enter('{');
      while (const auto inner = json_.member()) {
        const auto value = json_.value();
        if (*inner == shape_.key_in_object) show_key(value);
      }
      return text_.substr(begin, json_.position() - begin);
    }
    const auto value = json_.value();
    if (is_integer(value)) read_integer_id(name, value, fields);
    if (!value.starts_with('"')) return value;
    if (is_one_of(name, shape_.keys)) {
      show_key(value);
    } else {
      read_id(name, value, fields);
    }
    return value;
  }

  /// How early the peer looks for an id there; nothing where it does not, or where a better one came.
  [[nodiscard]] std::optional<std::size_t> id_rank(std::string_view name, const Fields& fields) const {
    const auto rank = static_cast<std::size_t>(std::ranges::find(shape_.ids, name) - shape_.ids.begin());
    if (rank == shape_.ids.size() || rank > fields.id_rank) return std::nullopt;
    return rank;
  }

  void read_integer_id(std::string_view name, std::string_view digits, Fields& fields) {
    const auto rank = id_rank(name, fields);
    if (!rank || !events::is_event_id(digits)) return;
    fields.id_rank = *rank;
    fields.id = digits;
  }

  void read_id(std::string_view name, std::string_view value, Fields& fields) {
    const auto rank = id_rank(name, fields);
    if (!rank) return;
    const auto plain = plain_string(value);
    std::string unescaped;
    if (!plain) unescaped = read_exact_json_string(value).value_or("");
    const std::string_view id = plain ? *plain : unescaped;
    if (!events::is_event_id(id) || !is_utf8(id)) return;
    fields.id_rank = *rank;
    fields.id = plain ? id : post_.ids.emplace_back(std::move(unescaped));
  }

  void show_key(std::string_view value) {
    if (const auto key = read_exact_json_string(value)) post_.keys.show(*key);
  }

  void add(std::string_view body, const Fields& fields, bool deep) {
    const Fault fault = body.size() > limits_.event ? Fault::too_large
                        : deep                      ? Fault::too_deep
                        : shape_.judge == nullptr   ? Fault::none
                                                    : shape_.judge(body);
    post_.items.push_back({.body = body, .id = fields.id, .fault = fault});
  }

  const Shape& shape_;
  const Limits& limits_;
  std::string_view text_;
  JsonCursor json_;
  Post post_;
  bool too_many_ = false;
  bool deep_ = false;  ///< what stands around the list
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

Result<Text> decode_body(const Asked& asked, const Request& request, std::string& storage) {
  const Peer& peer = asked.peer;
  const std::size_t limit = asked.limits.body;
  if (auto unknown = unknown_coding(request)) return std::unexpected(*std::move(unknown));
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
  text = text_in(text);
  if (text.empty()) return Text{};
  if (begins_like_json(text)) return Text{.kind = Text::Kind::json, .view = text};

  std::optional<std::string> payload;
  bool is_lz64 = last_parameter(request.query(), "compression") == kLz64;
  if (is_form(request) || (peer.shape.packed && text.starts_with("data="))) {
    auto data = last_parameter(text, "data");
    if (!data && peer.shape.forms) return Text{.kind = Text::Kind::form, .view = text};
    payload = std::move(data);
    is_lz64 = last_parameter(text, "compression").value_or(is_lz64 ? "lz64" : "") == kLz64;
  } else if (peer.shape.packed) {
    payload = text;
  }
  if (!payload) return std::unexpected(not_readable());
  auto decoded = decode_payload(*std::move(payload), limit, is_lz64);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  keep(*std::move(decoded));
  text = text_in(text);
  if (!begins_like_json(text)) return std::unexpected(not_readable());
  return Text{.kind = Text::Kind::json, .view = text};
}

std::string_view code_of(Fault fault) {
  switch (fault) {
    case Fault::none: return "ok";
    case Fault::not_an_object: return "event_invalid";
    case Fault::too_large: return "event_too_large";
    case Fault::too_deep: return "too_deep";
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
    case Fault::too_deep: return "The event has more than 512 levels of brackets.";
    case Fault::no_name: return "An event has a name in its member event.";
    case Fault::bad_distinct_id: return "The distinct_id is missing, too long or nobody's.";
    case Fault::duplicate: return "An event with this id came before.";
  }
  std::unreachable();
}

std::string_view Post::outer_member(std::string_view name) const {
  const auto member = std::ranges::find(outer, name, &Member::name);
  return member == outer.end() ? std::string_view() : member->value;
}

std::string_view member_of(std::string_view object, std::string_view name) {
  std::string_view found;
  if (!object.starts_with('{')) return found;
  JsonCursor json(object, JsonCursor::Deep::passes);
  json.enter('{');
  while (const auto member = json.member()) {
    const auto value = json.value();
    if (*member == name) found = value;
  }
  return found;
}

std::string short_text(std::string_view value) {
  constexpr std::size_t kLongest = 200;
  if (value.size() > 2 * kLongest) return {};
  auto text = read_exact_json_string(value).value_or("");
  return text.size() <= kLongest && is_utf8(text) ? text : std::string();
}

Sdk sdk_in(std::string_view text, char mark) {
  constexpr std::size_t kLongest = 200;
  if (text.size() > kLongest || !is_utf8(text)) return {};
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    if (text[at] == mark && text[at + 1] >= '0' && text[at + 1] <= '9')
      return {.name = std::string(text.substr(0, at)), .version = std::string(text.substr(at + 1))};
  }
  return {.name = std::string(text), .version = {}};
}

Sdk context_library(const Request&, const Post& post) {
  auto library = member_of(member_of(post.items.front().body, "context"), "library");
  if (library.empty()) library = member_of(post.outer_member("context"), "library");
  return {.name = short_text(member_of(library, "name")),
          .version = short_text(member_of(library, "version"))};
}

std::string outer_json(const Post& post, bool brief) {
  constexpr std::size_t kBrief = 200;
  std::string json;
  for (const auto& [name, value] : post.outer) {
    if (brief && (value.starts_with('{') || value.starts_with('[') || name.size() + value.size() > kBrief))
      continue;
    json.append(json.empty() ? "{\"" : ",\"").append(name).append("\":").append(value);
  }
  return json.empty() ? json : json += '}';
}

Result<Post> read_post(const Asked& asked, std::string_view text) {
  return PostReader(asked, text).read();
}

Result<Post> read_request(const Asked& asked, const Request& request, std::string& storage) {
  std::string_view body;
  if (asked.posts) {
    const auto text = decode_body(asked, request, storage);
    if (!text) return std::unexpected(text.error());
    const bool one =
        text->kind == Text::Kind::form || (text->kind == Text::Kind::nothing && asked.peer.shape.nothing);
    if (!one) return read_post(asked, text->view);
    body = text->view;
  }
  Post post;
  const auto& id = post.ids.emplace_back(query_id(asked.peer, request.query()));
  post.items.push_back({.body = body, .id = id});
  return post;
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
  if (error.code == "encoding_unsupported") return 415;
  return error.code.ends_with("_too_large") || error.code == "too_many_events" ? 413 : 400;
}

}  // namespace skerry::functions
