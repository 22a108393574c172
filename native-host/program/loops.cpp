#include "native-host/program/loops.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace skerry::program {

using std::chrono::milliseconds;

void Loops::add(Loop loop) {
  auto& running = *loops_.emplace_back(std::make_unique<Running>());
  running.loop = std::move(loop);
}

void Loops::start() {
  for (const auto& running : loops_)
    running->thread = std::jthread([this, &running = *running, alarm = clock_->alarm()](
                                       const std::stop_token& stop) { run(running, *alarm, stop); });
}

void Loops::stop() {
  for (const auto& running : loops_) running->thread.request_stop();
  for (const auto& running : loops_)
    if (running->thread.joinable()) running->thread.join();
}

bool Loops::have_begun() const {
  return std::ranges::all_of(loops_,
                             [](const auto& running) { return !running->loop.of_start || running->begun; });
}

void Loops::run(Running& running, Alarm& alarm, const std::stop_token& stop) {
  const Loop& loop = running.loop;
  const auto pause = [&](milliseconds time) { alarm.wait(clock_->now() + time, stop); };
  const auto longest_retry = loop.longest_retry.count() > 0 ? loop.longest_retry : loop.interval;
  const auto first_retry = loop.retry.count() > 0 ? std::min(loop.retry, longest_retry) : loop.interval;
  auto retry = first_retry;
  if (!loop.at_once) pause(loop.interval);
  while (!stop.stop_requested()) {
    const auto began = clock_->uptime();
    bool well = false;
    try {
      well = loop.work(stop).has_value();
    } catch (const std::exception& error) {
      report_->error("failed", {"loop_failed", "The loop " + loop.name + " failed: " + error.what()});
    }
    running.begun = true;
    const auto took = clock_->uptime() - began;
    if (well) retry = first_retry;
    const auto wait = well ? std::max(loop.interval - took, milliseconds(0))
                           : std::exchange(retry, std::min(retry * 2, longest_retry));
    pause(wait);
  }
}

}  // namespace skerry::program
