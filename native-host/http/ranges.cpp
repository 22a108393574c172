#include "native-host/http/ranges.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace skerry::http {
namespace {

constexpr std::size_t kMaxRanges = 100;
constexpr std::size_t kMaxParts = 16;
// What a part costs besides its bytes (RFC 9110 §15.3.7.2).
constexpr std::uint64_t kPartOverhead = 80;
constexpr auto kStrongAge = std::chrono::seconds(60);

/// `1*DIGIT` to the end; what is above 2^64 is as good as 2^64 - 1.
std::optional<std::uint64_t> read_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    number = number > (kMost - digit) / 10 ? kMost : number * 10 + digit;
  }
  return number;
}

struct Spec {
  bool valid = false;
  std::optional<ByteRange> range;  // where something of it is there
};

Spec read_spec(std::string_view text, std::uint64_t length) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const auto last = read_number(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return {};
    const auto size = std::min(*last, length);
    if (size == 0) return {.valid = true, .range = {}};
    return {.valid = true, .range = ByteRange{length - size, size}};
  }
  const auto first = read_number(text.substr(0, dash));
  if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first)) return {};
  if (*first >= length) return {.valid = true, .range = {}};
  const auto end = last ? std::min(*last, length - 1) : length - 1;
  return {.valid = true, .range = ByteRange{*first, end - *first + 1}};
}

/// What is asked for, with its place in the list.
struct Asked {
  ByteRange range;
  std::size_t place;
};

std::vector<ByteRange> coalesce(std::vector<Asked> asked) {
  std::ranges::sort(asked, {}, [](const Asked& one) { return one.range.offset; });
  std::vector<Asked> merged;
  for (const auto& next : asked) {
    if (!merged.empty()) {
      auto& last = merged.back();
      const auto end = last.range.offset + last.range.length;
      if (next.range.offset <= end || next.range.offset - end < kPartOverhead) {
        last.range.length = std::max(end, next.range.offset + next.range.length) - last.range.offset;
        last.place = std::min(last.place, next.place);
        continue;
      }
    }
    merged.push_back(next);
  }
  std::ranges::sort(merged, {}, &Asked::place);
  std::vector<ByteRange> parts;
  parts.reserve(merged.size());
  for (const auto& one : merged) parts.push_back(one.range);
  return parts;
}

/// By strong comparison (RFC 9110 §8.8.3.2).
bool strongly_listed(std::string_view list, std::string_view etag) {
  list = trim(list);
  if (list == "*") return true;
  if (etag.empty() || etag.starts_with("W/")) return false;
  while (!list.empty()) {
    if (list.front() == ',') {
      list = trim(list.substr(1));
      continue;
    }
    const auto weak = list.starts_with("W/");
    const auto tag = weak ? list.substr(2) : list;
    if (!tag.starts_with('"')) return false;
    const auto close = tag.find('"', 1);
    if (close == std::string_view::npos) return false;
    if (!weak && tag.substr(0, close + 1) == etag) return true;
    list = trim(tag.substr(close + 1));
    if (!list.empty() && list.front() != ',') return false;
  }
  return false;
}

bool range_is_current(const Request& request, const Validators& validators, Time now) {
  if (!request.headers.has("if-range")) return true;
  const auto condition = request.headers.joined("if-range");
  if (condition.starts_with('"')) return condition == validators.etag && !validators.etag.empty();
  const auto date = parse_http_date(condition);
  if (!date || !validators.last_modified) return false;
  const auto modified = std::chrono::floor<Seconds>(*validators.last_modified);
  return *date == modified && now - modified >= kStrongAge;
}

}  // namespace

Selection select_ranges(std::string_view field, std::uint64_t length) {
  constexpr std::string_view kUnit = "bytes=";
  field = trim(field);
  if (!equal_ignoring_case(field.substr(0, kUnit.size()), kUnit)) return {};
  auto rest = field.substr(kUnit.size());
  std::vector<Asked> asked;
  std::size_t count = 0;
  while (true) {
    const auto comma = rest.find(',');
    if (const auto item = trim(rest.substr(0, comma)); !item.empty()) {
      const auto [valid, range] = read_spec(item, length);
      if (!valid || ++count > kMaxRanges) return {};
      if (range) asked.push_back({*range, count});
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (count == 0) return {};
  if (asked.empty()) return {Selection::Kind::unsatisfiable, {}};
  auto parts = coalesce(std::move(asked));
  if (parts.size() > kMaxParts) return {};
  return {Selection::Kind::parts, std::move(parts)};
}

ContentPlan plan_content(const Request& request, const Validators& validators, std::uint64_t length,
                         Time now) {
  const auto& headers = request.headers;
  if (headers.has("if-match")) {
    if (!strongly_listed(headers.joined("if-match"), validators.etag)) return {.status = 412};
  } else if (const auto since = parse_http_date(headers.joined("if-unmodified-since"));
             since && validators.last_modified &&
             std::chrono::floor<Seconds>(*validators.last_modified) > *since) {
    return {.status = 412};
  }
  if (not_modified(request, validators)) return {.status = 304};
  if (request.method != "GET" || !headers.has("range") || !range_is_current(request, validators, now))
    return {};
  auto selection = select_ranges(headers.joined("range"), length);
  switch (selection.kind) {
    case Selection::Kind::whole: return {};
    case Selection::Kind::unsatisfiable: return {.status = 416};
    case Selection::Kind::parts: break;
  }
  return {.status = 206, .parts = std::move(selection.parts)};
}

}  // namespace skerry::http
