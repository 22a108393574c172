#include "shared/broker/board_query.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "shared/http.hpp"
#include "shared/query.hpp"

namespace skerry::broker {
namespace {

constexpr std::size_t kMaxSearch = 200;

bool descends_first(SortKey key) {
  return key != SortKey::collector && key != SortKey::project;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  return word.empty() || !std::ranges::search(text, word, {}, lower, lower).empty();
}

/// Unreserved characters (RFC 3986 §2.3) stand for themselves, a space is `+`.
std::string form_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
        std::string_view("-._~").contains(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    }
  }
  return out;
}

/// Cut to the limit, not within a UTF-8 sequence.
std::string_view cut(std::string_view text) {
  if (text.size() <= kMaxSearch) return text;
  std::size_t end = kMaxSearch;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

bool matches(const Collector& collector, std::string_view search) {
  while (!search.empty()) {
    const std::string_view word = search.substr(0, search.find(' '));
    search.remove_prefix(std::min(word.size() + 1, search.size()));
    if (!contains_ignoring_case(collector.id, word) && !contains_ignoring_case(collector.project, word) &&
        !contains_ignoring_case(project_label(collector.project), word)) {
      return false;
    }
  }
  return true;
}

/// What a collectors file may name so.
bool is_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '.' || c == '-' ||
                  c == '_';
         });
}

std::string_view normal_project(std::string_view word) {
  const auto known = parse_project(word);
  return known ? project_word(*known) : word;
}

bool selected(const Collector& collector, const BoardQuery& query) {
  if (!query.project.empty() && !equal_ignoring_case(normal_project(collector.project), query.project))
    return false;
  if (query.data_type && !collector.of(*query.data_type).newest) return false;
  const bool late =
      query.data_type ? collector.of(*query.data_type).late_since.has_value() : collector.is_late();
  return (late || !query.late_only) && matches(collector, query.search);
}

std::optional<std::int64_t> delay_of(const Stream& stream) {
  if (!stream.newest) return std::nullopt;
  return stream.newest->delay.count();
}

/// What a collector is sorted by, where that is a number.
std::optional<std::int64_t> value_of(const Collector& collector, SortKey key) {
  std::optional<std::int64_t> value;
  if (key == SortKey::rib) return delay_of(collector.of(DataType::rib));
  if (key == SortKey::updates) return delay_of(collector.of(DataType::update));
  for (const Stream& stream : collector.streams) {
    if (key == SortKey::newest && stream.newest) {
      value = std::max(value.value_or(INT64_MIN),
                       std::int64_t{stream.newest->timestamp.time_since_epoch().count()});
    }
    if (key == SortKey::missing && stream.strip) {
      value = value.value_or(0) + static_cast<std::int64_t>(stream.strip->missing);
    }
  }
  return value;
}

}  // namespace

std::optional<SortKey> parse_sort_key(std::string_view word) {
  const auto* const found = std::ranges::find(kSortKeys, word);
  if (found == std::end(kSortKeys)) return std::nullopt;
  return static_cast<SortKey>(found - std::begin(kSortKeys));
}

BoardQuery BoardQuery::parse(std::string_view query_string) {
  if (query_string.starts_with('?')) query_string.remove_prefix(1);
  const Query parameters = Query::parse(query_string);
  BoardQuery query;
  query.search = cut(parameters.last("q").value_or(""));
  query.project = normal_project(parameters.last("project").value_or(""));
  if (!is_name(query.project)) query.project.clear();
  query.data_type = parse_data_type(parameters.last("data_type").value_or(""));
  query.late_only = parameters.last("late") == "1";
  query.sort = parse_sort_key(parameters.last("sort").value_or("")).value_or(SortKey::collector);
  const auto order = parameters.last("order");
  query.descending = order == "desc" || (order != "asc" && descends_first(query.sort));
  return query;
}

std::string BoardQuery::text() const {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  };
  if (!search.empty()) add("q", form_encode(search));
  if (!project.empty()) add("project", project);
  if (data_type) add("data_type", data_type_word(*data_type));
  if (late_only) add("late", "1");
  if (sort != SortKey::collector) add("sort", kSortKeys[static_cast<std::size_t>(sort)]);
  if (descending != descends_first(sort)) add("order", descending ? "desc" : "asc");
  return out;
}

void BoardQuery::sort_by(SortKey key) {
  descending = key == sort ? !descending : descends_first(key);
  sort = key;
}

std::string_view project_label(std::string_view project) {
  const auto known = parse_project(project);
  if (!known) return project;
  return *known == Project::riperis ? "RIS" : "RouteViews";
}

std::vector<std::size_t> select(const Board& board, const BoardQuery& query) {
  struct Entry {
    std::size_t number;
    std::optional<std::int64_t> value;
    std::string_view word;
  };
  std::vector<Entry> entries;
  for (std::size_t number = 0; number < board.collectors.size(); ++number) {
    const Collector& collector = board.collectors[number];
    if (!selected(collector, query)) continue;
    const std::string_view word = query.sort == SortKey::project ? project_label(collector.project) : "";
    entries.push_back({number, value_of(collector, query.sort), word});
  }
  // The collectors are in the order of their ids, so that their numbers break ties.
  std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
    if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
    if (a.value != b.value) return query.descending ? b.value < a.value : a.value < b.value;
    if (a.word != b.word) return query.descending ? b.word < a.word : a.word < b.word;
    return query.sort == SortKey::collector && query.descending ? b.number < a.number : a.number < b.number;
  });
  std::vector<std::size_t> numbers(entries.size());
  std::ranges::transform(entries, numbers.begin(), &Entry::number);
  return numbers;
}

}  // namespace skerry::broker
