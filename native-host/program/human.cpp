#include "native-host/program/human.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <spdlog/fmt/fmt.h>

#include "native-host/config/settings.hpp"
#include "shared/printable.hpp"

namespace skerry::program {

std::string human_delay(double seconds) {
  const auto minutes = static_cast<std::int64_t>(std::max(0.0, seconds) / 60);
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < std::int64_t{48} * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / 1440, minutes % 1440 / 60);
}

std::string human_size(double bytes) {
  bytes = std::max(bytes, 0.0);
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
  if (number == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", number, one) : fmt::format("{} {}", number, many);
}

std::string ranged(std::string_view one, std::int64_t first, std::int64_t last) {
  if (last < first) return fmt::format("no {}s", one);
  return first == last ? fmt::format("{} {}", one, first) : fmt::format("{}s {} to {}", one, first, last);
}

std::string human_minute(Time time) {
  auto text = format_naive(time).substr(0, 16);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string with_code(const Error& error) {
  return error.message + " (" + error.code + ")";
}

std::string cut(std::string_view text, std::size_t width) {
  return shortened(printable(text), width);
}

Result<Time> parse_moment(std::string_view text, Time now) {
  if (const auto ago = config::parse_duration(text); ago && !text.empty() && text.back() > '9')
    return now - *ago;
  // A month, a day: filled up with their first moments.
  constexpr std::string_view kFirst = "0000-01-01T00:00:00";
  auto whole = std::string(text);
  if (text.size() == 7 || text.size() == 10) whole += kFirst.substr(text.size());
  if (const auto time = parse_naive(whole)) return *time;
  if (const auto time = parse_rfc3339(text)) return *time;
  return fail(ErrorKind::usage, "bad_time",
              "\"" + std::string(text) + "\" is no time like 2026-11-21T08:00:00, 2026-11 or 48h.");
}

Time system_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace skerry::program
