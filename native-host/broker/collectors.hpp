#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/vocabulary.hpp"
#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::broker {

/// How an archive lays out its folders and names its files (layout.hpp): as one of the two great projects
/// does, or in its own way.
enum class Layout { riperis, routeviews, custom };

/// Where an archive of its own way keeps its files: folders below the base, with `{year}` and `{month}` in
/// them
/// (`{year}.{month}/RIBS/`), or without for one that holds all. A type whose folder is empty is not there;
/// with the same folder for both, the name tells the type.
struct CustomLayout {
  std::string rib;
  std::string update;
  Seconds rib_cadence{};     ///< between two files; 60 s to 1 day
  Seconds update_cadence{};  ///< likewise

  friend bool operator==(const CustomLayout&, const CustomLayout&) = default;
};

/// A route collector and the archive folder that holds its months.
struct Collector {
  std::string id;       ///< `rrc00`, `route-views2`: 1 to 64 of `a-z A-Z 0-9 . _ -`
  std::string project;  ///< `riperis`, `routeviews`, or a custom project's name
  Layout layout = Layout::riperis;
  std::string url;           ///< base with scheme (`file` too), without a trailing slash
  bool deprecated = false;   ///< no longer writes: months that are absent are no failure
  CustomLayout custom = {};  ///< of Layout::custom

  friend bool operator==(const Collector&, const Collector&) = default;
};

/// The collectors that were built in: 26 of RIPE RIS and 59 of RouteViews, ordered by id.
std::vector<Collector> default_collectors();

/// Applies a collectors file over `base`, by id: an id that is known changes the fields that are given, a new
/// one is added, `"disabled": true` removes one. Two forms are read:
///
///   [{"id": "rrc00", "project": "riperis", "url": "http://127.0.0.1:9000/rrc00"}]
///   {"projects": [{"name": "riperis", "collectors": [{"id": "rrc00", "url": "…"}]}]}       (broker v2)
///
/// Fields: `id`; `project` and `url`, needed for a new id; `layout`, needed for a new project: `riperis`,
/// `routeviews` or an object
///
///   {"rib": "{year}/{month}/ribs/", "update": "{year}/{month}/", "rib_seconds": 7200, "update_seconds": 900}
///
/// (CustomLayout; one of the two types may be left out); `deprecated`, `disabled`. A URL without a scheme
/// gets https; `http://` stays as it is; `file:///srv/archive/lab` is a folder of this machine. The result is
/// ordered by id. Two that would read the same folder are refused. Error: `collectors_invalid`, which names
/// `source` and the place in it: of each entry that can't be read, a line each.
Result<std::vector<Collector>> apply_collectors(std::vector<Collector> base, std::string_view json,
                                                std::string_view source);

/// The built-in collectors with the file at `path` applied; only the former if `path` is empty. That none is
/// left is an error, too.
Result<std::vector<Collector>> load_collectors(const std::filesystem::path& path);

/// The same collectors on another archive server, such as a replica: `origin` (`http://127.0.0.1:9000`) takes
/// the place of the scheme and host of every URL but those of `file`.
std::vector<Collector> with_origin(std::vector<Collector> collectors, std::string_view origin);

}  // namespace skerry::broker
