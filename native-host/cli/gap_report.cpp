#include "native-host/cli/gap_report.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/config/settings.hpp"

namespace skerry::cli {

Result<Time> parse_moment(std::string_view text, Time now) {
  if (const auto ago = config::parse_duration(text); ago && !text.empty() && text.back() > '9')
    return now - *ago;
  // A month, a day: filled up with their first moments.
  constexpr std::string_view kFirst = "0000-01-01T00:00:00";
  auto whole = std::string(text);
  if (text.size() == 7 || text.size() == 10) whole += kFirst.substr(text.size());
  if (const auto time = parse_naive(whole)) return *time;
  if (const auto time = parse_rfc3339(text)) return *time;
  return fail("bad_time",
              "\"" + std::string(text) + "\" is no time like 2026-11-21T08:00:00, 2026-11 or 48h.");
}

Result<std::vector<broker::Collector>> choose_collectors(std::vector<broker::Collector> known,
                                                         std::span<const std::string> ids,
                                                         std::string_view project) {
  for (const auto& id : ids) {
    if (std::ranges::find(known, id, &broker::Collector::id) == known.end()) {
      return fail("unknown_collector", "There is no collector \"" + id + "\".");
    }
  }
  if (!ids.empty()) {
    std::erase_if(known, [&](const auto& c) { return std::ranges::find(ids, c.id) == ids.end(); });
  }
  if (project.empty()) return known;
  const auto alias = broker::parse_project(project);
  const std::string_view word = alias ? broker::project_word(*alias) : project;
  const auto of_project = [&](const broker::Collector& c) { return c.project == word; };
  if (std::ranges::none_of(known, of_project)) {
    return fail("unknown_project", "No collector belongs to a project \"" + std::string(project) + "\".");
  }
  std::erase_if(known, [&](const auto& c) { return !of_project(c); });
  return known;
}

std::string gaps_table(std::span<const broker::Gap> gaps) {
  std::string out;
  std::int64_t missing = 0;
  for (const auto& gap : gaps) {
    out += fmt::format("{:<24} {:<6} {}  {}  {:>6} missing{}\n", gap.collector_id,
                       broker::data_type_word(gap.data_type), format_naive(gap.from), format_naive(gap.until),
                       gap.missing, gap.open ? ", still open" : "");
    missing += gap.missing;
  }
  return out + fmt::format("{} gaps, {} files missing\n", gaps.size(), missing);
}

std::string gaps_json(std::span<const broker::Gap> gaps) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& gap : gaps) {
    out.push_back({{"collector_id", gap.collector_id},
                   {"data_type", broker::data_type_word(gap.data_type)},
                   {"from", format_naive(gap.from)},
                   {"until", format_naive(gap.until)},
                   {"missing", gap.missing},
                   {"open", gap.open}});
  }
  return out.dump() + "\n";
}

}  // namespace skerry::cli
