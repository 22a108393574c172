#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "functions/tracker/keys.hpp"
#include "functions/tracker/peer.hpp"
#include "shared/error.hpp"
#include "shared/http.hpp"

/// The bodies that trackers post, in the shapes of those whose SDKs are in use. Pure: text in, events out.
namespace skerry::functions {

/// What a body is, decoded.
struct Text {
  enum class Kind : std::uint8_t { nothing, json, form };
  Kind kind = Kind::nothing;
  std::string_view view;  ///< without white space around it
};

/// Inflates a body that begins like gzip, and finds the JSON in a form's `data` (as it is, in base64, gzip
/// within; in lz64 where the query or the form says `compression=lz64`), for PostHog also in bare base64. A
/// byte order mark before it is passed. A form without `data` is a form, unless it begins like JSON.
/// Errors: 415 `encoding_unsupported` (a Content-Encoding besides gzip); 413 `body_too_large`; 400
/// `gzip_invalid`, `gzip_truncated`, `lz64_invalid`, `body_invalid` (neither JSON nor form). Gzip may inflate
/// to 1 MiB in any case, beyond it to 250 times its size. The result lies in the request's body or in
/// `storage`.
Result<Text> decode_body(const Asked& asked, const Request& request, std::string& storage);

/// Why one event of a list is refused.
enum class Fault : std::uint8_t {
  none,
  not_an_object,
  too_large,
  too_deep,
  no_name,
  bad_distinct_id,
  duplicate
};
std::string_view code_of(Fault fault);
std::string_view message_of(Fault fault);

struct Item {
  std::string_view body;  ///< raw: the object as it was posted
  std::string_view id;    ///< empty where the client gave none
  Fault fault = Fault::none;
};

/// Of an object, both as they were posted.
struct Member {
  std::string_view name;
  std::string_view value;
};

struct Post {
  bool list = false;
  std::vector<Item> items;  ///< views into the text, and into `ids`
  std::deque<std::string> ids;
  ShownKeys keys;
  std::vector<Member> outer;  ///< what stands around a list

  /// The value; empty where there is none.
  [[nodiscard]] std::string_view outer_member(std::string_view name) const;
};

/// Reads the events of a JSON text in one pass. Errors, all for the whole: 400 `json_invalid`,
/// `batch_invalid` (not what this peer posts), `batch_empty`, `uuid_invalid`, `too_deep` (what stands around
/// the events); 413 `too_many_events`. What one event does costs only itself.
Result<Post> read_post(const Asked& asked, std::string_view text);

/// The raw value of an object's member, the last of its name; empty where there is none, or no object.
std::string_view member_of(std::string_view object, std::string_view name);
/// The text of a raw string, up to what a name has (200 bytes); empty where it is something else.
std::string short_text(std::string_view value);
/// `name/version`, `name-version`: cut at the first `mark` that a digit follows.
Sdk sdk_in(std::string_view text, char mark);
/// Of Segment's form: `context.library` of the first event, or of what stands around it.
Sdk context_library(const Request& request, const Post& post);

/// What stands around a list, as a JSON object; empty where nothing does. With `brief` only what is no
/// object, no array and short.
std::string outer_json(const Post& post, bool brief);

/// The events of any request: of a POST those of its body, else the one that its query is.
Result<Post> read_request(const Asked& asked, const Request& request, std::string& storage);

/// Marks every event whose id came before, be it with an event that is refused. `seed` is secret, so that
/// nobody can choose ids that collide. True if there was one.
bool mark_duplicates(std::vector<Item>& items, std::uint64_t seed);

/// 413 for what is too large, 415 for what is encoded, else 400.
int status_of(const Error& error);

}  // namespace skerry::functions
