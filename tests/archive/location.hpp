#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/archive/model.hpp"

namespace skerry::archive {

/// A place in an archive, whether or not the clock lets it exist.
struct Location {
  enum class Kind { collector, month, folder, file };

  Kind kind = Kind::collector;
  const Collector* collector = nullptr;
  Month month{};                 ///< from Kind::month on
  std::optional<DataType> type;  ///< of a RouteViews folder (RIBS, UPDATES) or of a file
  Time begin;                    ///< of a file
  bool lacks_slash = false;      ///< a folder, asked for without the slash at its end
};

/// The inverse of `month_name`.
std::optional<Month> parse_month_name(std::string_view name);

/// Finds the place that a path names: `/data.ris.ripe.net/rrc00/2026.11/`, and without the host
/// (`/rrc00/2026.11/`) where no other host has the same path. Paths are taken literally: the archives have no
/// name that needs percent-encoding, so nothing with `%`, `..` or a doubled slash is found.
class Locator {
 public:
  /// Takes a path up to this length; nothing longer exists.
  static constexpr std::size_t kLongestPath = 256;

  explicit Locator(std::vector<Collector> collectors);

  [[nodiscard]] std::optional<Location> find(std::string_view path) const;
  [[nodiscard]] const std::vector<Collector>& collectors() const { return collectors_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<Collector> collectors_;
  std::unordered_map<std::string, const Collector*, Hash, std::equal_to<>> roots_;  ///< null: ambiguous
};

}  // namespace skerry::archive
