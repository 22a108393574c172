#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/events/event.hpp"
#include "shared/http.hpp"

/// Whose manners a path has. A peer is a value in a file of its own in peers/, and a line in peers/peers.hpp;
/// what it does not say is as `generic` has it. All others read here what a peer wants, and name none.
namespace skerry::functions {

struct Asked;
struct Item;
struct Post;
enum class Drop : std::uint8_t;
enum class Fault : std::uint8_t;

/// A body is measured inflated. What the platform lets in may be less.
struct Limits {
  std::size_t body;
  std::size_t event;
  std::size_t events;
};

/// What a batch and a record take.
inline constexpr Limits kWidest{
    .body = events::kMaxBatch, .event = events::kMaxRecord, .events = events::kMaxRecords};
inline constexpr std::size_t kKiB = 1024;

inline constexpr std::array<std::string_view, 5> kIdMembers{"id", "messageId", "uuid", "eid", "event_id"};
inline constexpr std::array<std::string_view, 2> kKeyMembers{"writeKey", "api_key"};

/// How a body is read. A list of events is an array, or an object with an array `list`; any other object is
/// one event.
struct Shape {
  std::string_view list = "batch";
  bool bare_lists = true;  ///< an array is a list
  bool packed = false;     ///< JSON may come in base64, bare or in a form's `data` that nobody calls a form
  bool forms = false;      ///< a form without `data` is an event
  bool nothing = false;    ///< an empty body is an event
  /// An id that stands twice in a list refuses all of it.
  bool ids_differ = false;
  /// Where an event's id may stand; the first counts.
  std::span<const std::string_view> ids = kIdMembers;
  /// Where a key may stand: around the events, in them, and as a member of an object in them.
  std::span<const std::string_view> keys = kKeyMembers;
  std::string_view key_object = {};
  std::string_view key_in_object = {};
  /// What is wrong with the whole of it, and with one event's text.
  std::optional<Error> (*check)(const Post& post) = nullptr;
  Fault (*judge)(std::string_view event) = nullptr;
};

/// What stands in a query.
struct QueryNames {
  std::string_view id = {};   ///< the event's id
  std::string_view key = {};  ///< besides those that count for all
};

/// To a POST; a GET is answered alike by all, with `{"status":"ok"}` or a pixel.
struct Answers {
  int status = 200;                                ///< of success
  std::string_view success = R"({"status":"ok")";  ///< JSON, left open
  std::string_view text = {};                      ///< in its place, as text/plain; lists, too
  std::string_view dropped = {};                   ///< the peer's own header for events that are dropped: `1`
  Response (*list)(std::span<const Item> items, std::optional<Drop> drop) = nullptr;
  Response (*problem)(int status, const Error& error) = nullptr;
};

/// What sent an event, as far as it says: `posthog-node`, `5.1.0`.
struct Sdk {
  std::string name;
  std::string version;
};

struct Peer {
  std::string_view name;
  /// `path` comes without one `/` at its end.
  bool (*has)(std::string_view path);
  Limits limits = kWidest;
  /// Events are only what the setting `event_paths` names of them.
  bool configured_paths = false;
  bool takes_get = true;
  bool authorization = false;  ///< its SDK shows the key there
  /// Its SDK sends cookies along without being told to, or its own server lets every page: an origin is
  /// answered by its name.
  bool with_credentials = false;
  /// What its SDK fetches besides: the answer to a path that is no event's.
  std::optional<Response> (*serve)(const Request& request, std::string_view path) = nullptr;
  /// A GET of such a path wants an image.
  bool (*is_pixel)(std::string_view path) = [](std::string_view) { return false; };
  Shape shape = {};
  Sdk (*sdk)(const Request& request, const Post& post) = nullptr;
  QueryNames query = {};
  Answers answers = {};
};

/// One `/` behind a path makes no difference.
const Peer& peer_of(std::string_view path);

/// True if `names` has `text`.
bool is_one_of(std::string_view text, std::span<const std::string_view> names);

/// What a request asks for, and in whose manner.
struct Asked {
  const Peer& peer;
  /// The widest of all peers that have the path: which of them sends can't be told before its body is read.
  Limits limits = peer.limits;
  bool posts = false;
  bool pixel = false;
};

Asked asked_by(const Request& request);

/// `path` without one `/` at its end.
std::string_view without_slash(std::string_view path);

}  // namespace skerry::functions
