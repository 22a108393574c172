#include "functions/tracker/keys.hpp"

#include "functions/tracker/settings.hpp"
#include "shared/base64.hpp"
#include "shared/comma_list.hpp"
#include "shared/query.hpp"
#include "shared/secret.hpp"

namespace skerry::functions {
namespace {

void show_authorization(std::string_view value, ShownKeys& keys) {
  constexpr std::string_view kBasic = "Basic ", kBearer = "Bearer ";
  if (equal_ignoring_case(value.substr(0, kBearer.size()), kBearer)) {
    keys.show(trim(value.substr(kBearer.size())));
  } else if (equal_ignoring_case(value.substr(0, kBasic.size()), kBasic)) {
    const auto pair = base64_decode(trim(value.substr(kBasic.size()))).value_or("");
    keys.show(std::string_view(pair).substr(0, pair.find(':')));
  }
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

std::optional<Error> refused_key(const Request& request, const Config& config, const Peer& peer,
                                 const ShownKeys& in_body) {
  const auto list = config.get(kKeys.name).value_or("");
  if (list.empty()) return std::nullopt;
  ShownKeys keys = in_body;
  show_authorization(request.headers.get("Authorization").value_or(""), keys);
  const Query query = Query::parse(request.query());
  for (const std::string_view name : {"writeKey", "api_key", "token", "key"})
    keys.show(query.last(name).value_or(""));
  keys.show(query.last(peer.query.key).value_or(""));
  if (keys.key().empty()) return Error{"key_missing", "A key is needed here."};
  if (keys.several()) return Error{"key_ambiguous", "There are several keys in this request."};
  if (!is_key(keys.key(), list)) return Error{"key_unknown", "This is none of the keys here."};
  return std::nullopt;
}

}  // namespace skerry::functions
