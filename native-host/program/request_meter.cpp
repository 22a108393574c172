#include "native-host/program/request_meter.hpp"

#include <algorithm>
#include <utility>

namespace skerry::program {

RequestMeter::RequestMeter(metrics::Registry& registry, std::string function)
    : registry_(registry),
      function_(std::move(function)),
      durations_(registry.histogram("skerry_http_request_duration_seconds",
                                    "From a request's head to the end of its response",
                                    {{"function", function_}})) {}

void RequestMeter::observe(int status, std::chrono::nanoseconds time) {
  const auto index = static_cast<std::size_t>(std::clamp(status, 0, 599));
  const auto* counter = by_status_.at(index).load(std::memory_order_acquire);
  (counter != nullptr ? *counter : make(index)).add();
  durations_.observe(std::chrono::duration<double>(time).count());
}

const metrics::Counter& RequestMeter::make(std::size_t status) {
  const std::lock_guard lock(mutex_);
  auto& slot = by_status_.at(status);
  if (const auto* made = slot.load(std::memory_order_relaxed)) return *made;
  slot.store(
      &counters_.emplace_back(registry_.counter("skerry_http_requests_total", "Requests answered",
                                                {{"function", function_}, {"code", std::to_string(status)}})),
      std::memory_order_release);
  return counters_.back();
}

}  // namespace skerry::program
