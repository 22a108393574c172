#include "tests/archive/location.hpp"

namespace skerry::archive {
namespace {

/// Cuts the first segment off `rest`, and the slash behind it; `more` says whether there was one.
std::string_view next_segment(std::string_view& rest, bool& more) {
  const auto slash = rest.find('/');
  more = slash != std::string_view::npos;
  const auto segment = rest.substr(0, slash);
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return segment;
}

std::optional<Location> find_below(const Collector& collector, std::string_view rest) {
  Location found;
  found.collector = &collector;
  if (rest.empty()) {
    found.lacks_slash = true;
    return found;
  }
  rest.remove_prefix(1);
  if (rest.empty()) return found;

  bool more = false;
  const auto month = parse_month_name(next_segment(rest, more));
  if (!month) return std::nullopt;
  found.kind = Location::Kind::month;
  found.month = *month;
  found.lacks_slash = !more;
  if (rest.empty()) return found;

  if (collector.project == Project::routeviews) {
    const auto folder = next_segment(rest, more);
    if (folder != "RIBS" && folder != "UPDATES") return std::nullopt;
    found.kind = Location::Kind::folder;
    found.type = folder == "RIBS" ? DataType::rib : DataType::update;
    found.lacks_slash = !more;
    if (rest.empty()) return found;
  }

  const auto file = parse_file_name(collector.project, rest);
  if (!file || found.type.value_or(file->type) != file->type) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(file->begin));
  if (date.year() / date.month() != found.month) return std::nullopt;
  found.kind = Location::Kind::file;
  found.type = file->type;
  found.begin = file->begin;
  return found;
}

}  // namespace

std::optional<Month> parse_month_name(std::string_view name) {
  if (name.size() != 7 || name[4] != '.') return std::nullopt;
  int numbers[2] = {0, 0};
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i == 4) continue;
    if (name[i] < '0' || name[i] > '9') return std::nullopt;
    int& number = numbers[i < 4 ? 0 : 1];
    number = number * 10 + (name[i] - '0');
  }
  const Month month{std::chrono::year(numbers[0]), std::chrono::month(static_cast<unsigned>(numbers[1]))};
  return month.ok() ? std::optional(month) : std::nullopt;
}

Locator::Locator(std::vector<Collector> collectors) : collectors_(std::move(collectors)) {
  for (const auto& collector : collectors_) {
    roots_["/" + collector.host + collector.path] = &collector;
    const auto [root, added] = roots_.try_emplace(collector.path, &collector);
    if (!added) root->second = nullptr;
  }
}

std::optional<Location> Locator::find(std::string_view path) const {
  if (path.size() > kLongestPath) return std::nullopt;
  for (auto end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const auto root = roots_.find(path.substr(0, end));
    const bool whole = end == std::string_view::npos;
    if (root != roots_.end() && root->second != nullptr) {
      return find_below(*root->second, whole ? std::string_view() : path.substr(end));
    }
    if (whole) return std::nullopt;
  }
}

}  // namespace skerry::archive
