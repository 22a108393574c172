#include "shared/broker/arrivals.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdint>

#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"

namespace skerry::broker {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kMaxSeries = 5'000, kMaxSlots = 4'000;
constexpr Seconds kMinStep{60}, kMaxStep{86'400};

constexpr std::size_t code_of(Seconds lag) {
  if (lag < minutes{30}) return lag < Seconds{0} ? 0 : static_cast<std::size_t>(lag / minutes{1});
  if (lag < hours{2}) return 30 + static_cast<std::size_t>((lag - minutes{30}) / minutes{5});
  if (lag < hours{14}) return 48 + static_cast<std::size_t>((lag - hours{2}) / hours{1});
  return lag < hours{24} ? 60 : 61;
}

constexpr Seconds lower_bound(std::size_t code) {
  const auto n = static_cast<std::int64_t>(code);
  if (n < 30) return minutes{n};
  if (n < 48) return minutes{30 + 5 * (n - 30)};
  if (n < 60) return hours{2 + (n - 48)};
  return n == 60 ? hours{14} : hours{24};
}

Time floor_to(Time time, Seconds step) {
  const std::int64_t at = std::chrono::floor<Seconds>(time).time_since_epoch().count(), by = step.count();
  return Time(Seconds{(at >= 0 ? at / by : -((-at + by - 1) / by)) * by});
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::unexpected<Error> unreadable(std::string what) {
  return fail("history_unreadable", "The history can't be read: " + std::move(what) + ".");
}

bool is_slot(char c) {
  return c == kNoFile || c == kLagUnknown || lag_of(c);
}

Result<Series> parse_series(std::string_view json) {
  Series series;
  bool has_type = false;
  JsonSlicer members(json);
  for (members.enter('{'); const auto member = members.next();) {
    if (member->key == "collector_id") {
      series.collector_id = read_json_string(member->value).value_or("");
    } else if (member->key == "data_type") {
      const auto type = parse_data_type(plain_string(member->value).value_or(""));
      if (!type) return unreadable("a series has an unknown data_type");
      series.data_type = *type;
      has_type = true;
    } else if (member->key == "step") {
      const Seconds step{integer(member->value).value_or(0)};
      if (step < kMinStep || step > kMaxStep) return unreadable("a step is not one of 60 to 86400 seconds");
      series.step = step;
    } else if (member->key == "before") {
      const auto before = integer(member->value).value_or(-1);
      if (before < 0) return unreadable("a before is no number of slots");
      series.before = static_cast<std::size_t>(before);
    } else if (member->key == "slots") {
      series.slots = plain_string(member->value).value_or("!");
      if (series.slots.size() > kMaxSlots) return unreadable("a series has more than 4000 slots");
      if (!std::ranges::all_of(series.slots, is_slot)) return unreadable("a slot has an unknown character");
    }
  }
  if (!members.complete()) return unreadable("a series is no JSON object");
  if (series.collector_id.empty() || !has_type || series.step == Seconds{0}) {
    return unreadable("a series has no collector_id, data_type or step");
  }
  return series;
}

}  // namespace

char lag_code(Seconds lag) {
  return kAlphabet[code_of(lag)];
}

std::optional<Seconds> lag_of(char code) {
  if (code >= '0' && code <= '9') return lower_bound(static_cast<std::size_t>(code - '0'));
  if (code >= 'A' && code <= 'Z') return lower_bound(static_cast<std::size_t>(code - 'A') + 10);
  if (code >= 'a' && code <= 'z') return lower_bound(static_cast<std::size_t>(code - 'a') + 36);
  return std::nullopt;
}

Time history_begin(Time last_updated_at) {
  return floor_to(last_updated_at - hours{48}, minutes{5});
}

SlotGrid SlotGrid::of(Time begin, Time end, Seconds step) {
  assert(step > Seconds{0});
  const Time first = floor_to(begin, step);
  return {first, step, end < first ? 0 : static_cast<std::size_t>((end - first) / step) + 1};
}

std::optional<std::size_t> SlotGrid::slot_of(Time file) const {
  if (file < first) return std::nullopt;
  const auto slot = static_cast<std::size_t>((file - first) / step);
  return slot < count ? std::optional(slot) : std::nullopt;
}

void append_series(std::string& out, const Series& series) {
  out += R"({"collector_id":)";
  append_json_string(out, series.collector_id);
  out += R"(,"data_type":")";
  out += data_type_word(series.data_type);
  out += R"(","step":)" + std::to_string(series.step.count());
  if (series.before > 0) out += R"(,"before":)" + std::to_string(series.before);
  out += R"(,"slots":")" + series.slots + "\"}";
}

std::string render_history(const History& history) {
  const auto milliseconds =
      (history.last_updated_at - std::chrono::floor<Seconds>(history.last_updated_at)).count();
  std::string out = R"({"format":1,"last_updated_at":")" + format_naive(history.last_updated_at) + '.';
  out += std::to_string(1000 + milliseconds).substr(1);
  out += R"(Z","begin":")" + format_naive(history.begin) + R"(","series":[)";
  for (const Series& series : history.series) {
    if (&series != &history.series.front()) out += ',';
    append_series(out, series);
  }
  return out += "]}";
}

Result<History> parse_history(std::string_view json) {
  History history;
  bool format = false, updated = false, begin = false, listed = false;
  JsonSlicer members(json);
  for (members.enter('{'); const auto member = members.next();) {
    const std::string_view text = plain_string(member->value).value_or("");
    if (member->key == "format") {
      if (member->value != "1") return unreadable("its format is not 1");
      format = true;
    } else if (member->key == "last_updated_at") {
      const auto time = parse_rfc3339(text);
      if (!time) return unreadable("last_updated_at is no time");
      history.last_updated_at = *time;
      updated = true;
    } else if (member->key == "begin") {
      const auto time = parse_naive(text);
      if (!time) return unreadable("begin is no time");
      history.begin = *time;
      begin = true;
    } else if (member->key == "series") {
      history.series.clear();
      JsonSlicer items(member->value);
      for (items.enter('['); const auto item = items.next();) {
        if (history.series.size() == kMaxSeries) return unreadable("it has more than 5000 series");
        Result<Series> series = parse_series(item->value);
        if (!series) return std::unexpected(std::move(series.error()));
        history.series.push_back(*std::move(series));
      }
      if (!items.complete()) return unreadable("series is no JSON array");
      listed = true;
    }
  }
  if (!members.complete()) return unreadable("it is no JSON object");
  if (!format || !updated || !begin || !listed) {
    return unreadable("it has no format, last_updated_at, begin or series");
  }
  return history;
}

}  // namespace skerry::broker
