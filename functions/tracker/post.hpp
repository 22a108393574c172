#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/http.hpp"

/// The bodies that trackers post, in the shapes of those whose SDKs are in use. Pure: text in, events out.
namespace skerry::functions {

/// Whose manners a path has. A list of events is an array, or an object with an array `batch`; any other
/// object is one event.
///
/// | peer        | paths                                                         | body, event, events |
/// |-------------|---------------------------------------------------------------|---------------------------|
/// | segment     | `/v1/{track,identify,page,screen,group,alias,merge,batch,import}`, `/v1/{t,i,p,s,g,a,b}` |
/// 500 KiB, 32 KiB, 2500 | | rudderstack | `/beacon/v1/…`, `/pixel/v1/…`                                 |
/// 4000 KiB, 1 MB, 10,000    | | posthog     | `/i/v0/e`, `/e`, `/track`, `/engage`, `/capture`, `/batch`,
/// with or without `/` behind | 8 MiB, 1 MB, 10,000 | | posthog_v1  | `/i/v1/analytics/events` | 8 MiB, 1 MB,
/// 10,000       | | snowplow    | `/com.snowplowanalytics.snowplow/…`, `/i`, `/ice.png`         | 2 MiB, 1
/// MB, 10,000       | | generic     | all others                                                    | 8 MiB,
/// 1 MB, 10,000       |
///
/// A body is measured inflated. PostHog's own limits (20 MB, 2 MB) are above what a batch and a record take.
/// What the platform lets in may be less.
enum class Peer : std::uint8_t { generic, segment, rudderstack, posthog, posthog_v1, snowplow };

struct Limits {
  std::size_t body;
  std::size_t event;
  std::size_t events;
};

Peer peer_of(std::string_view path);
Limits limits_of(Peer peer);

/// What a body is, decoded.
struct Text {
  enum class Kind : std::uint8_t { nothing, json, form };
  Kind kind = Kind::nothing;
  std::string_view view;  ///< without white space around it
};

/// Inflates a body that begins like gzip, and finds the JSON in a form's `data` (as it is, in base64, gzip
/// within), for PostHog also in bare base64. A form without `data` is a form, unless it begins like JSON.
/// Errors: 413 `body_too_large`; 400 `gzip_invalid`, `gzip_truncated`, `body_invalid` (neither JSON nor
/// form). Gzip may inflate to 64 KiB in any case, beyond it to 200 times its size. The result lies in the
/// request's body or in `storage`.
Result<Text> decode_body(Peer peer, const Request& request, std::string& storage);

/// Why one event of a list is refused.
enum class Fault : std::uint8_t { none, not_an_object, too_large, no_name, bad_distinct_id, duplicate };
std::string_view code_of(Fault fault);
std::string_view message_of(Fault fault);

struct Item {
  std::string_view body;  ///< raw: the object as it was posted
  std::string_view id;    ///< empty where the client gave none
  Fault fault = Fault::none;
};

/// The keys that a request shows: the first one, and whether there is another.
class ShownKeys {
 public:
  void show(std::string_view key);
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] bool several() const { return several_; }

 private:
  std::string key_;
  bool several_ = false;
};

struct Post {
  bool list = false;
  std::vector<Item> items;  ///< views into the text, and into `ids`
  std::deque<std::string> ids;
  ShownKeys keys;
};

/// Reads the events of a JSON text in one pass. Errors, all for the whole: 400 `json_invalid`,
/// `batch_invalid` (not what this peer posts), `batch_empty`, `uuid_invalid`; 413 `too_many_events`.
Result<Post> read_post(Peer peer, std::string_view text);

/// Marks every event whose id came before, be it with an event that is refused. `seed` is secret, so that
/// nobody can choose ids that collide. True if there was one.
bool mark_duplicates(std::vector<Item>& items, std::uint64_t seed);

/// 413 for what is too large, else 400.
int status_of(const Error& error);

}  // namespace skerry::functions
