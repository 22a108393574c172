#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "native-host/events/meters.hpp"
#include "native-host/events/queue.hpp"

namespace skerry::events {

/// What became of a batch.
struct Taken {
  std::uint32_t accepted = 0;
  std::uint32_t duplicates = 0;
};

/// The door of a queue: each id is let through once for each key (`EventName`). An event whose id is on its
/// way in another batch waits for that one's outcome; one whose id is durable already is a duplicate, and
/// counts as taken. Thread-safe. The queue must live as long as anything is appended here.
class Intake {
 public:
  struct Options {
    std::chrono::milliseconds window = std::chrono::hours(1);
    std::size_t ids = 1'000'000;
    Meters meters = {};
    std::function<std::chrono::steady_clock::time_point()> clock = {};  ///< empty: the system's
  };
  using Done = std::move_only_function<void(Result<Taken>)>;

  /// Knows the ids of the queue's last records again. `now` is the time of day. Error: the queue's.
  static Result<std::unique_ptr<Intake>> open(Queue& queue, Options options, Time now);

  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// Never blocks. `done` is called once, from any thread, perhaps before this returns. Errors:
  /// `batch_invalid` (no batch of `count` records), and the queue's; then none or some of the events are
  /// durable, and the whole batch is to be sent again.
  void append(std::string batch, std::uint32_t count, Done done);

 private:
  class State;
  explicit Intake(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace skerry::events
