#include "native-host/cli/status_report.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/cli/latest_table.hpp"

namespace skerry::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTime = "YYYY-MM-DD\"T\"HH24:MI:SS";

Time time_of(std::string_view text) {
  return parse_naive(text).value_or(Time());
}

std::string minutes(Time time) {
  auto text = format_naive(time).substr(0, 16);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string since(Time then, Time now) {
  return human_delay(std::chrono::duration<double>(now - then).count());
}

std::string with_code(const Error& error) {
  return error.message + " (" + error.code + ")";
}

std::string cut(std::string text, std::size_t width) {
  if (text.size() > width) text = text.substr(0, width - 1) + "…";
  return text;
}

std::optional<Time> next_cycle(const StatusReport& report) {
  if (report.cycles.empty()) return std::nullopt;
  return report.cycles.front().started + report.interval;
}

std::string view_line(const StatusReport& report) {
  if (!report.view) return with_code(report.view.error());
  auto line = fmt::format("of {} UTC, {} old", minutes(report.view->last_updated_at),
                          since(report.view->last_updated_at, report.now));
  if (const auto next = next_cycle(report)) {
    line += *next >= report.now ? fmt::format("; next cycle in {}", since(report.now, *next))
                                : fmt::format("; next cycle was due {} ago", since(*next, report.now));
  }
  return line;
}

void append_late(std::string& out, const StatusReport& report) {
  const auto& rows = report.view->rows;
  const auto late = std::ranges::count_if(rows, &Freshness::late);
  out += fmt::format("\nLate: {} of {} (`skerry latest` shows all)\n", late, rows.size());
  for (const auto& row : rows) {
    if (!row.late) continue;
    out += fmt::format("  {:<18} {:<6}  newest {}, late since {} ({})\n", row.collector,
                       broker::data_type_word(row.type), minutes(row.newest), minutes(row.late_since),
                       since(row.late_since, report.now));
  }
}

std::string target_line(const StatusReport::TargetStatus& target, Time now) {
  const auto& state = target.state;
  if (state.failing_since) {
    return fmt::format("fails since {} ({}, {} times): {}; next try {}", minutes(*state.failing_since),
                       since(*state.failing_since, now), state.failures, with_code(state.error),
                       minutes(state.not_before));
  }
  const auto latest = state.keys.find("latest");
  if (latest == state.keys.end()) return "nothing pushed yet";
  return fmt::format("has the view of {}, {} old", minutes(latest->second.as_of),
                     since(latest->second.as_of, now));
}

void append_cycles(std::string& out, const std::vector<CycleRow>& cycles) {
  out += fmt::format("\nLast cycles\n  {:<16} {:>8} {:>8} {:>7} {:>6} {:>9} {:>8} {:>10}\n", "started (UTC)",
                     "seconds", "listings", "probes", "failed", "new files", "changed", "received");
  for (const auto& cycle : cycles) {
    out += fmt::format("  {:<16} {:>8.1f} {:>8} {:>7} {:>6} {:>9} {:>8} {:>10}{}\n", minutes(cycle.started),
                       static_cast<double>(cycle.duration.count()) / 1000, cycle.listings, cycle.probes,
                       cycle.failed, cycle.files_added, cycle.files_changed,
                       human_size(static_cast<double>(cycle.bytes)),
                       cycle.error.empty() ? "" : "  " + cut(cycle.error, 60));
  }
}

Json time_json(const std::optional<Time>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
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

std::string status_text(const StatusReport& report) {
  std::string out = "View:     " + view_line(report) + "\n";
  out +=
      "Database: " + (report.database ? "not asked: " + with_code(*report.database) : "PostgreSQL answers") +
      "\n";
  for (const auto& target : report.targets)
    out += fmt::format("{:<10}{}\n", target.name + ':', target_line(target, report.now));
  if (report.health) {
    for (const auto& check : report.health->checks) {
      if (check.ok) continue;
      out += fmt::format("Not well: {}{}: {}\n", check.name,
                         check.since ? " since " + minutes(*check.since) : "", check.message);
    }
  }
  if (report.view) append_late(out, report);
  if (!report.failing.empty()) {
    out += "\nListings that fail\n";
    for (const auto& listing : report.failing) {
      out += fmt::format("  {:<18} since {} ({} times)  {}  {}\n", listing.collector, minutes(listing.since),
                         listing.failures, cut(listing.error, 80), listing.url);
    }
  }
  if (!report.cycles.empty()) append_cycles(out, report.cycles);
  return out;
}

std::string status_json(const StatusReport& report) {
  Json out{{"now", format_rfc3339(report.now)}};
  out["database"] = {{"ok", !report.database}};
  if (report.database) {
    out["database"]["code"] = report.database->code;
    out["database"]["message"] = report.database->message;
  }
  auto& view = out["view"];
  auto freshness = Json::array();
  std::size_t late = 0;
  if (report.view) {
    view = {{"last_updated_at", format_rfc3339(report.view->last_updated_at)},
            {"age_seconds", std::chrono::floor<Seconds>(report.now - report.view->last_updated_at).count()}};
    for (const auto& row : report.view->rows) {
      late += row.late ? 1 : 0;
      freshness.push_back({{"collector_id", row.collector},
                           {"data_type", broker::data_type_word(row.type)},
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
  auto& publishing = out["publishing"] = Json::array();
  for (const auto& [name, state] : report.targets) {
    Json row{{"target", name}, {"ok", !state.failing_since && !state.keys.empty()}, {"keys", Json::object()}};
    for (const auto& [key, copy] : state.keys)
      row["keys"][key] = {{"as_of", format_rfc3339(copy.as_of)}, {"pushed", format_rfc3339(copy.pushed)}};
    if (state.failing_since) {
      row["failing_since"] = format_rfc3339(*state.failing_since);
      row["failures"] = state.failures;
      row["code"] = state.error.code;
      row["message"] = state.error.message;
      row["next_try"] = format_rfc3339(state.not_before);
    }
    publishing.push_back(std::move(row));
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
  auto& health = out["health"] = Json::array();
  if (report.health) {
    for (const auto& check : report.health->checks) {
      health.push_back({{"name", check.name},
                        {"ok", check.ok},
                        {"message", check.message},
                        {"since", time_json(check.since)}});
    }
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace skerry::cli
