#include "native-host/kv/door.hpp"

#include <sys/stat.h>

#include "shared/address.hpp"
#include "shared/credentials.hpp"
#include "shared/routes.hpp"
#include "shared/secret.hpp"

namespace skerry::kv {
namespace {

/// `PUT`, `DELETE` and what may come; a bulk get is a POST that changes nothing.
bool changes(const Request& request) {
  const auto& method = request.method;
  return method != "GET" && method != "HEAD" && !(method == "POST" && request.path() == "/bulk/get");
}

bool is_everybodys(const std::string& socket) {
  struct stat info{};
  return ::stat(socket.c_str(), &info) != 0 || (info.st_mode & S_IWOTH) != 0;
}

}  // namespace

bool Door::knows_host(const Request& request) const {
  auto host = host_name(request);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return false;
  return Address::parse(host) || equal_ignoring_case(host, "localhost") ||
         equal_ignoring_case(host, "fake-host") || equal_ignoring_case(host, options_.host);
}

std::optional<Response> Door::refuse(const Request& request) const {
  const bool local = !options_.socket.empty();
  if (!local && !knows_host(request))
    return error_response(421, "host_unknown", "This store does not answer to that name: use its address.");
  if (!changes(request) || (local && !is_everybodys(options_.socket))) return std::nullopt;
  if (options_.token.empty()) {
    return error_response(403, "kv_read_only",
                          "This store is for reading: set kv_token_file, and send it as a bearer token.");
  }
  const auto shown = Credentials::of(request);
  if (shown && shown->scheme == Credentials::Scheme::bearer && secret_equals(options_.token, shown->secret))
    return std::nullopt;
  auto refused = shown ? error_response(401, "kv_token_wrong", "This is not the token of this store.")
                       : error_response(401, "kv_token_missing", "To change something here needs a token.");
  refused.headers.add("WWW-Authenticate", "Bearer");
  return refused;
}

}  // namespace skerry::kv
