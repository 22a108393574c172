#include "native-host/events/limits.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "shared/hex.hpp"
#include "shared/routes.hpp"

namespace skerry::events {
namespace {

constexpr double kShortest = 5;  // seconds
constexpr double kLongest = 300;
constexpr double kJitter = 0.25;
constexpr double kDay = 86'400;
constexpr unsigned kMostDoublings = 6;

Hash128 random_hash() {
  std::random_device device;
  const auto word = [&] { return std::uint64_t{device()} << 32U | device(); };
  return {.low = word(), .high = word()};
}

double seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

const std::string& part_of(const Sender& sender, std::size_t scope) {
  const std::array parts{&sender.client, &sender.site, &sender.key};
  return *parts.at(scope);
}

/// What is there after a while; where there is no limit, nothing is ever missing.
double grown(double level, double rate, double capacity, double time) {
  return rate > 0 ? std::min(capacity, level + rate * time) : 0;
}

/// Until something is there again.
double wait_of(double level, double rate) {
  return rate > 0 && level <= 0 ? -level / rate : -1;
}

}  // namespace

std::string_view name_of(Limits::By by) {
  switch (by) {
    case Limits::By::client: return "client";
    case Limits::By::site: return "site";
    case Limits::By::key: break;
  }
  return "key";
}

std::string site_of(const Request& request) {
  std::string_view origin = request.headers.get("Origin").value_or("");
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos) return to_lower(host_name(request));
  origin.remove_prefix(scheme + 3);
  const auto port = origin.starts_with('[') ? origin.find("]:") : origin.find(':');
  if (port != std::string_view::npos) origin = origin.substr(0, origin.starts_with('[') ? port + 1 : port);
  return to_lower(origin);
}

Limits::Limits(Options options)
    : options_(std::move(options)), secret_(random_hash()), random_(std::random_device{}()) {}

bool Limits::is_limited(std::size_t scope, std::string_view who) const {
  const auto& rate = options_.rates.at(scope);
  return options_.burst.count() > 0 && !who.empty() &&
         (rate.events > 0 || rate.bytes > 0 || rate.daily_bytes > 0);
}

/// As of now, and the first of all. The scope's lock is held.
Limits::Entry& Limits::find(std::size_t scope, std::string_view who, TimePoint now) {
  auto& [mutex, entries, places] = scopes_.at(scope);
  const auto& rate = options_.rates.at(scope);
  const auto burst = static_cast<double>(options_.burst.count());
  const auto hash = siphash(secret_, who);
  if (const auto found = places.find(hash); found != places.end()) {
    entries.splice(entries.begin(), entries, found->second);
    auto& entry = entries.front();
    const auto time = std::max(0.0, seconds(now - entry.at));
    entry.events = grown(entry.events, rate.events, rate.events * burst, time);
    entry.bytes = grown(entry.bytes, rate.bytes, rate.bytes * burst, time);
    entry.daily = grown(entry.daily, rate.daily_bytes / kDay, rate.daily_bytes, time);
    entry.at = std::max(entry.at, now);
    return entry;
  }
  if (entries.size() >= std::max<std::size_t>(options_.most, 1)) {
    places.erase(entries.back().who);
    entries.pop_back();
  }
  entries.push_front({.who = hash,
                      .events = rate.events * burst,
                      .bytes = rate.bytes * burst,
                      .daily = rate.daily_bytes,
                      .at = now,
                      .until = now});
  places.emplace(hash, entries.begin());
  return entries.front();
}

std::optional<std::chrono::seconds> Limits::refuse_one(std::size_t scope, std::string_view who,
                                                       TimePoint now) {
  if (!is_limited(scope, who)) return std::nullopt;
  const auto& rate = options_.rates.at(scope);
  const std::lock_guard lock(scopes_.at(scope).mutex);
  auto& entry = find(scope, who, now);
  const auto room = std::max({wait_of(entry.events, rate.events), wait_of(entry.bytes, rate.bytes),
                              wait_of(entry.daily, rate.daily_bytes / kDay)});
  if (room < 0) {
    entry.refused = 0;
    return std::nullopt;
  }
  // Who comes before it was told to is told the same, and not longer each time.
  if (entry.refused == 0 || now >= entry.until) {
    const auto doubled = std::min(kLongest, std::ldexp(kShortest, static_cast<int>(entry.refused)));
    entry.refused = std::min(entry.refused + 1, kMostDoublings);
    const auto wait = std::chrono::duration<double>(std::max(room, doubled));
    entry.until = now + std::chrono::duration_cast<TimePoint::duration>(wait);
  }
  const auto left = seconds(entry.until - now);
  return std::chrono::seconds(
      static_cast<std::int64_t>(std::ceil(std::max(1.0, left) * (1 + kJitter * chance()))));
}

std::optional<Limits::Refusal> Limits::refuse(const Sender& sender, TimePoint now) {
  for (std::size_t scope = 0; scope < kScopes; ++scope)
    if (const auto wait = refuse_one(scope, part_of(sender, scope), now))
      return Refusal{.by = static_cast<By>(scope), .retry_after = *wait};
  return std::nullopt;
}

void Limits::take(const Sender& sender, double events, double bytes, TimePoint now) {
  for (std::size_t scope = 0; scope < kScopes; ++scope) {
    const auto& who = part_of(sender, scope);
    if (!is_limited(scope, who)) continue;
    const std::lock_guard lock(scopes_.at(scope).mutex);
    auto& entry = find(scope, who, now);
    entry.events -= events;
    entry.bytes -= bytes;
    entry.daily -= bytes;
  }
}

double Limits::chance() {
  if (options_.chance) return options_.chance();
  const std::lock_guard lock(random_mutex_);
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

}  // namespace skerry::events
