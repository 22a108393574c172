#include "native-host/broker/updater.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <openssl/evp.h>

#include "native-host/broker/filters.hpp"
#include "native-host/broker/local_archive.hpp"
#include "native-host/broker/pauses.hpp"
#include "native-host/broker/store.hpp"
#include "native-host/postgres/connection.hpp"
#include "native-host/postgres/locks.hpp"
#include "shared/sha256.hpp"
#include "shared/url.hpp"

namespace skerry::broker {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr Seconds kClockSlack =
    std::chrono::hours(24);                        ///< files from further ahead are an archive's mistake
constexpr Seconds kTrust = std::chrono::hours(6);  ///< in an archive's "not modified" without a whole reading
constexpr std::int64_t kLongestChain = 4;          ///< of files that are asked for one after the other
constexpr std::chrono::days kSizedDays{30};        ///< whose files get exact sizes
constexpr Seconds kStatementTimeout = std::chrono::minutes(5);
constexpr Seconds kNoTimeout = std::chrono::hours(24 * 365);

/// Of the reading of pages: a page that is as it was is read anew where this program understands more of it.
constexpr std::string_view kReading = "3";

/// By OpenSSL, which knows the processor: pages are large, and many.
std::string digest_of(std::string_view page) {
  Sha256::Digest digest{};
  EVP_Digest(page.data(), page.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return hexadecimal(digest).append(".").append(kReading);
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
  enum class Kind { root, listing, probe, size } kind = Kind::listing;
  std::size_t collector = 0;
  PlannedListing planned = {};
  bool unconditional = false;  ///< a listing that is asked for again, as its "not modified" can't be true

  ExpectedFile file = {};    ///< of a probe
  std::size_t skipped = 0;   ///< of a probe: files right before it that were not there
  UnsizedFile unsized = {};  ///< of a size
};

/// Whether an answer is for what was asked: not for a login page, or another folder that a redirect led to. A
/// mirror may keep the archive below a folder of its own.
bool is_same_place(std::string_view asked, std::string_view answered) {
  return answered.ends_with(cut_url(asked).rest);
}

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

  Cycle(const Cycle&) = delete;
  Cycle& operator=(const Cycle&) = delete;
  /// A cycle that ends before its run leaves no request behind: the next one would take its answers for those
  /// to its own.
  ~Cycle() { fetcher_.clear(); }

  Result<void> plan_all() {
    auto state = store_.load_state(options_.since.has_value());
    if (!state) return std::unexpected(state.error());
    state_ = *std::move(state);
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
      for (const auto& known : state_of(i).listings) {
        if (!known.failing) continue;
        failing_[i].insert(known.url);
        report.collectors[i].failed_before = state_.listings[known.url].failure;
      }
      if (options_.since) {
        const PlannedListing root{
            .listing = {.url = root_listing(collectors_[i]), .month = month_of(now_), .data_type = {}},
            .may_be_absent = false};
        if (auto asked = ask({.kind = Errand::Kind::root, .collector = i, .planned = root}); !asked)
          return asked;
      } else if (auto asked = ask_for(i, plan(collectors_[i], state_of(i), now_, options_.plan)); !asked) {
        return asked;
      }
    }
    return {};
  }

  /// Asks for the exact sizes of files that have none.
  void ask_for_sizes(const std::vector<UnsizedFile>& files) {
    for (const auto& file : files) {
      const auto found = std::ranges::find(collectors_, file.collector_id, &Collector::id);
      if (found == collectors_.end() || is_local(file.listing.url)) continue;
      const auto collector = static_cast<std::size_t>(found - collectors_.begin());
      const auto url = file.listing.url + file.name;
      ++report.collectors[collector].probes;
      add({.kind = Errand::Kind::size, .collector = collector, .unsized = file}, {.url = url, .head = true});
    }
  }

  void on_answer(const FetchRequest& request, Result<FetchResponse> response, std::stop_source& stop) {
    const auto& errand = errands_[request.tag];
    if (!error) {
      if (response) report.collectors[errand.collector].bytes += response->wire_bytes;
      if (auto taken = take(errand, std::move(response)); !taken) {
        error = std::move(taken.error());
        stop.request_stop();
      }
    }
    ++done_;
    options_.progress({.done = done_, .total = errands_.size(), .current = collectors_[errand.collector].id});
  }

  /// After the last answer.
  void note_recovered() {
    for (const auto& [collector, urls] : failing_) report.collectors[collector].recovered = urls.empty();
  }

  CycleReport report;
  std::optional<Error> error;  ///< of the database: ends the cycle

 private:
  CollectorState& state_of(std::size_t collector) { return state_.collectors[collectors_[collector].id]; }

  Result<void> take(const Errand& errand, Result<FetchResponse> response) {
    switch (errand.kind) {
      case Errand::Kind::root: return take_root(errand, std::move(response));
      case Errand::Kind::listing: return take_listing(errand, std::move(response));
      case Errand::Kind::probe: return take_probe(errand, response);
      case Errand::Kind::size: break;
    }
    return take_size(errand, response);
  }

  // ---- asking ----

  Result<void> ask_for(std::size_t collector, const Plan& plan) {
    for (const auto& listing : plan.listings) ++jobs_[{collector, listing.listing.month}].pending;
    for (const auto& listing : plan.listings) {
      if (auto asked = ask({.collector = collector, .planned = listing}); !asked) return asked;
    }
    for (const auto& file : plan.probes) {
      probe({.kind = Errand::Kind::probe, .collector = collector, .file = file});
    }
    return {};
  }

  /// Asks for a folder that the plan left alone, unless that was done already.
  Result<void> ask_also(std::size_t collector, const ListingUrl& listing) {
    if (asked_.contains(listing.url)) return {};
    const bool just_begun = now_ < start_of(listing.month) + std::chrono::days(1);
    ++jobs_[{collector, listing.month}].pending;
    return ask(
        {.collector = collector, .planned = {listing, just_begun || collectors_[collector].deprecated}});
  }

  /// A folder of this machine is read at once.
  Result<void> ask(Errand errand) {
    const auto& url = errand.planned.listing.url;
    ++report.collectors[errand.collector].listings;
    asked_.insert(url);
    if (is_local(url)) {
      errands_.push_back(std::move(errand));
      return take_local(errands_.back());
    }
    FetchRequest request{.url = url};
    const auto known = state_.listings.find(url);
    if (errand.kind == Errand::Kind::listing && known != state_.listings.end() && !errand.unconditional) {
      add_conditions(known->second, request);
    }
    add(std::move(errand), std::move(request));
    return {};
  }

  void add_conditions(const Store::ListingState& known, FetchRequest& request) const {
    if (known.outdated || !known.read || now_ - *known.read >= kTrust) return;
    request.etag = known.validators.etag;
    // A date that is still to come would make any folder "not modified".
    const auto modified = parse_http_date(known.validators.last_modified);
    if (modified && *modified <= now_) request.last_modified = known.validators.last_modified;
  }

  void probe(Errand errand) {
    const auto& file = errand.file;
    const auto& collector = collectors_[errand.collector];
    const auto url = file.listing.url + usual_name(collector.layout, file.data_type, file.time);
    ++report.collectors[errand.collector].probes;
    add(std::move(errand), {.url = url, .head = true});
  }

  void add(Errand errand, FetchRequest request) {
    request.tag = errands_.size();
    errands_.push_back(std::move(errand));
    fetcher_.add(std::move(request));
  }

  /// Counts it, too.
  bool is_delayed(const Errand& errand, const Error& why) {
    if (why.code != "delayed") return false;
    ++report.collectors[errand.collector].delayed;
    return true;
  }

  // ---- listings ----

  /// It could be read.
  void heal(const Errand& errand) {
    if (const auto found = failing_.find(errand.collector); found != failing_.end())
      found->second.erase(errand.planned.listing.url);
  }

  void note(const Errand& errand, Error failure) {
    report.collectors[errand.collector].failures.push_back({errand.planned.listing.url, std::move(failure)});
  }

  Result<void> take_root(const Errand& errand, Result<FetchResponse> response) {
    if (!response) return plan_offered(errand, std::unexpected(std::move(response.error())));
    return plan_offered(errand, parse_months(response->body, month_of(now_), response->url));
  }

  Result<void> plan_offered(const Errand& errand, Result<std::vector<Month>> offered) {
    const auto collector = errand.collector;
    if (!offered && is_delayed(errand, offered.error())) return {};
    if (offered && offered->empty() && collectors_[collector].layout != Layout::custom &&
        !collectors_[collector].deprecated)
      offered = fail("months_missing", "The listing names no month of the form 2026.11/.");
    if (!offered) note(errand, std::move(offered.error()));
    const auto months = offered.value_or(std::vector<Month>());
    return ask_for(collector, plan_since(collectors_[collector], state_of(collector), now_, *options_.since,
                                         months, options_.plan));
  }

  Result<void> take_listing(const Errand& errand, Result<FetchResponse> response) {
    auto& job = jobs_[{errand.collector, errand.planned.listing.month}];
    if (response && response->not_modified && is_doubtful(errand)) {
      auto again = errand;
      again.unconditional = true;
      --report.collectors[errand.collector].listings;  // it is the same one
      return ask(std::move(again));
    }
    return end_listing(errand, job,
                       response ? take_page(errand, job, *std::move(response))
                                : take_failure(errand, job, response.error()));
  }

  Result<void> end_listing(const Errand& errand, MonthJob& job, Result<void> taken) {
    if (!taken || --job.pending > 0) return taken;
    auto written = finish(errand.collector, job);
    jobs_.erase({errand.collector, errand.planned.listing.month});
    return written;
  }

  /// "Not modified" of a folder in which this cycle found files.
  [[nodiscard]] bool is_doubtful(const Errand& errand) const {
    const auto known = state_.listings.find(errand.planned.listing.url);
    return !errand.unconditional && (known == state_.listings.end() || known->second.outdated);
  }

  Result<void> take_failure(const Errand& errand, MonthJob& job, Error failure) {
    const auto& [listing, may_be_absent] = errand.planned;
    if (failure.kind == ErrorKind::stopped || is_delayed(errand, failure)) return {};
    if (failure.kind == ErrorKind::not_found) {
      job.results.push_back({.listing = listing,
                             .checked = now_,
                             .outcome = ListingResult::Outcome::absent,
                             .validators = {},
                             .files = {},
                             .failure = may_be_absent ? std::nullopt : std::optional(failure)});
      if (may_be_absent) {
        heal(errand);
        ++report.collectors[errand.collector].answers;
        ++report.collectors[errand.collector].absent;
      } else {
        note(errand, std::move(failure));
      }
      return {};
    }
    auto noted = store_.note_failure(collectors_[errand.collector], listing, now_, failure);
    note(errand, std::move(failure));
    return noted;
  }

  Result<void> take_page(const Errand& errand, MonthJob& job, FetchResponse response) {
    const auto& url = errand.planned.listing.url;
    if (!is_same_place(url, response.url)) {
      return take_failure(errand, job,
                          {"redirected", "The address leads to another one: " + response.url + "."});
    }
    const auto known = state_.listings.find(url);
    if (response.not_modified && known != state_.listings.end()) {
      heal(errand);
      ++report.collectors[errand.collector].answers;
      ++report.collectors[errand.collector].unchanged;
      job.results.push_back({.listing = errand.planned.listing,
                             .checked = now_,
                             .outcome = ListingResult::Outcome::unchanged,
                             .validators = known->second.validators,
                             .files = {},
                             .whole = false});
      return {};
    }
    auto page = std::make_unique<Page>();
    page->html = std::move(response.body);
    Validators validators{.etag = std::move(response.etag),
                          .last_modified = std::move(response.last_modified),
                          .digest = digest_of(page->html)};
    const bool is_unchanged = is_known(url, validators.digest);
    if (!is_unchanged) {
      auto listing = parse_listing(page->html, now_ + kClockSlack, response.url);
      if (!listing) return take_failure(errand, job, listing.error());
      if (!listing->complete) {
        return take_failure(errand, job, {"listing_truncated", "The listing ends in the middle."});
      }
      page->listing = *std::move(listing);
    }
    if (is_unreadable(page->listing) || (has_only_others(page->listing) && !has_files(errand)))
      return take_unreadable(errand, job, std::move(page));
    keep_page(errand, job, std::move(page), std::move(validators), is_unchanged);
    return {};
  }

  /// What could be read of it counts, but the folder fails, and is read anew by the next cycle.
  Result<void> take_unreadable(const Errand& errand, MonthJob& job, std::unique_ptr<Page> page) {
    const auto& listing = page->listing;
    const auto rows = listing.files.size() + listing.skipped;
    const Error failure{
        "listing_unreadable",
        rows == 0 ? "Of its " + std::to_string(listing.others) +
                        " links none is to a file as a collector names it, and there never was one."
                  : "Of " + std::to_string(rows) + " rows of files " +
                        (listing.files.empty() ? "none" : "only " + std::to_string(listing.files.size())) +
                        " can be read: their sizes, dates or names have a form that is not known."};
    auto& collector = report.collectors[errand.collector];
    if (!listing.files.empty()) ++collector.answers;
    collector.skipped_rows += listing.skipped;
    keep_files(errand, job, std::move(page), {}, ListingResult::Outcome::probed);
    return take_failure(errand, job, failure);
  }

  /// Whether the collector ever had a file of the type that the folder holds.
  [[nodiscard]] bool has_files(const Errand& errand) {
    const auto& state = state_of(errand.collector);
    const auto type = errand.planned.listing.data_type;
    if (type) return (*type == DataType::rib ? state.last_rib : state.last_update).has_value();
    return state.last_rib || state.last_update;
  }

  /// Whether this is the content of the folder that was read last.
  [[nodiscard]] bool is_known(const std::string& url, std::string_view digest) const {
    const auto known = state_.listings.find(url);
    return known != state_.listings.end() && known->second.validators.digest == digest;
  }

  void keep_page(const Errand& errand, MonthJob& job, std::unique_ptr<Page> page, Validators validators,
                 bool is_unchanged) {
    heal(errand);
    auto& collector = report.collectors[errand.collector];
    ++collector.answers;
    if (is_unchanged) ++collector.unchanged;
    collector.skipped_rows += page->listing.skipped;
    keep_files(errand, job, std::move(page), std::move(validators),
               is_unchanged ? ListingResult::Outcome::unchanged : ListingResult::Outcome::read);
  }

  void keep_files(const Errand& errand, MonthJob& job, std::unique_ptr<Page> page, Validators validators,
                  ListingResult::Outcome outcome) {
    // Of a layout with a folder for each type, the folder tells it; the great archives' names do.
    if (collectors_[errand.collector].layout == Layout::custom && errand.planned.listing.data_type) {
      for (auto& file : page->listing.files) file.data_type = *errand.planned.listing.data_type;
    }
    job.results.push_back({.listing = errand.planned.listing,
                           .checked = now_,
                           .outcome = outcome,
                           .validators = std::move(validators),
                           .files = page->listing.files});
    job.pages.push_back(std::move(page));
  }

  Result<void> take_local(const Errand& errand) {
    ++done_;
    const auto& url = errand.planned.listing.url;
    if (errand.kind == Errand::Kind::root) return plan_offered(errand, local_months(url, month_of(now_)));
    auto& job = jobs_[{errand.collector, errand.planned.listing.month}];
    auto listing = read_local_folder(url, now_ + kClockSlack);
    if (!listing) return end_listing(errand, job, take_failure(errand, job, listing.error()));
    std::string words;
    for (const auto& file : listing->files) {
      words += std::string(file.name) + ' ' + std::to_string(file.exact_size) + '\n';
    }
    const Validators validators{.etag = {}, .last_modified = {}, .digest = digest_of(words)};
    const bool is_unchanged = is_known(url, validators.digest);
    auto page = std::make_unique<Page>();
    if (!is_unchanged) page->listing = *std::move(listing);
    if (is_unreadable(page->listing))
      return end_listing(errand, job, take_unreadable(errand, job, std::move(page)));
    keep_page(errand, job, std::move(page), validators, is_unchanged);
    return end_listing(errand, job, {});
  }

  Result<void> finish(std::size_t index, const MonthJob& job) {
    return job.results.empty() ? Result<void>() : write(index, job.results);
  }

  // ---- single files ----

  /// The file that an answer to a HEAD is of; nothing if it is of something else, such as a page that says
  /// sorry.
  static std::optional<std::int64_t> size_of(const FetchResponse& response, std::string_view name) {
    if (response.content_length <= 0 || response.content_type.starts_with("text/html") ||
        !response.url.ends_with("/" + std::string(name))) {
      return std::nullopt;
    }
    return response.content_length;
  }

  static std::optional<Minute> modified_of(const FetchResponse& response) {
    return parse_http_date(response.last_modified).transform([](Time time) {
      return std::chrono::floor<std::chrono::minutes>(time);
    });
  }

  Result<void> take_probe(const Errand& errand, const Result<FetchResponse>& response) {
    const auto& file = errand.file;
    const auto& collector = collectors_[errand.collector];
    const auto name = usual_name(collector.layout, file.data_type, file.time);
    if (!response && response.error().kind == ErrorKind::stopped) return {};
    if (!response && is_delayed(errand, response.error())) return {};
    if (!response && response.error().kind == ErrorKind::not_found) return take_missing(errand);
    const auto size = response ? size_of(*response, name) : std::nullopt;
    // Whatever this is, the listing shows what there is, or its failure what is wrong.
    if (!size) return ask_also(errand.collector, file.listing);
    ++report.collectors[errand.collector].answers;

    const ListedFile found{.name = name,
                           .time = file.time,
                           .data_type = file.data_type,
                           .rough_size = *size,
                           .rounding = 0,
                           .exact_size = *size,
                           .modified = modified_of(*response)};
    if (auto written = write_found(errand.collector, file.listing, found); !written) return written;
    auto& last = file.data_type == DataType::rib ? state_of(errand.collector).last_rib
                                                 : state_of(errand.collector).last_update;
    last = std::max(last.value_or(file.time), file.time);
    // After a gap, or with many to come, the listing tells more at once.
    const auto to_come = (now_ - file.time) / cadence(collector, file.data_type);
    if (errand.skipped > 0 || to_come > kLongestChain) return ask_also(errand.collector, file.listing);
    probe_after(errand, 0);
    return {};
  }

  /// A file that is not there yet, or never will be: then the one after it may be.
  Result<void> take_missing(const Errand& errand) {
    ++report.collectors[errand.collector].answers;
    if (errand.skipped == 0) probe_after(errand, 1);
    return {};
  }

  void probe_after(const Errand& errand, std::size_t skipped) {
    const auto& before = errand.file;
    auto next = next_file(collectors_[errand.collector], before.data_type, before.time, now_);
    if (!next || asked_.contains(next->listing.url)) return;
    probe({.kind = Errand::Kind::probe,
           .collector = errand.collector,
           .file = *std::move(next),
           .skipped = skipped});
  }

  Result<void> take_size(const Errand& errand, const Result<FetchResponse>& response) {
    const auto& file = errand.unsized;
    const auto size = response ? size_of(*response, file.name) : std::nullopt;
    if (!size) return {};
    return write_found(errand.collector, file.listing,
                       {.name = file.name,
                        .time = file.time,
                        .data_type = file.data_type,
                        .rough_size = *size,
                        .rounding = 0,
                        .exact_size = *size});
  }

  Result<void> write_found(std::size_t collector, const ListingUrl& listing, const ListedFile& file) {
    state_.listings[listing.url].outdated = true;
    const ListingResult result{.listing = listing,
                               .checked = now_,
                               .outcome = ListingResult::Outcome::probed,
                               .validators = {},
                               .files = {&file, 1}};
    return write(collector, {&result, 1});
  }

  Result<void> write(std::size_t index, std::span<const ListingResult> results) {
    const auto written = store_.write(collectors_[index], results);
    if (!written) return std::unexpected(written.error());
    auto& collector = report.collectors[index];
    collector.files_added += written->added;
    collector.files_changed += written->changed;
    collector.files_sized += written->sized;
    ask_for_sizes(written->stale);
    return {};
  }

  const UpdaterOptions& options_;
  std::vector<Collector> collectors_;
  Fetcher& fetcher_;
  Store store_;
  Time now_;
  Store::State state_;
  std::deque<Errand> errands_;                ///< by the tag of their requests
  std::set<std::string, std::less<>> asked_;  ///< the listings
  std::map<std::pair<std::size_t, Month>, MonthJob> jobs_;
  std::map<std::size_t, std::set<std::string>> failing_;  ///< listings that failed before, and do still
  std::size_t done_ = 0;
};

void add_up(CycleReport& report) {
  auto& total = report.total;
  for (const auto& collector : report.collectors) {
    total.listings += collector.listings;
    total.probes += collector.probes;
    total.answers += collector.answers;
    total.unchanged += collector.unchanged;
    total.absent += collector.absent;
    total.delayed += collector.delayed;
    total.skipped_rows += collector.skipped_rows;
    total.files_added += collector.files_added;
    total.files_changed += collector.files_changed;
    total.files_sized += collector.files_sized;
    total.bytes += collector.bytes;
    report.failed_listings += collector.failures.size();
    report.failed_collectors += collector.failures.empty() ? 0 : 1;
  }
}

/// Why the cycle came to nothing, if it did: a collector of which nothing was due says neither.
/// Those that ended long ago are counted where there are no others.
std::optional<Error> whole_failure(const CycleReport& report, std::span<const Collector> chosen) {
  if (report.failed_listings == 0 || report.total.answers > 0) return std::nullopt;
  std::size_t alive = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    alive += report.collectors[i].failures.empty() || chosen[i].deprecated ? 0 : 1;
  const auto count = alive > 0 ? alive : report.failed_collectors;
  const auto first = std::ranges::find_if(
      report.collectors, [](const CollectorReport& collector) { return !collector.failures.empty(); });
  const auto which = count == 1 ? std::string("The one collector could not be read. ")
                                : "None of " + std::to_string(count) + " collectors could be read. ";
  return Error{"all_collectors_failed", which + first->id + ": " + first->failures.front().error.message};
}

FetchOptions fetch_options(const UpdaterOptions& options) {
  auto fetch = options.fetch;
  if (options.since) fetch.run_timeout = kNoTimeout;
  return fetch;
}

}  // namespace

struct Updater::State {
  explicit State(UpdaterOptions chosen) : options(std::move(chosen)), fetcher(fetch_options(options)) {}

  [[nodiscard]] Result<postgres::Connection> open(const std::stop_token& stop) const {
    return postgres::Connection::open(options.database, {.application_name = "skerry update",
                                                         .statement_timeout = kStatementTimeout,
                                                         .stop = stop,
                                                         .meters = options.meters});
  }

  Result<void> connect(const std::stop_token& stop) {
    if (connection && connection->check()) {
      connection->set_bounds({.call = kStatementTimeout, .stop = stop});
      return {};
    }
    connection.reset();
    auto opened = open(stop);
    if (!opened) return std::unexpected(opened.error());
    connection = *std::move(opened);
    return {};
  }

  /// Error: `update_running`.
  Result<postgres::HeldLock> lock(const std::stop_token& stop) {
    auto opened = open(stop);
    if (!opened) return std::unexpected(std::move(opened.error()));
    auto held = postgres::HeldLock::take(*std::move(opened), kUpdaterLock);
    if (!held) return std::unexpected(std::move(held.error()));
    if (*held) return **std::move(held);
    const auto holder = postgres::holder_of(*connection, kUpdaterLock).value_or("");
    return fail(ErrorKind::busy, "update_running",
                "Another process is updating this database" + (holder.empty() ? "" : ": " + holder) + ".");
  }

  [[nodiscard]] Result<std::vector<Collector>> chosen_collectors() const {
    if (options.only.empty()) return options.collectors;
    std::vector<Collector> chosen;
    for (const auto& id : std::set<std::string>(options.only.begin(), options.only.end())) {
      const auto found = std::ranges::find(options.collectors, id, &Collector::id);
      if (found == options.collectors.end()) return no_such_collector(id, ids_of(options.collectors));
      chosen.push_back(*found);
    }
    return chosen;
  }

  [[nodiscard]] Pauses known_pauses() const {
    return options.pauses.empty() ? fetcher.pauses()
                                  : read_pauses(options.pauses, options.fetch.clock->now());
  }
  void keep_pauses(const Pauses& before);
  Result<std::vector<UnsizedFile>> next_unsized(Store& store, Time now);
  Result<CycleReport> run_locked(Store& store, postgres::HeldLock& lock, const std::vector<Collector>& chosen,
                                 Time now, const std::stop_token& stop);

  UpdaterOptions options;
  Fetcher fetcher;
  std::optional<postgres::Connection> connection;
  std::optional<Time> sized_down_to;  ///< where the next exact sizes are looked for; nothing: at the newest
};

/// Where they can't be written, they count in this process alone.
void Updater::State::keep_pauses(const Pauses& before) {
  const auto& after = fetcher.pauses();
  for (const auto& [host, until] : after)
    if (!before.contains(host)) options.pause_news.begun(host, until);
  for (const auto& [host, until] : before)
    if (!after.contains(host)) options.pause_news.over(host);
  if (!options.pauses.empty() && !options.dry_run && after != before)
    std::ignore = write_pauses(options.pauses, after);
}

/// Down from the newest file to those of a month ago, and again from the newest.
Result<std::vector<UnsizedFile>> Updater::State::next_unsized(Store& store, Time now) {
  auto files =
      store.unsized_files(now - kSizedDays, sized_down_to.value_or(now + kClockSlack), options.exact_sizes);
  if (!files) return files;
  sized_down_to.reset();
  if (std::ssize(*files) == options.exact_sizes) {
    const auto oldest = files->back().time;
    // Those of the same time that the limit cut off come again, unless they are all there is.
    sized_down_to = oldest == files->front().time ? oldest : oldest + Seconds(1);
  }
  return files;
}

Result<CycleReport> Updater::State::run_locked(Store& store, postgres::HeldLock& lock,
                                               const std::vector<Collector>& chosen, Time now,
                                               const std::stop_token& stop) {
  const auto began = Clock::now();
  std::optional<postgres::Transaction> never_committed;
  if (options.dry_run) {
    auto transaction = connection->begin("SET LOCAL idle_in_transaction_session_timeout = 0");
    if (!transaction) return std::unexpected(transaction.error());
    never_committed.emplace(*std::move(transaction));
  }
  if (auto synced = store.sync_collectors(options.collectors); !synced)
    return std::unexpected(synced.error());

  Cycle cycle(options, chosen, fetcher, store, now);
  if (auto planned = cycle.plan_all(); !planned) return std::unexpected(planned.error());
  if (options.exact_sizes > 0) {
    auto files = next_unsized(store, now);
    if (!files) return std::unexpected(files.error());
    cycle.ask_for_sizes(*files);
  }
  const auto pauses = known_pauses();
  fetcher.set_pauses(pauses);
  std::stop_source abort;
  const std::stop_callback pass_on(stop, [&] { abort.request_stop(); });
  fetcher.run(
      [&](const FetchRequest& request, Result<FetchResponse> response) {
        if (!cycle.error && !lock.check()) {
          cycle.error = Error{"db_unreachable", "The updater's lock was lost with its connection.",
                              ErrorKind::unavailable};
          abort.request_stop();
        }
        cycle.on_answer(request, std::move(response), abort);
      },
      abort.get_token());
  keep_pauses(pauses);
  if (cycle.error) return std::unexpected(*cycle.error);
  if (stop.stop_requested()) return fail(ErrorKind::stopped, "stopped", "The program is stopping.");

  cycle.note_recovered();
  auto& report = cycle.report;
  report.duration = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  add_up(report);
  auto failure = whole_failure(report, chosen);
  // Waits for the disk, and all that was written before is on it then, too.
  auto recorded = store.record_cycle({.started = now,
                                      .duration = report.duration,
                                      .listings = static_cast<std::int64_t>(report.total.listings),
                                      .unchanged = static_cast<std::int64_t>(report.total.unchanged),
                                      .failed = static_cast<std::int64_t>(report.failed_listings),
                                      .files_added = report.total.files_added,
                                      .files_changed = report.total.files_changed,
                                      .bytes = report.total.bytes,
                                      .probes = static_cast<std::int64_t>(report.total.probes),
                                      .error = failure ? words_of(*failure) : ""});
  if (!recorded) return std::unexpected(recorded.error());
  if (failure) return std::unexpected(*std::move(failure));
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
  if (auto connected = state.connect(stop); !connected) return std::unexpected(connected.error());
  auto lock = state.lock(stop);
  if (!lock) return std::unexpected(lock.error());
  Store store(*state.connection);
  return state.run_locked(store, *lock, *chosen, clock(), stop);
}

}  // namespace skerry::broker
