#include "native-host/cli/publication.hpp"

#include <chrono>
#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "native-host/broker/history_document.hpp"
#include "native-host/broker/latest_document.hpp"
#include "native-host/cli/self_check.hpp"
#include "native-host/cli/targets.hpp"

namespace skerry::cli {
namespace {

constexpr Seconds kPatience{5};

std::optional<Error> database_error(const Database& database) {
  auto connection = database.connect({.timeout = kPatience, .statement_timeout = kPatience});
  if (!connection) return connection.error();
  if (auto answer = connection->exec("SELECT 1"); !answer) return answer.error();
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

}  // namespace

Time system_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Result<std::unique_ptr<kv::Store>> open_store(const config::Settings& settings) {
  return kv::Store::open({.path = std::filesystem::path(settings.data_dir) / "kv.sqlite3"});
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

Publication::Publication(const config::Settings& settings, kv::Store& store, Report& report)
    : settings_(settings), store_(store), report_(report), publisher_(publisher_options(), store) {}

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
  const std::lock_guard lock(mutex_);
  cycle_error_ = cycle ? std::nullopt : std::optional(cycle.error());
  failed_listings_ = cycle ? cycle->failed_listings : 0;
}

void Publication::publish_health(const Database& database, const std::optional<Error>& unready) {
  Vitals vitals{.now = system_now(), .database = unready ? unready : database_error(database)};
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
  auto health = health::render(vitals.now, self_check(settings_, vitals), stored("health").value_or(""));
  if (auto put = publisher_.put("health", std::move(health)); !put)
    report_.warning("health_failed", put.error());
}

bool Publication::push_now(const std::stop_token& stop) {
  return publisher_.push_now(static_cast<int>(settings_.publish_attempts), stop);
}

void Publication::say(const publish::Event& event) {
  using Kind = publish::Event::Kind;
  const Field target{"target", event.target};
  switch (event.kind) {
    case Kind::published:
      report_.debug("published", "Published", {target, {"keys", joined(event.keys)}});
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
