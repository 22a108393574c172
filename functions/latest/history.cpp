#include "functions/latest/history.hpp"

#include <optional>
#include <utility>

#include "functions/latest/published.hpp"
#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"

namespace skerry::functions {
namespace {

std::unexpected<Error> damaged(std::string what) {
  return fail("history_damaged", std::move(what));
}

}  // namespace

Result<History> History::open(std::string text) {
  if (!is_utf8(text)) return damaged("the history is not UTF-8");
  JsonSlicer members(text);
  if (!members.enter('{')) return damaged("the history is not a JSON object");
  bool known_format = false;
  bool has_series = false;
  std::optional<Time> updated;
  while (const auto member = members.next()) {
    if (member->key == "format") {
      if (member->value != "1") return fail("history_format", "the history's format is not 1");
      known_format = true;
    } else if (member->key == "last_updated_at") {
      updated = parse_rfc3339(plain_string(member->value).value_or(""));
      if (!updated) return damaged("last_updated_at is not a time");
    } else if (member->key == "series") {
      has_series = member->value.starts_with('[');
    }
  }
  if (!members.complete()) return damaged("the history has no end");
  if (!known_format) return fail("history_format", "the history has no format");
  if (!updated) return damaged("the history has no last_updated_at");
  if (!has_series) return damaged("the history has no series");
  History history;
  history.last_updated_at_ = *updated;
  history.identity_ = identity_of(*updated, text.size());
  history.text_ = std::move(text);
  return history;
}

}  // namespace skerry::functions
