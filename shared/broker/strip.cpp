#include "shared/broker/strip.hpp"

#include <algorithm>

#include "shared/broker/lateness.hpp"
#include "shared/broker/readable.hpp"

namespace skerry::broker {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::string_view word(Arrival kind) {
  switch (kind) {
    case Arrival::on_time: return " on time";
    case Arrival::slow: return " slow";
    case Arrival::late: return " late";
    case Arrival::unseen: return " of unknown arrival";
    case Arrival::missing: return " missing";
    case Arrival::due: return " still due";
  }
  return "";
}

}  // namespace

Seconds slow_after(DataType type, Seconds step) {
  return type == DataType::rib ? Seconds{hours{4}} : step + minutes{15};
}

Strip make_strip(const Series& series, Time begin, Time last_updated_at) {
  Strip strip{
      .data_type = series.data_type, .grid = SlotGrid::of(begin, last_updated_at, series.step), .runs = {}};
  strip.grid.count = std::min(strip.grid.count, series.slots.size());
  const Seconds slow = slow_after(series.data_type, series.step);
  for (std::size_t slot = 0; slot < strip.grid.count; ++slot) {
    const char c = series.slots[slot];
    const Seconds lag = lag_of(c).value_or(Seconds{0});
    Arrival kind = Arrival::on_time;
    if (c == kLagUnknown) {
      kind = Arrival::unseen;
    } else if (c == kNoFile) {
      const Time start = strip.grid.first + strip.grid.step * slot;
      const bool is_due = slot >= series.before && last_updated_at - start > slow;
      kind = is_due ? Arrival::missing : Arrival::due;
    } else if (lag > slow) {
      kind = lag >= late_after(series.data_type) ? Arrival::late : Arrival::slow;
    }
    strip.expected += kind != Arrival::due ? 1 : 0;
    strip.missing += kind == Arrival::missing ? 1 : 0;
    if (strip.runs.empty() || strip.runs.back().kind != kind) strip.runs.push_back({kind, slot, slot, lag});
    strip.runs.back().end = slot + 1;
    strip.runs.back().lag = std::max(strip.runs.back().lag, lag);
  }
  strip.arrived = strip.expected - strip.missing;
  return strip;
}

std::string describe(const Strip& strip) {
  if (strip.expected == 0) return "no file was due";
  if (strip.missing == 0) {
    return strip.expected == 1 ? "the only file" : "all " + counted(strip.expected, "file");
  }
  Strip::Run gap{};
  for (const Strip::Run& run : strip.runs) {
    if (run.kind == Arrival::missing && run.end - run.begin >= gap.end - gap.begin) gap = run;
  }
  std::string end = format_naive(strip.end_of(gap)).substr(0, 16);
  end[10] = ' ';
  return std::to_string(strip.arrived) + " of " + counted(strip.expected, "file") + "; longest gap " +
         readable_delay(strip.grid.step * (gap.end - gap.begin)) + ", ending " + end;
}

std::string describe(const Strip& strip, const Strip::Run& run, Time now) {
  const std::size_t files = run.end - run.begin;
  std::string text = readable_time(strip.begin_of(run), now);
  if (files > 1) text += " to " + readable_time(strip.end_of(run), now);
  text += ": " + counted(files, "file");
  text += word(run.kind);
  if (run.lag > Seconds{0}) text += (files > 1 ? ", up to " : ", ") + readable_delay(run.lag);
  return text;
}

}  // namespace skerry::broker
