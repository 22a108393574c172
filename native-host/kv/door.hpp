#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shared/http.hpp"

namespace skerry::kv {

/// Who may do what at the door of the store (`kv_listen`), which speaks the protocol of wire.hpp.
///
/// Reads are free to whoever can connect; what is changed needs the token, or comes through a Unix socket
/// into which not everybody may write. Through a network a request must name an address, `localhost`, the
/// host of `kv_listen` or `fake-host`, which is what workerd says: a page in a browser reaches the door under
/// a name of its own alone (DNS rebinding).
class Door {
 public:
  struct Options {
    std::string token;        ///< empty: nobody has it
    std::string host;         ///< that is listened at
    std::string socket = {};  ///< path of the Unix socket; empty: a network
  };

  explicit Door(Options options) : options_(std::move(options)) {}

  /// What is wrong with a request, by its head: 421 `host_unknown`; for what changes something 403
  /// `kv_read_only`, 401 `kv_token_missing`, `kv_token_wrong`. Nothing where it may pass.
  [[nodiscard]] std::optional<Response> refuse(const Request& request) const;

 private:
  [[nodiscard]] bool knows_host(const Request& request) const;

  Options options_;
};

}  // namespace skerry::kv
