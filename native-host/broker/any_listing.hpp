#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "native-host/broker/listing.hpp"

namespace skerry::broker {

/// Where a link leads that is written in the listing of `url`, as what is to be appended to that: `./x`,
/// `/dir/x`, `//host/dir/x`, `https://host/dir/x` and `x` are one. Others come back as they are. Without
/// `url` only the first is known. Scheme and host in any case; `link` as `decoded_href` gives it.
std::string_view within(std::string_view link, std::string_view url);

/// A size and how far the exact one may be from it.
struct ShownSize {
  std::int64_t bytes = 0;
  std::int64_t rounding = 0;
};
/// `1234567`, `1,234,567`, `1.2M`, `97k`, `1.2MiB`, `1.2kB`, `14B`; or `-`. Powers of 1024; those that may be
/// of 1000 (`MB`) are rounded as far.
std::optional<ShownSize> parse_shown_size(std::string_view text);

/// Reads a listing of which nothing is known beforehand: rows of a table, items of a list, lines of a `<pre>`
/// or of plain text, cards, XML (S3 and those like it, Azure, nginx) or JSON (nginx, Caddy). Each of these
/// holds a name and, in any order and among other words, a date and a size in one of the forms that servers
/// are known to use. What a row lacks that others of the page have makes it malformed; a page that shows no
/// sizes is one of names. A size that can't be told from other numbers is malformed, too: nothing is guessed.
Result<Listing> parse_any_listing(std::string_view text, Time not_after, std::string_view url);

/// As `parse_months`, of JSON and XML.
std::optional<Result<std::vector<Month>>> parse_other_months(std::string_view text, Month last,
                                                             std::string_view url);

}  // namespace skerry::broker
