#include "native-host/broker/updater.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include <openssl/evp.h>

#include "native-host/broker/planner.hpp"
#include "native-host/broker/store.hpp"
#include "native-host/postgres/connection.hpp"

namespace skerry::broker {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr Seconds kClockSlack =
    std::chrono::hours(24);  ///< files from further ahead are an archive's mistake
constexpr Seconds kStatementTimeout = std::chrono::minutes(5);
constexpr Seconds kNoTimeout = std::chrono::hours(24 * 365);

std::string sha256(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kHex[bytes[i] >> 4];
    hex += kHex[bytes[i] & 15];
  }
  return hex;
}

/// A listing that was read, with the page that its names point into.
struct Page {
  std::string html;
  Listing listing;
};

/// The listings of one collector and month, which are written together.
struct MonthJob {
  std::size_t pending = 0;
  std::vector<ListingResult> results;
  std::vector<std::unique_ptr<Page>> pages;
};

/// What a request is for.
struct Errand {
  std::size_t collector;
  PlannedListing planned;
  bool is_root = false;
};

/// One cycle: the answers come in through `on_answer`, one collector month after the other goes into the
/// store.
class Cycle {
 public:
  Cycle(const UpdaterOptions& options, std::vector<Collector> collectors, Fetcher& fetcher, Store store,
        Time now)
      : options_(options), collectors_(std::move(collectors)), fetcher_(fetcher), store_(store), now_(now) {
    for (const auto& collector : collectors_) {
      report.collectors.emplace_back().id = collector.id;
    }
  }

  Result<void> plan_all() {
    auto state = store_.load_state(options_.since.has_value());
    if (!state) return std::unexpected(state.error());
    state_ = *std::move(state);
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
      if (options_.since) {
        const PlannedListing root{
            .listing = {.url = root_listing(collectors_[i]), .month = month_of(now_), .data_type = {}},
            .may_be_absent = false};
        ask({.collector = i, .planned = root, .is_root = true});
      } else {
        ask_for(i, plan(collectors_[i], state_of(i), now_));
      }
    }
    return {};
  }

  void on_answer(const FetchRequest& request, Result<FetchResponse> response, std::stop_source& stop) {
    const auto& errand = errands_[request.tag];
    if (!error) {
      auto done =
          errand.is_root ? take_root(errand, std::move(response)) : take_listing(errand, std::move(response));
      if (!done) {
        error = std::move(done.error());
        stop.request_stop();
      }
    }
    ++done_;
    options_.progress({.done = done_, .total = errands_.size(), .current = collectors_[errand.collector].id});
  }

  CycleReport report;
  std::optional<Error> error;  ///< of the database: ends the cycle

 private:
  CollectorState& state_of(std::size_t collector) { return state_.collectors[collectors_[collector].id]; }

  void ask_for(std::size_t collector, const std::vector<PlannedListing>& planned) {
    for (const auto& listing : planned) {
      ++jobs_[{collector, listing.listing.month}].pending;
      ask({.collector = collector, .planned = listing});
    }
  }

  void ask(Errand errand) {
    const auto& url = errand.planned.listing.url;
    const auto known = errand.is_root ? state_.validators.end() : state_.validators.find(url);
    FetchRequest request{.url = url, .etag = {}, .last_modified = {}, .tag = errands_.size()};
    if (known != state_.validators.end()) {
      request.etag = known->second.etag;
      request.last_modified = known->second.last_modified;
    }
    ++report.collectors[errand.collector].listings;
    errands_.push_back(std::move(errand));
    fetcher_.add(std::move(request));
  }

  void note(const Errand& errand, Error failure) {
    report.collectors[errand.collector].failures.push_back({errand.planned.listing.url, std::move(failure)});
  }

  Result<void> take_root(const Errand& errand, Result<FetchResponse> response) {
    const auto collector = errand.collector;
    std::vector<Month> offered;
    if (response) {
      report.collectors[collector].bytes += response->wire_bytes;
      auto months = parse_months(response->body, month_of(now_));
      if (months) {
        offered = *std::move(months);
      } else {
        note(errand, months.error());
      }
    } else {
      note(errand, response.error());
    }
    ask_for(collector,
            plan_since(collectors_[collector], state_of(collector), now_, *options_.since, offered));
    return {};
  }

  Result<void> take_listing(const Errand& errand, Result<FetchResponse> response) {
    const auto month = errand.planned.listing.month;
    auto& job = jobs_[{errand.collector, month}];
    if (auto taken = response ? take_page(errand, job, *std::move(response))
                              : take_failure(errand, job, response.error());
        !taken) {
      return taken;
    }
    if (--job.pending > 0) return {};
    auto written = finish(errand.collector, job);
    jobs_.erase({errand.collector, month});
    return written;
  }

  Result<void> take_failure(const Errand& errand, MonthJob& job, Error failure) {
    const auto& [listing, may_be_absent] = errand.planned;
    if (failure.code == "stopped") return {};
    if (failure.code == "http_404") {
      job.results.push_back({.listing = listing,
                             .checked = now_,
                             .outcome = ListingResult::Outcome::absent,
                             .validators = {},
                             .files = {}});
      if (may_be_absent) {
        ++report.collectors[errand.collector].absent;
      } else {
        note(errand, std::move(failure));
      }
      return {};
    }
    note(errand, std::move(failure));
    return store_.note_failure(collectors_[errand.collector], listing);
  }

  Result<void> take_page(const Errand& errand, MonthJob& job, FetchResponse response) {
    auto& collector = report.collectors[errand.collector];
    const auto& url = errand.planned.listing.url;
    collector.bytes += response.wire_bytes;
    const auto known = state_.validators.find(url);
    Validators validators{
        .etag = std::move(response.etag), .last_modified = std::move(response.last_modified), .digest = {}};
    if (response.not_modified && known != state_.validators.end()) {
      validators = known->second;
    } else {
      validators.digest = sha256(response.body);
    }
    ListingResult result{.listing = errand.planned.listing,
                         .checked = now_,
                         .outcome = ListingResult::Outcome::unchanged,
                         .validators = std::move(validators),
                         .files = {}};
    if (known != state_.validators.end() && known->second.digest == result.validators.digest) {
      ++collector.unchanged;
      job.results.push_back(std::move(result));
      return {};
    }

    auto page = std::make_unique<Page>();
    page->html = std::move(response.body);
    auto listing = parse_listing(page->html, now_ + kClockSlack);
    if (!listing) return take_failure(errand, job, listing.error());
    if (!listing->complete) {
      return take_failure(errand, job, {"listing_truncated", "The listing ends in the middle."});
    }
    page->listing = *std::move(listing);
    collector.skipped_rows += page->listing.skipped;
    result.outcome = ListingResult::Outcome::read;
    result.files = page->listing.files;
    job.results.push_back(std::move(result));
    job.pages.push_back(std::move(page));
    return {};
  }

  Result<void> finish(std::size_t index, const MonthJob& job) {
    if (job.results.empty()) return {};
    const auto written = store_.write(collectors_[index], job.results);
    if (!written) return std::unexpected(written.error());
    report.collectors[index].files_added += written->added;
    report.collectors[index].files_changed += written->changed;
    return {};
  }

  const UpdaterOptions& options_;
  std::vector<Collector> collectors_;
  Fetcher& fetcher_;
  Store store_;
  Time now_;
  Store::State state_;
  std::deque<Errand> errands_;  ///< by the tag of their requests
  std::map<std::pair<std::size_t, Month>, MonthJob> jobs_;
  std::size_t done_ = 0;
};

void add_up(CycleReport& report) {
  auto& total = report.total;
  for (const auto& collector : report.collectors) {
    total.listings += collector.listings;
    total.unchanged += collector.unchanged;
    total.absent += collector.absent;
    total.skipped_rows += collector.skipped_rows;
    total.files_added += collector.files_added;
    total.files_changed += collector.files_changed;
    total.bytes += collector.bytes;
    report.failed_listings += collector.failures.size();
    report.failed_collectors += collector.failures.empty() ? 0 : 1;
  }
}

/// True if no collector gave anything.
bool all_failed(const CycleReport& report) {
  return !report.collectors.empty() &&
         std::ranges::all_of(report.collectors, [](const CollectorReport& collector) {
           return !collector.failures.empty() && collector.failures.size() == collector.listings;
         });
}

FetchOptions fetch_options(const UpdaterOptions& options) {
  auto fetch = options.fetch;
  if (options.since) fetch.run_timeout = kNoTimeout;
  return fetch;
}

}  // namespace

struct Updater::State {
  explicit State(UpdaterOptions chosen) : options(std::move(chosen)), fetcher(fetch_options(options)) {}

  Result<void> connect() {
    if (connection && connection->alive()) return {};
    connection.reset();
    auto opened = postgres::Connection::open(
        options.database, {.application_name = "skerry update", .statement_timeout = kStatementTimeout});
    if (!opened) return std::unexpected(opened.error());
    connection = *std::move(opened);
    return {};
  }

  [[nodiscard]] Result<std::vector<Collector>> chosen_collectors() const {
    if (options.only.empty()) return options.collectors;
    std::vector<Collector> chosen;
    for (const auto& id : std::set<std::string>(options.only.begin(), options.only.end())) {
      const auto found = std::ranges::find(options.collectors, id, &Collector::id);
      if (found == options.collectors.end()) {
        return fail("unknown_collector", "There is no collector \"" + id + "\".");
      }
      chosen.push_back(*found);
    }
    return chosen;
  }

  Result<CycleReport> run_locked(Store& store, const std::vector<Collector>& chosen, Time now,
                                 const std::stop_token& stop);

  UpdaterOptions options;
  Fetcher fetcher;
  std::optional<postgres::Connection> connection;
};

Result<CycleReport> Updater::State::run_locked(Store& store, const std::vector<Collector>& chosen, Time now,
                                               const std::stop_token& stop) {
  const auto began = Clock::now();
  std::optional<postgres::Transaction> never_committed;
  if (options.dry_run) {
    auto transaction = connection->begin();
    if (!transaction) return std::unexpected(transaction.error());
    never_committed.emplace(*std::move(transaction));
  }
  // What a crash of the server would lose now, the next cycle brings back; the cycle's own record, which is
  // written last, waits for the disk again, and all before it is on the disk then, too.
  if (auto set = connection->exec("SET synchronous_commit TO off"); !set) return std::unexpected(set.error());
  if (auto synced = store.sync_collectors(options.collectors); !synced)
    return std::unexpected(synced.error());

  Cycle cycle(options, chosen, fetcher, store, now);
  if (auto planned = cycle.plan_all(); !planned) return std::unexpected(planned.error());
  std::stop_source abort;
  const std::stop_callback pass_on(stop, [&] { abort.request_stop(); });
  fetcher.run([&](const FetchRequest& request,
                  Result<FetchResponse> response) { cycle.on_answer(request, std::move(response), abort); },
              abort.get_token());
  if (cycle.error) return std::unexpected(*cycle.error);
  if (stop.stop_requested()) return fail("stopped", "The program is stopping.");

  auto& report = cycle.report;
  report.duration = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  add_up(report);
  if (auto set = connection->exec("SET synchronous_commit TO on"); !set) return std::unexpected(set.error());
  auto recorded = store.record_cycle({.started = now,
                                      .duration = report.duration,
                                      .listings = static_cast<std::int64_t>(report.total.listings),
                                      .unchanged = static_cast<std::int64_t>(report.total.unchanged),
                                      .failed = static_cast<std::int64_t>(report.failed_listings),
                                      .files_added = report.total.files_added,
                                      .files_changed = report.total.files_changed,
                                      .bytes = report.total.bytes});
  if (!recorded) return std::unexpected(recorded.error());
  if (all_failed(report)) {
    const auto& first = report.collectors.front();
    return fail("all_collectors_failed", "None of " + std::to_string(report.collectors.size()) +
                                             " collectors could be read. " + first.id + ": " +
                                             first.failures.front().error.message);
  }
  return std::move(report);
}

Updater::Updater(UpdaterOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Updater::~Updater() = default;
Updater::Updater(Updater&&) noexcept = default;
Updater& Updater::operator=(Updater&&) noexcept = default;

Result<CycleReport> Updater::run_cycle(const std::function<Time()>& clock, const std::stop_token& stop) {
  auto& state = *state_;
  const auto chosen = state.chosen_collectors();
  if (!chosen) return std::unexpected(chosen.error());
  if (auto connected = state.connect(); !connected) return std::unexpected(connected.error());
  Store store(*state.connection);
  const auto locked = store.try_lock();
  if (!locked) return std::unexpected(locked.error());
  if (!*locked) return fail("update_running", "Another process is updating this database.");
  auto report = state.run_locked(store, *chosen, clock(), stop);
  if (auto unlocked = store.unlock(); !unlocked && report) return std::unexpected(unlocked.error());
  return report;
}

}  // namespace skerry::broker
