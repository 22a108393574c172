#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/error.hpp"

namespace skerry::guestbook {

/// What a visitor writes: `{"name": "Ada", "text": "I was here."}`.
struct Entry {
  std::string name;  ///< 1 to 200 bytes
  std::string text;
};

inline constexpr std::size_t kLongestName = 200;
inline constexpr std::size_t kLongestLine = std::size_t{64} << 10U;

/// One JSON object. Error: `bad_entry` (usage).
Result<Entry> parse_entry(std::string_view line);

/// Entries that come as NDJSON (a line each; empty lines are none) in pieces of any size: no more is kept
/// than the line that has begun. An error is `bad_entry` (usage) with the number of the line; then it is
/// over.
class EntryLines {
 public:
  /// Appends what is whole to `copy`, in COPY's text format.
  Result<void> take(std::string_view piece, std::string& copy);
  /// The last line may have no end.
  Result<void> end(std::string& copy);

 private:
  Result<void> add(std::string_view line, std::string& copy);

  std::string begun_;
  std::uint64_t number_ = 0;
};

}  // namespace skerry::guestbook
