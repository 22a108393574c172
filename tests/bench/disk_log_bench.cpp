// The event log against the least that could be done, and against reading its bytes.
//   disk_log_bench append FOLDER SECONDS ROUNDS
//       appends per second with 64 writers, each with one event on its way: our log, which commits what waits
//       together, and a file to which each of 64 threads appends and syncs by itself. {"ours", "rival",
//       "cpu_us"}
//   disk_log_bench recovery FOLDER GIGABYTES ROUNDS
//       GB/s of opening a log of that size, of verifying all of it, and of cat. {"ours", "rival", "verify",
//       "GB"}
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/log_files.hpp"
#include "shared/events/event.hpp"

using namespace skerry;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kWriters = 64;
constexpr std::uint64_t kRoom = std::uint64_t{1} << 40U;

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "disk_log_bench: %s (%s)\n", error.message.c_str(), error.code.c_str());
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error());
  return std::move(*result);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

/// As the tracker makes it.
std::string batch_of(std::uint64_t number, std::uint32_t count) {
  std::string batch;
  for (std::uint32_t i = 0; i < count; ++i) {
    events::Event event{
        .id = "0193e5a0-0000-7000-8000-" + std::to_string(100'000'000'000 + number * count + i),
        .received = Time(std::chrono::milliseconds(1'800'000'000'000)),
        .client = "203.0.113.9",
        .host = "trk.example.com",
        .path = "/t/w",
        .query = "wor=king&page=%2Findex.html&session=0193e5a0",
        .user_agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
        .body = {},
        .hints = {{"country", "DE"}}};
    if (auto added = events::append_event(batch, event); !added) give_up(added.error());
  }
  return batch;
}

struct Appended {
  double rate = 0;
  double processor_us = 0;
};

/// Each writer appends its next event when the last one is durable, as connections of a server do.
class GroupWriters {
 public:
  explicit GroupWriters(events::Queue& log) : log_(log), batch_(batch_of(1, 1)) {}

  Appended run(double seconds) {
    const auto start = Clock::now();
    const auto processor = processor_seconds();
    for (int writer = 0; writer < kWriters; ++writer) append();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    const auto count = static_cast<double>(count_);
    const Appended result{.rate = count / seconds_since(start),
                          .processor_us = (processor_seconds() - processor) / count * 1e6};
    stopping_ = true;
    for (int writer = 0; writer < kWriters; ++writer) ended_.acquire();
    return result;
  }

 private:
  void append() {
    log_.append(batch_, 1, [this](const Result<void>& done) {
      if (!done) give_up(done.error());
      ++count_;
      if (stopping_)
        ended_.release();
      else
        append();
    });
  }

  events::Queue& log_;
  const std::string batch_;
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<bool> stopping_ = false;
  std::counting_semaphore<kWriters> ended_{0};
};

double each_by_itself(const fs::path& path, double seconds, bool in_turn) {
  std::mutex turn;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const auto batch = batch_of(1, 1);
  std::atomic<std::uint64_t> count = 0;
  std::atomic<bool> stopping = false;
  const auto start = Clock::now();
  std::vector<std::jthread> writers;
  writers.reserve(kWriters);
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&] {
      while (!stopping) {
        std::unique_lock lock(turn, std::defer_lock);
        if (in_turn) lock.lock();
        if (write(file, batch.data(), batch.size()) < 0 || fdatasync(file) != 0) std::exit(1);
        ++count;
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto rate = static_cast<double>(count) / seconds_since(start);
  stopping = true;
  writers.clear();
  close(file);
  fs::remove(path);
  return rate;
}

void bench_append(const fs::path& folder, double seconds, int rounds) {
  std::vector<double> ours;
  std::vector<double> rival;
  std::vector<double> overlapping;
  std::vector<double> processor;
  for (int round = 0; round < rounds; ++round) {
    {
      const auto log = must(events::DiskLog::open({.folder = folder / "log", .max_bytes = kRoom}));
      const auto appended = GroupWriters(*log).run(seconds);
      ours.push_back(appended.rate);
      processor.push_back(appended.processor_us);
    }
    fs::remove_all(folder / "log");
    rival.push_back(each_by_itself(folder / "plain", seconds, true));
    overlapping.push_back(each_by_itself(folder / "plain", seconds, false));
  }
  std::printf(R"({"ours":%.0f,"rival":%.0f,"overlapping":%.0f,"cpu_us":%.2f})"
              "\n",
              median(ours), median(rival), median(overlapping), median(processor));
}

/// So that it is read from the disk.
void forget(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    fdatasync(file);
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    close(file);
  }
}

void bench_recovery(const fs::path& folder, double gigabytes, int rounds) {
  const auto log_folder = folder / "log";
  std::uint64_t bytes = 0;
  {
    const auto log = must(events::DiskLog::open({.folder = log_folder, .max_bytes = kRoom}));
    constexpr std::uint32_t kRecords = 1000;
    std::counting_semaphore<8> waiting(8);
    for (std::uint64_t number = 0; static_cast<double>(bytes) < gigabytes * 1e9; ++number) {
      auto batch = batch_of(number, kRecords);
      bytes += batch.size();
      waiting.acquire();
      log->append(std::move(batch), kRecords, [&](const Result<void>& done) {
        if (!done) give_up(done.error());
        waiting.release();
      });
    }
  }
  const auto storage = events::disk_storage();
  std::vector<double> opened;
  std::vector<double> verified;
  std::vector<double> read;
  for (int round = 0; round < rounds; ++round) {
    forget(log_folder);
    auto start = Clock::now();
    must(events::DiskLog::open({.folder = log_folder, .max_bytes = kRoom})).reset();
    opened.push_back(static_cast<double>(bytes) / 1e9 / seconds_since(start));
    forget(log_folder);
    start = Clock::now();
    if (!must(events::verify(storage, log_folder)).damage.empty()) std::exit(1);
    verified.push_back(static_cast<double>(bytes) / 1e9 / seconds_since(start));
    forget(log_folder);
    start = Clock::now();
    if (std::system(("cat '" + log_folder.string() + "'/*.events > /dev/null").c_str()) != 0) std::exit(1);
    read.push_back(static_cast<double>(bytes) / 1e9 / seconds_since(start));
  }
  std::printf(R"({"ours":%.2f,"rival":%.3f,"verify":%.3f,"GB":%.1f})"
              "\n",
              median(opened), median(read), median(verified), static_cast<double>(bytes) / 1e9);
  fs::remove_all(log_folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const fs::path folder = argv[2];
  fs::create_directories(folder);
  const double amount = std::atof(argv[3]);
  const int rounds = std::atoi(argv[4]);
  if (argv[1] == std::string("append"))
    bench_append(folder, amount, rounds);
  else
    bench_recovery(folder, amount, rounds);
  return 0;
}
