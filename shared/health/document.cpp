#include "shared/health/document.hpp"

#include <algorithm>

#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"

namespace skerry::health {
namespace {

Time since_when(const std::optional<Document>& before, const Check& check, Time now) {
  if (!before) return now;
  const auto known = std::ranges::find(before->checks, check.name, &Check::name);
  return known != before->checks.end() && known->ok == check.ok ? known->since.value_or(now) : now;
}

std::optional<Time> read_time(std::string_view value) {
  return parse_rfc3339(plain_string(value).value_or(""));
}

Check read_check(std::string_view row) {
  Check check{.name = {}, .ok = false};
  JsonSlicer members(row);
  members.enter('{');
  while (const auto member = members.next()) {
    if (member->key == "name") {
      check.name = read_json_string(member->value).value_or("");
    } else if (member->key == "ok") {
      check.ok = member->value == "true";
    } else if (member->key == "message") {
      check.message = read_json_string(member->value).value_or("");
    } else if (member->key == "since") {
      check.since = read_time(member->value);
    }
  }
  return check;
}

bool read_checks(std::string_view value, std::vector<Check>& checks) {
  checks.clear();
  JsonSlicer rows(value);
  if (!rows.enter('[')) return false;
  while (const auto row = rows.next()) {
    Check check = read_check(row->value);
    if (!check.name.empty()) checks.push_back(std::move(check));
  }
  return rows.complete();
}

}  // namespace

std::string render(Time now, const std::vector<Check>& checks, std::string_view previous) {
  const auto before = parse(previous);
  std::string out = R"({"format":1,"checked_at":")" + format_rfc3339(now) + R"(","checks":[)";
  for (bool first = true; const Check& check : checks) {
    out += first ? R"({"name":)" : R"(,{"name":)";
    first = false;
    append_json_string(out, check.name);
    out += check.ok ? R"(,"ok":true,"message":)" : R"(,"ok":false,"message":)";
    append_json_string(out, check.message);
    out += R"(,"since":")" + format_rfc3339(since_when(before, check, now)) + "\"}";
  }
  return out + "]}";
}

std::optional<Document> parse(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  JsonSlicer members(text);
  if (!members.enter('{')) return std::nullopt;
  bool known_format = false;
  bool has_checks = false;
  std::optional<Time> checked_at;
  Document document;
  while (const auto member = members.next()) {
    if (member->key == "format") {
      known_format = member->value == "1";
    } else if (member->key == "checked_at") {
      checked_at = read_time(member->value);
    } else if (member->key == "checks") {
      has_checks = read_checks(member->value, document.checks);
    }
  }
  if (!members.complete() || !known_format || !has_checks || !checked_at) return std::nullopt;
  document.checked_at = *checked_at;
  return document;
}

}  // namespace skerry::health
