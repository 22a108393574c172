#include "native-host/broker/latest_table.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/broker/archive.hpp"
#include "native-host/broker/filters.hpp"
#include "native-host/program/human.hpp"
#include "shared/broker/lateness.hpp"
#include "shared/broker/vocabulary.hpp"
#include "shared/comma_list.hpp"
#include "shared/http.hpp"
#include "shared/printable.hpp"

namespace skerry::broker {
namespace {

struct Row {
  std::size_t index = 0;  ///< in the view
  std::string collector, project, type, time, size;
  double delay = 0;
  bool late = false;
};

template <class Json>
Result<std::vector<Row>> read_rows(const Json& view) {
  if (!view.is_object() || !view.contains("latest") || !view["latest"].is_array()) {
    return fail("view_unreadable", "This is not a view: it has no list named latest.");
  }
  std::vector<Row> rows;
  for (const auto& item : view["latest"]) {
    const auto text = [&](const char* key) {
      return item.is_object() && item.contains(key) && item[key].is_string()
                 ? printable(item[key].template get<std::string>())
                 : std::string();
    };
    const auto number = [&](const char* key) {
      return item.is_object() && item.contains(key) && item[key].is_number()
                 ? item[key].template get<double>()
                 : 0;
    };
    Row row{.index = rows.size(),
            .collector = text("collector_id"),
            .project = text("project"),
            .type = text("data_type"),
            .time = text("timestamp"),
            .size = number("rough_size") > 0 ? program::human_size(number("rough_size")) : "-",
            .delay = number("delay")};
    if (row.collector.empty() || row.type.empty()) {
      return fail("view_unreadable", "A row of the view has no collector or no type.");
    }
    const auto type = parse_data_type(row.type);
    row.late = type && is_late(*type, std::chrono::duration<double>(row.delay));
    std::ranges::replace(row.time, 'T', ' ');
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::set<std::string>> wanted_collectors(const std::vector<Row>& rows, const TableOptions& options) {
  std::vector<std::string_view> known(options.known_collectors.begin(), options.known_collectors.end());
  for (const Row& row : rows) known.push_back(row.collector);
  std::set<std::string> wanted;
  for (CommaList list(options.collector_id); const auto id = list.next();) {
    if (std::ranges::find(known, *id) == known.end()) return no_such_collector(*id, known);
    wanted.emplace(*id);
  }
  return wanted;
}

/// Removes what the options do not select.
Result<void> select(std::vector<Row>& rows, const TableOptions& options) {
  const auto type = wanted_type(options.data_type);
  if (!type) return std::unexpected(type.error());
  const auto ids = wanted_collectors(rows, options);
  if (!ids) return std::unexpected(ids.error());
  if (!options.project.empty()) {
    const auto known = parse_project(options.project);
    std::set<std::string> own;
    for (const Row& row : rows)
      if (!parse_project(row.project)) own.insert(row.project);
    const auto meant = std::ranges::find_if(
        own, [&](const std::string& name) { return equal_ignoring_case(name, options.project); });
    if (!known && meant == own.end()) {
      std::string list = "routeviews, riperis";
      for (const auto& name : own) list += ", " + name;
      return fail(ErrorKind::usage, "unknown_project",
                  "Unknown project " + options.project + "; there are: " + list + ".");
    }
    const std::string_view project = known ? project_word(*known) : std::string_view(*meant);
    std::erase_if(rows, [&](const Row& row) { return row.project != project; });
  }
  std::erase_if(rows, [&](const Row& row) { return *type && row.type != data_type_word(**type); });
  if (!ids->empty()) std::erase_if(rows, [&](const Row& row) { return !ids->contains(row.collector); });
  if (options.late_only) std::erase_if(rows, [](const Row& row) { return !row.late; });
  return {};
}

}  // namespace

Result<std::string> latest_json(std::string document, const TableOptions& options) {
  auto view = nlohmann::ordered_json::parse(document, nullptr, false);
  auto rows = read_rows(view);
  if (!rows) return std::unexpected(rows.error());
  const std::size_t all = rows->size();
  if (auto selected = select(*rows, options); !selected) return std::unexpected(selected.error());
  if (rows->size() == all) return document;
  auto kept = nlohmann::ordered_json::array();
  for (const Row& row : *rows) kept.push_back(std::move(view["latest"][row.index]));
  view["latest"] = std::move(kept);
  return view.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::string> latest_table(std::string_view document, const TableOptions& options) {
  const auto view = nlohmann::json::parse(document, nullptr, false);
  auto rows = read_rows(view);
  if (!rows) return std::unexpected(rows.error());
  const std::size_t all = rows->size();
  if (auto selected = select(*rows, options); !selected) return std::unexpected(selected.error());

  std::size_t width = 9;
  for (const Row& row : *rows) width = std::max(width, row.collector.size());
  const auto paint = [&](const char* code, const std::string& text) {
    return options.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  };
  const auto mark = view.find("made_up");
  const bool made_up = mark != view.end() && *mark == true;
  std::string out = made_up ? paint("33", std::string(kMadeUp)) + "\n" : "";
  out += paint("1", fmt::format("{:<{}}  {:<6}  {:<19}  {:>12}  {:>9}", "collector", width, "type",
                                "newest file (UTC)", "delay", "size")) +
         "\n";
  std::size_t late = 0;
  for (const Row& row : *rows) {
    const std::string line =
        fmt::format("{:<{}}  {:<6}  {:<19}  {:>12}  {:>9}{}", row.collector, width, row.type, row.time,
                    program::human_delay(row.delay), row.size, row.late ? "  late" : "");
    out += (row.late ? paint("33", line) : line) + "\n";
    late += row.late ? 1 : 0;
  }
  const auto time = view.find("last_updated_at");
  const bool is_text = time != view.end() && time->is_string();
  const auto updated = is_text ? printable(time->get<std::string>()) : "an unknown time";
  out += paint("2", fmt::format("{} of {} rows, {} late, as of {}", rows->size(), all, late, updated)) + "\n";
  return out;
}

}  // namespace skerry::broker
