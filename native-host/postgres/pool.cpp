#include "native-host/postgres/pool.hpp"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace skerry::postgres {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Pool::State {
  State(PoolOptions chosen, std::string place) : options(std::move(chosen)), conninfo(std::move(place)) {
    options.size = std::max<std::size_t>(options.size, 1);
  }

  struct Loan {
    std::string purpose;
    Clock::time_point since;
  };

  Result<Lease> take(const std::shared_ptr<State>& self, std::string_view purpose, Bounds bounds);
  Result<Lease> connect(const std::shared_ptr<State>& self, std::unique_lock<std::mutex>& lock,
                        std::string_view purpose, Bounds bounds, Clock::time_point deadline);
  Lease lend(const std::shared_ptr<State>& self, Connection connection, std::string_view purpose,
             Bounds bounds);
  void give_back(std::uint64_t loan, std::uint64_t from, Connection connection);

  /// What a caller is told while nothing can be had; nothing while it is worth waiting.
  [[nodiscard]] std::optional<Error> away() const {
    if (closed) return Error{"stopped", "The database's connections are closed.", ErrorKind::stopped};
    if (conninfo.empty())
      return Error{"db_unreachable", "The database is not there yet.", ErrorKind::unavailable};
    if (!error || !idle.empty()) return std::nullopt;
    if (probing || Clock::now() < not_before) return error;
    return std::nullopt;
  }
  [[nodiscard]] bool may_go(std::uint64_t ticket) const {
    return away() || (queue.front() == ticket && (!idle.empty() || open < options.size));
  }
  void leave_queue(std::uint64_t ticket) {
    std::erase(queue, ticket);
    changed.notify_all();
  }
  [[nodiscard]] Error busy(milliseconds waited) const;
  /// Takes all that are idle out, to be closed without the lock.
  [[nodiscard]] std::vector<Connection> take_idle() {
    open -= idle.size();
    return std::exchange(idle, {});
  }
  void note() const {
    assert(idle.size() <= open);
    options.meters.open.set(static_cast<double>(open));
    options.meters.in_use.set(static_cast<double>(loans.size()));
  }

  PoolOptions options;  ///< never changes
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::string conninfo;
  std::uint64_t place = 0;  ///< counts the addresses
  std::vector<Connection> idle;
  std::size_t open = 0;  ///< idle, lent out, or being made
  std::map<std::uint64_t, Loan> loans;
  std::deque<std::uint64_t> queue;  ///< who waits, the first one first
  std::uint64_t numbers = 0;        ///< of loans and of those who wait
  std::optional<Error> error;       ///< of the last connection
  bool probing = false;             ///< somebody looks whether it is over
  Clock::time_point not_before = {};
  milliseconds backoff = {};
  bool closed = false;
};

/// Where a lease goes when it ends.
struct Lease::Home {
  std::shared_ptr<Pool::State> pool;
  std::uint64_t loan = 0;
  std::uint64_t place = 0;
};

PoolMeters PoolMeters::of(metrics::Registry& registry) {
  return {
      .open = registry.gauge("skerry_db_pool_open", "Connections of the pool"),
      .in_use = registry.gauge("skerry_db_pool_in_use", "Connections of the pool that are lent out"),
      .wait = registry.histogram("skerry_db_pool_wait_seconds", "Until a connection of the pool is lent out"),
      .busy = registry.counter("skerry_db_pool_busy_total", "Waits for a connection of the pool in vain")};
}

Error Pool::State::busy(milliseconds waited) const {
  std::string message = "All " + std::to_string(options.size) +
                        " connections to PostgreSQL are in use, and were so for " +
                        std::to_string(waited.count()) + " ms.";
  const auto longest =
      std::ranges::min_element(loans, {}, [](const auto& entry) { return entry.second.since; });
  if (longest != loans.end()) {
    const auto time = std::chrono::floor<std::chrono::seconds>(Clock::now() - longest->second.since);
    message += " For longest, " + std::to_string(time.count()) + " s: " + longest->second.purpose + ".";
  }
  return {"db_busy", std::move(message), ErrorKind::busy};
}

Lease Pool::State::lend(const std::shared_ptr<State>& self, Connection connection, std::string_view purpose,
                        Bounds bounds) {
  const auto loan = ++numbers;
  loans[loan] = {.purpose = std::string(purpose), .since = Clock::now()};
  note();
  connection.set_bounds(std::move(bounds));
  return {std::move(connection), std::make_unique<Lease::Home>(self, loan, place)};
}

/// A new one, made without the lock; `open` counts it already.
Result<Lease> Pool::State::connect(const std::shared_ptr<State>& self, std::unique_lock<std::mutex>& lock,
                                   std::string_view purpose, Bounds bounds, Clock::time_point deadline) {
  const auto target = conninfo;
  const auto target_place = place;
  const bool is_probe = error.has_value();
  probing = probing || is_probe;
  lock.unlock();
  auto how = options.connect;
  how.stop = bounds.stop;
  how.until = std::min(how.until, deadline);
  auto connection = Connection::open(target, how);
  lock.lock();
  if (is_probe) probing = false;
  changed.notify_all();
  const bool is_current = target_place == place && !closed;
  if (connection && is_current) {
    error.reset();
    backoff = {};
    return lend(self, *std::move(connection), purpose, std::move(bounds));
  }
  --open;
  note();
  if (connection) {
    lock.unlock();  // closing may take a moment
    return fail(ErrorKind::unavailable, "db_unreachable", "The database has moved meanwhile.");
  }
  if (is_current && connection.error().kind != ErrorKind::stopped) {
    error = connection.error();
    backoff = std::clamp(backoff * 2, options.backoff, options.max_backoff);
    not_before = Clock::now() + backoff;
  }
  return std::unexpected(std::move(connection.error()));
}

Result<Lease> Pool::State::take(const std::shared_ptr<State>& self, std::string_view purpose, Bounds bounds) {
  const auto began = Clock::now();
  const auto deadline = std::min(began + options.wait, bounds.until);
  std::vector<Connection> lost;  // closed when the lock is gone
  std::unique_lock lock(mutex);
  const auto ticket = ++numbers;
  queue.push_back(ticket);
  for (;;) {
    const bool in_time = changed.wait_until(lock, bounds.stop, deadline, [&] { return may_go(ticket); });
    if (bounds.stop.stop_requested()) {
      leave_queue(ticket);
      return fail(ErrorKind::stopped, "stopped", "The program is stopping.");
    }
    if (auto reason = away()) {
      leave_queue(ticket);
      return std::unexpected(*std::move(reason));
    }
    if (!in_time) {
      leave_queue(ticket);
      options.meters.busy.add();
      return std::unexpected(busy(std::chrono::round<milliseconds>(Clock::now() - began)));
    }
    if (idle.empty()) break;
    auto connection = std::move(idle.back());
    idle.pop_back();
    if (connection.check()) {
      leave_queue(ticket);
      options.meters.wait.observe(std::chrono::duration<double>(Clock::now() - began).count());
      return lend(self, std::move(connection), purpose, std::move(bounds));
    }
    // As that of the others is, most likely.
    --open;
    lost.push_back(std::move(connection));
    std::ranges::move(take_idle(), std::back_inserter(lost));
    note();
  }
  ++open;
  note();
  leave_queue(ticket);
  auto made = connect(self, lock, purpose, std::move(bounds), deadline);
  if (made) options.meters.wait.observe(std::chrono::duration<double>(Clock::now() - began).count());
  return made;
}

void Pool::State::give_back(std::uint64_t loan, std::uint64_t from, Connection connection) {
  std::vector<Connection> lost;
  const bool is_whole = connection.idle();
  const bool is_alive = connection.alive();
  const std::lock_guard lock(mutex);
  loans.erase(loan);
  if (is_whole && from == place && !closed) {
    connection.set_bounds({});  // or it would keep a stop token that is none of its business
    idle.push_back(std::move(connection));
  } else {
    --open;
    lost.push_back(std::move(connection));
    if (!is_alive && from == place) std::ranges::move(take_idle(), std::back_inserter(lost));
  }
  note();
  changed.notify_all();
}

Lease::Lease(Connection connection, std::unique_ptr<Home> home)
    : connection_(std::move(connection)), home_(std::move(home)) {}
Lease::Lease(Lease&&) noexcept = default;
Lease::~Lease() {
  if (home_ != nullptr) home_->pool->give_back(home_->loan, home_->place, *std::move(connection_));
}

Pool::Pool(PoolOptions options, std::string conninfo)
    : state_(std::make_shared<State>(std::move(options), std::move(conninfo))) {}

Pool::~Pool() {
  std::vector<Connection> idle;
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  idle = state_->take_idle();
  state_->note();
  state_->changed.notify_all();
}

void Pool::set_conninfo(std::string conninfo) {
  std::vector<Connection> idle;
  const std::lock_guard lock(state_->mutex);
  state_->error.reset();
  state_->backoff = {};
  if (state_->conninfo != conninfo) {
    state_->conninfo = std::move(conninfo);
    ++state_->place;
    idle = state_->take_idle();
    state_->note();
  }
  state_->changed.notify_all();
}

Result<Lease> Pool::take(std::string_view purpose, Bounds bounds) {
  const auto state = state_;  // kept, should the pool end meanwhile
  return state->take(state, purpose, std::move(bounds));
}

PoolState Pool::state() const {
  const std::lock_guard lock(state_->mutex);
  PoolState state{.open = state_->open, .in_use = state_->loans.size(), .waiting = state_->queue.size()};
  state.error = state_->error;
  if (state_->conninfo.empty())
    state.error = Error{"db_unreachable", "The database is not there yet.", ErrorKind::unavailable};
  state.ready = !state.error;
  return state;
}

}  // namespace skerry::postgres
