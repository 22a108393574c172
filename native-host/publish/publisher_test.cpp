#include "native-host/publish/publisher.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>

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

  std::vector<std::string> values(const std::string& key) {
    const std::lock_guard lock(mutex);
    return written[key];
  }
};

class MemoryTarget final : public Target {
 public:
  explicit MemoryTarget(std::shared_ptr<Platform> platform) : platform_(std::move(platform)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& address() const override { return address_; }
  PushResult push(std::span<const Document> documents, const std::stop_token&) override {
    if (++platform_->at_once > 1) platform_->overlapped = true;
    ++platform_->pushes;
    std::this_thread::sleep_for(20ms);
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
  std::string name_ = "memory";
  std::string address_ = "memory://1";
};

struct Process {
  Process(const fs::path& folder, const std::shared_ptr<Platform>& platform)
      : store(*kv::Store::open({.path = folder / "kv.sqlite3"})),
        publisher(options(folder, platform), *store) {}

  PublisherOptions options(const fs::path& folder, const std::shared_ptr<Platform>& platform) {
    PublisherOptions out{.data_dir = folder, .targets = {}, .on_event = [this](const Event& event) {
                           const std::lock_guard lock(mutex);
                           events.push_back(event);
                         }};
    out.targets.push_back(std::make_unique<MemoryTarget>(platform));
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

Time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string view(Time as_of, std::string_view row) {
  return R"({"last_updated_at":")" + format_rfc3339(as_of) + R"(","latest":[{"item_url":")" +
         std::string(row) + R"("}]})";
}

template <class Condition>
bool within(std::chrono::milliseconds time, Condition condition) {
  for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return condition();
}

TEST_CASE("what is put goes to the own store and to the target, once") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  {
    Process process(folder.path, platform);
    process.publisher.start();
    const auto value = view(now(), "a");
    REQUIRE(process.publisher.put("latest", value));
    CHECK((*process.store->get("latest"))->value == value);
    CHECK(within(1s, [&] { return platform->values("latest").size() == 1; }));
    REQUIRE(process.publisher.put("latest", view(now() + 1ms, "a")));
    std::this_thread::sleep_for(600ms);
    CHECK(platform->pushes == 1);
  }
  Process again(folder.path, platform);
  CHECK(again.publisher.push_now(3, {}));
  CHECK(platform->pushes == 1);
  const auto newer = view(now() + 2ms, "b");
  REQUIRE(again.publisher.put("latest", newer));
  CHECK(again.publisher.push_now(3, {}));
  CHECK(platform->values("latest").back() == newer);
}

TEST_CASE("a failed push is tried again, with the newest value, and said once") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  platform->failure = Failure{.error = {"publish_unavailable", "down"}};
  Process process(folder.path, platform);
  process.publisher.start();
  REQUIRE(process.publisher.put("latest", view(now(), "a")));
  REQUIRE(within(5s, [&] { return platform->pushes >= 2; }));
  const auto newest = view(now(), "b");
  REQUIRE(process.publisher.put("latest", newest));
  {
    const std::lock_guard lock(platform->mutex);
    platform->failure.reset();
  }
  REQUIRE(within(5s, [&] {
    const auto values = platform->values("latest");
    return !values.empty() && values.back() == newest;
  }));
  using Kind = Event::Kind;
  REQUIRE(within(1s, [&] { return std::ranges::count(process.kinds(), Kind::recovered) == 1; }));
  CHECK(std::ranges::count(process.kinds(), Kind::failed) == 1);
  CHECK(process.kinds().front() == Kind::failed);
}

TEST_CASE("a run that ends soon leaves the rest to the next") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  platform->failure = Failure{.error = {"publish_limited", "slow down"}, .retry_after = 1h};
  {
    Process process(folder.path, platform);
    REQUIRE(process.publisher.put("latest", view(now(), "a")));
    CHECK(!process.publisher.push_now(3, {}));
    CHECK(platform->pushes == 1);
  }
  platform->failure.reset();
  {
    // The platform asked for an hour.
    Process process(folder.path, platform);
    CHECK(!process.publisher.push_now(3, {}));
    CHECK(platform->pushes == 1);
    CHECK(remembered(folder.path, "memory", "memory://1").error.code == "publish_limited");
    CHECK(remembered(folder.path, "memory", "memory://2").error.code.empty());
  }
  auto state = remembered(folder.path, "memory", "memory://1");
  state.not_before = now();
  REQUIRE(files::write_atomically(folder.path / "publish/memory.json", render_state(state)));
  Process process(folder.path, platform);
  CHECK(process.publisher.push_now(3, {}));
  CHECK(platform->values("latest").size() == 1);
}

TEST_CASE("an older document changes nothing") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  Process process(folder.path, platform);
  const auto newer = view(now(), "b");
  REQUIRE(process.publisher.put("latest", newer));
  REQUIRE(process.publisher.put("latest", view(now() - 1min, "a")));
  CHECK((*process.store->get("latest"))->value == newer);
  CHECK(process.publisher.put("latest", "no document").error().code == "document_invalid");
  // One from the future was a wrong clock's, and makes way.
  REQUIRE(process.publisher.put("latest", view(now() + 1h, "c")));
  const auto right = view(now(), "d");
  REQUIRE(process.publisher.put("latest", right));
  CHECK((*process.store->get("latest"))->value == right);
}

TEST_CASE("processes on one folder push one after the other, and never an older view over a newer one") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  Process first(folder.path, platform);
  Process second(folder.path, platform);
  first.publisher.start();
  second.publisher.start();
  std::string last;
  // With milliseconds in each, so that their order is that of the texts.
  const auto begin = std::chrono::floor<Seconds>(now()) + 100ms;
  for (int i = 0; i < 30; ++i) {
    last = view(begin + std::chrono::milliseconds(i), std::to_string(i));
    REQUIRE((i % 2 == 0 ? first : second).publisher.put("latest", last));
    std::this_thread::sleep_for(100ms);
  }
  CHECK(within(3s, [&] { return platform->values("latest").back() == last; }));
  const auto values = platform->values("latest");
  CHECK(std::ranges::is_sorted(values));
  CHECK(values.size() <= 6);  // a second apart
  CHECK(!platform->overlapped);
}

TEST_CASE("a store that can't be remembered is not pushed to without end") {
  const Folder folder;
  const auto platform = std::make_shared<Platform>();
  Process process(folder.path, platform);
  fs::remove_all(folder.path / "publish");
  process.publisher.start();
  REQUIRE(process.publisher.put("latest", view(now(), "a")));
  CHECK(within(1s, [&] { return platform->pushes == 1; }));
  std::this_thread::sleep_for(1500ms);
  CHECK(platform->pushes == 1);
}

}  // namespace
}  // namespace skerry::publish
