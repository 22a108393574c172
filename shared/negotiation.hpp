#pragma once

#include <string_view>

namespace skerry {

/// True if an `Accept-Encoding` value (all of its fields, joined) takes gzip at least as gladly as the bare
/// bytes (RFC 9110 §12.5.3). An absent or empty header does not; an unreadable weight counts as 0.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace skerry
