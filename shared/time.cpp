#include "shared/time.hpp"

#include <array>

namespace skerry {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

/// Reads a string from the left; after the first mismatch it stays failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  unsigned digits(std::size_t count) {
    unsigned value = 0;
    if (rest_.size() < count) return miss();
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return miss();
      value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  void text(std::string_view expected) {
    if (!rest_.starts_with(expected)) {
      miss();
    } else {
      rest_.remove_prefix(expected.size());
    }
  }
  bool accept(char c) {
    if (failed_ || rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool accept_any(std::string_view set) {
    if (failed_ || rest_.empty() || !set.contains(rest_.front())) return false;
    rest_.remove_prefix(1);
    return true;
  }
  template <std::size_t N>
  unsigned one_of(const std::array<std::string_view, N>& names) {
    for (unsigned i = 0; i < N; ++i) {
      if (rest_.starts_with(names[i])) {
        rest_.remove_prefix(names[i].size());
        return i;
      }
    }
    return miss();
  }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  [[nodiscard]] bool finished() const { return !failed_ && rest_.empty(); }

 private:
  unsigned miss() {
    failed_ = true;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool failed_ = false;
};

struct Clock {
  unsigned hour = 0, minute = 0, second = 0;
};

struct Date {
  unsigned year = 0, month = 0, day = 0;
};

/// `2026-11-21`
Date scan_date(Scanner& in) {
  Date date;
  date.year = in.digits(4);
  in.text("-");
  date.month = in.digits(2);
  in.text("-");
  date.day = in.digits(2);
  return date;
}

Clock scan_clock(Scanner& in) {
  Clock clock;
  clock.hour = in.digits(2);
  in.text(":");
  clock.minute = in.digits(2);
  in.text(":");
  clock.second = in.digits(2);
  return clock;
}

std::optional<Time> moment_of(const Date& date, const Clock& clock) {
  return civil_time(static_cast<int>(date.year), date.month, date.day, clock.hour, clock.minute,
                    clock.second);
}

/// A civil time split into its parts, for printing.
struct Civil {
  explicit Civil(Time time) : day(floor<days>(time)), date(day), clock(floor<milliseconds>(time - day)) {}
  sys_days day;
  year_month_day date;
  hh_mm_ss<milliseconds> clock;
};

void put(std::string& out, unsigned value, std::size_t width) {
  std::array<char, 4> digits{};
  for (std::size_t i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), width);
}

void put_clock(std::string& out, const Civil& civil) {
  put(out, static_cast<unsigned>(civil.clock.hours().count()), 2);
  out += ':';
  put(out, static_cast<unsigned>(civil.clock.minutes().count()), 2);
  out += ':';
  put(out, static_cast<unsigned>(civil.clock.seconds().count()), 2);
}

std::optional<Time> in_range(Time time) {
  constexpr Time kFirst = sys_days{year{0} / 1 / 1}, kEnd = sys_days{year{10'000} / 1 / 1};
  if (time < kFirst || time >= kEnd) return std::nullopt;
  return time;
}

unsigned year_of(const Civil& civil) {
  return static_cast<unsigned>(static_cast<int>(civil.date.year()));
}

}  // namespace

std::optional<Time> civil_time(int y, unsigned m, unsigned d, unsigned hour, unsigned minute,
                               unsigned second) {
  if (y < 0 || y > 9999 || m > 12 || d > 31 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const year_month_day date{year{y}, month{m}, day{d}};
  if (!date.ok()) return std::nullopt;
  return in_range(Time(sys_days{date}) + hours{hour} + minutes{minute} + seconds{second});
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  const Date date = scan_date(in);
  if (!in.accept_any("Tt ")) return std::nullopt;
  const Clock clock = scan_clock(in);
  unsigned millis = 0;
  if (in.accept('.')) {
    unsigned scale = 100;
    if (in.peek() < '0' || in.peek() > '9') return std::nullopt;
    while (in.peek() >= '0' && in.peek() <= '9') {
      millis += scale * in.digits(1);
      scale /= 10;
    }
  }
  minutes offset{0};
  if (!in.accept_any("Zz")) {
    const bool east = in.accept('+');
    if (!east && !in.accept('-')) return std::nullopt;
    const unsigned offset_hours = in.digits(2);
    in.text(":");
    const unsigned offset_minutes = in.digits(2);
    if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
    offset = hours{offset_hours} + minutes{offset_minutes};
    if (!east) offset = -offset;
  }
  if (!in.finished()) return std::nullopt;
  const auto local = moment_of(date, clock);
  if (!local) return std::nullopt;
  return in_range(*local - offset + milliseconds{millis});
}

std::optional<Time> parse_naive(std::string_view text) {
  Scanner in(text);
  const Date date = scan_date(in);
  in.text("T");
  const Clock clock = scan_clock(in);
  if (!in.finished()) return std::nullopt;
  return moment_of(date, clock);
}

std::string format_naive(Time time) {
  const Civil civil(time);
  std::string out;
  out.reserve(24);
  put(out, year_of(civil), 4);
  out += '-';
  put(out, static_cast<unsigned>(civil.date.month()), 2);
  out += '-';
  put(out, static_cast<unsigned>(civil.date.day()), 2);
  out += 'T';
  put_clock(out, civil);
  return out;
}

std::string format_rfc3339(Time time) {
  std::string out = format_naive(time);
  const auto millis = static_cast<unsigned>(Civil(time).clock.subseconds().count());
  if (millis != 0) {
    out += '.';
    put(out, millis, 3);
  }
  out += 'Z';
  return out;
}

std::optional<Time> parse_http_date(std::string_view text) {
  Scanner in(text);
  unsigned y = 0, m = 0, d = 0;
  Clock clock;
  if (const auto comma = text.find(','); comma == 3) {  // Sun, 06 Nov 1994 08:49:37 GMT
    in.one_of(kDays);
    in.text(", ");
    d = in.digits(2);
    in.text(" ");
    m = in.one_of(kMonths) + 1;
    in.text(" ");
    y = in.digits(4);
    in.text(" ");
    clock = scan_clock(in);
    in.text(" GMT");
  } else if (comma != std::string_view::npos) {  // Sunday, 06-Nov-94 08:49:37 GMT
    in.one_of(kLongDays);
    in.text(", ");
    d = in.digits(2);
    in.text("-");
    m = in.one_of(kMonths) + 1;
    in.text("-");
    y = in.digits(2);
    y += y < 70 ? 2000 : 1900;
    in.text(" ");
    clock = scan_clock(in);
    in.text(" GMT");
  } else {  // Sun Nov  6 08:49:37 1994
    in.one_of(kDays);
    in.text(" ");
    m = in.one_of(kMonths) + 1;
    in.text(" ");
    d = in.accept(' ') ? in.digits(1) : in.digits(2);
    in.text(" ");
    clock = scan_clock(in);
    in.text(" ");
    y = in.digits(4);
  }
  if (!in.finished()) return std::nullopt;
  return civil_time(static_cast<int>(y), m, d, clock.hour, clock.minute, clock.second);
}

std::string format_http_date(Time time) {
  const Civil civil(time);
  std::string out;
  out.reserve(29);
  out += kDays[weekday(civil.day).c_encoding()];
  out += ", ";
  put(out, static_cast<unsigned>(civil.date.day()), 2);
  out += ' ';
  out += kMonths[static_cast<unsigned>(civil.date.month()) - 1];
  out += ' ';
  put(out, year_of(civil), 4);
  out += ' ';
  put_clock(out, civil);
  out += " GMT";
  return out;
}

}  // namespace skerry
