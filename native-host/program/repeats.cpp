#include "native-host/program/repeats.hpp"

#include <utility>

namespace skerry::program {
namespace {

constexpr std::chrono::seconds kInterval{10};
constexpr std::size_t kMost = 64;

}  // namespace

std::optional<std::size_t> Repeats::take(std::string_view line, TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (const auto known = seen_.find(line); known != seen_.end()) {
    auto& [shown, held] = known->second;
    if (now - shown < kInterval) {
      ++held;
      return std::nullopt;
    }
    shown = now;
    return std::exchange(held, 0);
  }
  if (seen_.size() >= kMost)
    std::erase_if(seen_, [&](const auto& one) { return now - one.second.shown >= kInterval; });
  if (seen_.size() < kMost) seen_.emplace(line, Seen{.shown = now});
  return 0;
}

}  // namespace skerry::program
