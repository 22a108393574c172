#include "native-host/program/commands.hpp"

#include <algorithm>
#include <filesystem>
#include <future>
#include <ranges>
#include <thread>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "native-host/events/capability.hpp"
#include "native-host/events/disk_log.hpp"
#include "native-host/events/intake.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/events/trim.hpp"
#include "native-host/events/waiting.hpp"
#include "native-host/files/files.hpp"
#include "native-host/http/client.hpp"
#include "native-host/program/exit.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/stop_signal.hpp"
#include "native-host/program/terminal.hpp"
#include "native-host/program/world.hpp"
#include "shared/ingest.hpp"
#include "shared/json_text.hpp"
#include "shared/url.hpp"

namespace skerry::events {
namespace {

namespace fs = std::filesystem;

using program::complain;
using program::Exit;
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
  bool only_log = false;  ///< where Redis has the events, that of the disk
  EventFilter filter;
};

struct EventStatsOptions {
  bool verify = false;  ///< read and check everything
  bool json = false;
  bool only_log = false;  ///< as of `tail`
};

struct ReplayOptions {
  std::string from;       ///< as of `tail`, but `end`
  std::string until;      ///< a number or a moment; empty: all
  std::string reader;     ///< whose position is set
  std::string to;         ///< or the server that gets the events
  bool only_log = false;  ///< as of `tail`
  bool dry_run = false;
};

struct TrimOptions {
  std::string before;     ///< a number, a moment or an age
  std::string to_size;    ///< what may stay
  bool only_log = false;  ///< as of `tail`
  bool force = false;
  bool dry_run = false;
};

struct ReadersOptions {
  std::string forget;  ///< whose position is deleted
  bool json = false;
  bool only_log = false;  ///< as of `tail`
};

struct ImportOptions {
  std::vector<std::string> files;  ///< or folders: what ends in `.events` in them
  std::string to;                  ///< a server; empty: the log here
  bool remove = false;             ///< what was taken whole
  bool dry_run = false;
  bool json = false;
};

/// Where events of a data folder wait, and what that is set to.
struct Place {
  const Settings& settings;
  fs::path data_dir;

  [[nodiscard]] fs::path folder() const { return data_dir / "events"; }
};

Result<Exit> end(const Result<void>& result) {
  if (!result) return std::unexpected(result.error());
  return Exit::ok;
}

/// Of records that are whole but have a form that this program does not know.
struct Unknown {
  std::uint64_t records = 0;
  std::string first = {};  ///< where the first one stands
  bool all = true;         ///< of those that were looked at

  [[nodiscard]] Error error() const {
    return {
        "events_unreadable",
        records == 1
            ? fmt::format("Record {} can't be read: it has a form that this program does not know.", first)
            : fmt::format("{} records, from {} on, can't be read: they have a form that this program "
                          "does not know.",
                          records, first),
        ErrorKind::damaged};
  }
};

/// At the end; while it follows, once.
Result<void> tell(const Unknown& unknown, bool ended) {
  if (unknown.records == 0) return {};
  if (ended && unknown.all) return std::unexpected(unknown.error());
  program::warn(unknown.error().message);
  return {};
}

void warn_of(const Error& damage) {
  program::warn(damage.message);
}

Result<void> tail(const Place& place, const TailOptions& options) {
  StopSignal stop;
  Unknown unknown;
  bool told = false;
  auto waiting = Waiting::open(place.settings, place.folder(), options.only_log);
  if (!waiting) return std::unexpected(waiting.error());
  auto start =
      options.from.empty() ? waiting->last(options.last, options.filter) : waiting->find(options.from);
  if (!start) return std::unexpected(start.error());
  waiting->start(*start);
  const auto show = [&options, &unknown, left_out = start->left_out](const EventPlace& at,
                                                                     std::string_view record) mutable {
    const auto event = decode_event(record);
    if (!event && unknown.records++ == 0) unknown.first = at.text();
    if (event) unknown.all = false;
    if (!event || !options.filter.takes(*event)) return;
    if (left_out > 0)
      --left_out;
    else
      options.json ? program::say_json(event_json(at, *event)) : program::say(event_text(at, *event));
  };
  const Waiting::Show shown = show;
  for (;;) {
    const auto more = waiting->next(shown, warn_of);
    // A segment that was deleted since is found no more by then.
    const bool passes = options.follow && !more && more.error().code == "events_unavailable";
    if (!more && !passes) return std::unexpected(more.error());
    if (more && *more && program::is_heard()) continue;
    if (!program::flush()) return {};
    if (!options.follow) return tell(unknown, true);
    if (!told && unknown.records > 0) told = tell(unknown, false).has_value();
    if (stop.wait(kPoll)) return {};
    if (auto listed = waiting->refresh(); !listed) return listed;
  }
}

/// What there is, without reading it.
Result<LogReport> report_of(const Place& place, Waiting& waiting) {
  LogReport report{.folder = place.folder().string(),
                   .max_bytes = static_cast<std::uint64_t>(place.settings.max_bytes)};
  if (auto* stream = waiting.stream()) {
    auto found = stream->report();
    if (!found) return std::unexpected(found.error());
    report.stream = *std::move(found);
  }
  const auto* log = waiting.log();
  if (log == nullptr) return report;
  const auto next = log->next();
  if (!next) return std::unexpected(next.error());
  report.segments = log->segments().size();
  report.first = log->first();
  report.next = *next;
  report.readers = read_positions(log->folder());
  report.waiting = *next - std::min(waiting.log_waits_from(), *next);
  for (const auto& segment : log->segments()) report.bytes += segment.file_bytes;
  if (!log->segments().empty()) report.oldest = log->segments().front().created;
  return report;
}

Result<LogReport> report_of(const Place& place, const EventStatsOptions& options) {
  auto waiting = Waiting::open(place.settings, place.folder(), options.only_log);
  if (!waiting) return std::unexpected(waiting.error());
  auto report = report_of(place, *waiting);
  if (!report || !options.verify || waiting->log() == nullptr) return report;
  auto verified = verify(waiting->log()->storage(), waiting->log()->folder());
  if (!verified) return std::unexpected(verified.error());
  report->verified = *std::move(verified);
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
  Result<void> send(const std::string& batch, std::uint32_t count) {
    Result<void> answer = fail(ErrorKind::unavailable, "events_unavailable", "Nothing was tried.");
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (attempt > 0) std::this_thread::sleep_for(std::chrono::seconds(1U << attempt));
      auto request = ingest::signed_request(secret_, system_now(), batch);
      const auto response = client_.send({.method = "POST",
                                          .url = url_,
                                          .headers = std::move(request.headers),
                                          .body = std::move(request.body)});
      if (response && response->status >= 200 && response->status < 300) {
        // Of whoever else answers, a later answer is no other.
        if (ingest::read_answer(response->status, response->body, count)) return {};
        return fail(ErrorKind::unavailable, "events_garbled", no_ingest(response->status, response->body));
      }
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
  [[nodiscard]] std::string no_ingest(int status, std::string_view body) const {
    constexpr std::size_t kShown = 200;
    return fmt::format("{} answers {}, but not that it has these events: is it a skerry? It says: {}{}", url_,
                       status, body.empty() ? "nothing" : body.substr(0, kShown),
                       body.size() > kShown ? "…" : "");
  }

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

/// True if the stream has this group.
Result<bool> is_group(StreamView& stream, const std::string& name) {
  const auto report = stream.report();
  if (!report) return std::unexpected(report.error());
  return std::ranges::find(report->groups, name, &StreamGroup::name) != report->groups.end();
}

Result<void> set_group(StreamView& stream, const ReplayOptions& options, const EntryId& from) {
  if (!options.dry_run)
    if (auto set = stream.set_group(options.reader, from); !set) return set;
  program::say(fmt::format("The reader {} {} on at entry {}.\n", options.reader,
                           options.dry_run ? "would go" : "goes", from.text()));
  return {};
}

Result<files::FileLock> keep_servers_out(const LogView& view) {
  auto lock = files::FileLock::try_take(view.folder() / "lock");
  if (lock) return lock;
  return fail(
      lock.error().kind, lock.error().code,
      "A skerry is at work here, and keeps its readers' positions: stop it first. " + lock.error().message);
}

Result<void> set_reader(const LogView& view, const ReplayOptions& options, std::uint64_t from) {
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
  const auto lock = keep_servers_out(view);
  if (!lock) return std::unexpected(lock.error());
  if (auto kept = files::write_atomically(path, encode_position(from)); !kept) return kept;
  program::say(fmt::format("The reader {} goes on at record {}.\n", options.reader, from));
  return {};
}

Result<void> replay_to(const Place& place, Waiting& waiting, const ReplayOptions& options,
                       const Waiting::Start& from) {
  const auto until = waiting.find(options.until.empty() ? "end" : options.until);
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
      if (auto taken = sender->send(batch, count); !taken) return taken;
    sent += count;
    return {};
  });
  Result<void> result;
  bool over = false;
  const auto take = [&](const EventPlace& at, std::string_view record) {
    const bool is_before = at.entry.empty() ? at.number < until->log
                                            : !until->stream || EntryId::parse(at.entry) < until->stream;
    over = over || (at.entry.empty() && !is_before);
    if (is_before && result) result = batches.add(record);
  };
  waiting.start(from);
  while (result && !over) {
    const auto more = waiting.next(take, warn_of);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  if (result) result = batches.finish();
  program::say(
      fmt::format("{} from {} on {} sent.\n", program::counted(sent, "record"),
                  from.stream ? "entry " + from.stream->text() : "number " + std::to_string(from.log),
                  options.dry_run ? "would be"
                  : sent == 1     ? "was"
                                  : "were"));
  return result;
}

/// True if the end of a range is before its begin, as it is given, also where neither is there any more.
bool ends_before_it_begins(const ReplayOptions& options) {
  if (options.until == "beginning") return true;
  const auto from = number_in(options.from);
  const auto until = number_in(options.until);
  if (from && until) return *until < *from;
  const auto first = entry_in(options.from);
  const auto last = entry_in(options.until);
  if (first && last) return *last < *first;
  const auto now = system_now();
  const auto begin = program::parse_moment(options.from, now);
  const auto end = program::parse_moment(options.until, now);
  return begin && end && *end < *begin;
}

Result<void> replay(const Place& place, const ReplayOptions& options) {
  if (options.reader.empty() == options.to.empty())
    return fail(ErrorKind::usage, "bad_usage", "Say either --reader NAME or --to URL.");
  if (!options.reader.empty() && !is_reader_name(options.reader))
    return fail(ErrorKind::usage, "bad_usage", "The name of a reader is 1 to 64 of a-z, 0-9, - and _.");
  if (ends_before_it_begins(options))
    return fail(ErrorKind::usage, "bad_usage",
                "--until " + options.until + " comes before --from " + options.from + ".");
  auto waiting = Waiting::open(place.settings, place.folder(), options.only_log);
  if (!waiting) return std::unexpected(waiting.error());
  const auto from = waiting->find(options.from);
  if (!from) return std::unexpected(from.error());
  if (!options.to.empty()) return replay_to(place, *waiting, options, *from);
  if (auto* stream = waiting->stream(); stream != nullptr && from->stream) {
    const auto known = is_group(*stream, options.reader);
    if (!known) return std::unexpected(known.error());
    if (*known) return set_group(*stream, options, *from->stream);
  }
  if (waiting->log() == nullptr)
    return fail(ErrorKind::usage, "bad_usage", "There is no reader " + options.reader + ".");
  // Of the log, what was moved already, too.
  const auto number = waiting->log()->find(options.from);
  if (!number) return std::unexpected(number.error());
  return set_reader(*waiting->log(), options, *number);
}

/// What of the stream goes.
struct StreamPlan {
  EntryId before;
  std::uint64_t entries = 0;
  std::vector<std::string> held = {};  ///< the readers that will never get some of it
};

Result<StreamPlan> plan_stream(StreamView& stream, const EntryId& before, bool force) {
  StreamPlan plan{.before = before};
  const auto report = stream.report();
  if (!report) return std::unexpected(report.error());
  for (const auto& group : report->groups) {
    const EntryId next{group.last.time, group.last.number + 1};
    const auto unread = stream.count(std::min(next, before), before);
    if (!unread) return std::unexpected(unread.error());
    if (*unread > 0 || (group.oldest && *group.oldest < before)) plan.held.push_back(group.name);
  }
  if (!plan.held.empty() && !force) {
    return fail(
        ErrorKind::conflict, "reader_behind",
        fmt::format("These readers have not acknowledged all of it: {}. Let them go on, forget a "
                    "reader that is gone (`skerry events readers --forget NAME`), or say --force, and "
                    "they never get it.",
                    fmt::join(plan.held, ", ")));
  }
  const auto entries = stream.count({}, before);
  if (!entries) return std::unexpected(entries.error());
  plan.entries = *entries;
  return plan;
}

Result<void> trim_stream(StreamView& stream, const StreamPlan& plan, bool dry_run) {
  auto entries = plan.entries;
  if (!dry_run) {
    const auto trimmed = stream.trim(plan.before);
    if (!trimmed) return std::unexpected(trimmed.error());
    entries = *trimmed;
  }
  program::say(fmt::format("{} of the stream before {}: {}.\n", program::counted(entries, "entry", "entries"),
                           plan.before.text(), dry_run ? "would go" : "deleted"));
  for (const auto& reader : plan.held)
    program::say(
        fmt::format("The reader {} {} some of them.\n", reader, dry_run ? "would lose" : "has lost"));
  return {};
}

Result<void> trim_log(const LogView& log, const TrimPlan& plan, bool dry_run) {
  if (plan.segments.empty()) {
    program::say("Nothing to trim in the log: only whole segments go, and the newest one stays.\n");
    return {};
  }
  if (!dry_run)
    if (auto done = trim(*log.storage(), log.folder(), plan); !done) return done;
  program::say(fmt::format("{} of the log ({}), {}: {}.\n", program::counted(plan.records(), "record"),
                           program::ranged("number", static_cast<std::int64_t>(plan.first),
                                           static_cast<std::int64_t>(plan.end) - 1),
                           program::human_size(static_cast<double>(plan.bytes)),
                           dry_run ? "would go" : "deleted"));
  for (const auto& reader : plan.held)
    program::say(fmt::format("The reader {} {} {} of them.\n", reader.reader,
                             dry_run ? "would lose" : "has lost",
                             program::counted(plan.end - std::max(reader.sequence, plan.first), "record")));
  return {};
}

Result<void> trim_waiting(const Place& place, const TrimOptions& options) {
  auto waiting = Waiting::open(place.settings, place.folder(), options.only_log);
  if (!waiting) return std::unexpected(waiting.error());
  auto* stream = waiting->stream();
  const auto* log = waiting->log();
  TrimGoal goal{.force = options.force};
  std::optional<EntryId> entry;
  if (!options.before.empty()) {
    const auto before = waiting->find(options.before);
    if (!before) return std::unexpected(before.error());
    entry = before->stream;
    if (log != nullptr && !entry_in(options.before)) {
      const auto number = log->find(options.before);
      if (!number) return std::unexpected(number.error());
      goal.before = *number;
    }
  }
  if (!options.to_size.empty()) {
    if (stream != nullptr) {
      return fail(ErrorKind::usage, "bad_usage",
                  "--to-size is for the log of the disk: say --log, too. Of the stream in Redis say what "
                  "should go with --before, or set events.redis_max_length.");
    }
    const auto size = config::parse_integer(options.to_size);
    if (!size || *size < 0)
      return fail(ErrorKind::usage, "bad_usage", "--to-size takes a size: 500 MiB, 2 GiB.");
    goal.bytes = static_cast<std::uint64_t>(*size);
  }
  // What one of them refuses, neither does.
  std::optional<TrimPlan> of_log;
  if (goal.before || goal.bytes || !entry) {
    auto plan = plan_trim(log == nullptr ? std::vector<Segment>() : log->segments(),
                          log == nullptr ? std::vector<Position>() : read_positions(log->folder()), goal);
    if (!plan) return std::unexpected(plan.error());
    if (log != nullptr) of_log = *std::move(plan);
  }
  if (entry && stream != nullptr) {
    const auto plan = plan_stream(*stream, *entry, options.force);
    if (!plan) return std::unexpected(plan.error());
    if (auto done = trim_stream(*stream, *plan, options.dry_run); !done) return done;
  }
  return of_log ? trim_log(*log, *of_log, options.dry_run) : Result<void>();
}

Result<void> forget_reader(const Place& place, Waiting& waiting, const std::string& name) {
  if (auto* stream = waiting.stream(); stream != nullptr) {
    const auto known = is_group(*stream, name);
    if (!known) return std::unexpected(known.error());
    if (*known) {
      std::optional<files::FileLock> lock;
      if (waiting.log() != nullptr) {
        auto taken = keep_servers_out(*waiting.log());
        if (!taken) return std::unexpected(taken.error());
        lock = *std::move(taken);
      }
      if (auto gone = stream->forget_group(name); !gone) return gone;
      program::say(fmt::format("The reader {} is forgotten: nothing is kept for it any more.\n", name));
      return {};
    }
  }
  const auto path = reader_path(place.folder(), name);
  if (!is_reader_name(name) || waiting.log() == nullptr || !fs::exists(path))
    return fail(ErrorKind::not_found, "reader_unknown",
                "There is no reader " + name + ": `skerry events readers` names them.");
  const auto lock = keep_servers_out(*waiting.log());
  if (!lock) return std::unexpected(lock.error());
  if (const auto removed = waiting.log()->storage()->remove(path); !removed)
    return std::unexpected(storage_error(path, removed.error()));
  program::say(fmt::format("The reader {} is forgotten: nothing is kept for it any more.\n", name));
  return {};
}

Result<void> show_readers(const Place& place, const ReadersOptions& options) {
  auto waiting = Waiting::open(place.settings, place.folder(), options.only_log);
  if (!waiting) return std::unexpected(waiting.error());
  if (!options.forget.empty()) return forget_reader(place, *waiting, options.forget);
  const auto report = report_of(place, *waiting);
  if (!report) return std::unexpected(report.error());
  options.json ? program::say_json(readers_json(*report)) : program::say(readers_text(*report));
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
      return fail(ErrorKind::busy, "locked",
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
    if (sender_) return sender_->send(batch, count);
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

/// What became of a file. What is whole and known of it is taken, whatever else is in it.
struct Imported {
  std::string path;
  std::uint64_t records = 0;     ///< that were taken
  std::uint64_t unreadable = 0;  ///< of a form that this program does not know
  std::uint64_t torn_bytes = 0;  ///< at the end
  bool removed = false;
  std::optional<Error> failure = {};
};

Error unreadable_file(const Imported& file, std::size_t whole) {
  if (file.records == 0) {
    return {"events_unreadable",
            fmt::format("{}: none of its records can be read: is it a file of events?", file.path),
            ErrorKind::damaged};
  }
  return {"torn",
          fmt::format("{}: {} records have a form that this program does not know, and {} bytes from {} on "
                      "are torn: they were left.",
                      file.path, file.unreadable, file.torn_bytes, whole),
          ErrorKind::damaged};
}

/// Error: of where the events go; what is wrong with the file stands in `file`.
Result<void> import_file(const ImportOptions& options, Importer& importer, Imported& file) {
  const auto bytes = files::read_whole(file.path);
  if (!bytes) {
    file.failure = bytes.error();
    return {};
  }
  if (is_segment(*bytes)) {
    file.failure =
        Error{"events_segment",
              file.path +
                  ": this is a segment of an event log, no batch file of an edge. Put the "
                  "segments into a folder DIR/events, and send them with `skerry events --data-dir "
                  "DIR replay --from beginning --to URL`."};
    return {};
  }
  Batches batches([&](std::string batch, std::uint32_t count) {
    auto taken = importer.take(std::move(batch), count);
    if (taken) file.records += count;
    return taken;
  });
  BatchReader reader(*bytes);
  std::size_t whole = 0;
  while (const auto record = reader.next()) {
    whole = static_cast<std::size_t>(record->data() + record->size() - bytes->data());
    if (!decode_event(*record))
      ++file.unreadable;
    else if (auto added = batches.add(*record); !added)
      return added;
  }
  if (auto sent = batches.finish(); !sent) return sent;
  file.torn_bytes = reader.complete() ? 0 : bytes->size() - whole;
  if (file.unreadable > 0 || file.torn_bytes > 0) {
    file.failure = unreadable_file(file, whole);
    return {};
  }
  std::error_code ignored;
  if (options.remove && !options.dry_run) file.removed = fs::remove(file.path, ignored);
  return {};
}

std::string imported_json(const std::vector<Imported>& files, bool dry_run) {
  std::uint64_t records = 0;
  std::uint64_t unreadable = 0;
  std::string list;
  for (const auto& file : files) {
    records += file.records;
    unreadable += file.unreadable;
    list += list.empty() ? R"({"path":)" : R"(,{"path":)";
    append_json_string(list, file.path);
    list += fmt::format(R"(,"records":{},"unreadable":{},"torn_bytes":{},"removed":{})", file.records,
                        file.unreadable, file.torn_bytes, file.removed);
    if (file.failure) {
      const auto error = program::error_json(*file.failure);
      list += "," + error.substr(1, error.rfind('}') - 1);
    }
    list += '}';
  }
  return fmt::format(R"({{"records":{},"unreadable":{},"dry_run":{},"files":[{}]}})", records, unreadable,
                     dry_run, list) +
         '\n';
}

Result<Exit> run_tail(const Place& place, const TailOptions& options) {
  return end(tail(place, options));
}

Result<Exit> run_stats(const Place& place, const EventStatsOptions& options) {
  const auto report = report_of(place, options);
  if (!report) return std::unexpected(report.error());
  options.json ? program::say_json(report_json(*report)) : program::say(report_text(*report));
  const bool damaged =
      report->verified && !(report->verified->damage.empty() && report->verified->headless.empty());
  return damaged ? Exit::failed : Exit::ok;
}

/// Error: what was wrong with the first file, where something was and nothing could be taken.
Result<Exit> judge_import(const std::vector<Imported>& files) {
  const bool nothing = std::ranges::all_of(files, [](const Imported& file) { return file.records == 0; });
  std::optional<Error> first;
  for (const auto& file : files) {
    if (!file.failure) continue;
    if (nothing && !first)
      first = file.failure;
    else
      complain(*file.failure);
  }
  if (first) return std::unexpected(*std::move(first));
  return std::ranges::any_of(files, [](const Imported& file) { return file.failure.has_value(); })
             ? Exit::partly
             : Exit::ok;
}

/// Of a path that nobody needs to read to know it.
std::optional<Error> missing_file(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) || error) return std::nullopt;
  return files::read_whole(path).error();
}

Result<Exit> run_import(const Place& place, const ImportOptions& options) {
  const auto paths = batch_files(options.files);
  if (!paths) return std::unexpected(paths.error());
  auto importer = Importer::open(place, options);
  if (!importer) {
    for (const auto& path : *paths)
      if (const auto missing = missing_file(path)) complain(*missing);
    return std::unexpected(importer.error());
  }
  if (paths->empty() && !options.json) program::say("No file *.events is there.\n");
  std::vector<Imported> files;
  Result<void> taken;
  for (std::size_t i = 0; taken && i < paths->size(); ++i) {
    auto& file = files.emplace_back(Imported{.path = (*paths)[i].string()});
    taken = import_file(options, *importer, file);
    if (!taken) file.failure = taken.error();
    if (!options.json && (!file.failure || file.records > 0))
      program::say(fmt::format("{}: {} records{}\n", file.path, file.records,
                               options.dry_run ? " (nothing was changed)" : ""));
  }
  if (options.json) program::say_json(imported_json(files, options.dry_run));
  if (!taken) return std::unexpected(taken.error());
  return judge_import(files);
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
  CLI::App& events = commands.add("events", "Shows and moves the events that wait, in the log or in Redis");
  commands.note(events, "tail and stats work beside a running server.\n");
  events.require_subcommand(1);
  commands.data_dir(events);
  const auto log_flag = [](CLI::App* command, bool& flag) {
    command->add_flag("--log", flag, "Where Redis has the events: only the log of the disk");
  };

  const auto tail_options = std::make_shared<TailOptions>();
  auto* tail = events.add_subcommand("tail", "Prints events, the last ones or from a place on");
  tail->add_option("--from", tail_options->from,
                   "beginning, end, a record's number, an entry's id in Redis, 2h or 2026-11-21T08:00:00");
  program::whole_number(
      *tail->add_option("-n,--last", tail_options->last, "How many, without --from (default 10)"), 0,
      1'000'000'000);
  tail->add_flag("-f,--follow", tail_options->follow, "Go on with what comes, until Ctrl-C");
  tail->add_option("--type", tail_options->filter.type,
                   "Only these: `type`, `event` or `name` of the body, else the last word of the path");
  tail->add_option("--path", tail_options->filter.path, "Only these: how the path begins");
  tail->add_flag("--json", tail_options->json, "A JSON object in each line");
  log_flag(tail, tail_options->only_log);
  commands.on(*tail, action(tail_options, run_tail));
  commands.example("skerry events tail -f", "what the tracker takes, as it comes");
  commands.example("skerry events tail --from 2h --json", "the last two hours, a JSON object in each line");
  commands.example("skerry events tail -f --type page", "page views, as they come");

  const auto stats_options = std::make_shared<EventStatsOptions>();
  auto* stats = events.add_subcommand("stats", "Shows segments, records and how far readers are");
  stats->add_flag("--verify", stats_options->verify, "Read and check everything");
  stats->add_flag("--json", stats_options->json, "As JSON");
  log_flag(stats, stats_options->only_log);
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
  log_flag(replaying, replay_options->only_log);
  commands.on(*replaying, action(
                              replay_options, +[](const Place& place, const ReplayOptions& options) {
                                return end(replay(place, options));
                              }));
  commands.example("skerry events replay --reader redis --from 2h",
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
  log_flag(trimming, trim_options->only_log);
  commands.on(*trimming, action(
                             trim_options, +[](const Place& place, const TrimOptions& options) {
                               return end(trim_waiting(place, options));
                             }));

  commands.example("skerry events trim --before 30d --dry-run", "what would go of the events of a month ago");
  commands.example("skerry events trim --to-size 500MiB", "makes room, as far as no reader needs it");

  const auto readers_options = std::make_shared<ReadersOptions>();
  auto* readers = events.add_subcommand("readers", "Shows who reads events, and how far each is");
  readers->add_option("--forget", readers_options->forget,
                      "Delete this one's position, while no server runs: nothing is kept for it any more");
  readers->add_flag("--json", readers_options->json, "As JSON");
  log_flag(readers, readers_options->only_log);
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
  import->add_flag("--json", import_options->json, "As JSON");
  commands.on(*import, action(import_options, run_import));
  commands.note(
      *import,
      "What can be read of a file is taken. It ends with 4 where some of it can't be: a torn end, or "
      "records\n"
      "of another version; with 1 where nothing could be taken.\n");
  commands.example("skerry events import /srv/edge/events", "what a wasmtime edge has written");
}

}  // namespace skerry::events
