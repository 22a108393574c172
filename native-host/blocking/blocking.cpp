#include "native-host/blocking/blocking.hpp"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace skerry::blocking {

struct Pool::Impl {
  explicit Impl(Options of_pool) : options(of_pool) {
    options.threads = std::max(options.threads, 1U);
    threads.reserve(options.threads);
    for (unsigned i = 0; i < options.threads; ++i) threads.emplace_back([this] { run(); });
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stopped || !waiting.empty(); });
      if (stopped) return;
      auto work = std::move(waiting.front());
      waiting.pop_front();
      ++running;
      lock.unlock();
      try {
        work(stop_source.get_token());
      } catch (...) {  // NOLINT(bugprone-empty-catch): the contract
      }
      work = nullptr;
      lock.lock();
      assert(running > 0 && running <= options.threads);
      --running;
    }
  }

  Options options;
  std::stop_source stop_source;
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<Work> waiting;
  std::size_t running = 0;
  bool stopped = false;
  std::mutex join_mutex;
  std::vector<std::thread> threads;
};

Pool::Pool(Options options) : impl_(std::make_unique<Impl>(options)) {}
Pool::~Pool() {
  stop();
}

Result<void> Pool::post(Work work) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopped)
    return fail(ErrorKind::stopped, "pool_stopped", "The pool of threads has been stopped.");
  if (impl_->waiting.size() >= impl_->options.queue)
    return fail(ErrorKind::busy, "pool_full", "Too much work waits for a thread; try again soon.");
  impl_->waiting.push_back(std::move(work));
  impl_->wake.notify_one();
  return {};
}

void Pool::stop() {
  std::deque<Work> dropped;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
    dropped.swap(impl_->waiting);
    impl_->wake.notify_all();
  }
  impl_->stop_source.request_stop();
  dropped.clear();
  const std::lock_guard lock(impl_->join_mutex);
  for (auto& thread : impl_->threads)
    if (thread.joinable()) thread.join();
}

Pool::Load Pool::load() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->waiting.size(), impl_->running};
}

}  // namespace skerry::blocking
