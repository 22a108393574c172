#include "native-host/program/repeats.hpp"

#include <algorithm>
#include <utility>

namespace skerry::program {
namespace {

constexpr std::chrono::seconds kInterval{10};
constexpr std::size_t kMost = 64;
constexpr std::string_view kOthers = "*";

}  // namespace

std::string kind_of(std::string_view line) {
  constexpr std::string_view kVaries = "0123456789/?%=@\"'";
  std::string kind;
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find(' ', at), line.size());
    const auto word = line.substr(at, end - at);
    kind += word.find_first_of(kVaries) == std::string_view::npos ? word : "*";
    kind += ' ';
    at = end + 1;
  }
  return kind;
}

std::optional<std::size_t> Repeats::take(std::string_view line, TimePoint now) {
  auto kind = kind_of(line);
  const std::lock_guard lock(mutex_);
  if (seen_.size() >= kMost && !seen_.contains(kind)) {
    std::erase_if(seen_, [&](const auto& one) { return now - one.second.shown >= kInterval; });
    if (seen_.size() >= kMost) kind = kOthers;
  }
  if (const auto known = seen_.find(kind); known != seen_.end()) {
    auto& [shown, held] = known->second;
    if (now - shown < kInterval) {
      ++held;
      return std::nullopt;
    }
    shown = now;
    return std::exchange(held, 0);
  }
  seen_.emplace(std::move(kind), Seen{.shown = now});
  return 0;
}

}  // namespace skerry::program
