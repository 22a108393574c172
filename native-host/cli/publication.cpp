#include "native-host/cli/publication.hpp"

#include <chrono>
#include <filesystem>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "native-host/broker/history_document.hpp"
#include "native-host/broker/latest_document.hpp"
#include "native-host/cli/pause.hpp"
#include "native-host/cli/self_check.hpp"
#include "native-host/cli/targets.hpp"
#include "native-host/files/files.hpp"
#include "shared/comma_list.hpp"
#include "shared/metrics/snapshot.hpp"

namespace skerry::cli {
namespace {

constexpr Seconds kPatience{5};

constexpr std::chrono::seconds kCheckInterval{60};

std::optional<Error> database_error(const config::Settings& settings, const Database& database) {
  auto conninfo = database.conninfo();
  if (conninfo.empty()) conninfo = reachable_database(settings).value_or("");  // another process keeps it
  if (conninfo.empty()) return Error{"db_unreachable", "The private PostgreSQL does not run."};
  auto connection =
      postgres::Connection::open(conninfo, {.timeout = kPatience, .statement_timeout = kPatience});
  if (!connection) return connection.error();
  if (auto answer = connection->exec("SELECT 1"); !answer) return answer.error();
  return std::nullopt;
}

std::optional<Error> storage_error(const std::filesystem::path& folder) {
  const auto path = folder / ("self_check." + std::to_string(::getpid()));
  const auto text = format_rfc3339(system_now());
  if (auto written = files::write_atomically(path, text); !written) return written.error();
  const bool same = files::read_whole(path) == text;
  std::error_code error;
  std::filesystem::remove(path, error);
  if (!same) return Error{"file_failed", "What was written can't be read back."};
  if (error) return Error{"file_failed", "A file can't be deleted: " + error.message()};
  return std::nullopt;
}

}  // namespace

Time system_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Result<std::unique_ptr<kv::Store>> open_store(const config::Settings& settings, metrics::Registry* registry) {
  return kv::Store::open(
      {.path = std::filesystem::path(settings.data_dir) / "kv.sqlite3", .registry = registry});
}

config::Settings to_look_at(config::Settings settings) {
  const std::filesystem::path folder = settings.data_dir;
  if (!settings.database_url.empty() || std::filesystem::exists(folder / "kv.sqlite3") ||
      !std::filesystem::exists(folder / "replica" / "kv.sqlite3")) {
    return settings;
  }
  fmt::print(stderr, "This is the archive replica's data: no archive was reached.\n");
  settings.data_dir = (folder / "replica").string();
  return settings;
}

Publication::Publication(const config::Settings& settings, kv::Store& store, Report& report,
                         metrics::Registry& registry, std::function<events::Stats()> queue)
    : settings_(settings),
      store_(store),
      report_(report),
      registry_(registry),
      queue_(std::move(queue)),
      publisher_(publisher_options(), store) {}

publish::PublisherOptions Publication::publisher_options() {
  publish::PublisherOptions options{
      .data_dir = settings_.data_dir,
      .targets = targets_of(settings_),
      .rules = {.refresh = std::chrono::ceil<Seconds>(settings_.publish_refresh),
                .interval = std::chrono::ceil<Seconds>(settings_.update_interval)},
      .on_event = [this](const publish::Event& event) { say(event); }};
  for (const auto& target : options.targets) targets_.emplace_back(target->name(), target->address());
  return options;
}

Result<void> Publication::publish_index(const Database& database,
                                        std::span<const broker::Collector> collectors) {
  auto connection = database.connect();
  if (!connection) return std::unexpected(std::move(connection.error()));
  const auto now = system_now();
  auto latest = broker::latest_document(*connection, now);
  if (!latest) return std::unexpected(std::move(latest.error()));
  if (auto put = publisher_.put("latest", *std::move(latest)); !put) return put;
  auto history = broker::history_document(*connection, collectors, now);
  auto put = history ? publisher_.put("history", *std::move(history)) : std::unexpected(history.error());
  if (!put) report_.warning("history_failed", put.error());
  return {};
}

void Publication::note_cycle(const Result<broker::CycleReport>& cycle) {
  registry_
      .counter("skerry_update_cycles_total", "Rounds of the updater", {{"result", cycle ? "ok" : "error"}})
      .add();
  if (cycle) {
    registry_.histogram("skerry_update_duration_seconds", "Of a round", {}, metrics::kRoundSeconds)
        .observe(std::chrono::duration<double>(cycle->duration).count());
    registry_.counter("skerry_update_listings_failed_total", "Listings that could not be read")
        .add(cycle->failed_listings);
  }
  const std::lock_guard lock(mutex_);
  cycle_error_ = cycle ? std::nullopt : std::optional(cycle.error());
  failed_listings_ = cycle ? cycle->failed_listings : 0;
}

std::string Publication::check(const Database& database, const std::optional<Error>& unready) {
  const std::lock_guard one_at_a_time(check_mutex_);
  const auto began = std::chrono::steady_clock::now();
  Vitals vitals{.now = system_now(), .database = unready ? unready : database_error(settings_, database)};
  registry_.histogram("skerry_db_check_duration_seconds", "Of a connection and a query")
      .observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  registry_.gauge("skerry_db_up", "1 while the database answers").set(vitals.database ? 0 : 1);
  vitals.storage = storage_error(settings_.data_dir);
  if (queue_) vitals.queue = queue_();
  {
    const std::lock_guard lock(mutex_);
    vitals.cycle_error = cycle_error_;
    vitals.failed_listings = failed_listings_;
  }
  const auto stored = [&](const char* key) -> std::optional<std::string> {
    const auto entry = store_.get(key);
    return entry && *entry ? std::optional((*entry)->value) : std::nullopt;
  };
  vitals.view = stored("latest");
  for (const auto& [name, address] : targets_)
    vitals.targets.push_back({name, publish::remembered(settings_.data_dir, name, address)});
  std::error_code error;
  if (const auto space = std::filesystem::space(settings_.data_dir, error); !error)
    vitals.disk_free = space.available;
  const auto checks = self_check(settings_, vitals);
  for (const auto& check : checks)
    registry_.gauge("skerry_check_ok", "1 where the last self-check was well", {{"check", check.name}})
        .set(check.ok ? 1 : 0);
  return health::render(vitals.now, checks, stored("health").value_or(""));
}

std::string Publication::snapshot() const {
  return metrics::render_snapshot(system_now(), {}, registry_.render());
}

void Publication::publish_health(const Database& database, const std::optional<Error>& unready) {
  if (auto put = publisher_.put("health", check(database, unready)); !put)
    report_.warning("health_failed", put.error());
}

std::jthread Publication::publish_regularly(const Database& database) {
  return std::jthread([&](const std::stop_token& stop) {
    for (;;) {
      pause(kCheckInterval, stop);
      if (stop.stop_requested()) return;
      publish_health(database);
      if (auto put = publisher_.put("metrics", snapshot()); !put)
        report_.warning("metrics_failed", put.error());
    }
  });
}

bool Publication::push_now(const std::stop_token& stop) {
  return publisher_.push_now(static_cast<int>(settings_.publish_attempts), stop);
}

void Publication::say(const publish::Event& event) {
  using Kind = publish::Event::Kind;
  registry_
      .counter("skerry_publish_pushes_total", "Pushes to a target; a failure counts once for each reason",
               {{"target", event.target}, {"result", event.kind == Kind::failed ? "error" : "ok"}})
      .add();
  const Field target{"target", event.target};
  switch (event.kind) {
    case Kind::published:
      report_.debug("published", "Published", {target, {"keys", join_commas(event.keys)}});
      break;
    case Kind::failed:
      report_.warning("publish_failed", event.state.error,
                      {target, {"next_try", format_rfc3339(event.state.not_before)}});
      break;
    case Kind::recovered:
      report_.info("publish_recovered", "Publishing works again",
                   {target,
                    {"failing_since", format_rfc3339(event.state.failing_since.value_or(Time()))},
                    {"failures", event.state.failures},
                    {"code", event.state.error.code}});
      break;
  }
}

}  // namespace skerry::cli
