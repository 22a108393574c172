#include "native-host/http/worker.hpp"

#include <algorithm>
#include <csignal>
#include <vector>

#include "native-host/http/connection.hpp"

namespace skerry::http {
namespace {

constexpr int kUnavailable = 503;
// After that nobody is surprised who is closed in the middle of a head.
constexpr auto kHeadOnItsWay = std::chrono::seconds(1);
constexpr std::size_t kLogBatch = std::size_t{32} * 1024;
// What those that gave way get together before what is ready has its turn again.
constexpr auto kRound = std::chrono::milliseconds(2);

}  // namespace

void Worker::start(std::function<void()> on_end) {
  tick();
  thread_ = std::thread([this, on_end = std::move(on_end)] {
    // sendfile(2) and OpenSSL have no MSG_NOSIGNAL.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    inbox_->open();
    io_.run();
    inbox_->close();
    flush_log();
    on_end();
  });
}

void Worker::adopt(Arrival arrival) {
  open_.fetch_add(1, std::memory_order_relaxed);
  asio::post(io_, [this, arrival = std::move(arrival)]() mutable { receive(std::move(arrival)); });
}

void Worker::receive(Arrival arrival) {
  if (closed_) return note_leave();
  // Nobody leaves for one who is refused anyway.
  if (arrival.beyond && (arrival.refused_with != 0 || !make_room())) {
    const auto& all = shared_.workers;
    if (arrival.refused_with == 0 && ++arrival.asked < all.size()) {
      all[(index_ + 1) % all.size()]->adopt(std::move(arrival));
      return note_leave();
    }
    arrival.refused_with = kUnavailable;
  }
  serve(std::move(arrival));
}

bool Worker::make_room() {
  const auto since = [](const SparedList& list) {
    return list.empty() ? SteadyClock::time_point::max() : list.front().since;
  };
  auto& longest = since(shaking_) < since(expecting_) ? shaking_ : expecting_;
  const bool late = !longest.empty() && SteadyClock::now() - longest.front().since > kHeadOnItsWay;
  auto& from = late ? longest : idle_;
  if (from.empty()) return false;
  static_cast<Connection&>(from.front()).give_up();
  return true;
}

bool Worker::begin_handshake() {
  if (handshakes_ >= most_handshakes_) {
    if (shaking_.empty()) return false;
    static_cast<Connection&>(shaking_.front()).give_up();
  }
  ++handshakes_;
  return true;
}

void Worker::give_way(std::coroutine_handle<> who) {
  gave_way_.push_back(who);
  if (!std::exchange(resuming_, true)) asio::post(io_, [this] { resume_some(); });
}

/// In their order, so that each has its turn; the rest goes on behind what is ready by then.
void Worker::resume_some() {
  const auto end = SteadyClock::now() + kRound;
  for (auto left = gave_way_.size(); left > 0; --left) {
    const auto next = gave_way_.front();
    gave_way_.pop_front();
    next.resume();
    if (SteadyClock::now() >= end) break;
  }
  resuming_ = !gave_way_.empty();
  if (resuming_) asio::post(io_, [this] { resume_some(); });
}

Detached Worker::serve(Arrival arrival) {
  try {
    Connection connection(*this, std::move(arrival));
    co_await connection.run();
  } catch (...) {
    report("A connection ended with an exception.");
  }
  note_leave();
}

void Worker::note_leave() {
  open_.fetch_sub(1, std::memory_order_relaxed);
  end_if_drained();
}

void Worker::tick() {
  const auto& limits = options();
  tick_.expires_after(std::clamp(std::min(limits.idle_timeout, limits.request_timeout) / 4,
                                 std::chrono::milliseconds(10), std::chrono::milliseconds(500)));
  tick_.async_wait([this](const error_code&) {
    if (!guard_.owns_work()) return;
    const auto now = SteadyClock::now();
    // What is woken may end, and leave the list.
    std::vector<Connection*> late;
    for (auto* connection : connections_)
      if (connection->is_late(now)) late.push_back(connection);
    for (auto* connection : late)
      if (connections_.contains(connection)) connection->wake_late(now);
    if (shared_.tls) shared_.tls->look(now);
    flush_log();
    tick();
  });
}

void Worker::log_access(const Request& request, const AccessEntry& entry) {
  if (options().access_line)
    options().access_line(log_, request, entry);
  else
    append_access_line(log_, entry);
  if (log_.size() > kLogBatch) flush_log();
}

void Worker::drain() {
  asio::post(io_, [this] {
    draining_ = true;
    const std::vector<Connection*> all(connections_.begin(), connections_.end());
    for (auto* connection : all)
      if (connections_.contains(connection)) connection->drain();
    end_if_drained();
  });
}

void Worker::close_all() {
  asio::post(io_, [this] {
    closed_ = true;
    const std::vector<Connection*> all(connections_.begin(), connections_.end());
    for (auto* connection : all)
      if (connections_.contains(connection)) connection->close();
  });
}

}  // namespace skerry::http
