#include "native-host/cli/command_events.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <future>
#include <thread>

#include <spdlog/fmt/fmt.h>

#include "native-host/cli/gap_report.hpp"
#include "native-host/cli/publication.hpp"
#include "native-host/cli/stop_signal.hpp"
#include "native-host/events/intake.hpp"
#include "native-host/files/files.hpp"
#include "native-host/http/client.hpp"
#include "native-host/publish/token.hpp"
#include "shared/ingest.hpp"
#include "shared/url.hpp"

namespace skerry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPoll{200};
constexpr int kAttempts = 5;

fs::path log_folder(const config::Settings& settings) {
  return fs::path(settings.data_dir) / "events";
}

Exit complain(const Error& error) {
  fmt::print(stderr, "skerry: {} ({})\n", error.message, error.code);
  return error.code == "bad_time" || error.code == "bad_usage" ? Exit::usage : exit_for(error);
}

Exit end(const Result<void>& result) {
  return result ? Exit::ok : complain(result.error());
}

/// The log of this data folder as it is now.
class LogView {
 public:
  static Result<LogView> open(const config::Settings& settings) {
    LogView view(log_folder(settings));
    if (!fs::exists(view.folder_)) {
      return fail("events_missing", "There is no event log in " + settings.data_dir +
                                        " yet: start `skerry serve`, or say --data-dir.");
    }
    if (auto listed = view.refresh(); !listed) return std::unexpected(listed.error());
    return view;
  }

  Result<void> refresh() {
    auto listing = events::list_segments(*storage_, folder_);
    if (!listing) return std::unexpected(listing.error());
    *listing_ = *std::move(listing);
    return {};
  }

  /// Sees what is refreshed.
  [[nodiscard]] events::Cursor cursor(std::uint64_t sequence) const {
    return {
        storage_,
        [listing = listing_](std::uint64_t wanted) { return events::locate_in(listing->segments)(wanted); },
        sequence};
  }

  [[nodiscard]] const std::vector<events::Segment>& segments() const { return listing_->segments; }
  [[nodiscard]] std::uint64_t first() const { return segments().empty() ? 1 : segments().front().first; }
  /// Number of the record to come.
  [[nodiscard]] Result<std::uint64_t> next() const {
    auto last = cursor(segments().empty() ? 1 : segments().back().first);
    for (;;) {
      const auto item = last.next();
      if (!item) return std::unexpected(item.error());
      if (std::holds_alternative<std::monostate>(*item)) return last.sequence();
    }
  }
  /// `beginning`, `end`, a number, or what `parse_moment` reads.
  [[nodiscard]] Result<std::uint64_t> find(const std::string& text) const {
    if (text == "beginning") return first();
    if (text == "end") return next();
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && rest == text.data() + text.size()) return std::max(number, first());
    const auto moment = parse_moment(text, system_now());
    if (!moment) {
      return fail("bad_time",
                  "Where is \"" + text +
                      "\"? Write beginning, end, the number of a record, 2h, 2026-11-21T08:00:00.");
    }
    return events::sequence_at(storage_, segments(), *moment);
  }

  [[nodiscard]] const fs::path& folder() const { return folder_; }
  [[nodiscard]] const std::shared_ptr<events::Storage>& storage() const { return storage_; }

 private:
  explicit LogView(fs::path folder) : folder_(std::move(folder)) {}
  fs::path folder_;
  std::shared_ptr<events::Storage> storage_ = events::disk_storage();
  std::shared_ptr<events::Listing> listing_ = std::make_shared<events::Listing>();
};

void print_records(const events::Cursor::Records& records, const TailOptions& options) {
  events::BatchReader batch(records.batch);
  for (auto sequence = records.sequence; const auto record = batch.next(); ++sequence) {
    const auto event = events::decode_event(*record);
    if (!event || !options.filter.takes(*event)) continue;
    fmt::print("{}", options.json ? event_json(sequence, *event) : event_text(sequence, *event));
  }
}

Result<void> tail(const config::Settings& settings, const TailOptions& options) {
  StopSignal stop;
  auto view = LogView::open(settings);
  if (!view) return std::unexpected(view.error());
  auto start = view->find(options.from.empty() ? "end" : options.from);
  if (!start) return std::unexpected(start.error());
  if (options.from.empty()) start = std::max(view->first(), *start - std::min(*start, options.last));
  auto cursor = view->cursor(*start);
  for (;;) {
    const auto item = cursor.next();
    // A segment that was deleted since is found no more by then.
    if (!item && !options.follow) return std::unexpected(item.error());
    if (item && std::holds_alternative<events::Cursor::Damage>(*item))
      fmt::print(stderr, "skerry: {}\n", events::describe(std::get<events::Cursor::Damage>(*item)).message);
    if (item && std::holds_alternative<events::Cursor::Records>(*item)) {
      print_records(std::get<events::Cursor::Records>(*item), options);
    } else if (!item || std::holds_alternative<std::monostate>(*item)) {
      if (std::fflush(stdout) != 0 || !options.follow || stop.wait(kPoll)) return {};
      if (auto listed = view->refresh(); !listed) return listed;
    }
  }
}

Result<LogReport> report_of(const config::Settings& settings, bool verify) {
  const auto view = LogView::open(settings);
  if (!view) return std::unexpected(view.error());
  const auto next = view->next();
  if (!next) return std::unexpected(next.error());
  LogReport report{.folder = view->folder().string(),
                   .segments = view->segments().size(),
                   .max_bytes = static_cast<std::uint64_t>(settings.events_max_bytes),
                   .first = view->first(),
                   .next = *next,
                   .readers = events::read_positions(view->folder())};
  for (const auto& segment : view->segments()) report.bytes += segment.file_bytes;
  if (!view->segments().empty()) report.oldest = view->segments().front().created;
  if (verify) {
    auto verified = events::verify(view->storage(), view->folder());
    if (!verified) return std::unexpected(verified.error());
    report.verified = *std::move(verified);
  }
  return report;
}

/// Gives batches to a server's `POST /ingest`.
class Sender {
 public:
  static Result<Sender> open(const config::Settings& settings, std::string url) {
    const auto parsed = Url::parse(url, "http");
    if (!parsed) return std::unexpected(parsed.error());
    url = parsed->text();
    while (url.ends_with('/')) url.pop_back();
    auto secret = publish::read_token({.setting = "events.ingest_secret",
                                       .value = settings.events_ingest_secret,
                                       .file = settings.events_ingest_secret_file,
                                       .credential = "ingest-secret"});
    if (!secret) return std::unexpected(secret.error());
    return Sender(url + std::string(ingest::kPath), *std::move(secret));
  }

  /// Tries again as long as the server may take it later.
  Result<std::string> send(const std::string& batch) {
    Result<std::string> answer = fail("events_unavailable", "Nothing was tried.");
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (attempt > 0) std::this_thread::sleep_for(std::chrono::seconds(1U << attempt));
      auto request = ingest::signed_request(secret_, system_now(), batch);
      const auto response = client_.send({.method = "POST",
                                          .url = url_,
                                          .headers = std::move(request.headers),
                                          .body = std::move(request.body)});
      if (response && response->status == 200) return response->body;
      if (!response) {
        answer = fail(response.error().code, url_ + ": " + response.error().message);
      } else {
        answer =
            fail("events_refused", fmt::format("{} answers {}: {}", url_, response->status, response->body));
        if (response->status < 500 && response->status != 429) break;
      }
    }
    return answer;
  }

 private:
  Sender(std::string url, std::string secret) : url_(std::move(url)), secret_(std::move(secret)) {}
  std::string url_;
  std::string secret_;
  http::Client client_;
};

/// Collects records into batches that `send` takes.
class Batches {
 public:
  using Send = std::function<Result<void>(std::string batch, std::uint32_t count)>;
  explicit Batches(Send send) : send_(std::move(send)) {}

  Result<void> add(std::string_view record) {
    const auto size = static_cast<std::uint32_t>(record.size());
    if (count_ == events::kMaxRecords || batch_.size() + sizeof size + size > events::kMaxBatch)
      if (auto sent = finish(); !sent) return sent;
    batch_.append(record.data() - sizeof size, sizeof size + size);
    ++count_;
    return {};
  }
  Result<void> finish() {
    if (count_ == 0) return {};
    return send_(std::exchange(batch_, {}), std::exchange(count_, 0));
  }

 private:
  Send send_;
  std::string batch_;
  std::uint32_t count_ = 0;
};

Result<void> set_reader(const LogView& view, const ReplayOptions& options, std::uint64_t from) {
  if (!events::is_reader_name(options.reader))
    return fail("bad_usage", "The name of a reader is 1 to 64 of a-z, 0-9, - and _.");
  const auto path = events::reader_path(view.folder(), options.reader);
  if (!fs::exists(path)) {
    std::string known;
    for (const auto& reader : events::read_positions(view.folder())) known += " " + reader.reader;
    return fail("bad_usage", "There is no reader " + options.reader +
                                 (known.empty() ? "." : "; there are:" + known + "."));
  }
  if (options.dry_run) {
    fmt::print("The reader {} would go on at record {}.\n", options.reader, from);
    return {};
  }
  const auto lock = files::FileLock::try_take(view.folder() / "lock");
  if (!lock) {
    return fail(
        lock.error().code,
        "A skerry is at work here, and keeps its readers' positions: stop it first. " + lock.error().message);
  }
  if (auto kept = files::write_atomically(path, events::encode_position(from)); !kept) return kept;
  fmt::print("The reader {} goes on at record {}.\n", options.reader, from);
  return {};
}

Result<void> replay_to(const config::Settings& settings, const LogView& view, const ReplayOptions& options,
                       std::uint64_t from) {
  const auto until = options.until.empty() ? view.next() : view.find(options.until);
  if (!until) return std::unexpected(until.error());
  std::optional<Sender> sender;
  if (!options.dry_run) {
    auto opened = Sender::open(settings, options.to);
    if (!opened) return std::unexpected(opened.error());
    sender = *std::move(opened);
  }
  std::uint64_t sent = 0;
  Batches batches([&](const std::string& batch, std::uint32_t count) -> Result<void> {
    if (sender)
      if (const auto answer = sender->send(batch); !answer) return std::unexpected(answer.error());
    sent += count;
    return {};
  });
  auto cursor = view.cursor(from);
  Result<void> result;
  while (result && cursor.sequence() < *until) {
    const auto item = cursor.next();
    if (!item) return std::unexpected(item.error());
    if (std::holds_alternative<std::monostate>(*item)) break;
    if (const auto* damage = std::get_if<events::Cursor::Damage>(&*item)) {
      fmt::print(stderr, "skerry: {}\n", events::describe(*damage).message);
      continue;
    }
    const auto& records = std::get<events::Cursor::Records>(*item);
    events::BatchReader batch(records.batch);
    for (auto sequence = records.sequence; sequence < *until && result; ++sequence) {
      const auto record = batch.next();
      if (!record) break;
      result = batches.add(*record);
    }
  }
  if (result) result = batches.finish();
  fmt::print("{} records from number {} on {} sent.\n", sent, from, options.dry_run ? "would be" : "were");
  return result;
}

Result<void> replay(const config::Settings& settings, const ReplayOptions& options) {
  if (options.reader.empty() == options.to.empty())
    return fail("bad_usage", "Say either --reader NAME or --to URL.");
  const auto view = LogView::open(settings);
  if (!view) return std::unexpected(view.error());
  const auto from = view->find(options.from);
  if (!from) return std::unexpected(from.error());
  return options.to.empty() ? set_reader(*view, options, *from) : replay_to(settings, *view, options, *from);
}

/// Where imported batches go.
class Importer {
 public:
  static Result<Importer> open(const config::Settings& settings, const ImportOptions& options) {
    Importer importer;
    if (options.dry_run) return importer;
    if (!options.to.empty()) {
      auto sender = Sender::open(settings, options.to);
      if (!sender) return std::unexpected(sender.error());
      importer.sender_ = *std::move(sender);
      return importer;
    }
    auto log =
        events::DiskLog::open({.folder = log_folder(settings),
                               .max_bytes = static_cast<std::uint64_t>(settings.events_max_bytes),
                               .min_free = static_cast<std::uint64_t>(settings.events_min_free),
                               .segment_bytes = static_cast<std::uint64_t>(settings.events_segment_bytes),
                               .keep = settings.events_dedupe_window});
    if (!log && log.error().code == "locked") {
      return fail("locked", "A skerry is at work here: say --to with its address, and it takes the events. " +
                                log.error().message);
    }
    if (!log) return std::unexpected(log.error());
    importer.log_ = *std::move(log);
    auto intake = events::Intake::open(*importer.log_,
                                       {.window = settings.events_dedupe_window,
                                        .ids = static_cast<std::size_t>(settings.events_dedupe_ids)},
                                       system_now());
    if (!intake) return std::unexpected(intake.error());
    importer.intake_ = *std::move(intake);
    return importer;
  }

  Result<void> take(std::string batch, std::uint32_t count) {
    if (sender_) {
      const auto answer = sender_->send(batch);
      if (!answer) return std::unexpected(answer.error());
      return {};
    }
    if (!intake_) return {};
    std::promise<Result<events::Taken>> told;
    intake_->append(std::move(batch), count,
                    [&](Result<events::Taken> taken) { told.set_value(std::move(taken)); });
    const auto taken = told.get_future().get();
    if (!taken) return std::unexpected(taken.error());
    return {};
  }

 private:
  std::optional<Sender> sender_;
  std::unique_ptr<events::DiskLog> log_;
  std::unique_ptr<events::Intake> intake_;
};

Result<std::vector<fs::path>> batch_files(const std::vector<std::string>& given) {
  std::vector<fs::path> files;
  for (const fs::path path : given) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    for (fs::directory_iterator entry(path, error), last; !error && entry != last; entry.increment(error))
      if (entry->path().extension() == ".events") files.push_back(entry->path());
    if (error) return fail("file_failed", path.string() + ": " + error.message() + ".");
  }
  std::ranges::sort(files);
  return files;
}

/// Error: `torn`, where what is whole was taken.
Result<void> import_file(const fs::path& path, const ImportOptions& options, Importer& importer) {
  const auto bytes = files::read_whole(path);
  if (!bytes) return fail("file_failed", "Can't read " + path.string() + ".");
  std::uint64_t records = 0;
  std::uint64_t strange = 0;
  Batches batches([&](std::string batch, std::uint32_t count) {
    records += count;
    return importer.take(std::move(batch), count);
  });
  events::BatchReader reader(*bytes);
  std::size_t whole = 0;
  while (const auto record = reader.next()) {
    whole = static_cast<std::size_t>(record->data() + record->size() - bytes->data());
    if (!events::decode_event(*record))
      ++strange;
    else if (auto added = batches.add(*record); !added)
      return added;
  }
  if (auto sent = batches.finish(); !sent) return sent;
  fmt::print("{}: {} records{}\n", path.string(), records, options.dry_run ? " (nothing was changed)" : "");
  if (strange > 0 || !reader.complete()) {
    return fail(
        "torn",
        fmt::format("{}: {} records are none of version 1, and {} bytes from {} on are torn: they were left.",
                    path.string(), strange, bytes->size() - whole, whole));
  }
  std::error_code ignored;
  if (options.remove && !options.dry_run) fs::remove(path, ignored);
  return {};
}

}  // namespace

Exit run_events_tail(const config::Settings& settings, const TailOptions& options) {
  return end(tail(to_look_at(settings), options));
}

Exit run_events_stats(const config::Settings& settings, const EventStatsOptions& options) {
  const auto report = report_of(to_look_at(settings), options.verify);
  if (!report) return complain(report.error());
  fmt::print("{}", options.json ? report_json(*report) : report_text(*report));
  const bool damaged =
      report->verified && !(report->verified->damage.empty() && report->verified->headless.empty());
  return damaged ? Exit::failed : Exit::ok;
}

Exit run_events_replay(const config::Settings& settings, const ReplayOptions& options) {
  return end(replay(settings, options));
}

Exit run_events_import(const config::Settings& settings, const ImportOptions& options) {
  const auto paths = batch_files(options.files);
  if (!paths) return complain(paths.error());
  auto importer = Importer::open(settings, options);
  if (!importer) return complain(importer.error());
  auto exit = Exit::ok;
  for (const auto& path : *paths) {
    const auto taken = import_file(path, options, *importer);
    if (taken) continue;
    if (taken.error().code != "torn") return complain(taken.error());
    complain(taken.error());
    exit = Exit::partly;
  }
  return exit;
}

}  // namespace skerry::cli
