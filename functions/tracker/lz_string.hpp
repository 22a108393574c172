#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/error.hpp"

namespace skerry::functions {

/// Unpacks what lz-string's `compressToBase64` makes of a text (pieroxy.net/blog/pages/lz-string), as older
/// posthog-js sends it: codes of a growing number of bits, six bits a character, back to UTF-8. Half of a
/// surrogate pair becomes U+FFFD. A space stands for `+`, and what is behind `=` is not read.
///
/// Takes memory and time in proportion to input and output, and stops before the output is more than `cap`
/// UTF-16 units. Errors: `lz64_invalid` (damaged, or without its end), `lz64_too_large`.
Result<std::string> lz_string_decode(std::string_view base64, std::size_t cap);

}  // namespace skerry::functions
