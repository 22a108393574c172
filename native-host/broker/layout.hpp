#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "native-host/broker/listing.hpp"

namespace skerry::broker {

/// The folder of a month. RIPE RIS: `<base>/YYYY.MM/`, for both types; RouteViews: `RIBS/` and `UPDATES/`
/// below it; others as their layout says, which may be the same folder for every month.
struct ListingUrl {
  std::string url;  ///< ends in a slash: a file's URL is this and its name
  Month month;
  std::optional<DataType> data_type;  ///< nothing: both types are in it

  friend bool operator==(const ListingUrl&, const ListingUrl&) = default;
};

/// A folder's pattern (CustomLayout) with the month filled in: `2026.11/RIBS/`.
std::string folder_of(std::string_view pattern, Month month);

std::vector<ListingUrl> month_listings(const Collector& collector, Month month);

/// The listing of a collector's months.
std::string root_listing(const Collector& collector);

/// The stored word: `riperis`, `routeviews`, `custom`.
std::string_view layout_word(Layout layout);

/// How often a collector writes: RIPE RIS 5 minutes and 8 hours, RouteViews 15 minutes and 2 hours. 0: it has
/// no such files.
Seconds cadence(const Collector& collector, DataType type);

/// The name of a file that keeps to its layout: `bview.20261121.0800.gz`. Early years don't; a custom layout
/// has no usual names (empty).
std::string usual_name(Layout layout, DataType type, Time time);

/// The month of a moment.
Month month_of(Time time);
/// Its first moment.
Time start_of(Month month);

/// A base URL as it is kept: https where it has no scheme, no trailing slashes. Nothing if it is no http or
/// https URL with a host and no `file` URL of an absolute path, or has a query, a fragment, a password, `..`
/// or bytes that don't belong into a URL.
std::optional<std::string> normal_base(std::string_view url);

}  // namespace skerry::broker
