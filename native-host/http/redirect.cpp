#include "native-host/http/redirect.hpp"

#include <string>

namespace skerry::http {

Response redirect_to_https(const Request& request, std::uint16_t port) {
  auto host = request.headers.get("host").value_or("");
  // Without its port; the colons of an IPv6 address are inside its brackets.
  if (const auto colon = host.rfind(':');
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
    host = host.substr(0, colon);
  if (host.empty()) return error_response(400, "no_host", "Say the host, or ask with https.");
  std::string to("https://");
  to.append(host);
  if (port != 443) to.append(":").append(std::to_string(port));
  if (request.target != "*") to.append(request.target);
  return {308, {{"Location", std::move(to)}}, {}};
}

}  // namespace skerry::http
