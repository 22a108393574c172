#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "shared/http.hpp"
#include "shared/platform.hpp"

namespace skerry::functions {

/// Why events are dropped on purpose, in `X-Track-Dropped`: a closed list.
enum class Drop : std::uint8_t { gpc, dnt, prefetch, duplicate };

std::string_view name_of(Drop reason);

/// What becomes of a request's events.
struct Treatment {
  std::optional<Drop> drop;
  bool anonymise = false;
};

/// By the settings `gpc`, `dnt` and `anonymise_client`, which drop and cut unless they are told otherwise;
/// prefetches are dropped in any case.
Treatment treatment_of(const Request& request, const Config& config);

}  // namespace skerry::functions
