#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/log_files.hpp"
#include "shared/error.hpp"

namespace skerry::events {

/// The log in a folder as it is now, for the commands: needs no lock, changes nothing. Errors:
/// `events_unavailable`.
class LogView {
 public:
  /// `folder` is `<data_dir>/events`. Errors: `events_missing` (not_found), `folder_denied`.
  static Result<LogView> open(std::filesystem::path folder);

  Result<void> refresh();
  /// Sees what is refreshed.
  [[nodiscard]] Cursor cursor(std::uint64_t sequence) const;

  [[nodiscard]] const std::vector<Segment>& segments() const { return listing_->segments; }
  [[nodiscard]] std::uint64_t first() const { return segments().empty() ? 1 : segments().front().first; }
  /// Number of the record to come.
  [[nodiscard]] Result<std::uint64_t> next() const;
  /// `beginning`, `end`, a number, or what `parse_moment` reads. Error: `bad_time` (usage).
  [[nodiscard]] Result<std::uint64_t> find(const std::string& text) const;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::shared_ptr<Storage>& storage() const { return storage_; }

 private:
  explicit LogView(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
  std::shared_ptr<Storage> storage_ = disk_storage();
  std::shared_ptr<Listing> listing_ = std::make_shared<Listing>();
};

/// A whole text that is a number.
std::optional<std::uint64_t> number_in(std::string_view text);
/// Of a place that nobody can read.
Error bad_place(const std::string& text);

}  // namespace skerry::events
