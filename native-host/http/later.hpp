#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "shared/http.hpp"

namespace skerry::http {

using Work = std::move_only_function<void()>;

/// Work that any thread gives to one thread. However much comes at once, that thread is woken once for it,
/// and again where it is more than what should be done in one go.
class Inbox {
 public:
  /// `wake` makes the thread call `run()` soon; it is called by any thread, never after `close()`.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// From any thread. After `close()` the work is dropped. What it throws is lost.
  void post(Work work);

  // From the one thread.

  /// Says which thread it is.
  void open() { thread_ = std::this_thread::get_id(); }
  void run();
  /// Drops what is left.
  void close();

  /// True on the one thread. From any thread, once it is open.
  [[nodiscard]] bool is_here() const { return std::this_thread::get_id() == thread_; }

 private:
  std::function<void()> wake_;
  std::thread::id thread_;
  std::mutex mutex_;
  std::vector<Work> work_;
  std::vector<Work> running_;  // of the one thread; kept for its memory
  std::size_t next_ = 0;       // of those that run
  bool woken_ = false;
  bool closed_ = false;
};

/// A request whose handler answers later: it belongs to its connection and to its `Later`, whichever lives
/// longer.
struct Pending {
  Request request;
  std::shared_ptr<Inbox> inbox;
  Response response = {};
  bool answered = false;  ///< or else the `Later` was dropped

  // Of the connection's thread alone.
  bool calling = true;  ///< the handler has not returned yet
  bool over = false;    ///< `response` and `answered` are final
  Work wake = {};       ///< the connection, where it waits
};

/// The answer to one request, to be given once, from any thread. One that is destroyed without an answer
/// answers 500. It may outlive the server: then nothing happens. While it lives, so does the request.
class Later {
 public:
  explicit Later(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}
  Later(Later&&) noexcept = default;
  Later& operator=(Later&&) = delete;
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;
  ~Later() {
    if (pending_) end(std::move(pending_));
  }

  void operator()(Response response) {
    pending_->response = std::move(response);
    pending_->answered = true;
    end(std::move(pending_));
  }

  /// Does work on the thread of the request's connection, soon; from any thread, and longer than this object
  /// lives. When the server has ended, the work is dropped.
  [[nodiscard]] std::move_only_function<void(Work)> worker() const {
    return [inbox = pending_->inbox](Work work) { inbox->post(std::move(work)); };
  }

 private:
  static void end(std::shared_ptr<Pending> pending);

  std::shared_ptr<Pending> pending_;
};

}  // namespace skerry::http
