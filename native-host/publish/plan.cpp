#include "native-host/publish/plan.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::publish {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGap{1'100};
constexpr milliseconds kFirstBackoff{1'000};
constexpr milliseconds kLongestBackoff = std::chrono::minutes(5);
constexpr milliseconds kPermanentBackoff = std::chrono::minutes(1);
constexpr Seconds kClockSlack = std::chrono::minutes(5);
constexpr Seconds kLongestPause = std::chrono::hours(1);

/// When the document should go to the target; nothing: never.
std::optional<Time> due_time(const TargetState& state, const Document& document, Time now,
                             const Rules& rules) {
  const auto found = state.keys.find(document.key);
  if (found == state.keys.end()) return now;
  const auto& copy = found->second;
  const bool from_future = copy.as_of > now + kClockSlack;
  if (!from_future) {
    if (copy.as_of > document.as_of) return std::nullopt;
    if (copy.as_of == document.as_of && copy.digest == document.digest) return std::nullopt;
  }
  const bool changed = from_future || copy.digest != document.digest;
  const Time wanted = changed ? now : copy.as_of + rules.refresh - rules.interval;
  // A clock that was set back must not hold anything up.
  return std::max(wanted, std::min(copy.pushed + kGap, now + kGap));
}

}  // namespace

Plan plan(const TargetState& state, std::span<const Document> documents, Time now, const Rules& rules) {
  Plan out;
  const bool pausing = state.not_before > now && state.not_before <= now + kLongestPause + kLongestBackoff;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    auto due = due_time(state, documents[i], now, rules);
    if (!due) continue;
    if (pausing) due = std::max(*due, state.not_before);
    if (*due <= now)
      out.due.push_back(i);
    else
      out.wake = out.wake ? std::min(*out.wake, *due) : *due;
  }
  return out;
}

void record(TargetState& state, std::span<const Document> pushed, const PushResult& result, Time now,
            double jitter) {
  for (const auto& key : result.stored) {
    const auto document = std::ranges::find(pushed, key, &Document::key);
    if (document != pushed.end())
      state.keys[key] = {.as_of = document->as_of, .digest = document->digest, .pushed = now};
  }
  if (!result.failure) {
    state.failures = 0;
    state.failing_since.reset();
    state.error = {};
    state.not_before = {};
    return;
  }
  const auto& failure = *result.failure;
  state.failures = std::min(state.failures + 1, 1000);
  if (!state.failing_since) state.failing_since = now;
  state.error = failure.error;
  auto pause = std::min(kLongestBackoff, kFirstBackoff * (1 << std::min(state.failures - 1, 12)));
  if (failure.permanent) pause = std::max(pause, kPermanentBackoff);
  pause = milliseconds(std::llround(static_cast<double>(pause.count()) * jitter));
  state.not_before = now + std::max<milliseconds>(pause, failure.retry_after);
}

}  // namespace skerry::publish
