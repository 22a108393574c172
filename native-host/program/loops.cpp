#include "native-host/program/loops.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "native-host/program/pause.hpp"

namespace skerry::program {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

void Loops::add(Loop loop) {
  auto& running = *loops_.emplace_back(std::make_unique<Running>());
  running.loop = std::move(loop);
}

void Loops::start() {
  for (const auto& running : loops_)
    running->thread =
        std::jthread([this, &running = *running](const std::stop_token& stop) { run(running, stop); });
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

void Loops::run(Running& running, const std::stop_token& stop) {
  const Loop& loop = running.loop;
  const auto first_retry = loop.retry.count() > 0 ? std::min(loop.retry, loop.interval) : loop.interval;
  auto retry = first_retry;
  if (!loop.at_once) pause(loop.interval, stop);
  while (!stop.stop_requested()) {
    const auto began = SteadyClock::now();
    bool well = false;
    try {
      well = loop.work(stop).has_value();
    } catch (const std::exception& error) {
      report_->error("failed", {"loop_failed", "The loop " + loop.name + " failed: " + error.what()});
    }
    running.begun = true;
    const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began);
    if (well) retry = first_retry;
    const auto wait = well ? std::max(loop.interval - took, milliseconds(0))
                           : std::exchange(retry, std::min(retry * 2, loop.interval));
    pause(wait, stop);
  }
}

}  // namespace skerry::program
