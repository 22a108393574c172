#pragma once

#include <cstdint>

#include "shared/http.hpp"

namespace skerry::http {

/// 308 to the same target with https, on the host that the request names; 400 `no_host` where it names none
/// (HTTP/1.0). `port` is left out where it is 443.
Response redirect_to_https(const Request& request, std::uint16_t port);

}  // namespace skerry::http
