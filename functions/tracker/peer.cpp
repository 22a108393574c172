#include "functions/tracker/peer.hpp"

#include <algorithm>

#include "functions/tracker/peers/peers.hpp"
#include "shared/negotiation.hpp"

namespace skerry::functions {
namespace {

/// An image is wanted more than what else an event is answered with.
bool prefers_image(std::string_view accept) {
  int image = 0;
  for (WeightedList list(accept); const auto item = list.next();) {
    if (equal_ignoring_case(item->value.substr(0, 6), "image/")) image = std::max(image, item->weight);
  }
  return image > acceptance_of(accept, "application/json").weight &&
         image > acceptance_of(accept, "text/html").weight;
}

Limits limits_of(std::string_view path) {
  Limits limits{};
  for (const Peer* peer : kPeers) {
    if (peer == &kGeneric || !peer->has(path)) continue;
    limits.body = std::max(limits.body, peer->limits.body);
    limits.event = std::max(limits.event, peer->limits.event);
    limits.events = std::max(limits.events, peer->limits.events);
  }
  return limits.body == 0 ? kGeneric.limits : limits;
}

}  // namespace

std::string_view without_slash(std::string_view path) {
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

const Peer& peer_of(std::string_view path) {
  path = without_slash(path);
  const auto peer = std::ranges::find_if(kPeers, [&](const Peer* one) { return one->has(path); });
  return peer == kPeers.end() ? kGeneric : **peer;
}

bool is_one_of(std::string_view text, std::span<const std::string_view> names) {
  return std::ranges::find(names, text) != names.end();
}

Asked asked_by(const Request& request) {
  const std::string_view path = request.path();
  const std::string_view bare = without_slash(path);
  Asked asked{.peer = peer_of(path), .limits = limits_of(bare), .posts = request.method == "POST"};
  asked.pixel = !asked.posts && (path.ends_with(".gif") || asked.peer.is_pixel(bare) ||
                                 prefers_image(request.headers.joined("Accept")));
  return asked;
}

}  // namespace skerry::functions
