#include "functions/tracker/keys.hpp"

#include "functions/tracker/settings.hpp"
#include "shared/comma_list.hpp"
#include "shared/credentials.hpp"
#include "shared/query.hpp"
#include "shared/secret.hpp"

namespace skerry::functions {
namespace {

void show_authorization(const Request& request, ShownKeys& keys) {
  if (const auto shown = Credentials::of(request))
    keys.show(shown->scheme == Credentials::Scheme::basic ? shown->user : shown->secret);
}

bool is_key(std::string_view key, std::string_view list) {
  bool found = false;  // all are compared, so that time does not tell which one it is
  for (CommaList pieces(list); const auto piece = pieces.next();) found = secret_equals(*piece, key) || found;
  return found;
}

}  // namespace

void ShownKeys::show(std::string_view key) {
  if (key.empty()) return;
  if (key_.empty()) {
    key_ = key;
  } else if (key_ != key) {
    several_ = true;
  }
}

ShownKeys shown_keys(const Request& request, const Config& config, const Peer& peer,
                     const ShownKeys& in_body) {
  const bool needed = !config.get(kKeys.name).value_or("").empty();
  ShownKeys keys = in_body;
  if (needed || peer.authorization) show_authorization(request, keys);
  const auto query = request.query();
  const auto show = [&](std::string_view name) {
    if (!name.empty() && !query.empty()) keys.show(last_parameter(query, name).value_or(""));
  };
  for (const std::string_view name : {"writeKey", "api_key"}) show(name);
  show(peer.query.key);
  if (needed) {
    for (const std::string_view name : {"token", "key"}) show(name);
  }
  return keys;
}

std::optional<Error> refused_key(const ShownKeys& keys, const Config& config) {
  const auto list = config.get(kKeys.name).value_or("");
  if (list.empty()) return std::nullopt;
  if (keys.key().empty()) return Error{"key_missing", "A key is needed here."};
  if (keys.several()) return Error{"key_ambiguous", "There are several keys in this request."};
  if (!is_key(keys.key(), list)) return Error{"key_unknown", "This is none of the keys here."};
  return std::nullopt;
}

}  // namespace skerry::functions
