#include "native-host/broker/gap_report.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/broker/archive.hpp"
#include "native-host/broker/filters.hpp"
#include "native-host/program/human.hpp"
#include "shared/http.hpp"

namespace skerry::broker {

Result<std::vector<Collector>> choose_collectors(std::vector<Collector> known,
                                                 std::span<const std::string> ids, std::string_view project) {
  for (const auto& id : ids) {
    if (std::ranges::find(known, id, &Collector::id) == known.end())
      return no_such_collector(id, ids_of(known));
  }
  if (!ids.empty()) {
    std::erase_if(known, [&](const auto& c) { return std::ranges::find(ids, c.id) == ids.end(); });
  }
  if (project.empty()) return known;
  const auto alias = parse_project(project);
  const std::string_view word = alias ? project_word(*alias) : project;
  const auto of_project = [&](const Collector& c) { return equal_ignoring_case(c.project, word); };
  if (std::ranges::none_of(known, of_project)) {
    std::set<std::string_view> names;
    for (const auto& collector : known) names.insert(collector.project);
    std::string list;
    for (const auto name : names) list.append(list.empty() ? "" : ", ").append(name);
    return fail(
        ErrorKind::usage, "unknown_project",
        "No collector belongs to a project \"" + std::string(project) + "\"; there are: " + list + ".");
  }
  std::erase_if(known, [&](const auto& c) { return !of_project(c); });
  return known;
}

std::string gaps_table(std::span<const Gap> gaps, bool made_up) {
  std::string out = made_up ? std::string(kMadeUp) + "\n" : "";
  std::int64_t missing = 0;
  for (const auto& gap : gaps) {
    out += fmt::format("{:<24} {:<6} {}  {}  {:>6} missing{}\n", gap.collector_id,
                       data_type_word(gap.data_type), format_naive(gap.from), format_naive(gap.until),
                       gap.missing, gap.open ? ", still open" : "");
    missing += gap.missing;
  }
  return out + program::counted(std::ssize(gaps), "gap") + ", " + program::counted(missing, "file") +
         " missing\n";
}

std::string gaps_json(std::span<const Gap> gaps, bool made_up) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& gap : gaps) {
    out.push_back({{"collector_id", gap.collector_id},
                   {"data_type", data_type_word(gap.data_type)},
                   {"from", format_naive(gap.from)},
                   {"until", format_naive(gap.until)},
                   {"missing", gap.missing},
                   {"open", gap.open}});
    if (made_up) out.back()["made_up"] = true;
  }
  return out.dump() + "\n";
}

}  // namespace skerry::broker
