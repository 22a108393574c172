#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace skerry::program {

/// What a line says, whatever it says it of: each word with a digit or one of `/?%=@"'` in it is `*`.
std::string kind_of(std::string_view line);

/// Holds back lines that say the same again and again, as a function does for each request while something it
/// needs is away: the first is let through at once, then one in ten seconds, which tells how many it stands
/// for. Lines are the same that are of one kind (`kind_of`), so that each request's own words make no line of
/// its own. Beyond 64 kinds at a time all others are one more. For any thread.
class Repeats {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Nothing: hold it back. Else how many like it were held back since the last that was let through.
  std::optional<std::size_t> take(std::string_view line, TimePoint now);

 private:
  struct Seen {
    TimePoint shown;
    std::size_t held = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Seen, std::less<>> seen_;
};

}  // namespace skerry::program
