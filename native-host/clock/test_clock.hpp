#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>

#include "native-host/clock/clock.hpp"

namespace skerry {

/// A clock that a test owns. It moves by `advance` and `move` alone, or, when it `jumps`, to whatever
/// somebody waits for.
class TestClock final : public AlarmClock {
 public:
  explicit TestClock(Time start, bool jumps = false) : now_(start), jumps_(jumps) {}

  [[nodiscard]] Time now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  [[nodiscard]] Time::duration uptime() const override { return now().time_since_epoch(); }
  std::unique_ptr<Alarm> alarm() override { return std::make_unique<TestAlarm>(*this); }

  /// Returns when all threads that have an alarm wait for a later time: nothing goes on until the clock moves
  /// or somebody rings. Throws where that takes half a minute of real time.
  void settle() {
    std::unique_lock lock(mutex_);
    const auto waits = [&](const TestAlarm* alarm) {
      return alarm->waiting_ && !alarm->ringing_ && alarm->until_ > now_;
    };
    if (!changed_.wait_for(lock, std::chrono::seconds(30),
                           [&] { return std::ranges::all_of(alarms_, waits); })) {
      throw std::runtime_error("somebody is still busy");
    }
  }
  /// From one settled state to the next.
  void advance(Time::duration by) {
    settle();
    move(by);
    settle();
  }
  /// Whatever anybody does meanwhile.
  void move(Time::duration by) {
    {
      const std::lock_guard lock(mutex_);
      now_ += by;
    }
    changed_.notify_all();
  }

 private:
  class TestAlarm final : public Alarm {
   public:
    explicit TestAlarm(TestClock& clock) : clock_(clock) {
      const std::lock_guard lock(clock_.mutex_);
      clock_.alarms_.insert(this);
    }
    ~TestAlarm() override {
      {
        const std::lock_guard lock(clock_.mutex_);
        clock_.alarms_.erase(this);
      }
      clock_.changed_.notify_all();
    }
    void wait(Time until, const std::stop_token& stop) override {
      std::unique_lock lock(clock_.mutex_);
      if (clock_.jumps_ && clock_.now_ < until) clock_.now_ = until;
      until_ = until;
      waiting_ = true;
      clock_.changed_.notify_all();
      clock_.changed_.wait(lock, stop, [&] { return ringing_ || clock_.now_ >= until_; });
      waiting_ = ringing_ = false;
    }
    void ring() override {
      {
        const std::lock_guard lock(clock_.mutex_);
        ringing_ = true;
      }
      clock_.changed_.notify_all();
    }

    TestClock& clock_;
    Time until_;
    bool waiting_ = false;
    bool ringing_ = false;
  };

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Time now_;
  bool jumps_;
  std::set<const TestAlarm*> alarms_;
};

}  // namespace skerry
