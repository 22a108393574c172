#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/board.hpp"

namespace skerry::broker {

enum class SortKey { collector, project, rib, updates, newest, missing };

/// The words of the keys, in the order of the enumeration: those of the deep link.
inline constexpr std::string_view kSortKeys[] = {"collector", "project", "rib",
                                                 "updates",   "newest",  "missing"};

/// Which collectors the page shows, and in which order; in a deep link
/// `?q=rrc&project=riperis&data_type=rib&late=1&sort=updates&order=asc`.
struct BoardQuery {
  std::string search;   ///< at most 200 bytes
  std::string project;  ///< the view's word, or one of one's own; empty: all
  std::optional<DataType> data_type;
  bool late_only = false;
  SortKey sort = SortKey::collector;
  bool descending = false;

  /// Takes any bytes: what means nothing counts as absent. Projects and types go by any of their words.
  static BoardQuery parse(std::string_view query_string);
  /// The shortest query string that means this; empty for the default. parse() gives it back.
  [[nodiscard]] std::string text() const;

  /// Sorts by a key: the one in use turns around, another begins with the end that interests: names from A
  /// on, delays and gaps from the largest, times from the newest.
  void sort_by(SortKey key);

  friend bool operator==(const BoardQuery&, const BoardQuery&) = default;
};

std::optional<SortKey> parse_sort_key(std::string_view word);

/// `RIS`, `RouteViews`, else the view's own word.
std::string_view project_label(std::string_view project);

/// The numbers of the collectors that the query selects, in its order. Each word of the search stands
/// somewhere in the id or the project, in any case. With a data type, only collectors that have it, and only
/// its lateness counts. Collectors without the value that is sorted by come last, whichever way; equal ones
/// keep the order of their ids.
std::vector<std::size_t> select(const Board& board, const BoardQuery& query);

}  // namespace skerry::broker
