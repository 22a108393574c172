#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "native-host/metrics/registry.hpp"

namespace skerry::program {

/// Counts the requests to one function: `skerry_http_requests_total{function,code}` and
/// `skerry_http_request_duration_seconds{function}`. Thread-safe; a status that was seen before takes no
/// lock.
class RequestMeter {
 public:
  RequestMeter(metrics::Registry& registry, std::string function);

  void observe(int status, std::chrono::nanoseconds time);
  /// `observe` of this object, which must live longer.
  [[nodiscard]] std::function<void(int, std::chrono::nanoseconds)> observer() {
    return [this](int status, std::chrono::nanoseconds time) { observe(status, time); };
  }

 private:
  const metrics::Counter& make(std::size_t status);

  metrics::Registry& registry_;
  std::string function_;
  metrics::Histogram durations_;
  std::array<std::atomic<const metrics::Counter*>, 600> by_status_{};
  std::mutex mutex_;
  std::deque<metrics::Counter> counters_;
};

}  // namespace skerry::program
