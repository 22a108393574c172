#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shared/time.hpp"

namespace skerry::archive {

/// How an archive writes its listings.
enum class Style {
  apache,     ///< RouteViews: mod_autoindex with icons, names cut at 23 characters
  ris_table,  ///< RIS before 2022-11-28: mod_autoindex without icons, whole names, last name first
  ris_pre,    ///< RIS since: nginx's autoindex, lines end in CR LF
};

/// One line of a listing.
struct Entry {
  std::string name;  ///< a folder's ends in `/`
  Time modified;
  std::optional<std::uint64_t> size;  ///< bytes; a folder has none
};

/// The page for the folder `path` (`/rrc00/2001.01/`, always with the slash at the end) with `entries` in the
/// order of their names. Names and path are written as they are: they must not need escaping.
std::string render_listing(Style style, std::string_view path, std::span<const Entry> entries);

/// As Apache writes it, 4 characters wide: ` 14 `, `6.4M`, ` 98K`.
std::string apache_size(std::uint64_t bytes);
/// As nginx writes it with `autoindex_exact_size off`, 7 characters wide: `    12M`, `   9999`.
std::string nginx_size(std::uint64_t bytes);

}  // namespace skerry::archive
