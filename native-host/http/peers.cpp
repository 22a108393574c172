#include "native-host/http/peers.hpp"

#include <algorithm>
#include <tuple>

namespace skerry::http {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// Of one client, beyond its limit: they are told, as long as they are few.
constexpr long kRefused = 8;
constexpr std::size_t kFirstSweep = 1024;

std::int64_t nanoseconds(Peer::Clock::time_point time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

}  // namespace

Peer::Peer(unsigned per_second, std::uint64_t memory)
    : step_(per_second == 0 ? 0 : std::max<std::int64_t>(kSecond / per_second, 1)),
      share_(memory == 0 ? nullptr : std::make_shared<Share>(memory)) {}

bool Peer::take_request(Clock::time_point now) {
  if (step_ == 0) return true;
  const auto time = nanoseconds(now);
  auto next = next_.load(std::memory_order_relaxed);
  std::int64_t then = 0;
  do {
    then = std::max(next, time - kSecond) + step_;
    if (then > time + kSecond) return false;
  } while (!next_.compare_exchange_weak(next, then, std::memory_order_relaxed));
  return true;
}

bool Peer::is_rested(Clock::time_point now) const {
  return next_.load(std::memory_order_relaxed) <= nanoseconds(now) - kSecond;
}

Peers::Entry Peers::enter(std::string_view client, Peer::Clock::time_point now) {
  if (limits_.connections == 0 && limits_.requests == 0 && limits_.memory == 0) return {};
  const auto address = skerry::Address::parse(client);
  if (!address || is_unlimited(*address)) return {};
  const std::lock_guard lock(mutex_);
  const auto& peer = remember(*address, now);
  // One of the owners is the table.
  const auto connected = peer.use_count() - 1;
  const auto most = static_cast<long>(limits_.connections);
  if (most == 0 || connected < most) return {Door::open, peer};
  return connected < most + kRefused ? Entry{Door::refused, peer} : Entry{Door::shut};
}

Peers::Named Peers::take_request(const skerry::Address& client, Peer::Clock::time_point now) {
  if ((limits_.requests == 0 && limits_.memory == 0) || is_unlimited(client)) return {};
  const std::lock_guard lock(mutex_);
  auto& peer = *remember(client, now);
  if (!peer.take_request(now)) return {.too_soon = true};
  return {.share = peer.share()};
}

bool Peers::is_unlimited(const skerry::Address& client) const {
  return std::ranges::any_of(limits_.unlimited,
                             [&](const Prefix& prefix) { return prefix.contains(client); });
}

std::shared_ptr<Peer>& Peers::remember(const skerry::Address& client, Peer::Clock::time_point now) {
  const auto key = client.host().text();
  if (const auto found = peers_.find(key); found != peers_.end()) return found->second;
  if (peers_.size() >= sweep_at_) sweep(now);
  return peers_.emplace(key, std::make_shared<Peer>(limits_.requests, limits_.memory)).first->second;
}

void Peers::sweep(Peer::Clock::time_point now) {
  std::erase_if(peers_, [&](const auto& entry) {
    const auto& [peer, share] = std::tie(entry.second, entry.second->share());
    return peer.use_count() == 1 && share.use_count() <= 1 && peer->is_rested(now);
  });
  sweep_at_ = std::max(kFirstSweep, 2 * peers_.size());
}

std::size_t Peers::size() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

}  // namespace skerry::http
