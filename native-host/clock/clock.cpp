#include "native-host/clock/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace skerry {
namespace {

Time system_time() {
  return std::chrono::floor<Time::duration>(std::chrono::system_clock::now());
}

class SystemAlarm final : public Alarm {
 public:
  void wait(Time until, const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, stop, until - system_time(), [&] { return ringing_; });
    ringing_ = false;
  }
  void ring() override {
    {
      const std::lock_guard lock(mutex_);
      ringing_ = true;
    }
    rung_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any rung_;
  bool ringing_ = false;
};

class SystemClock final : public AlarmClock {
 public:
  [[nodiscard]] Time now() const override { return system_time(); }
  [[nodiscard]] Time::duration uptime() const override {
    return std::chrono::floor<Time::duration>(std::chrono::steady_clock::now().time_since_epoch());
  }
  std::unique_ptr<Alarm> alarm() override { return std::make_unique<SystemAlarm>(); }
};

}  // namespace

std::shared_ptr<AlarmClock> make_system_clock() {
  return std::make_shared<SystemClock>();
}

}  // namespace skerry
