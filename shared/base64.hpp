#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skerry {

/// Decodes base64 (RFC 4648 §4 and, mixed with it, the URL-safe alphabet of §5), with or without padding. A
/// space stands for `+`: what an undecoded form field makes of it. Nothing for other characters, line ends
/// included, and for lengths that no encoder makes.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace skerry
