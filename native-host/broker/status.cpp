#include "native-host/broker/status.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/broker/archive.hpp"
#include "native-host/broker/capability.hpp"
#include "native-host/broker/settings.hpp"
#include "native-host/program/human.hpp"

namespace skerry::broker {
namespace {

using Json = nlohmann::ordered_json;
using program::cut;
using program::human_delay;
using program::human_size;
using program::with_code;

constexpr const char* kTime = "YYYY-MM-DD\"T\"HH24:MI:SS";

Time time_of(std::string_view text) {
  return parse_naive(text).value_or(Time());
}

std::string since(Time then, Time now) {
  return human_delay(std::chrono::duration<double>(now - then).count());
}

std::optional<Time> next_cycle(const StatusReport& report) {
  if (report.cycles.empty()) return std::nullopt;
  return report.cycles.front().started + report.interval;
}

std::string view_line(const StatusReport& report) {
  if (!report.view) return with_code(report.view.error());
  auto line = fmt::format("of {} UTC, {} old", program::human_minute(report.view->last_updated_at),
                          since(report.view->last_updated_at, report.now));
  if (report.view->made_up) line += ", made up by the archive replica";
  if (const auto next = next_cycle(report)) {
    line += *next >= report.now ? fmt::format("; next cycle in {}", since(report.now, *next))
                                : fmt::format("; next cycle was due {} ago", since(*next, report.now));
  }
  return line;
}

void append_late(std::string& out, const StatusReport& report) {
  const auto& rows = report.view->rows;
  const auto late = std::ranges::count_if(rows, &Freshness::late);
  if (report.view->made_up) out += fmt::format("\n{}\n", kMadeUp);
  out += fmt::format("\nLate: {} of {} (`skerry latest` shows all)\n", late, rows.size());
  for (const auto& row : rows) {
    if (!row.late) continue;
    out += fmt::format("  {:<18} {:<6}  newest {}, late since {} ({})\n", row.collector,
                       data_type_word(row.type), program::human_minute(row.newest),
                       program::human_minute(row.late_since), since(row.late_since, report.now));
  }
}

void append_cycles(std::string& out, const std::vector<CycleRow>& cycles) {
  out += fmt::format("\nLast cycles\n  {:<16} {:>8} {:>8} {:>7} {:>6} {:>9} {:>8} {:>10}\n", "started (UTC)",
                     "seconds", "listings", "probes", "failed", "new files", "changed", "received");
  for (const auto& cycle : cycles) {
    out += fmt::format(
        "  {:<16} {:>8.1f} {:>8} {:>7} {:>6} {:>9} {:>8} {:>10}{}\n", program::human_minute(cycle.started),
        static_cast<double>(cycle.duration.count()) / 1000, cycle.listings, cycle.probes, cycle.failed,
        cycle.files_added, cycle.files_changed, human_size(static_cast<double>(cycle.bytes)),
        cycle.error.empty() ? "" : "  " + cut(cycle.error, 60));
  }
}

Json time_json(const std::optional<Time>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
}

void add_json(const StatusReport& report, Json& out) {
  auto& view = out["view"];
  auto freshness = Json::array();
  std::size_t late = 0;
  if (report.view) {
    view = {{"last_updated_at", format_rfc3339(report.view->last_updated_at)},
            {"age_seconds", std::chrono::floor<Seconds>(report.now - report.view->last_updated_at).count()},
            {"made_up", report.view->made_up}};
    for (const auto& row : report.view->rows) {
      late += row.late ? 1 : 0;
      freshness.push_back({{"collector_id", row.collector},
                           {"data_type", data_type_word(row.type)},
                           {"newest", format_naive(row.newest)},
                           {"delay", std::chrono::floor<Seconds>(report.now - row.newest).count()},
                           {"late", row.late},
                           {"late_since", row.late ? Json(format_rfc3339(row.late_since)) : Json()}});
    }
  }
  out["next_cycle"] = time_json(next_cycle(report));
  out["late"] = late;
  out["freshness"] = std::move(freshness);
  auto& failing = out["failing_listings"] = Json::array();
  for (const auto& listing : report.failing) {
    failing.push_back({{"collector_id", listing.collector},
                       {"url", listing.url},
                       {"since", format_rfc3339(listing.since)},
                       {"failures", listing.failures},
                       {"error", listing.error}});
  }
  auto& cycles = out["cycles"] = Json::array();
  for (const auto& cycle : report.cycles) {
    cycles.push_back({{"started", format_rfc3339(cycle.started)},
                      {"duration_ms", cycle.duration.count()},
                      {"listings", cycle.listings},
                      {"unchanged", cycle.unchanged},
                      {"failed", cycle.failed},
                      {"probes", cycle.probes},
                      {"files_added", cycle.files_added},
                      {"files_changed", cycle.files_changed},
                      {"bytes", cycle.bytes},
                      {"error", cycle.error}});
  }
}

}  // namespace

Result<std::vector<CycleRow>> read_cycles(postgres::Connection& connection, int count) {
  const auto rows = connection.query(
      fmt::format(
          "SELECT to_char(started, '{}'), duration_ms, listings, unchanged, failed, probes, files_added, "
          "files_changed, bytes, error FROM broker.update_meta ORDER BY id DESC LIMIT $1",
          kTime),
      {count});
  if (!rows) return std::unexpected(rows.error());
  std::vector<CycleRow> cycles;
  cycles.reserve(static_cast<std::size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) {
    cycles.push_back({.started = time_of(rows->text(row, 0)),
                      .duration = std::chrono::milliseconds(rows->integer(row, 1)),
                      .listings = rows->integer(row, 2),
                      .unchanged = rows->integer(row, 3),
                      .failed = rows->integer(row, 4),
                      .probes = rows->integer(row, 5),
                      .files_added = rows->integer(row, 6),
                      .files_changed = rows->integer(row, 7),
                      .bytes = rows->integer(row, 8),
                      .error = std::string(rows->text(row, 9))});
  }
  return cycles;
}

Result<std::vector<FailingListing>> read_failing(postgres::Connection& connection) {
  const auto rows = connection.query(fmt::format(
      "SELECT c.id, l.url, to_char(l.failing_since, '{}'), l.failures, l.error FROM broker.listings l "
      "JOIN broker.collectors c ON c.key = l.collector WHERE l.failing_since IS NOT NULL AND c.active "
      "ORDER BY l.failing_since, c.id, l.url LIMIT 100",
      kTime));
  if (!rows) return std::unexpected(rows.error());
  std::vector<FailingListing> failing;
  failing.reserve(static_cast<std::size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) {
    failing.push_back({.collector = std::string(rows->text(row, 0)),
                       .url = std::string(rows->text(row, 1)),
                       .since = time_of(rows->text(row, 2)),
                       .failures = rows->integer(row, 3),
                       .error = std::string(rows->text(row, 4))});
  }
  return failing;
}

void show(const StatusReport& report, program::Status& status) {
  if (report.view || !report.cycles.empty()) status.known = true;
  status.line("View", view_line(report));
  if (report.view) append_late(status.text, report);
  if (!report.failing.empty()) {
    status.text += "\nListings that fail\n";
    for (const auto& listing : report.failing) {
      status.text += fmt::format(
          "  {:<18} since {} ({})  {}  {}\n", listing.collector, program::human_minute(listing.since),
          program::counted(listing.failures, "time"), cut(listing.error, 80), listing.url);
    }
  }
  if (!report.cycles.empty()) append_cycles(status.text, report.cycles);
  add_json(report, status.json);
}

void add_status(program::Status& status) {
  StatusReport report{.now = status.at.now};
  const auto& settings = status.at.settings<Settings>();
  report.interval = settings.interval;
  if (status.at.store != nullptr) {
    const auto latest = status.at.store->get("latest");
    if (latest && *latest) report.view = read_freshness((*latest)->value, report.now);
    if (latest && *latest && report.view)
      std::erase_if(report.view->rows, [&](const auto& row) { return !selects(settings, row.collector); });
    if (!latest) report.view = std::unexpected(latest.error());
  } else if (status.at.store_error) {
    report.view = std::unexpected(*status.at.store_error);
  }
  if (auto connection = status.at.connect()) {
    auto cycles = read_cycles(*connection, status.last_rounds);
    auto failing = read_failing(*connection);
    if (cycles) report.cycles = *std::move(cycles);
    if (failing) report.failing = *std::move(failing);
    std::erase_if(report.failing, [&](const auto& one) { return !selects(settings, one.collector); });
  }
  show(report, status);
}

}  // namespace skerry::broker
