#include "native-host/edge/pauses.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

namespace skerry::edge {

void Pauses::lengthen(Response& response, Time now) {
  constexpr std::int64_t kOver = 120'000, kPart = 4, kMost = 60, kMillis = 1000;
  const auto asked = response.headers.get("Retry-After");
  if (response.status != 503 || !asked) return;
  std::int64_t pause = 0;
  const auto [end, error] = std::from_chars(asked->data(), asked->data() + asked->size(), pause);
  if (error != std::errc() || end != asked->data() + asked->size()) return;
  const std::int64_t ms = now.time_since_epoch().count();
  const auto last = last_.exchange(ms);
  if (ms < last || ms > last + kOver) since_ = ms;
  pause += std::clamp<std::int64_t>((ms - since_) / kMillis / kPart, 0, kMost);
  response.headers.set("Retry-After", std::to_string(pause));
}

}  // namespace skerry::edge
