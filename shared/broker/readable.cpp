#include "shared/broker/readable.hpp"

#include <algorithm>
#include <array>

namespace skerry::broker {

std::string readable_delay(Seconds delay) {
  const std::int64_t minutes = std::max(std::int64_t{0}, std::int64_t{delay.count()}) / 60;
  if (minutes < 60) return std::to_string(minutes) + " min";
  if (minutes < std::int64_t{48} * 60) {
    return std::to_string(minutes / 60) + " h " + std::to_string(100 + minutes % 60).substr(1) + " min";
  }
  return std::to_string(minutes / 1440) + " d " + std::to_string(minutes % 1440 / 60) + " h";
}

std::string readable_size(std::int64_t bytes) {
  if (bytes <= 0) return "-";
  if (bytes < 1000) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 6> kUnits{" kB", " MB", " GB", " TB", " PB", " EB"};
  std::size_t unit = 0;
  std::int64_t tenths = bytes / 100 + (bytes % 100 >= 50 ? 1 : 0);
  for (; tenths >= 10'000; ++unit) tenths = tenths / 1000 + (tenths % 1000 >= 500 ? 1 : 0);
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + kUnits[unit];
}

std::string readable_time(Time time, Time now) {
  const std::string whole = format_naive(time), today = format_naive(now);
  std::string minute = whole.substr(0, 16);
  minute[10] = ' ';
  if (whole.compare(0, 10, today, 0, 10) == 0) return minute.substr(11);
  return whole.compare(0, 5, today, 0, 5) == 0 ? minute.substr(5) : minute;
}

std::string counted(std::size_t count, std::string_view noun) {
  std::string text = std::to_string(count) + ' ';
  text += noun;
  return count == 1 ? text : text + 's';
}

}  // namespace skerry::broker
