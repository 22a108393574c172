#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/error.hpp"

namespace skerry {

/// One gzip member (RFC 1952) of `bytes`. The result depends on nothing but `bytes`, `level` (1 to 9) and the
/// version of zlib: no time, no name, no operating system in its header.
std::string gzip(std::string_view bytes, int level);

/// Of answers: how many bytes are worth it, and how hard to try.
inline constexpr std::size_t kWorthCompressing = 1024;
inline constexpr int kAnswerLevel = 6;

/// Inflates one or more gzip members with nothing between or behind them. Stops before the output grows past
/// `cap` bytes. Errors: `gzip_invalid` (not gzip, damaged), `gzip_truncated`, `gzip_too_large`.
Result<std::string> gunzip(std::string_view bytes, std::size_t cap);

}  // namespace skerry
