#pragma once

#include <optional>
#include <string_view>

#include "shared/http.hpp"

namespace skerry {

/// The door of addresses that only operators may see, as Backup Repository's servers have it: a secret in the
/// query, `?code=`, or, where it should not lie in others' logs, `Authorization: Bearer`. They are for
/// reading (GET, HEAD), and any origin may, as whoever has the secret could anyway.

/// True where the request's `code` is the secret. An empty or missing secret opens to nobody.
bool has_code(const Request& request, std::optional<std::string_view> secret);

/// The same, or the secret as a bearer token (credentials.hpp).
bool shows_secret(const Request& request, std::optional<std::string_view> secret);

/// 403 `{"error":"Access denied for given route or resource","code":403,"type":"app.fatal-error"}`.
Response access_denied();

/// The answer to OPTIONS, and 405 `method_not_allowed`; nothing for GET and HEAD.
std::optional<Response> answer_other_method(const Request& request);

}  // namespace skerry
