#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "native-host/clock/clock.hpp"

namespace skerry::edge {

/// A text that takes a while to make: a thread of its own makes it when somebody asks for it, once for all
/// who wait. It is kept for a while. Thread-safe.
class FreshDocument {
 public:
  using Done = std::move_only_function<void(std::string)>;

  FreshDocument(std::function<std::string()> make, std::chrono::milliseconds keep,
                std::shared_ptr<AlarmClock> clock = make_system_clock());
  FreshDocument(const FreshDocument&) = delete;
  FreshDocument& operator=(const FreshDocument&) = delete;
  /// Who still waits is dropped.
  ~FreshDocument() = default;

  /// `done` is called at once, or by the thread; it is dropped where `make` throws.
  void get(Done done);

 private:
  void work(const std::stop_token& stop);
  [[nodiscard]] bool is_fresh() const;

  std::function<std::string()> make_;
  std::chrono::milliseconds keep_;
  std::shared_ptr<AlarmClock> clock_;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::vector<Done> waiting_;
  std::string text_;
  Time::duration stale_at_{};  ///< of the clock's uptime
  std::jthread thread_;        // last: it uses everything above
};

}  // namespace skerry::edge
