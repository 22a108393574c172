#include "native-host/program/commands.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <future>
#include <iterator>
#include <ranges>
#include <thread>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/events/capability.hpp"
#include "native-host/events/disk_log.hpp"
#include "native-host/events/event_lines.hpp"
#include "native-host/events/intake.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/events/trim.hpp"
#include "native-host/files/files.hpp"
#include "native-host/http/client.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/stop_signal.hpp"
#include "native-host/program/terminal.hpp"
#include "native-host/program/world.hpp"
#include "shared/ingest.hpp"
#include "shared/url.hpp"

namespace skerry::events {
namespace {

namespace fs = std::filesystem;

using program::complain;
using program::Exit;
using program::parse_moment;
using program::StopSignal;
using program::system_now;

constexpr std::chrono::milliseconds kPoll{200};
constexpr int kAttempts = 5;

struct TailOptions {
  std::string
      from;  ///< `beginning`, `end`, a number, a moment or so long ago; empty: the last `last` records
  std::uint64_t last = 10;
  bool follow = false;
  bool json = false;
  EventFilter filter;
};

struct EventStatsOptions {
  bool verify = false;  ///< read and check everything
  bool json = false;
};

struct ReplayOptions {
  std::string from;    ///< as of `tail`, but `end`
  std::string until;   ///< a number or a moment; empty: all
  std::string reader;  ///< whose position is set
  std::string to;      ///< or the server that gets the events
  bool dry_run = false;
};

struct TrimOptions {
  std::string before;   ///< a number, a moment or an age
  std::string to_size;  ///< what may stay
  bool force = false;
  bool dry_run = false;
};

struct ReadersOptions {
  std::string forget;  ///< whose position is deleted
  bool json = false;
};

struct ImportOptions {
  std::vector<std::string> files;  ///< or folders: what ends in `.events` in them
  std::string to;                  ///< a server; empty: the log here
  bool remove = false;             ///< what was taken whole
  bool dry_run = false;
};

/// The log of a data folder, and what it is set to.
struct Place {
  const Settings& settings;
  fs::path data_dir;

  [[nodiscard]] fs::path folder() const { return data_dir / "events"; }
};

Result<Exit> end(const Result<void>& result) {
  if (!result) return std::unexpected(result.error());
  return Exit::ok;
}

/// The log of this data folder as it is now.
class LogView {
 public:
  static Result<LogView> open(const Place& place) {
    LogView view(place.folder());
    const auto there = program::is_there(view.folder_);
    if (!there) return std::unexpected(there.error());
    if (!*there) {
      return fail(ErrorKind::not_found, "events_missing",
                  "There is no event log in " + place.data_dir.string() +
                      " yet: start `skerry serve`, or say --data-dir.");
    }
    if (auto listed = view.refresh(); !listed) return std::unexpected(listed.error());
    return view;
  }

  Result<void> refresh() {
    auto listing = list_segments(*storage_, folder_);
    if (!listing) return std::unexpected(listing.error());
    *listing_ = *std::move(listing);
    return {};
  }

  /// Sees what is refreshed.
  [[nodiscard]] Cursor cursor(std::uint64_t sequence) const {
    return {storage_,
            [listing = listing_](std::uint64_t wanted) { return locate_in(listing->segments)(wanted); },
            sequence};
  }

  [[nodiscard]] const std::vector<Segment>& segments() const { return listing_->segments; }
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
      return fail(ErrorKind::usage, "bad_time",
                  "Where is \"" + text +
                      "\"? Write beginning, end, the number of a record, 2h, 2026-11-21T08:00:00.");
    }
    return sequence_at(storage_, segments(), *moment);
  }

  [[nodiscard]] const fs::path& folder() const { return folder_; }
  [[nodiscard]] const std::shared_ptr<Storage>& storage() const { return storage_; }

 private:
  explicit LogView(fs::path folder) : folder_(std::move(folder)) {}
  fs::path folder_;
  std::shared_ptr<Storage> storage_ = disk_storage();
  std::shared_ptr<Listing> listing_ = std::make_shared<Listing>();
};

void print_records(const Cursor::Records& records, const TailOptions& options) {
  BatchReader batch(records.batch);
  for (auto sequence = records.sequence; const auto record = batch.next(); ++sequence) {
    const auto event = decode_event(*record);
    if (!event || !options.filter.takes(*event)) continue;
    options.json ? program::say_json(event_json(sequence, *event))
                 : program::say(event_text(sequence, *event));
  }
}

/// Where the last `count` records before `end` begin that the filter takes.
Result<std::uint64_t> start_of_last(const LogView& view, const EventFilter& filter, std::uint64_t count,
                                    std::uint64_t end) {
  if (count == 0) return end;
  std::vector<std::uint64_t> taken;  // of the segments that were looked at, the newest one first
  for (const auto& segment : std::views::reverse(view.segments())) {
    std::vector<std::uint64_t> here;
    for (auto cursor = view.cursor(segment.first); cursor.sequence() < end;) {
      const auto item = cursor.next();
      if (!item) return std::unexpected(item.error());
      if (std::holds_alternative<std::monostate>(*item)) break;
      const auto* records = std::get_if<Cursor::Records>(&*item);
      if (records == nullptr) continue;
      BatchReader batch(records->batch);
      for (auto sequence = records->sequence; const auto record = batch.next(); ++sequence)
        if (const auto event = decode_event(*record); event && filter.takes(*event)) here.push_back(sequence);
    }
    std::ranges::reverse_copy(here, std::back_inserter(taken));
    if (taken.size() >= count) return taken[count - 1];
    end = segment.first;
  }
  return view.first();
}

Result<void> tail(const Place& place, const TailOptions& options) {
  StopSignal stop(std::chrono::seconds(10), StopSignal::HangUp::stops);
  auto view = LogView::open(place);
  if (!view) return std::unexpected(view.error());
  auto start = view->find(options.from.empty() ? "end" : options.from);
  if (!start) return std::unexpected(start.error());
  if (options.from.empty() && options.filter.is_set())
    start = start_of_last(*view, options.filter, options.last, *start);
  else if (options.from.empty())
    start = std::max(view->first(), *start - std::min(*start, options.last));
  if (!start) return std::unexpected(start.error());
  auto cursor = view->cursor(*start);
  for (;;) {
    const auto item = cursor.next();
    // A segment that was deleted since is found no more by then.
    if (!item && !options.follow) return std::unexpected(item.error());
    if (item && std::holds_alternative<Cursor::Damage>(*item))
      program::warn(describe(std::get<Cursor::Damage>(*item)).message);
    if (item && std::holds_alternative<Cursor::Records>(*item)) {
      print_records(std::get<Cursor::Records>(*item), options);
      if (!program::is_heard()) return {};
    } else if (!item || std::holds_alternative<std::monostate>(*item)) {
      if (!program::flush() || !options.follow || stop.wait(kPoll)) return {};
      if (auto listed = view->refresh(); !listed) return listed;
    }
  }
}

Result<LogReport> report_of(const Place& place, bool thoroughly) {
  const auto view = LogView::open(place);
  if (!view) return std::unexpected(view.error());
  const auto next = view->next();
  if (!next) return std::unexpected(next.error());
  LogReport report{.folder = view->folder().string(),
                   .segments = view->segments().size(),
                   .max_bytes = static_cast<std::uint64_t>(place.settings.max_bytes),
                   .first = view->first(),
                   .next = *next,
                   .readers = read_positions(view->folder())};
  for (const auto& segment : view->segments()) report.bytes += segment.file_bytes;
  if (!view->segments().empty()) report.oldest = view->segments().front().created;
  if (thoroughly) {
    auto verified = verify(view->storage(), view->folder());
    if (!verified) return std::unexpected(verified.error());
    report.verified = *std::move(verified);
  }
  return report;
}

/// Gives batches to a server's `POST /ingest`.
class Sender {
 public:
  static Result<Sender> open(const Place& place, std::string url) {
    const auto parsed = Url::parse(url, "http");
    if (!parsed) return std::unexpected(parsed.error());
    url = parsed->text();
    while (url.ends_with('/')) url.pop_back();
    auto secret = place.settings.ingest_secret.read();
    if (!secret) return std::unexpected(secret.error());
    return Sender(url + std::string(ingest::kPath), *std::move(secret));
  }

  /// Tries again as long as the server may take it later.
  Result<std::string> send(const std::string& batch) {
    Result<std::string> answer = fail(ErrorKind::unavailable, "events_unavailable", "Nothing was tried.");
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (attempt > 0) std::this_thread::sleep_for(std::chrono::seconds(1U << attempt));
      auto request = ingest::signed_request(secret_, system_now(), batch);
      const auto response = client_.send({.method = "POST",
                                          .url = url_,
                                          .headers = std::move(request.headers),
                                          .body = std::move(request.body)});
      if (response && response->status == 200) return response->body;
      if (!response) {
        answer = fail(response.error().kind, response.error().code, url_ + ": " + response.error().message);
      } else {
        answer = fail(ErrorKind::usage, "events_refused",
                      fmt::format("{} answers {}: {}", url_, response->status, response->body));
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
    if (count_ == kMaxRecords || batch_.size() + sizeof size + size > kMaxBatch)
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
  if (!is_reader_name(options.reader))
    return fail(ErrorKind::usage, "bad_usage", "The name of a reader is 1 to 64 of a-z, 0-9, - and _.");
  const auto path = reader_path(view.folder(), options.reader);
  const auto there = program::is_there(path);
  if (!there) return std::unexpected(there.error());
  if (!*there) {
    std::string known;
    for (const auto& reader : read_positions(view.folder())) known += " " + reader.reader;
    return fail(
        ErrorKind::usage, "bad_usage",
        "There is no reader " + options.reader + (known.empty() ? "." : "; there are:" + known + "."));
  }
  if (options.dry_run) {
    program::say(fmt::format("The reader {} would go on at record {}.\n", options.reader, from));
    return {};
  }
  const auto lock = files::FileLock::try_take(view.folder() / "lock");
  if (!lock) {
    return fail(
        lock.error().code,
        "A skerry is at work here, and keeps its readers' positions: stop it first. " + lock.error().message);
  }
  if (auto kept = files::write_atomically(path, encode_position(from)); !kept) return kept;
  program::say(fmt::format("The reader {} goes on at record {}.\n", options.reader, from));
  return {};
}

Result<void> replay_to(const Place& place, const LogView& view, const ReplayOptions& options,
                       std::uint64_t from) {
  const auto until = options.until.empty() ? view.next() : view.find(options.until);
  if (!until) return std::unexpected(until.error());
  std::optional<Sender> sender;
  if (!options.dry_run) {
    auto opened = Sender::open(place, options.to);
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
    if (const auto* damage = std::get_if<Cursor::Damage>(&*item)) {
      program::warn(describe(*damage).message);
      continue;
    }
    const auto& records = std::get<Cursor::Records>(*item);
    BatchReader batch(records.batch);
    for (auto sequence = records.sequence; sequence < *until && result; ++sequence) {
      const auto record = batch.next();
      if (!record) break;
      result = batches.add(*record);
    }
  }
  if (result) result = batches.finish();
  program::say(fmt::format("{} records from number {} on {} sent.\n", sent, from,
                           options.dry_run ? "would be" : "were"));
  return result;
}

Result<void> replay(const Place& place, const ReplayOptions& options) {
  if (options.reader.empty() == options.to.empty())
    return fail(ErrorKind::usage, "bad_usage", "Say either --reader NAME or --to URL.");
  const auto view = LogView::open(place);
  if (!view) return std::unexpected(view.error());
  const auto from = view->find(options.from);
  if (!from) return std::unexpected(from.error());
  return options.to.empty() ? set_reader(*view, options, *from) : replay_to(place, *view, options, *from);
}

Result<void> trim_log(const Place& place, const TrimOptions& options) {
  const auto view = LogView::open(place);
  if (!view) return std::unexpected(view.error());
  TrimGoal goal{.force = options.force};
  if (!options.before.empty()) {
    const auto before = view->find(options.before);
    if (!before) return std::unexpected(before.error());
    goal.before = *before;
  }
  if (!options.to_size.empty()) {
    const auto size = config::parse_integer(options.to_size);
    if (!size || *size < 0)
      return fail(ErrorKind::usage, "bad_usage", "--to-size takes a size: 500 MiB, 2 GiB.");
    goal.bytes = static_cast<std::uint64_t>(*size);
  }
  const auto plan = plan_trim(view->segments(), read_positions(view->folder()), goal);
  if (!plan) return std::unexpected(plan.error());
  if (plan->segments.empty()) {
    program::say("Nothing to trim: only whole segments go, and the newest one stays.\n");
    return {};
  }
  if (!options.dry_run)
    if (auto done = trim(*view->storage(), view->folder(), *plan); !done) return done;
  program::say(fmt::format("{} records (numbers {} to {}), {} {}.\n", plan->records(), plan->first,
                           plan->end - 1, program::human_size(static_cast<double>(plan->bytes)),
                           options.dry_run ? "would go" : "were deleted"));
  for (const auto& reader : plan->held)
    program::say(fmt::format("The reader {} {} {} records of them.\n", reader.reader,
                             options.dry_run ? "would lose" : "has lost",
                             plan->end - std::max(reader.sequence, plan->first)));
  return {};
}

Result<void> forget_reader(const LogView& view, const std::string& name) {
  const auto path = reader_path(view.folder(), name);
  if (!is_reader_name(name) || !fs::exists(path))
    return fail(ErrorKind::not_found, "reader_unknown",
                "There is no reader " + name + ": `skerry events readers` names them.");
  const auto lock = files::FileLock::try_take(view.folder() / "lock");
  if (!lock) {
    return fail(
        lock.error().kind, lock.error().code,
        "A skerry is at work here, and keeps its readers' positions: stop it first. " + lock.error().message);
  }
  if (const auto removed = view.storage()->remove(path); !removed)
    return std::unexpected(storage_error(path, removed.error()));
  program::say(fmt::format("The reader {} is forgotten: nothing is kept for it any more.\n", name));
  return {};
}

Result<void> show_readers(const Place& place, const ReadersOptions& options) {
  const auto view = LogView::open(place);
  if (!view) return std::unexpected(view.error());
  if (!options.forget.empty()) return forget_reader(*view, options.forget);
  const auto next = view->next();
  if (!next) return std::unexpected(next.error());
  const LogReport report{.folder = view->folder().string(),
                         .first = view->first(),
                         .next = *next,
                         .readers = read_positions(view->folder())};
  program::put(options.json ? readers_json(report) : readers_text(report));
  return {};
}

/// Where imported batches go.
class Importer {
 public:
  static Result<Importer> open(const Place& place, const ImportOptions& options) {
    Importer importer;
    if (options.dry_run) return importer;
    if (!options.to.empty()) {
      auto sender = Sender::open(place, options.to);
      if (!sender) return std::unexpected(sender.error());
      importer.sender_ = *std::move(sender);
      return importer;
    }
    auto log = DiskLog::open({.folder = place.folder(),
                              .max_bytes = static_cast<std::uint64_t>(place.settings.max_bytes),
                              .min_free = static_cast<std::uint64_t>(place.settings.min_free),
                              .segment_bytes = static_cast<std::uint64_t>(place.settings.segment_bytes),
                              .keep = place.settings.dedupe_window});
    if (!log && log.error().kind == ErrorKind::busy) {
      return fail(ErrorKind::conflict, "locked",
                  "A skerry is at work here: say --to with its address, and it takes the events. " +
                      log.error().message);
    }
    if (!log) return std::unexpected(log.error());
    importer.log_ = *std::move(log);
    auto intake = Intake::open(
        *importer.log_,
        {.window = place.settings.dedupe_window, .ids = static_cast<std::size_t>(place.settings.dedupe_ids)},
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
    std::promise<Result<Taken>> told;
    intake_->append(std::move(batch), count, [&](Result<Taken> taken) { told.set_value(std::move(taken)); });
    const auto taken = told.get_future().get();
    if (!taken) return std::unexpected(taken.error());
    return {};
  }

 private:
  std::optional<Sender> sender_;
  std::unique_ptr<DiskLog> log_;
  std::unique_ptr<Intake> intake_;
};

Result<std::vector<fs::path>> batch_files(const std::vector<std::string>& given) {
  std::vector<fs::path> found;
  for (const fs::path path : given) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      found.push_back(path);
      continue;
    }
    for (const auto& entry : files::entries_of(path, error))
      if (entry.path().extension() == ".events") found.push_back(entry.path());
    if (error) return fail("file_failed", path.string() + ": " + error.message() + ".");
  }
  std::ranges::sort(found);
  return found;
}

/// Error: `torn`, where what is whole was taken.
Result<void> import_file(const fs::path& path, const ImportOptions& options, Importer& importer) {
  const auto bytes = files::read_whole(path);
  if (!bytes) return std::unexpected(bytes.error());
  std::uint64_t records = 0;
  std::uint64_t strange = 0;
  Batches batches([&](std::string batch, std::uint32_t count) {
    records += count;
    return importer.take(std::move(batch), count);
  });
  BatchReader reader(*bytes);
  std::size_t whole = 0;
  while (const auto record = reader.next()) {
    whole = static_cast<std::size_t>(record->data() + record->size() - bytes->data());
    if (!decode_event(*record))
      ++strange;
    else if (auto added = batches.add(*record); !added)
      return added;
  }
  if (auto sent = batches.finish(); !sent) return sent;
  program::say(fmt::format("{}: {} records{}\n", path.string(), records,
                           options.dry_run ? " (nothing was changed)" : ""));
  if (strange > 0 || !reader.complete()) {
    return fail(
        ErrorKind::damaged, "torn",
        fmt::format("{}: {} records are none of version 1, and {} bytes from {} on are torn: they were left.",
                    path.string(), strange, bytes->size() - whole, whole));
  }
  std::error_code ignored;
  if (options.remove && !options.dry_run) fs::remove(path, ignored);
  return {};
}

Result<Exit> run_tail(const Place& place, const TailOptions& options) {
  return end(tail(place, options));
}

Result<Exit> run_stats(const Place& place, const EventStatsOptions& options) {
  const auto report = report_of(place, options.verify);
  if (!report) return std::unexpected(report.error());
  options.json ? program::say_json(report_json(*report)) : program::say(report_text(*report));
  const bool damaged =
      report->verified && !(report->verified->damage.empty() && report->verified->headless.empty());
  return damaged ? Exit::failed : Exit::ok;
}

Result<Exit> run_import(const Place& place, const ImportOptions& options) {
  const auto paths = batch_files(options.files);
  if (!paths) return std::unexpected(paths.error());
  auto importer = Importer::open(place, options);
  if (!importer) return std::unexpected(importer.error());
  auto exit = Exit::ok;
  for (const auto& path : *paths) {
    const auto taken = import_file(path, options, *importer);
    if (taken) continue;
    const bool torn = taken.error().kind == ErrorKind::damaged;
    if (!torn) return std::unexpected(taken.error());
    complain(taken.error());
    exit = Exit::partly;
  }
  return exit;
}

/// All of them take the log that is there: what one of them changes, the others show.
template <class Options>
program::Commands::Action action(const std::shared_ptr<Options>& options,
                                 Result<Exit> (*run)(const Place&, const Options&)) {
  return [=](const program::Invocation& invocation) -> Result<Exit> {
    const auto& settings = invocation.loaded.get<Settings>();
    const auto world = program::World::to_look_at(invocation.loaded, invocation.capabilities);
    return run({settings, world.data_dir()}, *options);
  };
}

}  // namespace

void add_commands(program::Commands& commands) {
  CLI::App& events = commands.add("events", "Shows and moves what waits in the event log");
  commands.note(events, "tail and stats work beside a running server.\n");
  events.require_subcommand(1);
  commands.data_dir(events);

  const auto tail_options = std::make_shared<TailOptions>();
  auto* tail = events.add_subcommand("tail", "Prints events, the last ones or from a place on");
  tail->add_option("--from", tail_options->from,
                   "beginning, end, a record's number, 2h or 2026-11-21T08:00:00");
  program::whole_number(
      *tail->add_option("-n,--last", tail_options->last, "How many, without --from (default 10)"), 0,
      1'000'000'000);
  tail->add_flag("-f,--follow", tail_options->follow, "Go on with what comes, until Ctrl-C");
  tail->add_option("--type", tail_options->filter.type,
                   "Only these: `type` of the body, else the last word of the path");
  tail->add_option("--path", tail_options->filter.path, "Only these: how the path begins");
  tail->add_flag("--json", tail_options->json, "A JSON object in each line");
  commands.on(*tail, action(tail_options, run_tail));
  commands.example("skerry events tail -f", "what the tracker takes, as it comes");
  commands.example("skerry events tail --from 2h --json", "the last two hours, a JSON object in each line");
  commands.example("skerry events tail -f --type page", "page views, as they come");

  const auto stats_options = std::make_shared<EventStatsOptions>();
  auto* stats = events.add_subcommand("stats", "Shows segments, records and how far readers are");
  stats->add_flag("--verify", stats_options->verify, "Read and check everything");
  stats->add_flag("--json", stats_options->json, "As JSON");
  commands.on(*stats, action(stats_options, run_stats));
  commands.example("skerry events stats --verify", "how much waits for whom; reads and checks all of it");

  const auto replay_options = std::make_shared<ReplayOptions>();
  auto* replaying = events.add_subcommand("replay", "Sets a reader back, or sends events to a server");
  replaying
      ->add_option("--from", replay_options->from, "beginning, a record's number, 2h or 2026-11-21T08:00:00")
      ->required();
  replaying->add_option("--until", replay_options->until, "Up to, without it (default: all); with --to");
  replaying->add_option("--reader", replay_options->reader, "Set this reader to there");
  replaying->add_option("--to", replay_options->to, "Send to POST /ingest of this server, signed");
  replaying->add_flag("--dry-run", replay_options->dry_run, "Only say what would be done");
  commands.on(*replaying, action(
                              replay_options, +[](const Place& place, const ReplayOptions& options) {
                                return end(replay(place, options));
                              }));
  commands.example("skerry events replay --reader kafka --from 2h",
                   "let a reader go back (while no server runs)");
  commands.example("skerry events replay --from 100 --until 200 --to https://other.example.org",
                   "give a range to another host");

  const auto trim_options = std::make_shared<TrimOptions>();
  auto* trimming = events.add_subcommand("trim", "Deletes the oldest events, also beside a running server");
  trimming->add_option("--before", trim_options->before,
                       "What came before: a record's number, 2d (so long ago), 2026-11-21T08:00:00");
  trimming->add_option("--to-size", trim_options->to_size, "Until the log has no more than 500MiB");
  trimming->add_flag("--force", trim_options->force, "Also what a reader has not read");
  trimming->add_flag("--dry-run", trim_options->dry_run, "Only say what would go");
  commands.on(*trimming, action(
                             trim_options, +[](const Place& place, const TrimOptions& options) {
                               return end(trim_log(place, options));
                             }));

  commands.example("skerry events trim --before 30d --dry-run", "what would go of the events of a month ago");
  commands.example("skerry events trim --to-size 500MiB", "makes room, as far as no reader needs it");

  const auto readers_options = std::make_shared<ReadersOptions>();
  auto* readers = events.add_subcommand("readers", "Shows who reads events, and how far each is");
  readers->add_option("--forget", readers_options->forget,
                      "Delete this one's position, while no server runs: nothing is kept for it any more");
  readers->add_flag("--json", readers_options->json, "As JSON");
  commands.on(*readers, action(
                            readers_options, +[](const Place& place, const ReadersOptions& options) {
                              return end(show_readers(place, options));
                            }));

  commands.example("skerry events readers", "how far each reader is");

  const auto import_options = std::make_shared<ImportOptions>();
  auto* import = events.add_subcommand("import", "Takes batch files that an edge has written");
  import->add_option("files", import_options->files, "Files, or folders with *.events")
      ->required()
      ->type_name(program::kFile);
  import->add_option("--to", import_options->to, "Send to POST /ingest of this server, signed");
  import->add_flag("--remove", import_options->remove, "Delete files that were taken whole");
  import->add_flag("--dry-run", import_options->dry_run, "Only say what is in them");
  commands.on(*import, action(import_options, run_import));
  commands.note(*import, "It ends with 4 where a file's torn end was left.\n");
  commands.example("skerry events import /srv/edge/events", "what a wasmtime edge has written");
}

}  // namespace skerry::events
