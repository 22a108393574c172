#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/vocabulary.hpp"
#include "shared/time.hpp"

namespace skerry::archive {

/// What the replica's archives hold: a pure function of the collector, the month and the clock. Two processes
/// that ask for the same collector at the same moment get the same files, sizes and times. A file that is
/// visible stays visible. A few are listed while they are still being written: they are smaller at first, and
/// whole within half an hour; all others never change.

using broker::DataType;
using broker::Project;
using Month = std::chrono::year_month;

struct Collector {
  std::string id;
  Project project = Project::riperis;
  std::string host;  ///< of the original archive: `data.ris.ripe.net`
  std::string path;  ///< on that host, without a slash at the end: `/rrc00`
};

/// A file as it is at the moment that was asked for.
struct File {
  DataType type = DataType::rib;
  Time begin;              ///< the moment in the file's name
  Time modified;           ///< what the listing shows as its last change
  Time published;          ///< from when on the listing shows it; a whole minute
  Time whole;              ///< from when on its size is final; `published` of most
  std::uint64_t size = 0;  ///< bytes, so far

  friend bool operator==(const File&, const File&) = default;
};

/// The files of one listing at one moment, in the order of their names, and how long that listing stays true:
/// from `since` until right before `until`.
struct Listing {
  std::vector<File> files;
  Time since;
  Time until;
};

/// The first and the last moment (exclusive) for which a collector has files. Dates of well-known collectors
/// are near the real ones, all others are made up.
struct Lifetime {
  Time first;
  Time last;
};
Lifetime lifetime(const Collector& collector);

/// True once `month` has begun and the collector has, or will have, files in it.
bool month_exists(const Collector& collector, Month month, Time now);
/// All months that exist, oldest first.
std::vector<Month> months(const Collector& collector, Time now);
/// When the folder of an existing month was last changed.
Time month_modified(const Collector& collector, Month month, Time now);

/// What a folder shows: one type of RouteViews, or both types of RIS when `type` is empty. Without files
/// where the month doesn't exist.
Listing list_files(const Collector& collector, Month month, std::optional<DataType> type, Time now);

/// All that is visible of a month at `now`: the truth that a database is compared with.
std::vector<File> files_in_month(const Collector& collector, Month month, Time now);

/// The visible file that begins at `begin`, or nothing.
std::optional<File> find_file(const Collector& collector, DataType type, Time begin, Time now);

/// `bview.20221102.0800.gz`, `updates.20221001.0000.bz2`
std::string file_name(Project project, DataType type, Time begin);
/// The inverse: nothing unless the whole name is one that `file_name` writes.
struct FileName {
  DataType type;
  Time begin;
};
std::optional<FileName> parse_file_name(Project project, std::string_view name);

/// Where a file stands below the collector's path: `/2022.10/RIBS/rib.20221001.0000.bz2`.
std::string file_path(Project project, const File& file);

/// `2022.10`
std::string month_name(Month month);

}  // namespace skerry::archive
