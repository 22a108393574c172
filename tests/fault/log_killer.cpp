// log_killer FOLDER KILLS SEED: a process that appends to an event log, as fast as it can, is killed again
// and again at random moments, also while it recovers. Each time it first sends again what was not
// acknowledged, as clients do. Afterwards every acknowledged id must be in the log once, and no id twice.
// Prints {"kills", "acknowledged", "records", "missing", "doubled", "damaged"}.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/intake.hpp"
#include "shared/events/event.hpp"

using namespace skerry;

namespace {

constexpr std::uint64_t kSegment = 256 << 10;
constexpr std::size_t kKnownIds = 20'000;
constexpr int kWriters = 16;
constexpr std::chrono::microseconds kLongestLife{9'000};

/// What the killed process leaves behind.
struct Shared {
  std::atomic<std::uint64_t> sent;  ///< ids 0 to sent - 1
};

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "log_killer: %s (%s)\n", error.message.c_str(), error.code.c_str());
  std::_Exit(1);
}

/// The process that is killed: tells each acknowledged id to `pipe`.
class Victim {
 public:
  Victim(const std::string& folder, Shared& shared, int pipe, std::vector<std::uint64_t> again)
      : shared_(shared), pipe_(pipe), again_(std::move(again)) {
    auto log = events::DiskLog::open({.folder = folder, .segment_bytes = kSegment});
    if (!log) give_up(log.error());
    log_ = std::move(*log);
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    auto intake = events::Intake::open(*log_, {.ids = kKnownIds}, now);
    if (!intake) give_up(intake.error());
    intake_ = std::move(*intake);
  }

  [[noreturn]] void run() {
    for (int writer = 0; writer < kWriters; ++writer) send();
    for (;;) pause();
  }

 private:
  std::uint64_t next_id() {
    if (const auto place = resent_++; place < again_.size()) return again_[place];
    return shared_.sent++;
  }
  /// One to three events in a batch; the next goes when they are told.
  void send() {
    std::vector<std::uint64_t> ids(1 + batches_++ % 3);
    std::string batch;
    for (auto& id : ids) {
      id = next_id();
      events::Event event;
      event.id = std::to_string(id);
      event.path = "/t/w";
      event.body.assign(id % 400, 'x');
      if (auto added = events::append_event(batch, event); !added) give_up(added.error());
    }
    const auto count = static_cast<std::uint32_t>(ids.size());
    intake_->append(std::move(batch), count,
                    [this, ids = std::move(ids)](const Result<events::Taken>& taken) {
                      if (!taken) give_up(taken.error());
                      if (write(pipe_, ids.data(), ids.size() * sizeof ids[0]) < 0) std::_Exit(1);
                      send();
                    });
  }

  Shared& shared_;
  int pipe_;
  const std::vector<std::uint64_t> again_;
  std::atomic<std::size_t> resent_ = 0;
  std::atomic<std::uint64_t> batches_ = 0;
  std::unique_ptr<events::DiskLog> log_;
  std::unique_ptr<events::Intake> intake_;
};

/// What came through the pipe until its other end died; a number that was cut was not told.
std::vector<std::uint64_t> read_ids(int pipe) {
  std::string bytes;
  char part[65536];
  for (ssize_t count = 0; (count = read(pipe, part, sizeof part)) > 0;)
    bytes.append(part, static_cast<std::size_t>(count));
  std::vector<std::uint64_t> ids(bytes.size() / sizeof(std::uint64_t));
  std::copy_n(bytes.data(), ids.size() * sizeof(std::uint64_t), reinterpret_cast<char*>(ids.data()));
  return ids;
}

std::vector<std::uint64_t> missing_of(const std::vector<bool>& told, std::uint64_t sent) {
  std::vector<std::uint64_t> missing;
  for (std::uint64_t id = 0; id < sent; ++id)
    if (id >= told.size() || !told[id]) missing.push_back(id);
  return missing;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string folder = argv[1];
  const int kills = std::atoi(argv[2]);
  std::mt19937 random(static_cast<std::uint32_t>(std::atoi(argv[3])));
  auto* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  auto& shared = *new (memory) Shared{};

  std::vector<bool> told;
  for (int kill_number = 0; kill_number < kills; ++kill_number) {
    auto again = missing_of(told, shared.sent);
    int ends[2];
    if (pipe(ends) != 0) return 1;
    const auto child = fork();
    if (child == 0) {
      close(ends[0]);
      Victim(folder, shared, ends[1], std::move(again)).run();
    }
    close(ends[1]);
    std::jthread killer([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % kLongestLife.count()));
      kill(child, SIGKILL);
    });
    const auto ids = read_ids(ends[0]);
    killer.join();
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) return 1;
    told.resize(shared.sent);
    for (const auto id : ids) told[id] = true;
  }

  auto log = events::DiskLog::open({.folder = folder, .segment_bytes = kSegment});
  if (!log) give_up(log.error());
  const auto reader = (*log)->reader("proof").value();
  std::vector<std::uint32_t> seen(shared.sent);
  std::uint64_t damaged = 0;
  for (;;) {
    const auto chunk = reader->read(events::kMaxRecords, std::chrono::milliseconds(0));
    if (!chunk) give_up(chunk.error());
    damaged += chunk->damage.size();
    if (chunk->count == 0 && chunk->damage.empty()) break;
    for (events::BatchReader batch(chunk->batch); const auto record = batch.next();) {
      const auto id = events::event_id(*record).value();
      std::uint64_t number = 0;
      std::from_chars(id.data(), id.data() + id.size(), number);
      ++seen.at(number);
    }
  }
  std::uint64_t missing = 0;
  for (std::uint64_t id = 0; id < told.size(); ++id) missing += told[id] && seen[id] == 0 ? 1 : 0;
  const auto doubled = std::ranges::count_if(seen, [](std::uint32_t count) { return count > 1; });
  std::printf(R"({"kills":%d,"acknowledged":%ld,"records":%lu,"missing":%lu,"doubled":%ld,"damaged":%lu})"
              "\n",
              kills, static_cast<long>(std::ranges::count(told, true)), (*log)->stats().records, missing,
              static_cast<long>(doubled), damaged);
  return missing == 0 && doubled == 0 && damaged == 0 ? 0 : 1;
}
