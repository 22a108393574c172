#include "native-host/publish/publisher.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <tuple>

#include <doctest/doctest.h>

#include "native-host/clock/test_clock.hpp"
#include "native-host/files/files.hpp"

namespace skerry::publish {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Folder {
 public:
  Folder() {
    auto name = (fs::temp_directory_path() / "skerry-publish-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path;
};

/// A platform in memory, which several publishers may share.
struct Platform {
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> written;  ///< by key, every value that it had
  std::optional<Failure> failure;                           ///< of every push, while it is set
  std::atomic<int> pushes = 0;
  std::atomic<int> at_once = 0;
  std::atomic<bool> overlapped = false;

  void fail(std::optional<Failure> how) {
    const std::lock_guard lock(mutex);
    failure = std::move(how);
  }
  std::vector<std::string> values(const std::string& key) {
    const std::lock_guard lock(mutex);
    return written[key];
  }
};

class MemoryTarget final : public Target {
 public:
  MemoryTarget(std::shared_ptr<Platform> platform, const fs::path& folder)
      : platform_(std::move(platform)), lock_(folder / "publish/memory.json.lock") {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& address() const override { return address_; }
  PushResult push(std::span<const Document> documents, const std::stop_token&) override {
    if (++platform_->at_once > 1 || files::FileLock::try_take(lock_)) platform_->overlapped = true;
    ++platform_->pushes;
    const std::lock_guard lock(platform_->mutex);
    PushResult result{.failure = platform_->failure};
    if (!result.failure) {
      for (const auto& document : documents) {
        platform_->written[document.key].push_back(document.value);
        result.stored.push_back(document.key);
      }
    }
    --platform_->at_once;
    return result;
  }
  std::optional<Failure> check(const std::stop_token&) override { return {}; }

 private:
  std::shared_ptr<Platform> platform_;
  fs::path lock_;  ///< which whoever pushes holds, so that nobody else does
  std::string name_ = "memory";
  std::string address_ = "memory://1";
};

struct Process {
  Process(const fs::path& folder, const std::shared_ptr<Platform>& platform,
          const std::shared_ptr<AlarmClock>& clock)
      : store(*kv::Store::open({.path = folder / "kv.sqlite3"})),
        publisher(options(folder, platform, clock), *store) {}

  PublisherOptions options(const fs::path& folder, const std::shared_ptr<Platform>& platform,
                           const std::shared_ptr<AlarmClock>& clock) {
    PublisherOptions out{.data_dir = folder,
                         .targets = {},
                         .on_event =
                             [this](const Event& event) {
                               const std::lock_guard lock(mutex);
                               events.push_back(event);
                             },
                         .clock = clock};
    out.targets.push_back(std::make_unique<MemoryTarget>(platform, folder));
    return out;
  }
  std::vector<Event::Kind> kinds() {
    const std::lock_guard lock(mutex);
    std::vector<Event::Kind> out;
    out.reserve(events.size());
    for (const auto& event : events) out.push_back(event.kind);
    return out;
  }

  std::mutex mutex;
  std::vector<Event> events;
  std::unique_ptr<kv::Store> store;
  Publisher publisher;
};

const Time kNow = civil_time(2028, 2, 28, 23, 59, 58).value();

std::string view(Time as_of, std::string_view row) {
  return R"({"last_updated_at":")" + format_rfc3339(as_of) + R"(","latest":[{"item_url":")" +
         std::string(row) + R"("}]})";
}

TEST_CASE("what is put goes to the own store and to the target, once") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  const auto clock = std::make_shared<TestClock>(kNow);
  {
    Process process(folder.path, platform, clock);
    process.publisher.start();
    const auto value = view(kNow, "a");
    REQUIRE(process.publisher.put("latest", value));
    CHECK((*process.store->get("latest"))->value == value);
    clock->settle();
    CHECK(platform->values("latest").size() == 1);
    REQUIRE(process.publisher.put("latest", view(kNow + 1ms, "a")));
    for (int i = 0; i < 10; ++i) clock->advance(1s);
    CHECK(platform->pushes == 1);
  }
  const auto later = std::make_shared<TestClock>(kNow + 1min, true);
  Process again(folder.path, platform, later);
  CHECK(again.publisher.push_now(3, {}));
  CHECK(platform->pushes == 1);
  const auto newer = view(kNow + 2ms, "b");
  REQUIRE(again.publisher.put("latest", newer));
  CHECK(again.publisher.push_now(3, {}));
  CHECK(platform->values("latest").back() == newer);
}

TEST_CASE("what another process put into the store is found without a word") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  const auto clock = std::make_shared<TestClock>(kNow);
  Process server(folder.path, platform, clock);
  Process updater(folder.path, platform, clock);
  server.publisher.start();
  clock->settle();
  REQUIRE(updater.publisher.put("latest", view(kNow, "a")));
  while (platform->pushes == 0 && clock->now() < kNow + 1h) clock->advance(250ms);
  CHECK(platform->values("latest").size() == 1);
}

TEST_CASE("a failed push is tried again, with the newest value, and said once") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  const auto clock = std::make_shared<TestClock>(kNow);
  platform->fail(Failure{.error = {"publish_unavailable", "down"}});
  Process process(folder.path, platform, clock);
  process.publisher.start();
  REQUIRE(process.publisher.put("latest", view(kNow, "a")));
  clock->settle();
  CHECK(platform->pushes == 1);
  clock->advance(100ms);
  CHECK(platform->pushes == 1);  // not yet
  for (int i = 0; i < 10; ++i) clock->advance(250ms);
  CHECK(platform->pushes >= 2);
  const auto newest = view(kNow + 1s, "b");
  REQUIRE(process.publisher.put("latest", newest));
  platform->fail({});
  for (int i = 0; i < 100; ++i) clock->advance(250ms);
  CHECK(platform->values("latest") == std::vector{newest});
  using Kind = Event::Kind;
  CHECK(std::ranges::count(process.kinds(), Kind::recovered) == 1);
  CHECK(std::ranges::count(process.kinds(), Kind::failed) == 1);
  CHECK(process.kinds().front() == Kind::failed);
}

TEST_CASE("a run that ends soon leaves the rest to the next") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  const auto clock = std::make_shared<TestClock>(kNow, true);
  platform->fail(Failure{.error = {"publish_limited", "slow down"}, .retry_after = 1h});
  {
    Process process(folder.path, platform, clock);
    REQUIRE(process.publisher.put("latest", view(kNow, "a")));
    CHECK(!process.publisher.push_now(3, {}));
    CHECK(platform->pushes == 1);
  }
  platform->fail({});
  {
    // The platform asked for an hour.
    Process process(folder.path, platform, clock);
    CHECK(!process.publisher.push_now(3, {}));
    CHECK(platform->pushes == 1);
    CHECK(remembered(folder.path, "memory", "memory://1").error.code == "publish_limited");
    CHECK(remembered(folder.path, "memory", "memory://2").error.code.empty());
  }
  Process process(folder.path, platform, std::make_shared<TestClock>(kNow + 1h, true));
  CHECK(process.publisher.push_now(3, {}));
  CHECK(platform->values("latest").size() == 1);
}

TEST_CASE("a run tries as often as it may, and not longer than half a minute") {
  for (const auto& [pause, attempts, pushes] :
       {std::tuple{0s, 3, 3}, std::tuple{0s, 1, 1}, std::tuple{20s, 9, 2}}) {
    const Folder folder;
    const auto platform = std::make_shared<Platform>();
    const auto clock = std::make_shared<TestClock>(kNow, true);
    platform->fail(Failure{.error = {"publish_unavailable", "down"}, .retry_after = pause});
    Process process(folder.path, platform, clock);
    REQUIRE(process.publisher.put("latest", view(kNow, "a")));
    CHECK(!process.publisher.push_now(attempts, {}));
    CHECK(platform->pushes == pushes);
    CHECK(clock->now() <= kNow + 31s);
  }
}

TEST_CASE("an older document changes nothing") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  Process process(folder.path, platform, std::make_shared<TestClock>(kNow));
  const auto newer = view(kNow, "b");
  REQUIRE(process.publisher.put("latest", newer));
  REQUIRE(process.publisher.put("latest", view(kNow - 1min, "a")));
  CHECK((*process.store->get("latest"))->value == newer);
  CHECK(process.publisher.put("latest", "no document").error().code == "document_invalid");
  // One from the future was a wrong clock's, and makes way.
  REQUIRE(process.publisher.put("latest", view(kNow + 1h, "c")));
  const auto right = view(kNow, "d");
  REQUIRE(process.publisher.put("latest", right));
  CHECK((*process.store->get("latest"))->value == right);
}

TEST_CASE("processes on one folder push one after the other, and never an older view over a newer one") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  const auto clock = std::make_shared<TestClock>(kNow);
  Process first(folder.path, platform, clock);
  Process second(folder.path, platform, clock);
  first.publisher.start();
  second.publisher.start();
  std::string last;
  // With milliseconds in each, so that their order is that of the texts.
  for (int i = 0; i < 30; ++i) {
    last = view(kNow + 100ms + std::chrono::milliseconds(i), std::to_string(i));
    REQUIRE((i % 2 == 0 ? first : second).publisher.put("latest", last));
    clock->advance(100ms);
  }
  for (int i = 0; i < 10; ++i) clock->advance(250ms);
  const auto values = platform->values("latest");
  REQUIRE(!values.empty());
  CHECK(values.back() == last);
  CHECK(std::ranges::is_sorted(values));
  CHECK(values.size() <= 6);  // a second apart
  CHECK(!platform->overlapped);
}

TEST_CASE("a store that can't be remembered is not pushed to without end") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  const auto clock = std::make_shared<TestClock>(kNow);
  Process process(folder.path, platform, clock);
  fs::remove_all(folder.path / "publish");
  process.publisher.start();
  REQUIRE(process.publisher.put("latest", view(kNow, "a")));
  for (int i = 0; i < 20; ++i) clock->advance(250ms);
  CHECK(platform->pushes == 1);
}

}  // namespace
}  // namespace skerry::publish
