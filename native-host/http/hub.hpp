#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace skerry::http {

/// What subscribers get: one object for all of them.
struct Message {
  std::string data = {};
  bool binary = false;  ///< a WebSocket's kind of message; Server-Sent Events are text, and skip binary ones
  // Of Server-Sent Events alone (event_stream.hpp):
  std::string event = {};
  std::string id = {};
};
using SharedMessage = std::shared_ptr<const Message>;

/// What waits to be sent to one subscriber, within bounds. Thread-safe.
class Outbox {
 public:
  struct Limits {
    std::size_t messages = 256;
    std::size_t bytes = std::size_t{1} << 20U;  ///< of their data; a message that is larger alone never fits
  };

  /// `wake` is called by the thread that publishes, after something came where nothing was, and once when the
  /// box overflows; it must be quick and not throw.
  Outbox(Limits limits, std::function<void()> wake) : limits_(limits), wake_(std::move(wake)) {}

  /// Never waits. What doesn't fit ends the box: all that is in it is dropped, and nothing comes in any more.
  void put(const SharedMessage& message);
  /// The oldest, or null.
  SharedMessage take();
  /// How many messages were dropped when it overflowed; 0: it has not.
  [[nodiscard]] std::uint64_t dropped() const;
  /// It has something to take, or has overflowed.
  [[nodiscard]] bool has_news() const;

 private:
  const Limits limits_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<SharedMessage> messages_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

/// Passes each message to all who have subscribed. Publishing takes a lock and an entry in a queue for each
/// subscriber; it waits for nobody: whoever is too slow for what is published loses his subscription, is told
/// (WebSocket: close code 1013; Server-Sent Events: an event `dropped`), and cut off. Thread-safe; it must
/// live longer than its subscriptions.
class Hub {
 public:
  Hub() = default;
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Ends with its destructor.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&& other) noexcept
        : hub_(std::exchange(other.hub_, nullptr)), outbox_(std::move(other.outbox_)) {}
    Subscription& operator=(Subscription&& other) noexcept {
      std::swap(hub_, other.hub_);
      outbox_.swap(other.outbox_);
      return *this;
    }
    ~Subscription() {
      if (hub_ != nullptr) hub_->leave(outbox_);
    }

   private:
    friend class Hub;
    Subscription(Hub& hub, std::shared_ptr<Outbox> outbox) : hub_(&hub), outbox_(std::move(outbox)) {}

    Hub* hub_ = nullptr;
    std::shared_ptr<Outbox> outbox_;
  };

  [[nodiscard]] Subscription subscribe(std::shared_ptr<Outbox> outbox);
  void publish(const SharedMessage& message);
  void publish(Message message) { publish(std::make_shared<const Message>(std::move(message))); }
  [[nodiscard]] std::size_t subscribers() const;

 private:
  void leave(const std::shared_ptr<Outbox>& outbox);

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Outbox>> outboxes_;
};

}  // namespace skerry::http
