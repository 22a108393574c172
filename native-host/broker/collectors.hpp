#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/vocabulary.hpp"
#include "shared/error.hpp"

namespace skerry::broker {

/// How an archive lays out its folders (layout.hpp): as one of the two great projects does.
using Layout = Project;

/// A route collector and the archive folder that holds its months.
struct Collector {
  std::string id;       ///< `rrc00`, `route-views2`: 1 to 64 of `a-z A-Z 0-9 . _ -`
  std::string project;  ///< `riperis`, `routeviews`, or a custom project's name
  Layout layout = Layout::riperis;
  std::string url;          ///< base with scheme, without a trailing slash
  bool deprecated = false;  ///< no longer writes: months that are absent are no failure

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
/// Fields: `id`; `project` and `url`, needed for a new id; `layout` (`riperis` or `routeviews`), needed for a
/// new project; `deprecated`, `disabled`. A URL without a scheme gets https; `http://` stays as it is.
/// The result is ordered by id. Error: `collectors_invalid`, which names `source` and the place in it.
Result<std::vector<Collector>> apply_collectors(std::vector<Collector> base, std::string_view json,
                                                std::string_view source);

/// The built-in collectors with the file at `path` applied; only the former if `path` is empty.
Result<std::vector<Collector>> load_collectors(const std::filesystem::path& path);

/// The same collectors on another archive server, such as a replica: `origin` (`http://127.0.0.1:9000`) takes
/// the place of the scheme and host of every URL.
std::vector<Collector> with_origin(std::vector<Collector> collectors, std::string_view origin);

}  // namespace skerry::broker
