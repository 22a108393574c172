#include "native-host/publish/publisher.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <tuple>

#include "native-host/files/files.hpp"

namespace skerry::publish {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kLook{250};      ///< for what another process put into the store
constexpr milliseconds kLockRetry{50};  ///< while another process pushes
constexpr milliseconds kStoreLock{5'000};
constexpr Seconds kPatience{30};  ///< of push_now, for waits
constexpr Seconds kClockSlack = std::chrono::minutes(5);

fs::path folder_of(const fs::path& data_dir) {
  return data_dir / "publish";
}

TargetState read_state(const fs::path& path, const std::string& address) {
  auto state = parse_state(files::read_whole(path).value_or(std::string()));
  if (state.address != address) state = {};
  state.address = address;
  return state;
}

/// The own store's documents, read anew only where they changed.
class Documents {
 public:
  explicit Documents(kv::Store& store) : store_(store) {}

  std::vector<Document> read() {
    std::vector<Document> documents;
    for (const auto key : kKeys) {
      auto entry = store_.get(key);
      // What came through the store's door, or from a function, is nobody's word but its writer's.
      if (!entry || !*entry || (*entry)->foreign) continue;
      auto& known = known_[std::string(key)];
      if (known.entry != *entry) {
        known.entry = *entry;
        known.document = make_document(std::string(key), (*entry)->value);
      }
      if (known.document) documents.push_back(*known.document);
    }
    return documents;
  }

 private:
  struct Known {
    kv::EntryPtr entry;
    Result<Document> document = fail("document_invalid", "");
  };
  kv::Store& store_;
  std::map<std::string, Known> known_;
};

/// One target's side of the work; for one thread.
class Worker {
 public:
  Worker(Target& target, const PublisherOptions& options, kv::Store& store)
      : target_(target),
        options_(options),
        documents_(store),
        path_(folder_of(options.data_dir) / (target.name() + ".json")),
        state_(read_state(path_, target.address())) {}

  struct Step {
    bool tried = false;
    std::optional<Time> wake;  ///< nothing: all is where it belongs
  };
  /// Pushes what is due.
  Step step(const std::stop_token& stop) {
    const auto documents = documents_.read();
    auto planned = plan(state_, documents, now(), options_.rules);
    if (planned.due.empty()) return {.wake = planned.wake};
    const auto lock = files::FileLock::try_take(path_.string() + ".lock");
    if (!lock && lock.error().kind == ErrorKind::busy) return {.wake = now() + kLockRetry};
    if (saved_) state_ = read_state(path_, target_.address());
    planned = plan(state_, documents, now(), options_.rules);
    if (planned.due.empty()) return {.wake = planned.wake};
    push(documents, planned.due, stop);
    return {.tried = true, .wake = plan(state_, documents, now(), options_.rules).wake};
  }

 private:
  [[nodiscard]] Time now() const { return options_.clock->now(); }

  void push(const std::vector<Document>& documents, const std::vector<std::size_t>& due,
            const std::stop_token& stop) {
    std::vector<Document> chosen;
    chosen.reserve(due.size());
    for (const auto index : due) {
      assert(index < documents.size());
      chosen.push_back(documents[index]);
    }
    const auto result = target_.push(chosen, stop);
    const bool stopped = result.failure && result.failure->error.kind == ErrorKind::stopped;
    if (stopped && result.stored.empty()) return;
    const auto before = state_;
    if (!stopped) record(state_, chosen, result, now(), jitter_(random_));
    // On a full disk the state lives on in memory; a push too many after a restart is all that it costs.
    saved_ = files::write_atomically(path_, render_state(state_)).has_value();
    tell(before, result);
  }

  void tell(const TargetState& before, const PushResult& result) {
    const auto event = [&](Event::Kind kind, const TargetState& state) {
      options_.on_event({.kind = kind, .target = target_.name(), .keys = result.stored, .state = state});
    };
    if (!result.stored.empty()) event(Event::Kind::published, state_);
    if (result.failure && before.error.code != state_.error.code) event(Event::Kind::failed, state_);
    if (!result.failure && before.failing_since) event(Event::Kind::recovered, before);
  }

  Target& target_;
  const PublisherOptions& options_;
  Documents documents_;
  fs::path path_;
  TargetState state_;
  bool saved_ = true;  ///< the file is as good as `state_`
  std::minstd_rand random_{std::random_device()()};
  std::uniform_real_distribution<double> jitter_{0.5, 1.0};
};

}  // namespace

struct Publisher::State {
  State(PublisherOptions chosen, kv::Store& kv_store) : options(std::move(chosen)), store(kv_store) {
    std::error_code ignored;
    fs::create_directories(folder_of(options.data_dir), ignored);
    fs::permissions(folder_of(options.data_dir), fs::perms::owner_all, ignored);
    std::ignore = files::sweep_drafts(folder_of(options.data_dir));
  }

  /// Waits until `when`, for as long as nobody looks else, a ring, or the stop.
  void wait(Alarm& alarm, std::optional<Time> when, const std::stop_token& stop) const {
    const auto now = options.clock->now();
    alarm.wait(when ? std::clamp(*when, now + milliseconds(1), now + kLook) : now + kLook, stop);
  }

  PublisherOptions options;
  kv::Store& store;
  std::mutex mutex;                            ///< over the list of alarms
  std::vector<std::unique_ptr<Alarm>> alarms;  ///< one for each thread
  std::vector<std::jthread> threads;           // last: they use all of the above
};

Publisher::Publisher(PublisherOptions options, kv::Store& store)
    : state_(std::make_unique<State>(std::move(options), store)) {}

Publisher::~Publisher() {
  for (auto& thread : state_->threads) thread.request_stop();
}

Result<void> Publisher::put(const std::string& key, std::string value) {
  auto document = make_document(key, std::move(value));
  if (!document) return std::unexpected(document.error());
  {
    // Where the lock can't be had, the value matters more than the order.
    const auto path = folder_of(state_->options.data_dir) / "store.lock";
    auto lock = files::FileLock::try_take(path);
    for (const auto end = std::chrono::steady_clock::now() + kStoreLock;
         !lock && lock.error().kind == ErrorKind::busy && std::chrono::steady_clock::now() < end;
         lock = files::FileLock::try_take(path)) {
      std::this_thread::sleep_for(kLockRetry);
    }
    const auto stored = state_->store.get(key);
    if (stored && *stored && !(*stored)->foreign) {
      const auto known = make_document(key, (*stored)->value);
      if (known && known->as_of > document->as_of &&
          known->as_of <= state_->options.clock->now() + kClockSlack)
        return {};
    }
    if (auto put = state_->store.put(key, {.value = std::move(document->value)}); !put) return put;
  }
  const std::lock_guard lock(state_->mutex);
  for (const auto& alarm : state_->alarms) alarm->ring();
  return {};
}

void Publisher::start() {
  const auto& targets = state_->options.targets;
  const std::lock_guard lock(state_->mutex);
  for (std::size_t i = 0; i < targets.size(); ++i) state_->alarms.push_back(state_->options.clock->alarm());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    state_->threads.emplace_back(
        [this, &target = *targets[i], &alarm = *state_->alarms[i]](const std::stop_token& stop) {
          Worker worker(target, state_->options, state_->store);
          while (!stop.stop_requested()) state_->wait(alarm, worker.step(stop).wake, stop);
        });
  }
}

bool Publisher::push_now(int attempts, const std::stop_token& stop) {
  std::atomic<bool> all_done = true;
  const auto end = state_->options.clock->now() + kPatience;
  const auto work = [&](Target& target) {
    Worker worker(target, state_->options, state_->store);
    const auto alarm = state_->options.clock->alarm();
    for (int tries = 0; !stop.stop_requested();) {
      const auto step = worker.step(stop);
      if (step.tried) ++tries;
      if (!step.wake) return;
      // A copy that is young enough needs nobody to wait for it.
      if (*step.wake > end || tries >= attempts) break;
      state_->wait(*alarm, step.wake, stop);
    }
    const auto path = folder_of(state_->options.data_dir) / (target.name() + ".json");
    if (read_state(path, target.address()).failing_since) all_done = false;
  };
  std::vector<std::jthread> threads;
  for (const auto& target : state_->options.targets)
    threads.emplace_back([&work, &target = *target] { work(target); });
  threads.clear();
  return all_done;
}

TargetState remembered(const fs::path& data_dir, const std::string& name, const std::string& address) {
  return read_state(folder_of(data_dir) / (name + ".json"), address);
}

}  // namespace skerry::publish
