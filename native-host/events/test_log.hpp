#pragma once

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/storage.hpp"
#include "native-host/files/files.hpp"

/// What the tests of the log share: a folder, batches, and a disk that breaks when it is told to.
namespace skerry::events::testing {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    auto name = (fs::temp_directory_path() / "skerry-events-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path;
};

using Ids = std::vector<std::string>;

inline std::string batch_of(const Ids& ids, const std::string& body = {}) {
  std::string batch;
  for (const auto& id : ids) {
    Event event;
    event.id = id;
    event.body = body;
    REQUIRE(append_event(batch, event));
  }
  return batch;
}

inline Ids ids_of(std::string_view batch) {
  Ids ids;
  BatchReader reader(batch);
  while (const auto record = reader.next()) ids.emplace_back(event_id(*record).value());
  REQUIRE(reader.complete());
  return ids;
}

inline std::future<Result<void>> start_append(Queue& queue, const Ids& ids, const std::string& body = {}) {
  std::promise<Result<void>> told;
  auto result = told.get_future();
  queue.append(batch_of(ids, body), static_cast<std::uint32_t>(ids.size()),
               [told = std::move(told)](Result<void> done) mutable { told.set_value(std::move(done)); });
  return result;
}

inline Result<void> append(Queue& queue, const Ids& ids, const std::string& body = {}) {
  return start_append(queue, ids, body).get();
}

/// What a new reader finds, and what it is told on the way.
struct Found {
  Ids ids;
  std::vector<Error> damage;
};
inline Found read_all(Queue& queue, const std::string& name = "all", std::uint32_t most = 7) {
  Found found;
  const auto reader = queue.reader(name).value();
  for (;;) {
    auto chunk = reader->read(most, std::chrono::milliseconds(0)).value();
    if (chunk.count == 0 && chunk.damage.empty()) return found;
    const auto ids = ids_of(chunk.batch);
    REQUIRE(ids.size() == chunk.count);
    found.ids.insert(found.ids.end(), ids.begin(), ids.end());
    found.damage.insert(found.damage.end(), chunk.damage.begin(), chunk.damage.end());
  }
}

/// The real disk, which fails at the steps that a test chooses, and which can lose its power: then each 512
/// bytes that were written and not synced are on it or not, and so is each new file whose folder was not
/// synced. What a failed sync was for is never on it, whatever a later sync says.
class TestDisk final : public Storage {
 public:
  enum class Fault { none, full, broken, half_write, no_power };

  /// The step with this number (from 1) fails; with `no_power`, all after it too.
  void fail_at(std::uint64_t step, Fault fault) {
    const std::lock_guard guard(mutex_);
    steps_ = 0;
    fails_at_ = step;
    fault_ = fault;
  }
  [[nodiscard]] std::uint64_t steps() const {
    const std::lock_guard guard(mutex_);
    return steps_;
  }
  /// From now on each step hangs until `thaw`.
  void freeze() {
    const std::lock_guard guard(mutex_);
    frozen_ = true;
  }
  void thaw() {
    {
      const std::lock_guard guard(mutex_);
      frozen_ = false;
    }
    changed_.notify_all();
  }
  /// Until somebody hangs.
  void await_hanging() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hanging_ > 0; });
  }
  void set_free(std::uint64_t bytes) {
    const std::lock_guard guard(mutex_);
    free_ = bytes;
  }

  /// The power is cut, and comes back.
  void lose_power(std::mt19937& random) {
    const std::lock_guard guard(mutex_);
    for (auto undo = undos_.rbegin(); undo != undos_.rend(); ++undo) restore(*undo, random);
    undos_.clear();
    for (const auto& path : fresh_)
      if (random() % 2 == 0) fs::remove(path);
    fresh_.clear();
    fault_ = Fault::none;
  }

  Io<std::unique_ptr<File>> create(const fs::path& path) override {
    if (const auto error = step()) return std::unexpected(error);
    auto file = disk_->create(path);
    if (!file) return std::unexpected(file.error());
    const std::lock_guard guard(mutex_);
    fresh_.push_back(path);
    return std::make_unique<TestFile>(*this, path, std::move(*file));
  }
  Io<std::unique_ptr<File>> open(const fs::path& path, bool writable) override {
    if (const auto error = step()) return std::unexpected(error);
    auto file = disk_->open(path, writable);
    if (!file) return std::unexpected(file.error());
    return std::make_unique<TestFile>(*this, path, std::move(*file));
  }
  Io<void> remove(const fs::path& path) override {
    if (const auto error = step()) return std::unexpected(error);
    return disk_->remove(path);
  }
  bool exists(const fs::path& path) override { return disk_->exists(path); }
  Io<void> sync_folder(const fs::path&) override {
    if (const auto error = step()) return std::unexpected(error);
    const std::lock_guard guard(mutex_);
    fresh_.clear();
    return {};
  }
  Io<void> replace(const fs::path& path, std::string_view bytes) override {
    if (const auto error = step()) return std::unexpected(error);
    const auto fresh = path.string() + ".new";
    std::ofstream(fresh, std::ios::binary) << bytes;
    fs::rename(fresh, path);
    return {};
  }
  Io<std::uint64_t> free_bytes(const fs::path&) override {
    const std::lock_guard guard(mutex_);
    return free_;
  }

 private:
  /// How to go back behind a write or a cut.
  struct Undo {
    fs::path path;
    std::uint64_t offset;
    std::string bytes;   ///< that were there
    std::uint64_t size;  ///< that the file had
    bool doomed = false;
  };

  class TestFile final : public File {
   public:
    TestFile(TestDisk& disk, fs::path path, std::unique_ptr<File> file)
        : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}

    Io<std::size_t> write(std::uint64_t offset, std::string_view bytes) override {
      const auto error = disk_.step();
      // Half of it is written all the same.
      if (error == EINTR && bytes.size() > 1) bytes = bytes.substr(0, bytes.size() / 2);
      if (error != 0 && error != EINTR) return std::unexpected(error);
      disk_.remember(path_, *file_, offset, bytes.size());
      return file_->write(offset, bytes);
    }
    Io<std::size_t> read(std::uint64_t offset, std::span<char> bytes) const override {
      if (const auto error = disk_.step()) return std::unexpected(error);
      return file_->read(offset, bytes);
    }
    Io<void> sync() override {
      const auto error = disk_.step();
      disk_.settle(path_, error != 0);
      if (error != 0) return std::unexpected(error);
      return {};
    }
    Io<void> reserve(std::uint64_t size, std::uint64_t filled) override {
      if (const auto error = disk_.step()) return std::unexpected(error);
      disk_.remember(path_, *file_, size, 0);
      return file_->reserve(size, filled);
    }
    Io<void> truncate(std::uint64_t size) override {
      if (const auto error = disk_.step()) return std::unexpected(error);
      const auto present = file_->size().value();
      if (present > size) disk_.remember(path_, *file_, size, present - size);
      return file_->truncate(size);
    }
    [[nodiscard]] Io<std::uint64_t> size() const override { return file_->size(); }

   private:
    TestDisk& disk_;
    fs::path path_;
    std::unique_ptr<File> file_;
  };

  /// The errno of this step; EINTR for half a write; 0.
  int step() {
    std::unique_lock lock(mutex_);
    if (frozen_) {
      ++hanging_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !frozen_; });
      --hanging_;
    }
    ++steps_;
    if (fault_ == Fault::none || steps_ < fails_at_) return 0;
    if (fault_ == Fault::no_power) return EIO;
    if (steps_ > fails_at_ && !(fault_ == Fault::half_write && steps_ == fails_at_ + 1)) return 0;
    if (fault_ == Fault::half_write) return steps_ == fails_at_ ? EINTR : EIO;
    return fault_ == Fault::full ? ENOSPC : EIO;
  }
  void remember(const fs::path& path, const File& file, std::uint64_t offset, std::size_t count) {
    std::string bytes(count, '\0');
    const auto size = file.size().value();
    const auto there = file.read(offset, bytes).value();
    bytes.resize(there);
    const std::lock_guard guard(mutex_);
    undos_.push_back({.path = path, .offset = offset, .bytes = std::move(bytes), .size = size});
  }
  void settle(const fs::path& path, bool failed) {
    const std::lock_guard guard(mutex_);
    if (failed) {
      for (auto& undo : undos_) undo.doomed |= undo.path == path;
    } else {
      std::erase_if(undos_, [&](const Undo& undo) { return undo.path == path && !undo.doomed; });
    }
  }
  static void restore(const Undo& undo, std::mt19937& random) {
    constexpr std::size_t kSector = 512;
    if (!fs::exists(undo.path)) return;
    if (undo.doomed || random() % 2 == 0) fs::resize_file(undo.path, undo.size);
    std::fstream file(undo.path, std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t start = 0; start < undo.bytes.size();) {
      const auto size = std::min(kSector - (undo.offset + start) % kSector, undo.bytes.size() - start);
      if (undo.doomed || random() % 2 == 0) {
        file.seekp(static_cast<std::streamoff>(undo.offset + start));
        file.write(undo.bytes.data() + start, static_cast<std::streamsize>(size));
      }
      start += size;
    }
  }

  std::shared_ptr<Storage> disk_ = disk_storage();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool frozen_ = false;
  int hanging_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t fails_at_ = 0;
  Fault fault_ = Fault::none;
  std::uint64_t free_ = std::uint64_t{1} << 40U;
  std::vector<Undo> undos_;
  std::vector<fs::path> fresh_;
};

}  // namespace skerry::events::testing
