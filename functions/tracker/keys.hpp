#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "functions/tracker/peer.hpp"
#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/platform.hpp"

namespace skerry::functions {

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

/// The keys of a request, `in_body` those that its body shows. Where else a key may stand: tracker.hpp. Where
/// the setting `keys` is empty only those places count that are the peer's own: what else is called a token
/// need not be for us.
ShownKeys shown_keys(const Request& request, const Config& config, const Peer& peer,
                     const ShownKeys& in_body);

/// What is wrong with them: 401 `key_missing`, `key_ambiguous`, `key_unknown`. Nothing where the setting
/// `keys` is empty.
std::optional<Error> refused_key(const ShownKeys& keys, const Config& config);

}  // namespace skerry::functions
