#include "native-host/broker/local_archive.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "native-host/files/files.hpp"

namespace skerry::broker {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScheme = "file://";

/// Calls `each` with every entry of the folder.
template <class Each>
Result<void> for_each_entry(std::string_view url, const Each& each) {
  std::error_code failed;
  const fs::path folder(url.substr(kScheme.size()));
  for (const auto& entry : files::entries_of(folder, failed)) each(entry);
  if (failed == std::errc::no_such_file_or_directory) {
    return fail(ErrorKind::not_found, "http_404", "There is no folder " + folder.string() + ".");
  }
  if (failed) return fail("folder_unreadable", folder.string() + ": " + failed.message() + ".");
  return {};
}

}  // namespace

bool is_local(std::string_view url) {
  return url.starts_with(kScheme);
}

Result<Listing> read_local_folder(std::string_view url, Time not_after) {
  Listing listing{.files = {}, .skipped = 0, .complete = true, .decoded = {}};
  const auto read = for_each_entry(url, [&](const fs::directory_entry& entry) {
    std::error_code failed;
    if (!entry.is_regular_file(failed)) return;
    const auto size = entry.file_size(failed);
    if (failed) return;
    auto name = entry.path().filename().string();
    if (auto file = file_of(name, not_after); !file) {
      if (file.error() == NoFile::malformed) ++listing.skipped;
    } else {
      file->name = listing.decoded.emplace_back(std::move(name));
      file->rough_size = file->exact_size = static_cast<std::int64_t>(size);
      listing.files.push_back(*file);
    }
  });
  if (!read) return std::unexpected(read.error());
  std::ranges::sort(listing.files, {}, &ListedFile::name);
  return listing;
}

Result<std::vector<Month>> local_months(std::string_view url, Month last) {
  std::vector<Month> months;
  const auto read = for_each_entry(url, [&](const fs::directory_entry& entry) {
    std::error_code failed;
    const auto month = parse_month_folder(entry.path().filename().string() + "/");
    if (month && *month <= last && entry.is_directory(failed)) months.push_back(*month);
  });
  if (!read) return std::unexpected(read.error());
  std::ranges::sort(months);
  return months;
}

}  // namespace skerry::broker
