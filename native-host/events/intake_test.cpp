#include "native-host/events/intake.hpp"

#include <atomic>
#include <thread>

#include "native-host/events/test_log.hpp"

namespace skerry::events {
namespace {

using namespace std::chrono_literals;
using testing::batch_of;
using testing::Ids;

constexpr Time kNow{1000h};

/// Keeps what is appended until the test says how it ends.
class HeldQueue : public Queue {
 public:
  struct Append {
    Ids ids;
    std::uint32_t count;
    Done done;
  };
  void append(std::string batch, std::uint32_t count, Done done) override {
    held.push_back({testing::ids_of(batch), count, std::move(done)});
  }
  Result<std::unique_ptr<Reader>> reader(std::string_view) override { return fail("events_unavailable", ""); }
  Result<void> recent(Time since, std::uint64_t most, const Show& show) override {
    CHECK(since == kNow - 1h);
    CHECK(most == 1000);
    for (BatchReader reader(known); const auto record = reader.next();) show(*record);
    return broken ? Result<void>(fail("events_unavailable", "broken")) : Result<void>();
  }
  [[nodiscard]] Stats stats() const override { return {}; }

  void end(std::size_t index, Result<void> result = {}) { held.at(index).done(std::move(result)); }

  std::vector<Append> held;
  std::string known;
  bool broken = false;
};

struct Told {
  std::optional<Result<Taken>> result;
  [[nodiscard]] bool taken(std::uint32_t accepted, std::uint32_t duplicates) const {
    return result && *result && (*result)->accepted == accepted && (*result)->duplicates == duplicates;
  }
  [[nodiscard]] bool failed(std::string_view code) const {
    return result && !*result && result->error().code == code;
  }
};

struct Door {
  explicit Door(const Ids& known = {}) {
    queue.known = batch_of(known);
    intake = Intake::open(
                 queue, {.ids = 1000, .meters = Meters::of(registry), .clock = [this] { return now; }}, kNow)
                 .value();
  }
  std::shared_ptr<Told> append(const Ids& ids) {
    auto told = std::make_shared<Told>();
    intake->append(batch_of(ids), static_cast<std::uint32_t>(ids.size()), [told](Result<Taken> result) {
      REQUIRE_FALSE(told->result);
      told->result = std::move(result);
    });
    return told;
  }
  [[nodiscard]] bool counted(const std::string& name, int n) const {
    return registry.render().find("skerry_events_" + name + "_total " + std::to_string(n) + "\n") !=
           std::string::npos;
  }

  std::chrono::steady_clock::time_point now{1000h};
  metrics::Registry registry;
  HeldQueue queue;
  std::unique_ptr<Intake> intake;
};

}  // namespace

TEST_CASE("an id is let through once") {
  Door door({"old"});
  const auto first = door.append({"a", "b"});
  CHECK_FALSE(first->result);
  door.queue.end(0);
  CHECK(first->taken(2, 0));
  CHECK(door.append({"a"})->taken(0, 1));
  CHECK(door.append({"old", "b"})->taken(0, 2));
  const auto mixed = door.append({"b", "c", "a", "d", "c"});
  REQUIRE(door.queue.held.size() == 2);
  CHECK(door.queue.held[1].ids == Ids{"c", "d"});
  CHECK(door.queue.held[1].count == 2);
  door.queue.end(1);
  CHECK(mixed->taken(2, 3));
  CHECK(door.counted("accepted", 4));
  CHECK(door.counted("duplicate", 6));
  CHECK(door.counted("refused", 0));
  door.now += 3h;
  door.append({"a"});
  CHECK(door.queue.held.size() == 3);
}

TEST_CASE("an id counts once for each key") {
  const auto keyed = [](std::initializer_list<std::pair<const char*, const char*>> names) {
    std::string batch;
    for (const auto& [id, key] : names) {
      Event event;
      event.id = id;
      event.key = key;
      REQUIRE(append_event(batch, event));
    }
    return batch;
  };
  HeldQueue queue;
  queue.known = keyed({{"old", "k1"}});
  const auto intake = Intake::open(queue, {.ids = 1000}, kNow).value();
  const auto append = [&](std::initializer_list<std::pair<const char*, const char*>> names) {
    Told told;
    intake->append(keyed(names), static_cast<std::uint32_t>(names.size()),
                   [&](Result<Taken> result) { told.result = std::move(result); });
    if (!told.result) queue.end(queue.held.size() - 1);
    return told;
  };
  CHECK(append({{"old", "k1"}}).taken(0, 1));
  CHECK(append({{"old", "k2"}}).taken(1, 0));
  CHECK(append({{"old", ""}}).taken(1, 0));
  CHECK(append({{"a", "k1"}, {"a", "k2"}, {"a", ""}, {"a", "k1"}}).taken(3, 1));
  CHECK(append({{"a", "k1"}, {"a", "k2"}, {"a", ""}}).taken(0, 3));
  // What is id and what is key is never mixed up.
  CHECK(append({{"ab", "c"}, {"a", "bc"}}).taken(2, 0));
}

TEST_CASE("ids that are shown later are known from then on") {
  class LateQueue : public HeldQueue {
   public:
    Result<void> recent(Time since, std::uint64_t most, const Show& show) override {
      later = show;
      return HeldQueue::recent(since, most, show);
    }
    Show later;
  };
  LateQueue queue;
  const auto record = batch_of({"late"});
  {
    const auto intake = Intake::open(queue, {.ids = 1000}, kNow).value();
    queue.later(*BatchReader(record).next());
    std::optional<Result<Taken>> result;
    intake->append(batch_of({"late"}), 1, [&](Result<Taken> taken) { result = std::move(taken); });
    REQUIRE(result);
    CHECK((*result)->duplicates == 1);
  }
  queue.later(*BatchReader(record).next());  // when nobody wants to know any more
}

TEST_CASE("an id that is on its way waits for the first one's outcome") {
  Door door;
  const auto first = door.append({"a", "b"});
  const auto same = door.append({"b", "a"});
  const auto mixed = door.append({"c", "a"});
  CHECK(door.queue.held.size() == 2);
  door.queue.end(1);
  CHECK_FALSE(mixed->result);  // c is durable, a isn't yet
  CHECK_FALSE(same->result);
  SUBCASE("which is good") {
    door.queue.end(0);
    CHECK(first->taken(2, 0));
    CHECK(same->taken(0, 2));
    CHECK(mixed->taken(1, 1));
  }
  SUBCASE("which is not") {
    door.queue.end(0, fail("events_full", "full"));
    CHECK(first->failed("events_full"));
    CHECK(same->failed("events_full"));
    CHECK(mixed->failed("events_full"));
    CHECK(door.counted("refused", 6));
    // The retry: c is there, a and b are not.
    const auto again = door.append({"c", "a"});
    REQUIRE(door.queue.held.size() == 3);
    CHECK(door.queue.held[2].ids == Ids{"a"});
    door.queue.end(2);
    CHECK(again->taken(1, 1));
    const auto other = door.append({"b"});
    door.queue.end(3);
    CHECK(other->taken(1, 0));
  }
}

TEST_CASE("a chain of batches ends in its order") {
  Door door;
  const auto first = door.append({"a"});
  const auto second = door.append({"a", "b"});
  const auto third = door.append({"b", "c"});
  door.queue.end(2);
  CHECK_FALSE(third->result);
  door.queue.end(1, fail("events_unavailable", ""));
  CHECK(third->failed("events_unavailable"));
  CHECK_FALSE(second->result);
  door.queue.end(0);
  CHECK(first->taken(1, 0));
  CHECK(second->failed("events_unavailable"));
}

TEST_CASE("what is no batch is refused") {
  Door door;
  const auto whole = batch_of({"a", "b"});
  std::string no_id = whole;
  no_id[4 + 9] = 0;  // the length of the first id
  struct Case {
    std::string batch;
    std::uint32_t count;
  };
  for (const auto& [batch, count] : std::vector<Case>{{"", 0},
                                                      {whole, 1},
                                                      {whole, 3},
                                                      {whole.substr(0, whole.size() - 1), 2},
                                                      {no_id, 2},
                                                      {"\x01", 1}}) {
    Told told;
    door.intake->append(batch, count, [&](Result<Taken> result) { told.result = std::move(result); });
    CHECK(told.failed("batch_invalid"));
  }
  CHECK(door.queue.held.empty());
}

TEST_CASE("a queue that can't say what it has opens no door") {
  HeldQueue queue;
  queue.broken = true;
  CHECK(Intake::open(queue, {.ids = 1000}, kNow).error().code == "events_unavailable");
}

TEST_CASE("many threads that send the same ids, over restarts, leave each once") {
  const testing::Folder folder;
  constexpr int kThreads = 6;
  constexpr int kIds = 300;
  std::atomic<std::uint32_t> accepted = 0;
  for (int restart = 0; restart < 3; ++restart) {
    auto log = DiskLog::open({.folder = folder.path / "log"}).value();
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto intake = Intake::open(*log, {}, now).value();
    {
      std::vector<std::jthread> threads;
      threads.reserve(kThreads);
      for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
          for (int i = 0; i < kIds; ++i) {
            const auto n = (i * 7 + thread * 11 + restart) % kIds;
            intake->append(batch_of({std::to_string(n), std::to_string((n + 1) % kIds)}), 2,
                           [&](Result<Taken> taken) {
                             CHECK(taken);
                             if (taken) accepted += taken->accepted;
                           });
          }
        });
      }
    }
    log.reset();
  }
  CHECK(accepted == kIds);
  const auto log = DiskLog::open({.folder = folder.path / "log"}).value();
  auto found = testing::read_all(*log).ids;
  std::ranges::sort(found);
  CHECK(found.size() == kIds);
  CHECK(std::ranges::adjacent_find(found) == found.end());
}

}  // namespace skerry::events
