#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "native-host/http/memory.hpp"
#include "shared/address.hpp"

namespace skerry::http {

/// What one client has of a server, whichever of its connections it comes by.
class Peer {
 public:
  using Clock = std::chrono::steady_clock;

  /// Requests from now on, at most `per_second` on average, twice as many after a pause; so many bytes of
  /// memory at once. 0: no limit.
  explicit Peer(unsigned per_second, std::uint64_t memory = 0);
  /// Counts one request; false: it comes too soon, and doesn't count. From any thread.
  bool take_request(Clock::time_point now);
  /// Nothing of what it did limits what it does now.
  [[nodiscard]] bool is_rested(Clock::time_point now) const;
  /// Null: no limit.
  [[nodiscard]] const std::shared_ptr<Share>& share() const { return share_; }

 private:
  const std::int64_t step_;  ///< what a request takes of a second, in ns
  /// When a client that kept to the rate exactly would send the next one (the generic cell rate algorithm).
  std::atomic<std::int64_t> next_{0};
  const std::shared_ptr<Share> share_;  // its own: who has a part of it for a name is not connected
};

/// Who is connected, counted by address: an IPv4 address, also as IPv6 writes it, and the /64 of IPv6, which
/// one host has to itself. Thread-safe; the number of clients that it remembers is that of the connected ones
/// and of those that were, or were named, within the last two seconds or have something in memory, or twice
/// that.
class Peers {
 public:
  struct Limits {
    unsigned connections = 0;            ///< at once; 0: no limit
    unsigned requests = 0;               ///< a second; 0: no limit
    std::uint64_t memory = 0;            ///< of heads, bodies and buffers at once, in bytes; 0: no limit
    std::vector<Prefix> unlimited = {};  ///< whom no limit is for
  };
  enum class Door { open, refused, shut };
  struct Entry {
    Door door = Door::open;
    /// It counts as connected while somebody has this. Null for whom there is no limit.
    std::shared_ptr<Peer> peer = nullptr;
  };

  explicit Peers(Limits limits) : limits_(std::move(limits)) {}

  /// For a new connection. `refused`: beyond the limit, and is told so; `shut`: too many are being told.
  /// `client` is its address; who has none, at a Unix socket, has no limit.
  Entry enter(std::string_view client, Peer::Clock::time_point now);
  struct Named {
    bool too_soon = false;
    std::shared_ptr<Share> share = nullptr;  ///< null: no limit
  };
  /// Counts a request of a client that a proxy names, unless it comes too soon.
  Named take_request(const skerry::Address& client, Peer::Clock::time_point now);
  /// How many clients it remembers.
  [[nodiscard]] std::size_t size() const;

 private:
  [[nodiscard]] bool is_unlimited(const skerry::Address& client) const;
  std::shared_ptr<Peer>& remember(const skerry::Address& client, Peer::Clock::time_point now);
  void sweep(Peer::Clock::time_point now);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Peer>> peers_;
  std::size_t sweep_at_ = 1024;
};

}  // namespace skerry::http
