#include "native-host/events/disk_log.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "native-host/events/crc32c.hpp"
#include "native-host/files/files.hpp"
#include "native-host/files/owner.hpp"

namespace skerry::events {
namespace {

namespace fs = std::filesystem;

/// Of one write; so much of memory is held for it.
constexpr std::chrono::seconds kLookAgain{1};
constexpr std::size_t kMaxWrite = std::size_t{16} << 20U;
/// Of what waits for the disk. More than that is refused.
constexpr std::size_t kMaxWaiting = std::size_t{128} << 20U;
/// A file grows by this, so that most commits change no metadata.
constexpr std::uint64_t kReserveStep = std::uint64_t{4} << 20U;
constexpr std::string_view kPositionTitle = "skerry events reader 1\n";
constexpr const char* kReaders = "readers";

std::uint64_t frame_bytes(std::string_view batch) {
  return kFrameHeader + batch.size();
}

Io<void> write_all(File& file, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = file.write(offset, bytes);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return std::unexpected(EIO);
    offset += *count;
    bytes.remove_prefix(*count);
  }
  return {};
}

/// True if no byte of the file is set behind its header.
Io<bool> is_empty(const File& file) {
  std::string bytes(std::size_t{1} << 16U, '\0');
  for (std::uint64_t offset = kSegmentHeader;;) {
    const auto count = file.read(offset, bytes);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return true;
    if (std::string_view(bytes).substr(0, *count).find_first_not_of('\0') != std::string_view::npos)
      return false;
    offset += *count;
  }
}

struct Waiting {
  std::string batch;
  std::uint32_t count;
  Done done;
  Result<void> result = {};
};

}  // namespace

class DiskLog::State {
 public:
  State(Options options, files::FileLock lock)
      : options_(std::move(options)), lock_(std::move(lock)), storage_(options_.storage) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    {
      const std::lock_guard guard(mutex_);
      stopping_ = true;
    }
    appended_.notify_one();
    if (writer_.joinable()) writer_.join();
  }

  Result<void> recover();
  void start() {
    writer_ = std::thread([this] { write(); });
  }

  void append(std::string batch, std::uint32_t count, Done done);
  Result<std::uint64_t> open_reader(std::string_view name);
  void close_reader(std::string_view name);
  Result<void> acknowledge(const std::string& name, std::uint64_t sequence);
  Result<void> recent(Time since, std::uint64_t most, const std::function<void(std::string_view)>& show);
  Stats stats() const;

  Cursor cursor(std::uint64_t sequence) {
    return {storage_, [this](std::uint64_t wanted) { return locate(wanted); }, sequence};
  }
  /// True when this record is there.
  bool wait_for(std::uint64_t sequence, std::chrono::milliseconds wait, const bool& interrupted) {
    std::unique_lock lock(mutex_);
    durable_.wait_for(lock, wait, [&] { return interrupted || next_ > sequence; });
    return !interrupted && next_ > sequence;
  }
  /// Lets go of segments whose files somebody has deleted.
  void forget_missing();
  void interrupt(bool& interrupted) {
    {
      const std::lock_guard guard(mutex_);
      interrupted = true;
    }
    durable_.notify_all();
  }
  void count(const Cursor::Damage& damage) {
    {
      const std::lock_guard guard(mutex_);
      if (!known_damage_.insert(damage.sequence).second) return;
      damaged_ += damage.records;
    }
    tell(describe(damage));
  }

 private:
  struct ReaderState {
    std::uint64_t acknowledged = 1;
    bool open = false;
  };

  [[nodiscard]] std::optional<Segment> locate(std::uint64_t sequence) const;
  void tell(const Error& error) const {
    if (options_.tell) options_.tell(error);
  }

  std::optional<Numbers> read_numbers();
  [[nodiscard]] bool may_have_records(std::uint64_t number, const std::optional<Numbers>& numbers) const;
  Result<bool> set_aside(const fs::path& path, bool may_have_records);
  Result<void> recover_last(Segment segment);
  Result<void> recover_headless(const Listing& listing, const std::optional<Numbers>& numbers);
  void recover_readers();

  // The writer's thread.
  void write();
  std::size_t commit(std::span<Waiting> waiting);
  std::optional<Error> make_room(std::uint64_t bytes);
  std::optional<Error> begin_segment(std::uint64_t bytes);
  std::optional<Error> keep_numbers(const Segment& segment, std::uint64_t free);
  [[nodiscard]] std::uint64_t free_after(std::uint64_t next) const;
  std::optional<Error> reserve(File& file, Segment& segment, std::uint64_t bytes);
  std::optional<Error> check_limits(std::uint64_t more);
  std::optional<Error> store(std::string_view bytes);
  void close_active();
  void publish();
  void set_trouble(std::optional<Error> trouble);
  void writes(std::optional<std::chrono::steady_clock::time_point> since);
  void look_for_room();
  [[nodiscard]] Time later_now() {
    last_time_ = std::max(last_time_, options_.now());
    return last_time_;
  }

  void drop_read(const std::function<bool()>& enough, bool pressed);
  void drop_oldest(const std::function<bool()>& enough);
  bool remove_front(const fs::path& path);

  const Options options_;
  const files::FileLock lock_;
  const std::shared_ptr<Storage> storage_;

  mutable std::mutex mutex_;
  std::condition_variable appended_;
  std::condition_variable durable_;
  std::vector<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool stopping_ = false;
  std::deque<Segment> segments_;  ///< the last one as it is durable
  std::uint64_t next_ = 1;        ///< sequence of the first record that isn't durable
  std::uint64_t used_ = 0;        ///< bytes of all segments' files
  std::map<std::string, ReaderState, std::less<>> readers_;
  std::set<std::uint64_t> known_damage_;
  std::uint64_t damaged_ = 0;
  std::uint64_t dropped_ = 0;
  std::optional<Error> trouble_;
  std::optional<std::chrono::steady_clock::time_point> writes_since_;  ///< what waits for the disk now
  std::mutex dropping_;

  // The writer's own.
  Segment active_;              ///< the last one; number 0: there is none yet
  std::unique_ptr<File> file_;  ///< its file; null: it takes no more
  std::uint64_t refused_ = 0;   ///< bytes of what was refused last, as the log is full; 0: it is not
  bool uncut_ = false;          ///< behind its end there is something
  bool noted_ = false;          ///< the numbers that its records may get are kept
  std::uint64_t last_number_ = 0;
  Time last_time_{};
  std::string buffer_;
  std::mt19937 random_{std::random_device{}()};

  std::thread writer_;
};

Result<void> DiskLog::State::recover() {
  const auto listing = list_segments(*storage_, options_.folder);
  if (!listing) return std::unexpected(listing.error());
  auto numbers = read_numbers();
  last_number_ = std::max(listing->last_number, numbers.value_or(Numbers{}).segment);
  segments_.assign(listing->segments.begin(), listing->segments.end());
  if (!segments_.empty())
    if (auto done = recover_last(segments_.back()); !done) return done;
  for (const auto& segment : segments_) used_ += segment.file_bytes;
  // An older program, which does not keep them, has gone on here.
  if (numbers && active_.number > numbers->segment && active_.next > active_.first) numbers.reset();
  const auto found = next_;
  if (auto done = recover_headless(*listing, numbers); !done) return done;
  recover_readers();
  active_.next = next_;
  if (!segments_.empty()) segments_.back() = active_;
  // A gap in the numbers is sealed by the header of a new segment; where there is no room for one now, the
  // next append begins it.
  if (next_ != found && begin_segment(0)) file_.reset();
  // What a killed process has kept of this segment's numbers is true to its end.
  noted_ = noted_ || (file_ && numbers && numbers->segment == active_.number &&
                      numbers->free >= free_after(active_.first));
  if (!noted_ && !keep_numbers(active_, file_ ? free_after(active_.next) : active_.next)) noted_ = true;
  return {};
}

std::optional<Numbers> DiskLog::State::read_numbers() {
  const auto path = numbers_path(options_.folder);
  const auto text = files::read_whole(path);
  if (!text) return std::nullopt;
  auto numbers = parse_numbers(*text);
  if (!numbers) tell({"event_damaged", path.string() + " is damaged: it is written anew."});
  return numbers;
}

/// Of a segment without a header: not where it was made in advance, or in vain, and nothing was written
/// behind that.
bool DiskLog::State::may_have_records(std::uint64_t number, const std::optional<Numbers>& numbers) const {
  const auto skips = [&](const Segment& later) { return later.previous < number && number < later.number; };
  if (std::ranges::any_of(segments_, skips)) return false;
  if (!segments_.empty() && number < segments_.back().number) return true;
  return !numbers || (number <= numbers->segment && numbers->free > next_);
}

/// What is gone at the end of the log takes its numbers with it.
Result<void> DiskLog::State::recover_headless(const Listing& listing, const std::optional<Numbers>& numbers) {
  const auto kept = numbers.value_or(Numbers{});
  const bool is_missing = kept.segment > listing.last_number && kept.free > next_;
  bool is_gone = is_missing || kept.given > next_;
  bool is_told = false;
  auto next = next_;
  for (const auto& path : listing.headless) {
    const auto number = segment_number(path).value_or(0);
    const bool had_records = may_have_records(number, numbers);
    std::error_code ignored;
    const auto size = fs::file_size(path, ignored);
    const auto aside = set_aside(path, had_records);
    if (!aside) return std::unexpected(aside.error());
    if (!*aside || (!segments_.empty() && number < segments_.back().number)) continue;
    is_told = true;
    // No number that was given from it may be given again.
    is_gone = is_gone || had_records;
    if (!numbers || number > kept.segment)
      next = std::max(next, free_after(next_)) + (ignored ? 0 : size / kFrameHeader);
  }
  if (is_gone) next = std::max(next, kept.free);
  if (is_gone && !is_told) {
    tell(
        {"event_damaged",
         is_missing
             ? fmt::format("{} is missing, the newest segment, with all of its records: numbers go on at {}.",
                           segment_path(options_.folder, kept.segment).string(), next)
             : fmt::format("The newest records, from number {} on, can't be found any more in {}: numbers go "
                           "on at {}.",
                           next_, options_.folder.string(), next)});
  }
  next_ = next;
  return {};
}

void DiskLog::State::recover_readers() {
  const auto oldest = segments_.empty() ? next_ : segments_.front().first;
  for (const auto& [reader, sequence] : read_positions(options_.folder)) {
    if (sequence == 0) {
      tell({"reader_damaged", fmt::format("{} is damaged: the reader begins again at the oldest record.",
                                          reader_path(options_.folder, reader).string())});
    }
    readers_[reader].acknowledged = std::max(sequence, oldest);
    // What a reader has handled was there; its numbers are never given again.
    next_ = std::max(next_, sequence);
  }
}

/// True if it is kept under another name, and told; one that never had a record is deleted.
Result<bool> DiskLog::State::set_aside(const fs::path& path, bool may_have_records) {
  if (!may_have_records) {
    const auto file = storage_->open(path, false);
    if (!file) return std::unexpected(storage_error(path, file.error()));
    const auto empty = is_empty(**file);
    if (!empty) return std::unexpected(storage_error(path, empty.error()));
    if (*empty) {
      if (const auto removed = storage_->remove(path); !removed)
        return std::unexpected(storage_error(path, removed.error()));
      return false;
    }
  }
  const auto aside = path.string() + ".damaged";
  std::error_code error;
  fs::rename(path, aside, error);
  if (error) return std::unexpected(storage_error(path, error.value()));
  tell({"event_damaged", "The header of a segment can't be read: it is now " + aside + "."});
  return true;
}

Result<void> DiskLog::State::recover_last(Segment segment) {
  const auto& path = segment.path;
  auto file = storage_->open(path, true);
  if (!file) return std::unexpected(storage_error(path, file.error()));
  FrameReader frames(**file, segment.salt, segment.first, segment.end, false);
  segment.next = segment.first;
  last_time_ = segment.created;
  for (auto step = frames.next();; step = frames.next()) {
    if (step.kind == FrameReader::Step::Kind::failed) return std::unexpected(storage_error(path, step.error));
    if (step.kind == FrameReader::Step::Kind::frame) {
      segment.next = step.header.sequence + step.header.count;
      last_time_ = std::max(last_time_, step.header.appended);
    }
    if (step.kind == FrameReader::Step::Kind::damage) {
      tell({"event_damaged",
            fmt::format("{}, bytes {} to {}, can't be read.", path.string(), step.offset, step.next)});
    }
    if (step.kind != FrameReader::Step::Kind::end) continue;
    segment.end = step.offset;
    break;
  }
  segment.proven = true;
  // What is behind the end would be taken for damage one day. And what a killed process wrote may only be in
  // memory yet.
  auto done = (*file)->truncate(segment.end);
  if (done) done = (*file)->sync();
  if (!done) return std::unexpected(storage_error(path, done.error()));
  segment.file_bytes = segment.end;
  next_ = segment.next;
  file_ = std::move(*file);
  active_ = segment;
  return {};
}

void DiskLog::State::append(std::string batch, std::uint32_t count, Done done) {
  bool idle = false;
  {
    const std::lock_guard guard(mutex_);
    idle = waiting_.empty();
    waiting_.push_back({.batch = std::move(batch), .count = count, .done = std::move(done)});
    auto& last = waiting_.back();
    if (waiting_bytes_ > kMaxWaiting) {
      last.result = fail(ErrorKind::unavailable, "events_unavailable",
                         "The disk is too slow: too many events wait for it.");
      last.batch.clear();
    }
    waiting_bytes_ += frame_bytes(last.batch);
  }
  if (idle) appended_.notify_one();
}

void DiskLog::State::write() {
  std::vector<Waiting> taken;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto awaited = [&] { return stopping_ || !waiting_.empty(); };
      if (refused_ == 0) {
        appended_.wait(lock, awaited);
      } else if (!appended_.wait_for(lock, kLookAgain, awaited)) {
        lock.unlock();
        look_for_room();
        continue;
      }
      if (waiting_.empty()) break;
      taken.swap(waiting_);
      waiting_bytes_ = 0;
    }
    for (std::span<Waiting> rest(taken); !rest.empty();) {
      writes(options_.clock());
      const auto told = commit(rest);
      writes({});
      for (auto& waiting : rest.first(told)) waiting.done(std::move(waiting.result));
      rest = rest.subspan(told);
    }
    taken.clear();
  }
  // What was refused must not be read after a restart.
  if (uncut_) static_cast<void>(begin_segment(0));
  // Where this fails, more of them are taken for given.
  std::ignore = keep_numbers(active_, active_.next);
}

/// Writes the first of these, as many as one write takes, and says how many have a result now.
std::size_t DiskLog::State::commit(std::span<Waiting> waiting) {
  if (!waiting.front().result) return 1;
  const auto first = frame_bytes(waiting.front().batch);
  auto error = make_room(first);
  std::size_t taken = 0;
  std::uint64_t records = 0;
  if (!error) {
    buffer_.clear();
    const auto now = later_now();
    const auto limit = std::min<std::uint64_t>(
        kMaxWrite, std::max(options_.segment_bytes, active_.end + first) - active_.end);
    for (; taken < waiting.size(); ++taken) {
      const auto& next = waiting[taken];
      if (!next.result || (taken > 0 && buffer_.size() + frame_bytes(next.batch) > limit)) break;
      append_frame(buffer_, active_.salt,
                   {.count = next.count,
                    .commit = static_cast<std::uint32_t>(active_.end),
                    .sequence = active_.next + records,
                    .appended = now},
                   next.batch);
      records += next.count;
    }
    error = store(buffer_);
  } else {
    while (taken < waiting.size() && waiting[taken].result) ++taken;
  }
  if (error) {
    for (auto& refused : waiting.first(taken)) refused.result = std::unexpected(*error);
  } else {
    active_.end += buffer_.size();
    active_.next += records;
    publish();
  }
  refused_ = error && error->code == "events_full" ? first : 0;
  set_trouble(std::move(error));
  return taken;
}

/// Somebody may have made some where nobody sends any more, because the log is said to be full.
void DiskLog::State::look_for_room() {
  forget_missing();
  if (check_limits(kSegmentHeader + refused_)) return;
  refused_ = 0;
  set_trouble({});
}

std::optional<Error> DiskLog::State::make_room(std::uint64_t bytes) {
  const bool fits = file_ && (active_.end == kSegmentHeader || active_.end + bytes <= options_.segment_bytes);
  if (!fits) return begin_segment(bytes);
  if (noted_) return std::nullopt;
  auto error = keep_numbers(active_, free_after(active_.next));
  noted_ = !error;
  return error;
}

/// Before any record gets one of them.
std::optional<Error> DiskLog::State::keep_numbers(const Segment& segment, std::uint64_t free) {
  const auto path = numbers_path(options_.folder);
  const auto number = segment.number == 0 ? last_number_ : segment.number;
  const auto kept =
      storage_->replace(path, encode_numbers({.segment = number, .given = segment.next, .free = free}));
  if (kept) return std::nullopt;
  return storage_error(path, kept.error());
}

/// Behind all that a segment may get which goes on at `next`.
std::uint64_t DiskLog::State::free_after(std::uint64_t next) const {
  return next + std::max<std::uint64_t>(options_.segment_bytes / kFrameHeader, kMaxRecords);
}

std::optional<Error> DiskLog::State::begin_segment(std::uint64_t bytes) {
  Segment fresh{.number = last_number_ + 1,
                .salt = static_cast<std::uint32_t>(random_()),
                .previous = active_.number,
                .created = later_now(),
                .first = active_.next,
                .next = active_.next,
                .end = kSegmentHeader,
                .proven = true};
  fresh.path = segment_path(options_.folder, fresh.number);
  forget_missing();
  if (auto full = check_limits(kSegmentHeader + bytes)) return full;
  auto file = storage_->create(fresh.path);
  if (!file) return storage_error(fresh.path, file.error());
  ++last_number_;
  auto error = reserve(**file, fresh, kSegmentHeader + bytes);
  if (!error) {
    auto done = write_all(**file, 0,
                          encode_header({.salt = fresh.salt,
                                         .number = fresh.number,
                                         .first = fresh.first,
                                         .created = fresh.created,
                                         .previous = active_.number,
                                         .previous_end = active_.end}));
    if (done) done = (*file)->sync();
    if (done) done = storage_->sync_folder(options_.folder);
    if (!done) error = storage_error(fresh.path, done.error());
  }
  if (!error) error = keep_numbers(fresh, free_after(fresh.next));
  if (error) {
    // Where this fails too, the file is one without records, and its number is not used again.
    std::ignore = storage_->remove(fresh.path);
    const std::lock_guard guard(mutex_);
    used_ -= fresh.file_bytes;
    return error;
  }
  if (file_) close_active();
  active_ = fresh;
  file_ = std::move(*file);
  uncut_ = false;
  noted_ = true;
  const std::lock_guard guard(mutex_);
  segments_.push_back(active_);
  return std::nullopt;
}

std::optional<Error> DiskLog::State::reserve(File& file, Segment& segment, std::uint64_t bytes) {
  if (bytes <= segment.file_bytes) return std::nullopt;
  const auto stepped = (bytes + kReserveStep - 1) / kReserveStep * kReserveStep;
  auto size = std::max(bytes, std::min(stepped, options_.segment_bytes));
  if (check_limits(size - segment.file_bytes)) size = bytes;
  if (auto full = check_limits(size - segment.file_bytes)) return full;
  if (const auto done = file.reserve(size, bytes); !done) return storage_error(segment.path, done.error());
  const std::lock_guard guard(mutex_);
  used_ += size - segment.file_bytes;
  segment.file_bytes = size;
  return std::nullopt;
}

std::optional<Error> DiskLog::State::check_limits(std::uint64_t more) {
  const auto within = [&] {
    const std::lock_guard guard(mutex_);
    return used_ + more <= options_.max_bytes;
  };
  const auto is_free = [&] {
    const auto free = storage_->free_bytes(options_.folder);
    return !free || *free >= options_.min_free + more;
  };
  const auto enough = [&] { return within() && is_free(); };
  if (enough()) return std::nullopt;
  forget_missing();
  drop_read(enough, true);
  // Not for what could never fit, and not for the sake of others on this disk.
  if (options_.drop_oldest && more + active_.file_bytes <= options_.max_bytes) drop_oldest(within);
  if (!within()) return over_max_bytes(options_.max_bytes);
  if (!is_free()) return under_min_free(options_.folder, options_.min_free);
  return std::nullopt;
}

std::optional<Error> DiskLog::State::store(std::string_view bytes) {
  if (auto full = reserve(*file_, active_, active_.end + bytes.size())) return full;
  const auto start = std::chrono::steady_clock::now();
  auto done = write_all(*file_, active_.end, bytes);
  if (done) done = file_->sync();
  if (!done) {
    close_active();
    return storage_error(active_.path, done.error());
  }
  if (options_.committed)
    options_.committed(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return std::nullopt;
}

/// The active segment takes no more. After a failed fdatasync nobody knows what of it is on the disk, and the
/// next one would say that all is well: so it is never written or synced again, only cut.
void DiskLog::State::close_active() {
  uncut_ = !file_->truncate(active_.end);
  file_.reset();
  const std::lock_guard guard(mutex_);
  if (!uncut_) used_ -= std::exchange(active_.file_bytes, active_.end) - active_.end;
  segments_.back() = active_;
}

void DiskLog::State::publish() {
  {
    const std::lock_guard guard(mutex_);
    segments_.back() = active_;
    next_ = active_.next;
  }
  durable_.notify_all();
}

void DiskLog::State::writes(std::optional<std::chrono::steady_clock::time_point> since) {
  const std::lock_guard guard(mutex_);
  writes_since_ = since;
}

void DiskLog::State::set_trouble(std::optional<Error> trouble) {
  {
    const std::lock_guard guard(mutex_);
    std::swap(trouble_, trouble);
    if (!trouble_ || trouble_ == trouble) return;
    trouble = trouble_;
  }
  tell(*trouble);
}

/// Deletes what every reader is past, from the oldest on.
void DiskLog::State::drop_read(const std::function<bool()>& enough, bool pressed) {
  const std::lock_guard dropping(dropping_);
  while (!enough()) {
    fs::path path;
    {
      const std::lock_guard guard(mutex_);
      if (segments_.size() < 2 || readers_.empty()) return;
      const auto& oldest = segments_.front();
      const auto is_past = [&](const auto& reader) { return reader.second.acknowledged >= oldest.next; };
      if (!std::ranges::all_of(readers_, is_past)) return;
      if (!pressed && options_.now() < segments_[1].created + options_.keep) return;
      path = oldest.path;
    }
    if (!remove_front(path)) return;
  }
}

bool DiskLog::State::remove_front(const fs::path& path) {
  const auto removed = storage_->remove(path);
  if (!removed && removed.error() != ENOENT) {
    tell(storage_error(path, removed.error()));
    return false;
  }
  const std::lock_guard guard(mutex_);
  used_ -= segments_.front().file_bytes;
  segments_.pop_front();
  return true;
}

/// Deletes from the oldest on, whoever has not read it.
void DiskLog::State::drop_oldest(const std::function<bool()>& enough) {
  const std::lock_guard dropping(dropping_);
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  while (!enough()) {
    fs::path path;
    std::uint64_t next = 0;
    {
      const std::lock_guard guard(mutex_);
      if (segments_.size() < 2) break;
      const auto& oldest = segments_.front();
      path = oldest.path;
      next = oldest.next;
      if (first == 0) first = oldest.first;
    }
    if (!remove_front(path)) break;
    end = next;
  }
  if (end <= first) return;
  {
    const std::lock_guard guard(mutex_);
    dropped_ += end - first;
  }
  tell({"events_dropped",
        fmt::format("The event log is full: the records {} to {} were dropped, as events.when_full says; not "
                    "every reader had read them.",
                    first, end - 1),
        ErrorKind::full});
}

void DiskLog::State::forget_missing() {
  // Nothing else takes segments from the front meanwhile; who appends does not wait for the disk.
  const std::lock_guard dropping(dropping_);
  for (;;) {
    fs::path path;
    {
      const std::lock_guard guard(mutex_);
      if (segments_.size() < 2) return;
      path = segments_.front().path;
    }
    if (storage_->exists(path)) return;
    const std::lock_guard guard(mutex_);
    used_ -= segments_.front().file_bytes;
    segments_.pop_front();
  }
}

std::optional<Segment> DiskLog::State::locate(std::uint64_t sequence) const {
  const std::lock_guard guard(mutex_);
  const auto found =
      std::ranges::upper_bound(segments_, sequence, std::less<>(), [](const Segment& s) { return s.next; });
  if (found == segments_.end()) return std::nullopt;
  return *found;
}

Result<std::uint64_t> DiskLog::State::open_reader(std::string_view name) {
  if (!is_reader_name(name))
    return fail(ErrorKind::usage, "reader_invalid", "The name of a reader is 1 to 64 of a-z, 0-9, - and _.");
  const std::lock_guard guard(mutex_);
  auto known = readers_.find(name);
  if (known == readers_.end()) {
    const auto oldest = segments_.empty() ? next_ : segments_.front().first;
    const auto path = reader_path(options_.folder, name);
    if (const auto kept = storage_->replace(path, encode_position(oldest)); !kept)
      return std::unexpected(storage_error(path, kept.error()));
    known = readers_.emplace(name, ReaderState{.acknowledged = oldest}).first;
  }
  if (std::exchange(known->second.open, true))
    return fail(ErrorKind::busy, "reader_busy", "The reader " + std::string(name) + " is open already.");
  return known->second.acknowledged;
}

void DiskLog::State::close_reader(std::string_view name) {
  const std::lock_guard guard(mutex_);
  readers_.find(name)->second.open = false;
}

Result<void> DiskLog::State::acknowledge(const std::string& name, std::uint64_t sequence) {
  const auto path = reader_path(options_.folder, name);
  if (const auto kept = storage_->replace(path, encode_position(sequence)); !kept)
    return fail(ErrorKind::unavailable, "events_unavailable", storage_error(path, kept.error()).message);
  {
    const std::lock_guard guard(mutex_);
    readers_[name].acknowledged = sequence;
  }
  drop_read([] { return false; }, false);
  return {};
}

Result<void> DiskLog::State::recent(Time since, std::uint64_t most,
                                    const std::function<void(std::string_view)>& show) {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  {
    const std::lock_guard guard(mutex_);
    end = next_;
    start = end - std::min(end, most);
    // Records are not older than the segment that they are in.
    for (const auto& segment : segments_)
      if (segment.created < since || &segment == &segments_.front()) start = std::max(start, segment.first);
  }
  auto reader = cursor(start);
  while (reader.sequence() < end) {
    const auto item = reader.next();
    if (!item) return std::unexpected(item.error());
    if (std::holds_alternative<std::monostate>(*item)) break;
    const auto* records = std::get_if<Cursor::Records>(&*item);
    if (records == nullptr || records->appended < since) continue;
    for (BatchReader batch(records->batch); const auto record = batch.next();) show(*record);
  }
  return {};
}

Stats DiskLog::State::stats() const {
  const auto now = options_.clock();
  const std::lock_guard guard(mutex_);
  Stats stats{.bytes = used_,
              .max_bytes = options_.max_bytes,
              .damaged = damaged_,
              .dropped = dropped_,
              .trouble = trouble_};
  if (writes_since_ && now - *writes_since_ > kSlowWrite) {
    stats.trouble = Error{"events_slow",
                          fmt::format("A write to the event log in {} has not ended for more than {} s.",
                                      options_.folder.string(), kSlowWrite.count()),
                          ErrorKind::unavailable};
  }
  if (!segments_.empty()) {
    stats.records = next_ - segments_.front().first;
    stats.oldest = segments_.front().created;
  }
  const auto first = segments_.empty() ? next_ : segments_.front().first;
  for (const auto& [name, reader] : readers_)
    stats.readers.push_back({.reader = name, .records = next_ - std::max(reader.acknowledged, first)});
  return stats;
}

class DiskLog::DiskReader final : public Reader {
 public:
  DiskReader(State& state, std::string name, std::uint64_t sequence)
      : state_(state), name_(std::move(name)), cursor_(state.cursor(sequence)), position_(sequence) {}
  DiskReader(const DiskReader&) = delete;
  DiskReader& operator=(const DiskReader&) = delete;
  ~DiskReader() override { state_.close_reader(name_); }

  Result<Chunk> read(std::uint32_t most, std::chrono::milliseconds wait) override {
    Chunk chunk;
    while (chunk.count < most) {
      if (rest_.complete()) {
        const bool empty = chunk.count == 0 && chunk.damage.empty();
        if (!state_.wait_for(position_, empty ? wait : std::chrono::milliseconds(0), interrupted_)) break;
        const auto item = cursor_.next();
        if (!item) state_.forget_missing();
        if (!item && empty) return fail(ErrorKind::unavailable, "events_unavailable", item.error().message);
        if (!item || std::holds_alternative<std::monostate>(*item)) break;
        if (const auto* damage = std::get_if<Cursor::Damage>(&*item)) {
          state_.count(*damage);
          chunk.damage.push_back(describe(*damage));
          position_ = cursor_.sequence();
          if (chunk.count > 0) break;
          continue;
        }
        rest_ = BatchReader(std::get<Cursor::Records>(*item).batch);
      }
      if (!take(chunk, most)) break;
    }
    chunk.through = position_;
    return chunk;
  }

  Result<void> acknowledge(std::uint64_t through) override {
    return state_.acknowledge(name_, std::min(through, position_));
  }

  void interrupt() override { state_.interrupt(interrupted_); }

 private:
  /// False if the next record is for another chunk.
  bool take(Chunk& chunk, std::uint32_t most) {
    while (chunk.count < most) {
      auto ahead = rest_;
      const auto record = ahead.next();
      if (!record) {
        position_ = cursor_.sequence();
        return true;
      }
      const auto size = static_cast<std::uint32_t>(record->size());
      if (chunk.count > 0 && chunk.batch.size() + sizeof size + size > kMaxBatch) return false;
      chunk.batch.append(record->data() - sizeof size, sizeof size + size);
      ++chunk.count;
      ++position_;
      rest_ = ahead;
    }
    return true;
  }

  State& state_;
  const std::string name_;
  Cursor cursor_;
  std::uint64_t position_;  ///< of the next record
  BatchReader rest_{{}};    ///< of the frame that was read last
  bool interrupted_ = false;
};

Result<std::unique_ptr<DiskLog>> DiskLog::open(Options options) {
  if (!options.storage) options.storage = disk_storage();
  if (!options.now)
    options.now = [] {
      return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    };
  if (!options.clock) options.clock = std::chrono::steady_clock::now;
  options.segment_bytes = std::min(options.segment_bytes, options.max_bytes / 4);
  std::error_code error;
  const auto folder = fs::absolute(options.folder, error);
  if (error) return std::unexpected(storage_error(options.folder, error.value()));
  if (auto ours = files::check_ours(folder); !ours) return std::unexpected(std::move(ours).error());
  if (fs::create_directories(folder / kReaders, error))
    for (const auto& made_in : {folder, folder.parent_path()})
      if (const auto done = options.storage->sync_folder(made_in); !done)
        error.assign(done.error(), std::system_category());
  if (error) return std::unexpected(storage_error(options.folder, error.value()));
  auto lock = files::FileLock::try_take(options.folder / "lock");
  if (!lock) {
    const bool held = lock.error().kind == ErrorKind::busy;
    return fail(held ? ErrorKind::busy : ErrorKind::unavailable, held ? "locked" : "events_unavailable",
                lock.error().message + (held ? " Is another skerry at work here?" : ""));
  }
  for (const auto& place : {options.folder, options.folder / kReaders})
    std::ignore = files::sweep_drafts(place);
  auto state = std::make_unique<State>(std::move(options), std::move(*lock));
  if (auto recovered = state->recover(); !recovered) return std::unexpected(recovered.error());
  state->start();
  return std::unique_ptr<DiskLog>(new DiskLog(std::move(state)));
}

DiskLog::DiskLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
DiskLog::~DiskLog() = default;

void DiskLog::append(std::string batch, std::uint32_t count, Done done) {
  state_->append(std::move(batch), count, std::move(done));
}

Result<std::unique_ptr<Reader>> DiskLog::reader(std::string_view name) {
  const auto sequence = state_->open_reader(name);
  if (!sequence) return std::unexpected(sequence.error());
  return std::make_unique<DiskReader>(*state_, std::string(name), *sequence);
}

Result<void> DiskLog::recent(Time since, std::uint64_t most, const Show& show) {
  return state_->recent(since, most, show);
}

Stats DiskLog::stats() const {
  return state_->stats();
}

bool is_reader_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string encode_position(std::uint64_t sequence) {
  auto text = fmt::format("{}{}\n", kPositionTitle, sequence);
  return text + fmt::format("{:08x}\n", crc32c(text));
}

std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (!text.starts_with(kPositionTitle)) return std::nullopt;
  const auto digits = text.substr(kPositionTitle.size());
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  if (error != std::errc() || sequence == 0 || text != encode_position(sequence)) return std::nullopt;
  return sequence;
}

fs::path reader_path(const fs::path& folder, std::string_view name) {
  return folder / kReaders / name;
}

std::vector<Position> read_positions(const fs::path& folder) {
  std::vector<Position> positions;
  std::error_code error;
  for (const auto& entry : files::entries_of(folder / kReaders, error)) {
    auto name = entry.path().filename().string();
    if (!is_reader_name(name)) continue;
    const auto sequence = parse_position(files::read_whole(entry.path()).value_or(""));
    positions.push_back({.reader = std::move(name), .sequence = sequence.value_or(0)});
  }
  std::ranges::sort(positions, {}, &Position::reader);
  return positions;
}

Result<std::uint64_t> sequence_at(const std::shared_ptr<Storage>& storage,
                                  const std::vector<Segment>& segments, Time time) {
  if (segments.empty()) return 1;
  auto start = segments.front().first;
  for (const auto& segment : segments)
    if (segment.created <= time) start = segment.first;
  Cursor cursor(storage, locate_in(segments), start);
  for (;;) {
    const auto item = cursor.next();
    if (!item) return std::unexpected(item.error());
    const auto* records = std::get_if<Cursor::Records>(&*item);
    if (std::holds_alternative<std::monostate>(*item)) return cursor.sequence();
    if (records != nullptr && records->appended >= time) return records->sequence;
  }
}

}  // namespace skerry::events
