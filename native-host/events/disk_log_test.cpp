#include "native-host/events/disk_log.hpp"

#include <array>
#include <atomic>
#include <fstream>
#include <functional>
#include <thread>
#include <tuple>

#include <sys/stat.h>
#include <unistd.h>

#include "native-host/events/log_view.hpp"
#include "native-host/events/test_log.hpp"

namespace skerry::events {
namespace {

using namespace std::chrono_literals;
using testing::append;
using testing::Folder;
using testing::Ids;
using testing::read_all;
using testing::start_append;
using testing::TestDisk;
namespace fs = std::filesystem;

constexpr std::uint64_t kSmall = 64 << 10;

std::unique_ptr<DiskLog> open(const Folder& folder, DiskLog::Options options = {}) {
  options.folder = folder.path / "log";
  auto log = DiskLog::open(std::move(options));
  REQUIRE_MESSAGE(log.has_value(), (log ? "" : log.error().message));
  return std::move(*log);
}

std::vector<fs::path> segment_files(const Folder& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder.path / "log"))
    if (entry.path().extension() == ".events") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

void flip(const fs::path& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const auto byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
}

Ids numbers(std::size_t count) {
  Ids ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back("id-" + std::to_string(i));
  return ids;
}

}  // namespace

TEST_CASE("what was appended is read, by each reader, in order, also after a restart") {
  const Folder folder;
  {
    const auto log = open(folder);
    REQUIRE(append(*log, {"a"}));
    REQUIRE(append(*log, {"b", "c"}));
    CHECK(read_all(*log).ids == Ids{"a", "b", "c"});
    CHECK(read_all(*log, "other", 1).ids == Ids{"a", "b", "c"});
    CHECK(log->stats().records == 3);
    CHECK(log->stats().readers.size() == 2);
    CHECK(log->stats().readers[0].records == 3);  // nothing is acknowledged
  }
  const auto log = open(folder);
  REQUIRE(append(*log, {"d"}));
  CHECK(read_all(*log).ids == Ids{"a", "b", "c", "d"});
}

TEST_CASE("a reader goes on where it acknowledged") {
  const Folder folder;
  {
    const auto log = open(folder);
    REQUIRE(append(*log, numbers(10)));
    const auto reader = log->reader("r").value();
    CHECK(log->reader("r").error().code == "reader_busy");
    const auto first = reader->read(3, 0ms).value();
    CHECK(testing::ids_of(first.batch) == Ids{"id-0", "id-1", "id-2"});
    const auto second = reader->read(100, 0ms).value();
    CHECK(second.count == 7);
    REQUIRE(reader->acknowledge(first.through));
    CHECK(log->stats().readers[0].records == 7);
    CHECK(reader->read(1, 1ms).value().count == 0);
  }
  const auto log = open(folder);
  CHECK(read_all(*log, "r").ids.size() == 7);
  for (const char* name : {"", "A", "../x", "a b", "lock.new"})
    CHECK(log->reader(name).error().code == "reader_invalid");
}

TEST_CASE("a reader waits for what comes, or until it is interrupted") {
  const Folder folder;
  const auto log = open(folder);
  const auto reader = log->reader("r").value();
  std::jthread later([&] { std::ignore = append(*log, {"a"}); });
  CHECK(reader->read(10, 10s).value().count == 1);
  std::jthread interrupter([&] { reader->interrupt(); });
  CHECK(reader->read(10, 10s).value().count == 0);
}

TEST_CASE("a chunk has at most 8 MiB") {
  const Folder folder;
  const auto log = open(folder);
  const std::string body(900'000, 'x');
  for (int i = 0; i < 3; ++i) REQUIRE(append(*log, numbers(8), body));
  const auto reader = log->reader("r").value();
  CHECK(reader->read(100, 0ms).value().count == 9);
  CHECK(reader->read(100, 0ms).value().count == 9);
  CHECK(reader->read(100, 0ms).value().count == 6);
}

TEST_CASE("a damaged position begins again, and one that others wrote is no reader") {
  const Folder folder;
  std::vector<Error> told;
  {
    const auto log = open(folder);
    REQUIRE(append(*log, numbers(4)));
    const auto reader = log->reader("r").value();
    REQUIRE(reader->acknowledge(reader->read(3, 0ms).value().through));
  }
  const auto path = reader_path(folder.path / "log", "r");
  CHECK(parse_position(files::read_whole(path).value()) == 4);
  for (const char* text : {"", "skerry events reader 1\n4\n", "skerry events reader 1\n4\n00000000\n", "4"})
    CHECK_FALSE(parse_position(text));
  flip(path, 24);
  std::ofstream(folder.path / "log" / "readers" / "X.new") << "4";
  const auto log = open(folder, {.folder = {}, .tell = [&](const Error& error) { told.push_back(error); }});
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "reader_damaged");
  CHECK(read_all(*log, "r").ids.size() == 4);
  CHECK(log->stats().readers.size() == 1);
}

TEST_CASE("two processes don't write one log") {
  const Folder folder;
  const auto log = open(folder);
  CHECK(DiskLog::open({.folder = folder.path / "log"}).error().code == "locked");
}

TEST_CASE("segments that all readers are past are deleted, after a while or for room") {
  const Folder folder;
  Time now{1000h};
  DiskLog::Options options{
      .folder = {}, .max_bytes = 10 * kSmall, .segment_bytes = kSmall, .keep = 1h, .now = [&] {
        return now;
      }};
  const std::string body(20'000, 'x');
  const auto log = open(folder, options);
  for (int i = 0; i < 9; ++i) REQUIRE(append(*log, {std::to_string(i)}, body));
  const auto count = segment_files(folder).size();
  REQUIRE(count > 3);
  const auto reader = log->reader("r").value();
  REQUIRE(reader->acknowledge(reader->read(100, 0ms).value().through));
  CHECK(segment_files(folder).size() == count);  // too young
  now += 2h;
  REQUIRE(append(*log, {"x"}));
  REQUIRE(reader->acknowledge(reader->read(100, 0ms).value().through));
  CHECK(segment_files(folder).size() == 1);
  // For room, also the young.
  for (int i = 0; i < 100; ++i) {
    REQUIRE(append(*log, {std::to_string(i)}, body));
    REQUIRE(reader->acknowledge(reader->read(100, 0ms).value().through));
  }
  CHECK(log->stats().bytes <= 10 * kSmall);
  CHECK(log->stats().readers[0].records == 0);
}

TEST_CASE("a full log refuses, keeps what it has, and takes again") {
  const Folder folder;
  const std::string body(20'000, 'x');
  const auto log = open(folder, {.folder = {}, .max_bytes = 8 * kSmall, .segment_bytes = kSmall});
  Ids kept;
  Result<void> result;
  for (int i = 0; i < 100 && result; ++i) {
    result = append(*log, {std::to_string(i)}, body);
    if (result) kept.push_back(std::to_string(i));
  }
  REQUIRE_FALSE(result);
  CHECK(result.error().code == "events_full");
  CHECK(log->stats().trouble->code == "events_full");
  CHECK(log->stats().bytes <= 8 * kSmall);
  std::uint64_t size = 0;
  for (const auto& path : segment_files(folder)) size += fs::file_size(path);
  CHECK(size <= 8 * kSmall);
  CHECK(read_all(*log).ids == kept);
  const auto reader = log->reader("all").value();
  REQUIRE(reader->acknowledge(reader->read(1000, 0ms).value().through));
  CHECK(append(*log, {"again"}, body));
  CHECK_FALSE(log->stats().trouble);
}

TEST_CASE("a full log that is told so drops its oldest, says it, and goes on") {
  const Folder folder;
  const std::string body(20'000, 'x');
  std::vector<Error> told;
  const auto log = open(folder, {.folder = {},
                                 .max_bytes = 8 * kSmall,
                                 .segment_bytes = kSmall,
                                 .drop_oldest = true,
                                 .tell = [&](const Error& error) { told.push_back(error); }});
  const auto reader = log->reader("slow").value();
  constexpr int kAll = 100;
  for (int i = 0; i < kAll; ++i) REQUIRE(append(*log, {std::to_string(i)}, body));
  const auto stats = log->stats();
  CHECK(stats.bytes <= 8 * kSmall);
  CHECK_FALSE(stats.trouble);
  CHECK(stats.dropped + stats.records == kAll);
  CHECK(stats.readers.at(0).records == stats.records);
  REQUIRE_FALSE(told.empty());
  for (const auto& error : told) CHECK(error.code == "events_dropped");
  CHECK(told[0].message.find("records 1 to ") != std::string::npos);
  // A reader that was behind is told what it will never get, and goes on.
  const auto chunk = reader->read(1000, 0ms).value();
  REQUIRE(chunk.damage.size() == 1);
  Ids rest;
  for (auto i = stats.dropped; i < kAll; ++i) rest.push_back(std::to_string(i));
  CHECK(testing::ids_of(chunk.batch) == rest);
  // What the log itself holds open can't be dropped, and one append that is too large for all is refused.
  CHECK(append(*log, {"large"}, std::string(900'000, 'x')).error().code == "events_full");
  CHECK(log->stats().dropped == stats.dropped);
  CHECK(append(*log, {"again"}, body));
}

TEST_CASE("a full log sees that somebody made room, also where nothing is sent any more") {
  const Folder folder;
  const auto log = open(folder, {.folder = {}, .max_bytes = 8 * kSmall, .segment_bytes = kSmall});
  for (int i = 0; append(*log, {std::to_string(i)}, std::string(20'000, 'x')); ++i) {
  }
  REQUIRE(log->stats().trouble);
  const auto files = segment_files(folder);
  for (std::size_t i = 0; i < 3; ++i) fs::remove(files[i]);
  int tries = 6'000;
  for (; log->stats().trouble && tries > 0; --tries) std::this_thread::sleep_for(10ms);
  CHECK(tries > 0);
}

TEST_CASE("segments that somebody else deleted are let go of") {
  const Folder folder;
  const std::string body(20'000, 'x');
  const auto log = open(folder, {.folder = {}, .max_bytes = 8 * kSmall, .segment_bytes = kSmall});
  const auto reader = log->reader("r").value();
  int count = 0;
  while (append(*log, {std::to_string(count)}, body)) ++count;
  CHECK(log->stats().trouble->code == "events_full");
  const auto files = segment_files(folder);
  REQUIRE(files.size() > 4);
  for (std::size_t i = 0; i < 3; ++i) fs::remove(files[i]);
  CHECK(append(*log, {"again"}, body));
  CHECK_FALSE(log->stats().trouble);
  CHECK(log->stats().records < static_cast<std::uint64_t>(count));
  const auto chunk = reader->read(1000, 0ms).value();
  CHECK(chunk.damage.size() == 1);
  CHECK(testing::ids_of(chunk.batch).back() == "again");
  // Also where a reader is the first to miss one.
  const auto left = segment_files(folder);
  REQUIRE(reader->acknowledge(1));
  fs::remove(left[0]);
  const auto fresh = log->reader("fresh").value();
  Ids found;
  for (int tries = 0; tries < 3 && found.empty(); ++tries)
    if (const auto some = fresh->read(1000, 0ms); some && some->count > 0)
      found = testing::ids_of(some->batch);
  REQUIRE_FALSE(found.empty());
  CHECK(found.back() == "again");
}

TEST_CASE("free space is left to others") {
  const Folder folder;
  const auto disk = std::make_shared<TestDisk>();
  const auto log =
      open(folder, {.folder = {}, .min_free = 1 << 20, .segment_bytes = kSmall, .storage = disk});
  disk->set_free((1 << 20) + 1000);
  CHECK(append(*log, {"a"}).error().code == "events_full");
  CHECK(segment_files(folder).empty());
  disk->set_free(2 << 20);
  CHECK(append(*log, {"a"}));
}

TEST_CASE("a clock that jumps back does no harm") {
  const Folder folder;
  Time now{1000h};
  std::vector<Time> times;
  const auto log = open(folder, {.folder = {}, .now = [&] { return now; }});
  REQUIRE(append(*log, {"a"}));
  now -= 100h;
  REQUIRE(append(*log, {"b"}));
  now += 200h;
  REQUIRE(append(*log, {"c"}));
  CHECK(read_all(*log).ids == Ids{"a", "b", "c"});
  Ids shown;
  const auto show = [&](std::string_view record) { shown.emplace_back(event_id(record).value()); };
  REQUIRE(log->recent(Time(1000h), 10, show));
  CHECK(shown == Ids{"a", "b", "c"});
  shown.clear();
  REQUIRE(log->recent(Time(1001h), 10, show));
  CHECK(shown == Ids{"c"});
  shown.clear();
  REQUIRE(log->recent(Time(0h), 2, show));
  CHECK(shown == Ids{"b", "c"});
}

TEST_CASE("a disk that hangs is told while it does, and holds up nobody who asks") {
  const Folder folder;
  const auto disk = std::make_shared<TestDisk>();
  std::atomic<int> seconds = 0;
  const auto log =
      open(folder, {.folder = {},
                    .clock = [&] { return std::chrono::steady_clock::time_point(seconds.load() * 1s); },
                    .storage = disk});
  REQUIRE(append(*log, {"a"}));
  const auto trouble = [&] { return log->stats().trouble.value_or(Error{}).code; };
  for (const bool again : {false, true}) {
    CAPTURE(again);
    disk->freeze();
    auto first = start_append(*log, {again ? "d" : "b"});
    disk->await_hanging();
    auto second = start_append(*log, {again ? "e" : "c"});
    CHECK(trouble().empty());
    seconds += static_cast<int>(DiskLog::kSlowWrite.count());
    CHECK(trouble().empty());
    ++seconds;
    CHECK(trouble() == "events_slow");
    seconds += 3600;
    CHECK(trouble() == "events_slow");
    disk->thaw();
    CHECK(first.get());
    CHECK(second.get());
    CHECK(trouble().empty());
  }
  CHECK(read_all(*log).ids == Ids{"a", "b", "c", "d", "e"});
  // Where a write ends badly, what it was is told.
  disk->freeze();
  auto last = start_append(*log, {"f"});
  disk->await_hanging();
  seconds += 60;
  CHECK(trouble() == "events_slow");
  disk->fail_at(1, TestDisk::Fault::full);
  disk->thaw();
  CHECK(last.get().error().code == "events_full");
}

TEST_CASE("what is no regular file in the place of one is refused, and holds up nobody") {
  struct Case {
    const char* what;
    std::function<void(const fs::path&)> lay;
  };
  for (const auto& [what, lay] : {
           Case{"pipe", [](const fs::path& path) { REQUIRE(mkfifo(path.c_str(), 0600) == 0); }},
           {"socket", [](const fs::path& path) { REQUIRE(mknod(path.c_str(), S_IFSOCK | 0600, 0) == 0); }},
           {"folder", [](const fs::path& path) { fs::create_directory(path); }},
           {"link", [](const fs::path& path) { fs::create_symlink("0000000000000001.events", path); }},
           {"dangling", [](const fs::path& path) { fs::create_symlink("nowhere", path); }},
       }) {
    for (const auto* name : {"lock", "0000000000000009.events"}) {
      CAPTURE(what);
      CAPTURE(name);
      const Folder folder;
      REQUIRE(append(*open(folder), {"a"}));
      const auto path = folder.path / "log" / name;
      fs::remove(path);
      lay(path);
      const auto log = DiskLog::open({.folder = folder.path / "log"});
      REQUIRE(!log);
      CHECK(log.error().code == "events_unavailable");
      CHECK(log.error().message.contains(path.string()));
      if (path.extension() != ".events") continue;
      CHECK(log.error().message.contains("is no regular file: move it away"));
      CHECK(LogView::open(folder.path / "log").error() == log.error());
    }
  }
}

TEST_CASE("what another user left in the log is refused before anything is touched") {
  if (geteuid() != 0) return;
  constexpr uid_t kSomebody = 65534;
  for (const auto* name : {"lock", "0000000000000001.events", "readers", "readers/all"}) {
    CAPTURE(name);
    const Folder folder;
    REQUIRE(append(*open(folder), {"a"}));
    REQUIRE(read_all(*open(folder)).ids == Ids{"a"});
    const auto path = folder.path / "log" / name;
    REQUIRE(::chown(path.c_str(), kSomebody, kSomebody) == 0);
    const auto log = DiskLog::open({.folder = folder.path / "log"});
    REQUIRE(!log);
    CHECK(log.error().code == "data_dir_of_another");
    CHECK(log.error().message.contains("chown -hR root "));
  }
}

TEST_CASE("many threads append, many are committed at once") {
  const Folder folder;
  std::atomic<int> commits = 0;
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  {
    const auto log =
        open(folder, {.folder = {}, .segment_bytes = kSmall, .committed = [&](double) { ++commits; }});
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        std::vector<std::future<Result<void>>> told;
        told.reserve(kEach);
        for (int i = 0; i < kEach; ++i)
          told.push_back(start_append(*log, {std::to_string(thread) + "/" + std::to_string(i), "x"}));
        for (auto& one : told) CHECK(one.get());
      });
    }
    threads.clear();
    CHECK(log->stats().records == 2 * kThreads * kEach);
  }
  CHECK(commits < kThreads * kEach / 2);
  const auto log = open(folder);
  const auto found = read_all(*log, "all", 1000);
  CHECK(found.ids.size() == 2 * kThreads * kEach);
  std::array<int, kThreads> next{};
  for (std::size_t i = 0; i < found.ids.size(); i += 2) {
    const auto thread = static_cast<std::size_t>(found.ids[i][0] - '0');
    CHECK(found.ids[i] == std::to_string(thread) + "/" + std::to_string(next[thread]++));
  }
}

TEST_CASE("an append that is longer than a segment has one of its own") {
  const Folder folder;
  const auto log = open(folder, {.folder = {}, .segment_bytes = kSmall});
  REQUIRE(append(*log, {"a"}));
  REQUIRE(append(*log, {"b", "c"}, std::string(100'000, 'x')));
  REQUIRE(append(*log, {"d"}));
  CHECK(segment_files(folder).size() == 3);
  CHECK(read_all(*log).ids == Ids{"a", "b", "c", "d"});
}

TEST_CASE("damage in any place of a sealed segment is told and counted, and everything else is read") {
  const Folder folder;
  const DiskLog::Options options{.folder = {}, .segment_bytes = kSmall};
  const std::string body(20'000, 'x');
  Ids all;
  {
    const auto log = open(folder, options);
    for (int i = 0; i < 8; ++i) {
      all.push_back(std::to_string(i));
      REQUIRE(append(*log, {all.back()}, body));
    }
  }
  const auto files = segment_files(folder);
  REQUIRE(files.size() >= 3);
  const auto size = fs::file_size(files[1]);
  const auto intact = files::read_whole(files[1]).value();
  for (std::uint64_t place = 0; place < size; place += place < 200 || place % 4096 < 70 ? 7 : 997) {
    CAPTURE(place);
    flip(files[1], place);
    const auto verified = verify(disk_storage(), folder.path / "log").value();
    {
      const auto log = open(folder, options);
      const auto found = read_all(*log, "r", 3);
      if (place < kSegmentHeader) {
        CHECK(found.ids == all);
        CHECK(verified.damage.empty());
      } else {
        CHECK(found.ids.size() == all.size() - 1);
        REQUIRE(found.damage.size() == 1);
        CHECK(found.damage[0].code == "event_damaged");
        CHECK(log->stats().damaged == 1);
        REQUIRE(verified.damage.size() == 1);
        CHECK(verified.damage[0].records == 1);
        CHECK(verified.damage[0].offset <= place);
        CHECK(verified.damage[0].end > place);
      }
    }
    flip(files[1], place);
  }
  CHECK(files::read_whole(files[1]) == intact);

  SUBCASE("a segment without a header is put aside") {
    flip(files[1], 0);
    flip(files[1], 4096);
    std::vector<Error> told;
    auto telling = options;
    telling.tell = [&](const Error& error) { told.push_back(error); };
    const auto log = open(folder, telling);
    CHECK(told.size() == 1);
    CHECK(fs::exists(files[1].string() + ".damaged"));
    const auto found = read_all(*log, "r");
    CHECK(found.ids.front() == "0");
    CHECK(found.ids.back() == "7");
    REQUIRE(found.damage.size() == 1);
    CHECK(log->stats().damaged == all.size() - found.ids.size());
  }
  SUBCASE("a segment is missing") {
    fs::remove(files[1]);
    const auto log = open(folder, options);
    const auto found = read_all(*log, "r");
    CHECK(found.ids.back() == "7");
    CHECK(found.damage.size() == 1);
  }
  SUBCASE("the last segment has lost its header") {
    flip(files.back(), 0);
    flip(files.back(), 4096);
    const auto log = open(folder, options);
    REQUIRE(append(*log, {"new"}));
    const auto found = read_all(*log, "r");
    CHECK(found.ids.front() == "0");
    CHECK(found.ids.back() == "new");
    CHECK(found.damage.size() == 1);
  }
}

TEST_CASE("everything is gone but the readers: no number is given twice") {
  const Folder folder;
  {
    const auto log = open(folder);
    REQUIRE(append(*log, numbers(5)));
    const auto reader = log->reader("r").value();
    REQUIRE(reader->acknowledge(reader->read(5, 0ms).value().through));
  }
  fs::remove(segment_files(folder).at(0));
  const auto log = open(folder);
  REQUIRE(append(*log, {"new"}));
  CHECK(read_all(*log, "r").ids == Ids{"new"});
}

namespace {

const DiskLog::Options kSmallSegments{.folder = {}, .segment_bytes = kSmall};
constexpr std::uint64_t kGiven = 14;  ///< by `lay_log`

/// Five segments and more; `killed`: as a process leaves it that is killed.
void lay_log(const Folder& folder, bool killed) {
  const Folder place;
  const auto& made = killed ? place : folder;
  const auto log = open(made, kSmallSegments);
  for (const auto& id : numbers(kGiven)) REQUIRE(append(*log, {id}, std::string(20'000, 'x')));
  REQUIRE(segment_files(made).size() > 5);
  if (killed) fs::copy(made.path / "log", folder.path / "log", fs::copy_options::recursive);
}

/// What a start tells, and the number that the next record gets.
struct Start {
  std::vector<Error> told;
  std::uint64_t number = 0;
  Ids ids;
  std::size_t gaps = 0;  ///< that who reads is told
};
Start start_again(const Folder& folder, const std::string& id) {
  Start start;
  std::vector<Error> told;
  auto options = kSmallSegments;
  options.tell = [&](const Error& error) { told.push_back(error); };
  const auto log = open(folder, options);
  start.told = told;
  REQUIRE(append(*log, {id}));
  for (const auto reader = log->reader("of-" + id).value();;) {
    const auto chunk = reader->read(1000, 0ms).value();
    if (chunk.count == 0 && chunk.damage.empty()) break;
    const auto some = testing::ids_of(chunk.batch);
    start.gaps += chunk.damage.size();
    start.ids.insert(start.ids.end(), some.begin(), some.end());
    start.number = chunk.through - 1;
  }
  REQUIRE(start.ids.back() == id);
  return start;
}

bool is_well(const Folder& folder) {
  const auto verified = verify(disk_storage(), folder.path / "log").value();
  return verified.damage.empty() && verified.headless.empty();
}

struct Loss {
  std::string what;
  std::function<void(const fs::path&)> happen;
};
void zero(const fs::path& path, std::uintmax_t size) {
  fs::resize_file(path, 0);
  fs::resize_file(path, size);
}
const std::vector<Loss>& losses() {
  static const std::vector<Loss> all{
      {"removed", [](const fs::path& path) { fs::remove(path); }},
      {"emptied", [](const fs::path& path) { fs::resize_file(path, 0); }},
      {"zeroed", [](const fs::path& path) { zero(path, fs::file_size(path)); }},
      {"a zero", [](const fs::path& path) { zero(path, 1); }},
      {"zeros of a header", [](const fs::path& path) { zero(path, kSegmentHeader); }},
      {"many zeros", [](const fs::path& path) { zero(path, 9'000'000); }},
      {"random", [](const fs::path& path) { std::ofstream(path) << std::string(30'000, 'r'); }},
  };
  return all;
}

}  // namespace

TEST_CASE("no number is given twice, whatever became of the newest segments, and what is gone is told") {
  for (const auto& loss : losses()) {
    for (const bool killed : {false, true}) {
      for (const std::size_t lost : {1, 2, 100}) {
        CAPTURE(loss.what);
        CAPTURE(killed);
        CAPTURE(lost);
        const Folder folder;
        lay_log(folder, killed);
        REQUIRE(is_well(folder));
        const auto files = segment_files(folder);
        const auto all = std::min(lost, files.size());
        for (std::size_t i = files.size() - all; i < files.size(); ++i) loss.happen(files[i]);
        CHECK_FALSE(is_well(folder));
        const auto first = start_again(folder, "new");
        REQUIRE_FALSE(first.told.empty());
        for (const auto& error : first.told) CHECK(error.code == "event_damaged");
        if (killed)
          CHECK(first.number > kGiven);
        else
          CHECK(first.number == kGiven + 1);
        for (std::size_t i = files.size() - all; i < files.size(); ++i)
          CHECK(fs::exists(files[i].string() + ".damaged") == (loss.what != "removed"));
        // Once.
        const auto second = start_again(folder, "newer");
        CHECK(second.told.empty());
        CHECK(second.number == first.number + 1);
        CHECK(second.ids.size() == first.ids.size() + 1);
        CHECK(first.gaps == (all < files.size() ? 1 : 0));
      }
    }
  }
}

TEST_CASE("a newest segment of which only the header is left gives its numbers to nobody") {
  const Folder folder;
  lay_log(folder, false);
  const auto last = segment_files(folder).back();
  fs::resize_file(last, kSegmentHeader);
  CHECK_FALSE(is_well(folder));
  const auto start = start_again(folder, "new");
  REQUIRE(start.told.size() == 1);
  CHECK(start.told[0].code == "event_damaged");
  CHECK(start.number == kGiven + 1);
}

TEST_CASE("a segment in the middle that is gone is told, and costs no more") {
  for (const auto& loss : losses()) {
    for (const bool killed : {false, true}) {
      CAPTURE(loss.what);
      CAPTURE(killed);
      const Folder folder;
      lay_log(folder, killed);
      const auto third = segment_files(folder).at(2);
      loss.happen(third);
      CHECK_FALSE(is_well(folder));
      const bool removed = loss.what == "removed";
      const auto start = start_again(folder, "new");
      CHECK(start.told.size() == (removed ? 0 : 1));
      CHECK(start.gaps == 1);
      for (const auto& error : start.told) CHECK(error.code == "event_damaged");
      CHECK(fs::exists(third.string() + ".damaged") == !removed);
      CHECK(start.number == kGiven + 1);
      CHECK(start.ids.front() == "id-0");
    }
  }
}

TEST_CASE("a segment that was made and never written to is nothing to tell") {
  const auto header =
      encode_header({.salt = 1, .number = 99, .first = 1, .created = {}, .previous = 0, .previous_end = 0});
  for (const auto& [size, bytes] :
       std::vector<std::pair<std::uintmax_t, std::string>>{{0, ""},
                                                           {1, ""},
                                                           {4096, ""},
                                                           {8'000'000, ""},
                                                           {32, header},
                                                           {63, header},
                                                           {kSmall, header.substr(0, 40)}}) {
    for (const bool killed : {false, true}) {
      CAPTURE(size);
      CAPTURE(killed);
      const Folder folder;
      lay_log(folder, killed);
      const auto fresh = segment_path(folder.path / "log", segment_files(folder).size() + 1);
      REQUIRE_FALSE(fs::exists(fresh));
      std::ofstream(fresh) << bytes;
      fs::resize_file(fresh, size);
      const auto start = start_again(folder, "new");
      CHECK(start.told.empty());
      CHECK(start.number == kGiven + 1);
      CHECK(start.ids.size() == kGiven + 1);
      CHECK(is_well(folder));
    }
  }
  // Also the very first one, and one that was left behind when the next was begun.
  const Folder folder;
  std::ignore = open(folder);
  std::ofstream(segment_path(folder.path / "log", 1)) << "";
  CHECK(start_again(folder, "a").number == 1);
  std::ignore = open(folder);  // which cuts what was reserved
  const auto second = segment_files(folder).at(0);
  const auto end = fs::file_size(second);
  fs::remove(numbers_path(folder.path / "log"));
  std::ofstream(segment_path(folder.path / "log", 8)) << "";
  std::ofstream(segment_path(folder.path / "log", 9)) << encode_header(
      {.salt = 1, .number = 9, .first = 2, .created = {}, .previous = 2, .previous_end = end});
  const auto start = start_again(folder, "b");
  CHECK(start.told.empty());
  CHECK(start.number == 2);
  CHECK(start.ids == Ids{"a", "b"});
  CHECK(segment_files(folder).size() == 2);
}

TEST_CASE("a log of which no numbers are kept is read, and they are from then on") {
  for (const auto* text : {"", "skerry events numbers 1\n", "skerry events numbers 1\n9 9 9\n00000000\n"}) {
    CHECK_FALSE(parse_numbers(text));
    const Folder folder;
    lay_log(folder, true);
    const auto path = numbers_path(folder.path / "log");
    CHECK(parse_numbers(files::read_whole(path).value())->given <= kGiven);
    fs::remove(path);
    if (*text != '\0') std::ofstream(path) << text;
    const auto start = start_again(folder, "new");
    CHECK(start.told.size() == (*text == '\0' ? 0 : 1));
    CHECK(start.number == kGiven + 1);
    CHECK(start.ids.size() == kGiven + 1);
    const auto kept = parse_numbers(files::read_whole(path).value()).value();
    CHECK(kept.given == kGiven + 2);
    CHECK(kept.free == kGiven + 2);
    // Where they are gone with the newest segment, as much is left out as that may have had.
    fs::remove(path);
    const auto last = segment_files(folder).back();
    fs::resize_file(last, 0);
    const auto again = start_again(folder, "newer");
    CHECK(again.told.size() > 0);
    CHECK(again.number > kGiven + 1);
    CHECK(fs::exists(last.string() + ".damaged"));
  }
  for (const Numbers& bad : {Numbers{.segment = 1, .given = 0, .free = 1},
                             {.segment = 1, .given = 2, .free = 1},
                             {.segment = 1, .given = 1, .free = ~std::uint64_t{0}},
                             {.segment = ~std::uint64_t{0}, .given = 1, .free = 1}})
    CHECK_FALSE(parse_numbers(encode_numbers(bad)));
}

// What the kept numbers say is of the time before: an older program does not keep them.
TEST_CASE("numbers that are older than the log are not believed") {
  const Folder folder;
  lay_log(folder, false);
  const auto path = numbers_path(folder.path / "log");
  std::ofstream(path) << encode_numbers({.segment = 1, .given = 1, .free = 3});
  CHECK(start_again(folder, "new").number == kGiven + 1);
  std::ofstream(path) << encode_numbers({.segment = 1, .given = 1, .free = 3});
  fs::resize_file(segment_files(folder).back(), 0);
  const auto start = start_again(folder, "newer");
  CHECK(start.told.size() > 0);
  CHECK(start.number > kGiven + 1);
}

// Every step of the disk fails once, in each way that it can. What was acknowledged is there, once; what was
// refused is not; the log goes on.
TEST_CASE("a step that fails refuses what it was for, and nothing else") {
  using Fault = TestDisk::Fault;
  std::mt19937 random(20261121);
  const std::string body(9'000, 'x');
  for (const auto fault : {Fault::full, Fault::broken, Fault::half_write}) {
    std::uint64_t steps = 1;
    for (std::uint64_t step = 1; step <= steps; ++step) {
      CAPTURE(static_cast<int>(fault));
      CAPTURE(step);
      const Folder folder;
      const auto disk = std::make_shared<TestDisk>();
      const DiskLog::Options options{.folder = {}, .segment_bytes = kSmall, .storage = disk};
      Ids kept;
      {
        const auto log = open(folder, options);
        disk->fail_at(step, fault);
        int refused = 0;
        for (int i = 0; i < 12; ++i) {
          const Ids ids = {std::to_string(i), std::to_string(i) + "b"};
          if (const auto done = append(*log, ids, body)) {
            kept.insert(kept.end(), ids.begin(), ids.end());
          } else {
            CHECK(done.error().code == (fault == Fault::full ? "events_full" : "events_unavailable"));
            ++refused;
          }
        }
        CHECK(refused <= 2);
        steps = disk->steps();
        disk->fail_at(0, Fault::none);
        REQUIRE(append(*log, {"last"}));
        kept.emplace_back("last");
        CHECK_FALSE(log->stats().trouble);
        const auto found = read_all(*log);
        CHECK(found.ids == kept);
        CHECK(found.damage.empty());
      }
      // A sync that failed and a later one that didn't: what the first was for is lost with the power.
      disk->lose_power(random);
      const auto log = open(folder, options);
      const auto found = read_all(*log);
      CHECK(found.ids == kept);
      CHECK(found.damage.empty());
    }
    CHECK(steps > 40);
  }
}

// The power fails at every step, with another part of what was not synced on the disk each time.
TEST_CASE(
    "after a power failure at any step all is there that was acknowledged, and each append whole or not at "
    "all") {
  std::mt19937 random(20261121);
  const std::string body(5'000, 'x');
  std::uint64_t steps = 1;
  for (std::uint64_t step = 1; step <= steps; ++step) {
    for (int turn = 0; turn < 4; ++turn) {
      CAPTURE(step);
      CAPTURE(turn);
      const Folder folder;
      const auto disk = std::make_shared<TestDisk>();
      const DiskLog::Options options{.folder = {}, .segment_bytes = kSmall, .storage = disk};
      std::vector<std::pair<Ids, bool>> appended;
      Ids before;
      {
        const auto log = open(folder, options);
        disk->fail_at(step, TestDisk::Fault::no_power);
        for (int i = 0; i < 10; ++i) {
          std::vector<std::future<Result<void>>> told;
          for (int j = 0; j < 3; ++j) {
            const auto name = std::to_string(i) + "." + std::to_string(j);
            appended.push_back({{name, name + "b"}, false});
            told.push_back(start_append(*log, appended.back().first, body));
          }
          for (std::size_t j = 0; j < told.size(); ++j)
            appended[appended.size() - told.size() + j].second = told[j].get().has_value();
        }
        steps = std::max(steps, disk->steps());
      }
      disk->lose_power(random);
      const auto log = open(folder, options);
      const auto found = read_all(*log);
      CHECK(found.damage.empty());
      auto next = found.ids.begin();
      for (const auto& [ids, acknowledged] : appended) {
        const bool there = next != found.ids.end() && *next == ids[0];
        CHECK((there || !acknowledged));
        if (!there) continue;
        REQUIRE(found.ids.end() - next >= 2);
        CHECK(next[1] == ids[1]);
        next += 2;
      }
      CHECK(next == found.ids.end());
      REQUIRE(append(*log, {"after"}));
      CHECK(read_all(*log).ids.size() == found.ids.size() + 1);
    }
  }
  CHECK(steps > 30);
}

}  // namespace skerry::events
