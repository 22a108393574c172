#include "native-host/broker/latest_document.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "shared/json_text.hpp"

namespace skerry::broker {
namespace {

void append_milliseconds(std::string& out, std::int64_t milliseconds) {
  const auto digits = std::to_string(1000 + milliseconds);
  out.append(digits, 1);
}

void append_delay(std::string& out, std::chrono::milliseconds delay) {
  const auto count = std::abs(std::int64_t{delay.count()});
  if (delay.count() < 0) out += '-';
  out += std::to_string(count / 1000);
  if (count % 1000 == 0) return;
  out += '.';
  append_milliseconds(out, count % 1000);
  while (out.ends_with('0')) out.pop_back();
}

void append_row(std::string& out, const LatestRow& row, Time now) {
  out += R"({"timestamp":")" + format_naive(row.timestamp) + R"(","delay":)";
  append_delay(out, now - row.timestamp);
  out += R"(,"collector_id":)";
  append_json_string(out, row.collector_id);
  out += R"(,"data_type":)";
  append_json_string(out, data_type_word(row.data_type));
  out += R"(,"item_url":)";
  append_json_string(out, row.item_url);
  out += R"(,"rough_size":)" + std::to_string(row.rough_size);
  out += R"(,"exact_size":)" + std::to_string(row.exact_size);
  out += R"(,"project":)";
  append_json_string(out, row.project);
  out += R"(,"collector_url":)";
  append_json_string(out, row.collector_url);
  out += '}';
}

}  // namespace

std::vector<std::string> own_projects(std::span<const Collector> collectors) {
  std::set<std::string> own;
  for (const auto& collector : collectors)
    if (!parse_project(collector.project)) own.insert(collector.project);
  return {own.begin(), own.end()};
}

std::string render_latest(std::span<const LatestRow> rows, Seconds update_duration, Time last_updated_at,
                          const ViewNotes& notes) {
  std::string out = R"({"format":1,"update_duration":)" + std::to_string(update_duration.count());
  out += R"(,"rows":)" + std::to_string(rows.size());
  if (!notes.projects.empty()) {
    out += R"(,"projects":[)";
    for (const auto& project : notes.projects) {
      if (&project != notes.projects.data()) out += ',';
      append_json_string(out, project);
    }
    out += ']';
  }
  if (notes.made_up) out += R"(,"made_up":true)";
  out += R"(,"last_updated_at":")" + format_naive(last_updated_at) + '.';
  append_milliseconds(out, (last_updated_at - std::chrono::floor<Seconds>(last_updated_at)).count());
  out += R"(Z","latest":[)";
  for (const auto& row : rows) {
    if (&row != rows.data()) out += ',';
    append_row(out, row, last_updated_at);
  }
  return out += "]}";
}

Result<std::string> latest_document(postgres::Connection& connection, std::span<const Collector> collectors,
                                    Time now, bool made_up) {
  Store store(connection);
  auto rows = store.latest();
  if (!rows) return std::unexpected(rows.error());
  std::erase_if(*rows, [&](const LatestRow& row) {
    return std::ranges::find(collectors, row.collector_id, &Collector::id) == collectors.end();
  });
  const auto cycle = store.last_cycle();
  if (!cycle) return std::unexpected(cycle.error());
  const auto duration = *cycle ? std::chrono::round<Seconds>((*cycle)->duration) : Seconds(0);
  return render_latest(*rows, duration, now, {.projects = own_projects(collectors), .made_up = made_up});
}

}  // namespace skerry::broker
