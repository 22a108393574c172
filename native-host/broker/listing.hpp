#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/vocabulary.hpp"
#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::broker {

/// An archive's folder for one month.
using Month = std::chrono::year_month;

using Minute = std::chrono::sys_time<std::chrono::minutes>;

struct ListedFile {
  std::string_view name;  ///< what is to be appended to the listing's URL; letters, digits, `.`, `_`, `-`
  Time time;              ///< from the name
  DataType data_type;
  std::int64_t rough_size;  ///< bytes, rounded as the listing shows them; 0 where it shows `-`
  std::int64_t rounding =
      0;  ///< how far the exact size may be from `rough_size`; kUnknownSize where it shows `-`
  std::int64_t exact_size = 0;          ///< bytes, where the source knows them; a listing does not
  std::optional<Minute> modified = {};  ///< when it was changed last, by the archive's own clock and zone
};
/// The `rounding` of a file whose size was not shown.
inline constexpr std::int64_t kUnknownSize = std::numeric_limits<std::int64_t>::max();

/// Why a name is no file's: it is something else, or it looks like one but can't be.
enum class NoFile { other, malformed };

/// The file of a name that ends in `YYYYMMDD.HHMM.gz` or `….bz2`, without its sizes; with `update` in it, it
/// holds updates, else a RIB. Malformed: characters that don't belong into a name, impossible times, and
/// those before 1998-01-01 or after `not_after`. The result's name points to `name`.
std::expected<ListedFile, NoFile> file_of(std::string_view name, Time not_after);

/// The month of a folder `2026.11/`.
std::optional<Month> parse_month_folder(std::string_view name);

/// The MRT files of one folder.
struct Listing {
  std::vector<ListedFile> files;  ///< in the page's order; names point into the page or into `decoded`
  std::size_t skipped = 0;        ///< malformed rows of files, left out
  std::size_t others = 0;         ///< links to what is no file of ours, no folder, and nothing a listing has
  bool complete = false;          ///< the page's end was seen; without it, files may be missing
  std::deque<std::string> decoded;
};

/// Reads the listing of the folder `url` (with its slash at the end), as Apache, nginx, lighttpd, Caddy, IIS,
/// thttpd, Jetty, Tomcat, Python and others make it, S3 and Azure too: any_listing.hpp says what is
/// understood.
///
/// A file is a link to a name that `file_of` takes. Left out and counted: rows that lack what the others
/// have, malformed names (links that lead out of the folder, too: another host, a path, a query) and sizes.
/// Rows without such a file (headers, parent, subfolders, other files) are not counted there. Where no row at
/// all has a file, those whose link only mentions one (`?dir=x&file=NAME`) count as malformed.
///
/// Sizes are 1024-based, and rounded to the nearest; a page that shows none has files of unknown size. Dates
/// are those of the archive's own clock and zone; forms that are not known are left out.
///
/// The names point into `html` or into the result. Error: `not_a_listing`.
Result<Listing> parse_listing(std::string_view html, Time not_after, std::string_view url = {});

/// Whether a listing has more rows of files that can't be read than rows that can: then its form is none that
/// is known, whatever the few say.
bool is_unreadable(const Listing& listing);

/// Whether there are links, and none to a file: a form that is not known, or a folder without files.
bool has_only_others(const Listing& listing);

/// The months (`YYYY.MM/`) that an archive's root listing offers up to `last`, in order, each once.
/// Errors: `not_a_listing`, `listing_truncated`.
Result<std::vector<Month>> parse_months(std::string_view html, Month last, std::string_view url = {});

}  // namespace skerry::broker
