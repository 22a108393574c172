#include "functions/tracker/peer.hpp"

#include <algorithm>
#include <string>

#include "functions/tracker/peers/peers.hpp"

namespace skerry::functions {
namespace {

std::string_view without_slash(std::string_view path) {
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

}  // namespace

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
  const Peer& peer = peer_of(path);
  if (request.method == "POST") return {.peer = peer, .posts = true};
  const std::string accept = to_lower(trim(request.headers.get("Accept").value_or("")));
  return {
      .peer = peer,
      .pixel = path.ends_with(".gif") || peer.is_pixel(without_slash(path)) || accept.starts_with("image/")};
}

}  // namespace skerry::functions
