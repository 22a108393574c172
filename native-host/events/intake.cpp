#include "native-host/events/intake.hpp"

#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "native-host/events/recent_ids.hpp"
#include "shared/events/event.hpp"

namespace skerry::events {
namespace {

struct LowBits {
  std::size_t operator()(const Hash128& hash) const { return hash.low; }
};

std::uint64_t random_word() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

/// Of what an event is known by; an id has no zero byte.
Hash128 hash_of(const Hash128& secret, const EventName& name) {
  if (name.key.empty()) return siphash(secret, name.id);
  std::string both;
  both.reserve(name.id.size() + 1 + name.key.size());
  both.append(name.id).push_back('\0');
  return siphash(secret, both.append(name.key));
}

/// The batch without some of its records.
std::string without(std::string_view batch, const std::vector<bool>& dropped) {
  std::string kept;
  kept.reserve(batch.size());
  BatchReader reader(batch);
  for (const bool drop : dropped) {
    const auto record = *reader.next();
    const auto size = static_cast<std::uint32_t>(record.size());
    if (!drop) kept.append(record.data() - sizeof size, sizeof size + size);
  }
  return kept;
}

/// A batch until it has its outcome.
struct Flight {
  std::vector<Hash128> ids = {};  ///< that it brings to the queue
  Taken taken = {};
  Intake::Done done;
  std::size_t awaited = 1;  ///< outcomes: its own, and those of the batches that bring its other ids
  std::optional<Error> error = {};
  std::vector<std::shared_ptr<Flight>> followers = {};
};
using FlightPtr = std::shared_ptr<Flight>;

}  // namespace

class Intake::State : public std::enable_shared_from_this<State> {
 public:
  State(Queue& queue, Options options)
      : options_(std::move(options)), queue_(queue), recent_(options_.window, options_.ids) {}

  Result<void> remember(Time now) {
    return queue_.recent(now - options_.window, options_.ids,
                         [weak = weak_from_this()](std::string_view record) {
                           if (const auto state = weak.lock()) state->remember(record);
                         });
  }

  void remember(std::string_view record) {
    const auto name = event_name(record);
    if (!name) return;
    const auto hash = hash_of(key_, *name);
    const auto now = options_.clock();
    const std::lock_guard guard(mutex_);
    recent_.insert(hash, now);
  }

  void append(std::string batch, std::uint32_t count, Done done) {
    const auto hashes = hash_ids(batch);
    if (hashes.size() != count || count == 0) {
      options_.meters.refused.add(count);
      return done(fail(ErrorKind::usage, "batch_invalid", "This is no batch of event records."));
    }
    const auto flight = std::make_shared<Flight>(Flight{.done = std::move(done)});
    const auto dropped = take_off(flight, hashes);
    if (flight->ids.empty()) return land(flight, {});
    const auto brought = static_cast<std::uint32_t>(flight->ids.size());
    if (brought < count) batch = without(batch, dropped);
    queue_.append(
        std::move(batch), brought,
        [state = shared_from_this(), flight](const Result<void>& result) { state->land(flight, result); });
  }

 private:
  /// Of all records; of none where one has no id.
  [[nodiscard]] std::vector<Hash128> hash_ids(std::string_view batch) const {
    std::vector<Hash128> hashes;
    BatchReader reader(batch);
    while (const auto record = reader.next()) {
      const auto name = event_name(*record);
      if (!name) return {};
      hashes.push_back(hash_of(key_, *name));
    }
    if (!reader.complete()) return {};
    return hashes;
  }

  /// Says which records are not for the queue.
  std::vector<bool> take_off(const FlightPtr& flight, std::span<const Hash128> hashes) {
    std::vector<bool> dropped(hashes.size());
    const auto now = options_.clock();
    const std::lock_guard guard(mutex_);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (recent_.contains(hashes[i], now)) {
        dropped[i] = true;
        continue;
      }
      const auto [leader, fresh] = in_flight_.try_emplace(hashes[i], flight);
      dropped[i] = !fresh;
      if (fresh) flight->ids.push_back(hashes[i]);
      auto& followers = leader->second->followers;
      if (leader->second == flight || (!followers.empty() && followers.back() == flight)) continue;
      followers.push_back(flight);
      ++flight->awaited;
    }
    flight->taken.accepted = static_cast<std::uint32_t>(flight->ids.size());
    flight->taken.duplicates = static_cast<std::uint32_t>(hashes.size() - flight->ids.size());
    return dropped;
  }

  void land(const FlightPtr& flight, const Result<void>& result) {
    std::vector<FlightPtr> ended;
    {
      const auto now = options_.clock();
      const std::lock_guard guard(mutex_);
      for (const auto& id : flight->ids) {
        in_flight_.erase(id);
        if (result) recent_.insert(id, now);
      }
      const auto settle = [&](const FlightPtr& one) {
        if (!result) one->error = result.error();
        if (--one->awaited == 0) ended.push_back(one);
      };
      settle(flight);
      for (const auto& follower : std::exchange(flight->followers, {})) settle(follower);
    }
    if (result) options_.meters.accepted.add(flight->ids.size());
    for (const auto& one : ended) tell(*one);
  }

  void tell(Flight& flight) const {
    if (flight.error) {
      options_.meters.refused.add(flight.taken.accepted + flight.taken.duplicates);
      flight.done(std::unexpected(std::move(*flight.error)));
    } else {
      options_.meters.duplicate.add(flight.taken.duplicates);
      flight.done(flight.taken);
    }
  }

  const Options options_;
  Queue& queue_;
  const Hash128 key_{.low = random_word(), .high = random_word()};

  std::mutex mutex_;
  RecentIds recent_;
  std::unordered_map<Hash128, FlightPtr, LowBits> in_flight_;
};

Result<std::unique_ptr<Intake>> Intake::open(Queue& queue, Options options, Time now) {
  if (!options.clock) options.clock = std::chrono::steady_clock::now;
  auto state = std::make_shared<State>(queue, std::move(options));
  if (auto known = state->remember(now); !known) return std::unexpected(known.error());
  return std::unique_ptr<Intake>(new Intake(std::move(state)));
}

Intake::Intake(std::shared_ptr<State> state) : state_(std::move(state)) {}
Intake::~Intake() = default;

void Intake::append(std::string batch, std::uint32_t count, Done done) {
  state_->append(std::move(batch), count, std::move(done));
}

}  // namespace skerry::events
