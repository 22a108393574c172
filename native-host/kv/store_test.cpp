#include "native-host/kv/store.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/metrics/registry.hpp"

namespace skerry::kv {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A folder of its own for one test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("skerry-kv-XXXXXX")) {
    auto name = path_.string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] fs::path file() const { return path_ / "kv.sqlite"; }

 private:
  fs::path path_;
};

std::unique_ptr<Store> open(const Folder& folder, std::function<Time()> now = {}) {
  auto store = Store::open({.path = folder.file(), .now = std::move(now)});
  REQUIRE(store);
  return std::move(*store);
}

std::string value_of(Store& store, std::string_view key) {
  auto entry = store.get(key);
  if (!entry) return "error: " + entry.error().code;
  return *entry ? (*entry)->value : "(none)";
}

/// What another process wrote is seen soon; how soon is not for a test to say.
bool comes(Store& store, std::string_view key, std::string_view value) {
  for (const auto end = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < end;)
    if (value_of(store, key) == value) return true;
  return false;
}

TEST_CASE("what is read and written is counted") {
  Folder folder;
  metrics::Registry registry;
  auto store = Store::open({.path = folder.file(), .registry = &registry}).value();
  REQUIRE(store->put("a", {.value = "12345"}));
  CHECK(store->get("a").value()->value == "12345");
  CHECK(store->get("b").value() == nullptr);
  CHECK(store->get("b").value() == nullptr);
  CHECK(store->remove("a"));
  CHECK_FALSE(store->get(""));
  const auto text = registry.render();
  for (const char* line :
       {"skerry_kv_store_reads_total{source=\"cache\"} 1", "skerry_kv_store_reads_total{source=\"file\"} 2",
        "skerry_kv_store_read_bytes_total 5", "skerry_kv_store_writes_total 2",
        "skerry_kv_store_written_bytes_total 5", "skerry_kv_store_failures_total 0"}) {
    CAPTURE(line);
    CHECK(text.contains("\n" + std::string(line) + "\n"));
  }
}

TEST_CASE("what was put is there, and after a restart") {
  Folder folder;
  {
    auto store = open(folder);
    CHECK(value_of(*store, "latest") == "(none)");
    REQUIRE(store->put("latest", {.value = "one", .metadata = R"({"a":1})"}));
    CHECK(value_of(*store, "latest") == "one");
    REQUIRE(store->put("latest", {.value = std::string("t\0wo", 4)}));
    REQUIRE(store->put("empty", {}));
  }
  auto store = open(folder);
  CHECK(value_of(*store, "latest") == std::string("t\0wo", 4));
  CHECK(value_of(*store, "empty").empty());
  auto many = store->get_many(std::vector<std::string>{"empty", "none", "latest"});
  REQUIRE(many);
  CHECK((*many)[0] != nullptr);
  CHECK((*many)[1] == nullptr);
  CHECK((*many)[2]->value.size() == 4);
  REQUIRE(store->remove("latest"));
  REQUIRE(store->remove("latest"));
  CHECK(value_of(*store, "latest") == "(none)");
  CHECK((fs::status(folder.file()).permissions() & fs::perms::others_all) == fs::perms::none);
}

TEST_CASE("limits of keys, values and metadata") {
  Folder folder;
  auto store = open(folder);
  for (const std::string& key : {std::string(), std::string("."), std::string(".."), std::string(513, 'k'),
                                 std::string("\xff"), std::string("a\xc3")}) {
    CAPTURE(key);
    CHECK(store->get(key).error().code == "kv_key_invalid");
    CHECK(store->put(key, {}).error().code == "kv_key_invalid");
    CHECK(store->remove(key).error().code == "kv_key_invalid");
  }
  for (const std::string& key : {std::string("..."), std::string(512, 'k'), std::string("a/b c?\xc3\xa9\n")})
    CHECK(store->put(key, {.value = key}));
  CHECK(store->put("v", {.value = std::string(kMaxValueBytes, 'v')}));
  CHECK(value_of(*store, "v").size() == kMaxValueBytes);
  CHECK(store->put("v", {.value = std::string(kMaxValueBytes + 1, 'v')}).error().code ==
        "kv_value_too_large");
  CHECK(store->put("m", {.value = {}, .metadata = "{"}).error().code == "kv_metadata_invalid");
  CHECK(store->put("m", {.value = {}, .metadata = '"' + std::string(1023, 'm') + '"'}).error().code ==
        "kv_metadata_invalid");
  CHECK(store->put("m", {.value = {}, .metadata = '"' + std::string(1022, 'm') + '"'}));
}

TEST_CASE("entries expire") {
  Folder folder;
  std::atomic<std::int64_t> seconds = 1000;
  auto store = open(folder, [&] { return Time(Seconds(seconds)); });
  REQUIRE(store->put("a", {.value = "a", .metadata = {}, .expires = Time(1100s)}));
  REQUIRE(store->put("b", {.value = "b"}));
  CHECK(value_of(*store, "a") == "a");
  seconds = 1099;
  CHECK(value_of(*store, "a") == "a");
  CHECK(store->list("", 10, "")->keys.size() == 2);
  seconds = 1100;
  CHECK(value_of(*store, "a") == "(none)");
  CHECK(store->list("", 10, "")->keys.size() == 1);
  REQUIRE(store->put("c", {}));  // sweeps
  seconds = 0;
  CHECK(value_of(*open(folder, [] { return Time(); }), "a") == "(none)");
}

TEST_CASE("keys are listed in pages") {
  Folder folder;
  auto store = open(folder);
  for (const char* key : {"b", "a/2", "a/1", "a0", "a/\xf4\x8f\xbf\xbf", "a/3"})
    REQUIRE(store->put(key, {.value = {}, .metadata = R"("m")", .expires = Time(4'000'000'000s)}));
  std::vector<std::string> names;
  std::string cursor;
  do {
    auto page = store->list("a/", 2, cursor);
    REQUIRE(page);
    CHECK(page->keys.size() == 2);
    for (const auto& key : page->keys) {
      names.push_back(key.name);
      CHECK(key.metadata == R"("m")");
      CHECK(key.expires == Time(4'000'000'000s));
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  CHECK(names == std::vector<std::string>{"a/1", "a/2", "a/3", "a/\xf4\x8f\xbf\xbf"});
  CHECK(store->list("", 0, "")->keys.size() == 1);
  CHECK(store->list("", 99999, "")->keys.size() == 6);
  CHECK(store->list("none", 10, "")->keys.empty());
  for (const char* bad : {"x", "zz", "ABCD"})
    CHECK(store->list("", 10, bad).error().code == "kv_cursor_invalid");
}

TEST_CASE("what another connection writes is seen soon") {
  Folder folder;
  auto ours = open(folder);
  auto theirs = open(folder);
  REQUIRE(ours->put("k", {.value = "1"}));
  CHECK(value_of(*theirs, "k") == "1");
  REQUIRE(ours->put("k", {.value = "2"}));
  CHECK(comes(*theirs, "k", "2"));
  REQUIRE(ours->remove("k"));
  CHECK(comes(*theirs, "k", "(none)"));
}

TEST_CASE("a file put in the place of ours is read") {
  Folder folder;
  auto store = open(folder);
  REQUIRE(store->put("k", {.value = "old"}));
  {
    Folder other;
    auto restored = open(other);
    REQUIRE(restored->put("k", {.value = "restored"}));
    restored.reset();
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(folder.file().native() + suffix);
    fs::copy_file(other.file(), folder.file().native() + ".new");
    fs::rename(folder.file().native() + ".new", folder.file());
  }
  CHECK(comes(*store, "k", "restored"));
}

TEST_CASE("a broken file is an error at the start") {
  Folder folder;
  std::ofstream(folder.file()) << std::string(4096, 'x');
  auto store = Store::open({.path = folder.file()});
  REQUIRE(!store);
  CHECK(store.error().code == "kv_unavailable");
  CHECK(store.error().message.find(folder.file()) != std::string::npos);
  CHECK(Store::open({.path = "/proc/none/kv.sqlite"}).error().code == "kv_unavailable");
}

/// Another connection changes something, folds the log into the file and leaves rubbish there.
void break_file(const Folder& folder) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(folder.file().c_str(), &raw) == SQLITE_OK);
  REQUIRE(sqlite3_exec(raw, "DELETE FROM entries WHERE key = X'75'; PRAGMA wal_checkpoint(TRUNCATE)", nullptr,
                       nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(raw);
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file << std::string(fs::file_size(folder.file()), 'x');
}

TEST_CASE("a damaged file is put aside where that is wanted, at the start and at a put") {
  Folder folder;
  std::vector<std::string> told;
  const auto renew = [&](const fs::path& aside) { told.push_back(aside); };
  struct Case {
    const char* name;
    std::string bytes;
  };
  const auto good = [&] {
    auto store = open(folder);
    REQUIRE(store->put("latest", {.value = std::string(60'000, 'v')}));
    store.reset();
    std::ifstream file(folder.file(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  for (const auto& [name, bytes] : std::initializer_list<Case>{
           {"rubbish", std::string(4096, 'x')},
           {"the first page is gone", std::string(4096, '\0') + good.substr(4096)},
           {"cut short", good.substr(0, 5000)},
       }) {
    CAPTURE(name);
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(folder.file().native() + suffix);
    std::ofstream(folder.file(), std::ios::binary) << bytes;
    CHECK(!Store::open({.path = folder.file()}));
    told.clear();
    auto store = Store::open({.path = folder.file(), .renew = renew});
    REQUIRE(store);
    REQUIRE((*store)->put("latest", {.value = "new"}));
    CHECK(value_of(**store, "latest") == "new");
    CHECK(told == std::vector<std::string>{folder.file().native() + ".damaged"});
    CHECK(fs::file_size(told.at(0)) == bytes.size());
  }
  // Damaged while it is open: a put makes a new one of what was read before.
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(folder.file().native() + suffix);
  told.clear();
  auto store = Store::open({.path = folder.file(), .renew = renew});
  REQUIRE(store);
  REQUIRE((*store)->put("latest", {.value = std::string(36'000, 'v')}));
  break_file(folder);
  REQUIRE((*store)->put("history", {.value = "h"}));
  CHECK(told.size() == 1);
  auto other = open(folder);
  CHECK(value_of(*other, "latest") == std::string(36'000, 'v'));
  CHECK(value_of(*other, "history") == "h");
  CHECK(comes(**store, "latest", std::string(36'000, 'v')));
}

TEST_CASE("when the file breaks, the last good values are served") {
  Folder folder;
  auto store = open(folder);
  REQUIRE(store->put("latest", {.value = std::string(36'000, 'v')}));
  REQUIRE(store->put("unread", {.value = "x"}));
  break_file(folder);
  CHECK(comes(*store, "never read", "error: kv_unavailable"));
  CHECK(value_of(*store, "latest") == std::string(36'000, 'v'));
  CHECK(store->put("latest", {}).error().code == "kv_unavailable");
  CHECK(value_of(*store, "latest") == std::string(36'000, 'v'));
}

TEST_CASE("a put that the disk refuses changes nothing") {
  Folder folder;
  auto store = open(folder);
  REQUIRE(store->put("latest", {.value = "good"}));
  // A process of its own, since the limit is one of processes: no file above 256 kB.
  auto child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{rlim_t{256} << 10U, rlim_t{256} << 10U};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto inside = Store::open({.path = folder.file()});
    if (!inside) ::_exit(10);
    auto put = (*inside)->put("latest", {.value = std::string(1 << 20, 'x')});
    if (put || put.error().code != "kv_unavailable") ::_exit(11);
    auto entry = (*inside)->get("latest");
    ::_exit(entry && *entry && (*entry)->value == "good" ? 0 : 12);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(value_of(*open(folder), "latest") == "good");
  CHECK(value_of(*store, "latest") == "good");
  CHECK(store->put("latest", {.value = "better"}));
}

TEST_CASE("readers and writers at once see whole values") {
  Folder folder;
  auto ours = open(folder);
  auto theirs = open(folder);
  auto put = [](Store& store, char letter) {
    return store.put("k", {.value = std::string(20'000, letter)}).has_value();
  };
  REQUIRE(put(*ours, 'a'));
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      while (!stop) {
        auto value = value_of(*ours, "k");
        if (value.size() != 20'000 || value != std::string(20'000, value[0])) ++torn;
      }
    });
  for (int i = 0; i < 50; ++i) {
    CHECK(put(i % 2 == 0 ? *ours : *theirs, static_cast<char>('a' + i % 26)));
    // One's own puts are seen at once.
    if (i % 2 == 0) CHECK(value_of(*ours, "k")[0] == 'a' + i % 26);
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  CHECK(torn == 0);
}

TEST_CASE("the cache stays within its bytes") {
  Folder folder;
  auto opened = Store::open({.path = folder.file(), .cache_bytes = 100'000});
  REQUIRE(opened);
  auto& store = **opened;
  for (int i = 0; i < 50; ++i)
    REQUIRE(store.put("k" + std::to_string(i), {.value = std::string(10'000, 'v')}));
  for (int i = 0; i < 50; ++i) CHECK(value_of(store, "k" + std::to_string(i)).size() == 10'000);
}

TEST_CASE("a hot read costs about a microsecond") {
  Folder folder;
  auto store = open(folder);
  REQUIRE(store->put("latest", {.value = std::string(36'000, 'v')}));
  constexpr int kReads = 100'000;
  auto from = std::chrono::steady_clock::now();
  for (int i = 0; i < kReads; ++i) REQUIRE((*store->get("latest"))->value.size() == 36'000);
  auto each = (std::chrono::steady_clock::now() - from) / kReads;
  MESSAGE("ns per hot read: " << std::chrono::nanoseconds(each).count());
  CHECK(each < 20us);  // room for sanitizers and busy machines
}

}  // namespace
}  // namespace skerry::kv
