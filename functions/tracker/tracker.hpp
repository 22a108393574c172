#pragma once

#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"

namespace skerry::functions {

/// Takes events and answers when they are durable (`events.send`): a record each (shared/events/event.hpp).
///
/// | request                                      | is                           | answer                |
/// |----------------------------------------------|------------------------------|-----------------------|
/// | GET, HEAD on an event's path                 | one event, its query         | `{"status":"ok"}`     |
/// | GET, HEAD of a pixel (below)                 | one event, its query         | a GIF of 43 bytes     |
/// | POST on an event's path                      | one or many, peers/peers.hpp | as the peer has it    |
/// | what a peer's SDK fetches, peers/peers.hpp   | no event                     | what the SDK needs    |
/// | GET `/sink-health`                           | can events be kept?          | `ok`, or 503          |
/// | GET `/health`, `/robots.txt`                 | for a host of its own        | `ok`; robots stay out |
/// | OPTIONS                                      | a preflight                  | 204                   |
/// | all else                                     | no event                     | 404                   |
///
/// An event's paths are those of the peers, and what the setting `event_paths` names. HEAD is recorded with
/// its method. A pixel is asked for by `*.gif`, `/ice.png`, `/i`, `/pixel/v1/…`,
/// `/com.snowplowanalytics.snowplow/…`, and by an `Accept` that wants an image more than JSON or HTML.
///
/// A POST's body is JSON whatever its Content-Type says (sendBeacon can only send text/plain), gzip by its
/// first bytes whatever its Content-Encoding says; see post.hpp for all shapes and their limits. An answer to
/// one event is the peer's word of success: `{"status":"ok"}`, `{"success":true}` (Segment, RudderStack),
/// `{"status":"Ok"}` (PostHog), `ok` (Snowplow, text/plain; Plausible with 202),
/// `{"cache":"","sessionId":"","visitId":""}` (Umami). An answer to a list goes on behind that word,
/// where it is JSON: `"accepted":n,"dropped":n,"rejected":n,"errors":[{"index","code","error"}…]`; PostHog v1
/// answers `{"results":{uuid:{"result":"ok"|"drop","details"}}}`. Of a list with bad events the good ones are
/// kept; where none is good the answer is 400 `events_rejected`, with the same account of them.
/// `X-Track-Rejected: event_too_large=2, too_deep=1` says how many were refused why, also of a single event.
///
/// `accepted` counts what is kept. That some of it came in an earlier request is known where the events are
/// kept alone, when they are (`events.send` tells no more than that): the native host says so beside any
/// peer's answer, `X-Track-Duplicates: n`; the bodies can't, and an edge does not.
///
/// An event's id is the client's: of a JSON object the first of `id`, `messageId`, `uuid`, `eid`, `event_id`
/// that is a string fit for an id, or an integer, whose digits are the id (`5` and `"5"` are one); of a query
/// `eid` (Snowplow) or `messageId` (pixel). Else it is a UUIDv7.
/// Of equal ids in one list the first event wins. A string that UTF-8 can't express is no id.
///
/// With an event goes what sent it: the key that the request showed, if it is one; the SDK and its version,
/// of `PostHog-Sdk-Info`, `$lib` and `$lib_version`, `context.library`, `tv`; and what stands around its
/// batch (`sentAt`, `sent_at`, `context`, …), of which only short members are kept where all of it would not
/// fit into the records.
///
/// Dropped on purpose, with success and `X-Track-Dropped`: `gpc`, `dnt`, `prefetch` (Sec-Purpose, Purpose or
/// X-Moz), `duplicate`. Bots are kept.
///
/// Settings; lists are between commas:
///
/// | setting               | takes                       | default     |                                   |
/// |-----------------------|-----------------------------|-------------|-----------------------------------|
/// | `gpc`                 | keep, anonymise, drop       | `drop`      | events with `Sec-GPC: 1`          |
/// | `dnt`                 | keep, anonymise, drop       | `drop`      | events with `DNT: 1`              |
/// | `anonymise_client`    | on, off                     | `on`        | every event                       |
/// | `trusted_proxies`     | addresses, prefixes         | nobody      | may name it: shared/client.hpp    |
/// | `forwarded_headers`   | names of headers            | `X-Forwarded-For` | in which they name it       |
/// | `keys`                | keys                        | none needed | each request must show one        |
/// | `credentials_origins` | `https://a.example`, …, `*` | none        | may send cookies; others get `*`  |
/// | `tracker_hosts`       | host names                  | none        | all of their paths are routed here |
/// | `event_paths`         | paths, `/x/*`: all below    | `/t/*`, …   | in nobody's special form          |
///
/// What is no value of a setting counts as its default; a list of proxies with a mistake trusts nobody. To
/// anonymise is to keep the /24 or /48 of the address, and of the platform's hints only the country; with
/// `SP-Anonymous` (Snowplow) no address is kept at all.
///
/// Snowplow's SDK sends cookies by default, and PostHog's server lets every page send them: on their paths an
/// origin is answered by its name, with credentials, and never with `*`.
///
/// A key comes as `Authorization: Basic` (its user) or `Bearer`; in the query as `writeKey`, `api_key`,
/// `token` or `key`; in a body as `writeKey` or `api_key`, for PostHog as `api_key`, `token` or
/// `properties.token`. Snowplow's key is `aid`, Plausible's the domain (`d`), Umami's the website. Where no
/// keys are needed, `Authorization`, `token` and `key` count only where they are the peer's own.
///
/// Errors, `{"error","code","message"}` (PostHog v1: `{"error","error_description","error_uri","message"}`;
/// where a GIF was asked for, a GIF with `X-Track-Error: <code>`); `message` is what Python SDKs look for to
/// know that an error is final. 400 of post.hpp, `uuid_duplicate`, `events_rejected`; 401 `key_missing`,
/// `key_ambiguous`, `key_unknown`; 404 `not_found`; 405 `method_not_allowed`; 413 of post.hpp and
/// `event_too_large`, `batch_too_large` (its records are above 8 MiB together); 415 `encoding_unsupported`,
/// with `Accept-Encoding`; 503 with `Retry-After` (from 5 s, 15 s where the queue is full, a quarter of the
/// outage more as far as this instance saw it, at most a minute, and by chance up to half more) and the code
/// of `events.send`, 500 `events_refused`. `/sink-health` asks the origin's `/readyz?capability=events`;
/// without an origin it says `ok`: then nothing is known before an event is sent. 503 `sink_unavailable`.
Task<Response> tracker(const Request& request, Platform& platform);

}  // namespace skerry::functions
