#pragma once

#include <string_view>

namespace skerry {

/// True if an `Accept-Encoding` value (all of its fields, joined) takes gzip at least as gladly as the bare
/// bytes (RFC 9110 §12.5.3). An absent or empty header does not; an unreadable weight counts as 0.
bool accepts_gzip(std::string_view accept_encoding);

/// True if an `Accept` value (all of its fields, joined) names `text/html` (RFC 9110 §12.5.1), and with a
/// weight that is not below that of JSON, as browsers do. An absent or empty header does not, nor `*/*`,
/// which every program sends.
bool prefers_html(std::string_view accept);

}  // namespace skerry
