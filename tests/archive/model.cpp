#include "tests/archive/model.hpp"

#include <algorithm>
#include <array>

namespace skerry::archive {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using namespace std::chrono_literals;

constexpr std::uint64_t kEmptyBzip2 = 14;
constexpr Time kRegularNamesSince = std::chrono::sys_days(2003y / 1 / 1);
constexpr Time kRisFiveMinutesSince = std::chrono::sys_days(2003y / 7 / 23);
constexpr Time kNever = std::chrono::sys_days(9999y / 12 / 31);

Time begin_of(Month month) {
  return std::chrono::sys_days(month / 1);
}
Time end_of(Month month) {
  return begin_of(month + std::chrono::months(1));
}
Month month_of(Time time) {
  const std::chrono::year_month_day date(floor<days>(time));
  return date.year() / date.month();
}

/// The finaliser of SplitMix64: every bit of the result depends on every bit of `x`.
std::uint64_t scramble(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// A collector's dice: the same question gets the same answer for ever.
class Dice {
 public:
  enum Question : std::uint64_t {
    start,
    weight,
    held,
    held_hour,
    held_length,
    minute,
    lag,
    quiet,
    jitter,
    grows,
    share
  };

  explicit Dice(std::string_view id) {
    for (const char c : id) seed_ = scramble(seed_ + 0x9e3779b97f4a7c15 + static_cast<unsigned char>(c));
  }

  /// A number below `sides`.
  [[nodiscard]] std::uint64_t roll(Question question, std::uint64_t sides, Time when = {},
                                   int type = 0) const {
    const auto minute_count = static_cast<std::uint64_t>(floor<minutes>(when).time_since_epoch().count());
    return scramble(scramble(seed_ + question) + 2 * minute_count + static_cast<unsigned>(type)) % sides;
  }

 private:
  std::uint64_t seed_ = 0;
};

struct KnownLifetime {
  std::string_view id;
  Month first;
  std::optional<Month> last = std::nullopt;  ///< the month after the last one
};

constexpr std::array kKnownLifetimes = std::to_array<KnownLifetime>({
    {"rrc00", 1999y / 10},
    {"rrc01", 2000y / 7},
    {"rrc02", 2001y / 3, 2008y / 11},
    {"rrc03", 2001y / 1},
    {"rrc04", 2001y / 4},
    {"rrc05", 2001y / 6},
    {"rrc06", 2001y / 8},
    {"rrc07", 2002y / 4},
    {"rrc08", 2002y / 5, 2004y / 9},
    {"rrc09", 2003y / 5, 2004y / 2},
    {"rrc10", 2003y / 11},
    {"rrc11", 2004y / 2},
    {"rrc12", 2004y / 7},
    {"rrc13", 2005y / 4},
    {"rrc14", 2004y / 12},
    {"rrc15", 2006y / 2},
    {"rrc16", 2008y / 2},
    {"rrc18", 2015y / 11},
    {"rrc19", 2016y / 11},
    {"rrc20", 2015y / 11},
    {"rrc21", 2015y / 11},
    {"rrc22", 2017y / 11},
    {"rrc23", 2017y / 11},
    {"rrc24", 2019y / 1},
    {"rrc25", 2021y / 2},
    {"rrc26", 2021y / 6},
    {"route-views2", 2001y / 10},
    {"route-views.jinx", 2012y / 8, 2019y / 10},
    {"route-views.siex", 2014y / 2, 2019y / 6},
    {"route-views.saopaulo", 2011y / 3, 2021y / 4},
});

/// How often a file of this type begins at the time `when`.
minutes interval(Project project, DataType type, Time when) {
  if (project == Project::routeviews) return type == DataType::rib ? 2h : 15min;
  if (type == DataType::rib) return 8h;
  return when < kRisFiveMinutesSince ? 15min : 5min;
}

Time slot_of(Project project, DataType type, Time when) {
  const auto midnight = floor<days>(when);
  const auto length = interval(project, type, when);
  return midnight + (when - midnight) / length * length;
}

/// Now and then an archive stands still for some hours and then catches up: what was due meanwhile appears
/// together at the end of the hold-up.
Time after_hold_ups(const Dice& dice, Time due) {
  for (auto day = floor<days>(due) - days(1); day <= floor<days>(due); day += days(1)) {
    if (dice.roll(Dice::held, 16, day) != 0) continue;
    const Time begin = day + hours(dice.roll(Dice::held_hour, 24, day));
    const Time end = begin + hours(2 + dice.roll(Dice::held_length, 11, day));
    if (begin <= due && due < end) due = end;
  }
  return due;
}

std::uint64_t size_of(const Collector& collector, const Dice& dice, DataType type, Time slot) {
  const bool ris = collector.project == Project::riperis;
  const auto weight = dice.roll(Dice::weight, ris ? 6 : 8);
  if (!ris && type == DataType::update && weight >= 6 && dice.roll(Dice::quiet, 4, slot) != 0)
    return kEmptyBzip2;

  constexpr std::uint64_t kMegabyte = 1 << 20;
  const std::uint64_t largest = type == DataType::rib ? (ris ? 1500 : 160) : (ris ? 12 : 8);
  const int halvings = std::max(0, (2026 - static_cast<int>(month_of(slot).year())) / 4);
  const std::uint64_t percent = 75 + dice.roll(Dice::jitter, 51, slot, static_cast<int>(type));
  const std::uint64_t usual = (largest * kMegabyte >> weight >> halvings) * percent / 100;
  return usual + dice.roll(Dice::jitter, 1000, slot, 1 - static_cast<int>(type));
}

/// One RIB in sixteen and one updates file in 128 is listed before it is whole.
minutes time_to_grow(const Dice& dice, DataType type, Time slot) {
  const std::uint64_t sides = type == DataType::rib ? 16 : 128;
  const auto roll = dice.roll(Dice::grows, sides * 24, slot, static_cast<int>(type));
  return minutes(roll % sides == 0 ? 2 + roll / sides : 0);
}

/// The file of a slot in the end.
File file_of(const Collector& collector, const Dice& dice, DataType type, Time slot) {
  const auto length = interval(collector.project, type, slot);
  File file{.type = type,
            .begin = slot,
            .modified = {},
            .published = {},
            .whole = {},
            .size = size_of(collector, dice, type, slot)};

  const bool irregular = slot < kRegularNamesSince;
  if (irregular) file.begin += minutes(dice.roll(Dice::minute, length.count(), slot, static_cast<int>(type)));

  if (type == DataType::rib) {
    const Time due = file.begin + minutes(10 + dice.roll(Dice::lag, 81, slot, 0));
    file.modified = irregular ? file.begin : due - 1min;
    file.published = after_hold_ups(dice, due);
  } else {
    const Time end = file.begin + length;
    file.modified = irregular || file.size == kEmptyBzip2 ? file.begin : end;
    file.published = after_hold_ups(dice, end + minutes(1 + dice.roll(Dice::lag, 6, slot, 1)));
  }
  file.whole = file.published;
  if (!irregular && file.size != kEmptyBzip2) file.whole += time_to_grow(dice, type, slot);
  return file;
}

/// The same file at the moment `now`.
File as_of(File file, const Dice& dice, Time slot, Time now) {
  if (now < file.whole) {
    file.size = file.size * (5 + dice.roll(Dice::share, 90, slot)) / 100;
  } else if (file.whole > file.published) {
    file.modified = file.whole;
  }
  return file;
}

void append_number(std::string& out, unsigned value, int width) {
  for (unsigned unit = width == 4 ? 1000 : 10; unit > 0; unit /= 10) {
    out += static_cast<char>('0' + value / unit % 10);
  }
}

std::optional<unsigned> digits(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

std::string_view prefix_of(Project project, DataType type) {
  if (type == DataType::update) return "updates.";
  return project == Project::riperis ? "bview." : "rib.";
}

std::string_view extension_of(Project project) {
  return project == Project::riperis ? ".gz" : ".bz2";
}

}  // namespace

Lifetime lifetime(const Collector& collector) {
  const auto* known = std::ranges::find(kKnownLifetimes, collector.id, &KnownLifetime::id);
  if (known != kKnownLifetimes.end()) {
    return {begin_of(known->first), known->last ? begin_of(*known->last) : kNever};
  }
  // RouteViews names its newer collectors after the exchange alone.
  const bool newer = collector.project == Project::routeviews && !collector.id.starts_with("route-views");
  const auto first = newer ? 2023y / 1 : 2003y / 1;
  return {begin_of(first + std::chrono::months(Dice(collector.id).roll(Dice::start, newer ? 36 : 240))),
          kNever};
}

bool month_exists(const Collector& collector, Month month, Time now) {
  if (!month.ok()) return false;
  const auto life = lifetime(collector);
  return begin_of(month) <= now && begin_of(month) >= life.first && begin_of(month) < life.last;
}

std::vector<Month> months(const Collector& collector, Time now) {
  std::vector<Month> all;
  for (Month month = month_of(lifetime(collector).first); month_exists(collector, month, now);
       month += std::chrono::months(1)) {
    all.push_back(month);
  }
  return all;
}

Time month_modified(const Collector& collector, Month month, Time now) {
  const auto last_slot = slot_of(collector.project, DataType::update, end_of(month) - 1min);
  const auto closed = file_of(collector, Dice(collector.id), DataType::update, last_slot).published;
  return closed <= now ? closed
                       : std::max(begin_of(month), slot_of(collector.project, DataType::update, now));
}

Listing list_files(const Collector& collector, Month month, std::optional<DataType> type, Time now) {
  if (!month_exists(collector, month, now)) return {};

  Listing listing{.files = {}, .since = begin_of(month), .until = kNever};
  const Dice dice(collector.id);
  for (const auto each : {DataType::rib, DataType::update}) {
    if (type && *type != each) continue;
    for (Time slot = begin_of(month); slot < end_of(month); slot += interval(collector.project, each, slot)) {
      const auto file = file_of(collector, dice, each, slot);
      for (const auto change : {file.published, file.whole}) {
        if (change > now) {
          listing.until = std::min(listing.until, change);
        } else {
          listing.since = std::max(listing.since, change);
        }
      }
      if (file.published <= now) listing.files.push_back(as_of(file, dice, slot, now));
    }
  }
  return listing;
}

std::vector<File> files_in_month(const Collector& collector, Month month, Time now) {
  return list_files(collector, month, std::nullopt, now).files;
}

std::optional<File> find_file(const Collector& collector, DataType type, Time begin, Time now) {
  if (!month_exists(collector, month_of(begin), now)) return std::nullopt;
  const Dice dice(collector.id);
  const auto slot = slot_of(collector.project, type, begin);
  const auto file = file_of(collector, dice, type, slot);
  if (file.begin != begin || file.published > now) return std::nullopt;
  return as_of(file, dice, slot, now);
}

std::string file_name(Project project, DataType type, Time begin) {
  const auto day = floor<days>(begin);
  const std::chrono::year_month_day date(day);
  const auto minute_of_day = static_cast<unsigned>(floor<minutes>(begin - day).count());

  std::string name(prefix_of(project, type));
  append_number(name, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  append_number(name, static_cast<unsigned>(date.month()), 2);
  append_number(name, static_cast<unsigned>(date.day()), 2);
  name += '.';
  append_number(name, minute_of_day / 60, 2);
  append_number(name, minute_of_day % 60, 2);
  return name += extension_of(project);
}

std::optional<FileName> parse_file_name(Project project, std::string_view name) {
  for (const auto type : {DataType::rib, DataType::update}) {
    const auto prefix = prefix_of(project, type);
    if (!name.starts_with(prefix)) continue;
    const auto stamp = name.substr(prefix.size());
    if (stamp.size() < 13 || stamp[8] != '.' || stamp.substr(13) != extension_of(project))
      return std::nullopt;
    const auto date = digits(stamp.substr(0, 8));
    const auto clock = digits(stamp.substr(9, 4));
    if (!date || !clock) return std::nullopt;
    const auto begin = civil_time(static_cast<int>(*date / 10000), *date / 100 % 100, *date % 100,
                                  *clock / 100, *clock % 100, 0);
    if (!begin) return std::nullopt;
    return FileName{type, *begin};
  }
  return std::nullopt;
}

std::string file_path(Project project, const File& file) {
  std::string path = "/" + month_name(month_of(file.begin)) + "/";
  if (project == Project::routeviews) path += file.type == DataType::rib ? "RIBS/" : "UPDATES/";
  return path + file_name(project, file.type, file.begin);
}

std::string month_name(Month month) {
  std::string name;
  append_number(name, static_cast<unsigned>(static_cast<int>(month.year())), 4);
  name += '.';
  append_number(name, static_cast<unsigned>(month.month()), 2);
  return name;
}

}  // namespace skerry::archive
