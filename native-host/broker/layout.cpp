#include "native-host/broker/layout.hpp"

#include <algorithm>

#include "shared/http.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono;

void append_digits(std::string& out, unsigned value, unsigned count) {
  for (unsigned power = count == 4 ? 1000 : 10; power > 0; power /= 10) {
    out += static_cast<char>('0' + value / power % 10);
  }
}

/// `2026.11`
std::string month_folder(Month month) {
  std::string name;
  append_digits(name, static_cast<unsigned>(static_cast<int>(month.year())), 4);
  name += '.';
  append_digits(name, static_cast<unsigned>(month.month()), 2);
  return name;
}

bool is_url_character(char c) {
  return c > ' ' && c < '\x7f' && !std::string_view("\"<>\\^`{|}?#@").contains(c);
}

}  // namespace

std::vector<ListingUrl> month_listings(const Collector& collector, Month month) {
  const auto folder = collector.url + "/" + month_folder(month) + "/";
  if (collector.layout == Layout::riperis) return {{folder, month, std::nullopt}};
  return {{folder + "RIBS/", month, DataType::rib}, {folder + "UPDATES/", month, DataType::update}};
}

std::string root_listing(const Collector& collector) {
  return collector.url + "/";
}

Seconds cadence(Layout layout, DataType type) {
  if (type == DataType::update) return file_duration(layout, type);
  return layout == Layout::riperis ? hours(8) : hours(2);
}

std::string usual_name(Layout layout, DataType type, Time time) {
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string name = type == DataType::update ? "updates." : layout == Layout::riperis ? "bview." : "rib.";
  append_digits(name, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  append_digits(name, static_cast<unsigned>(date.month()), 2);
  append_digits(name, static_cast<unsigned>(date.day()), 2);
  name += '.';
  append_digits(name, static_cast<unsigned>(clock.hours().count()), 2);
  append_digits(name, static_cast<unsigned>(clock.minutes().count()), 2);
  return name += layout == Layout::riperis ? ".gz" : ".bz2";
}

Month month_of(Time time) {
  const year_month_day date(floor<days>(time));
  return date.year() / date.month();
}

Time start_of(Month month) {
  return sys_days(month / 1);
}

std::optional<std::string> normal_base(std::string_view url) {
  std::string base(url);
  const auto scheme = base.find("://");
  if (scheme == std::string::npos) {
    base.insert(0, "https://");
  } else {
    const auto word = to_lower(base.substr(0, scheme));
    if (word != "http" && word != "https") return std::nullopt;
    base.replace(0, scheme, word);
  }
  const auto rest = std::string_view(base).substr(base.find("://") + 3);
  if (rest.empty() || rest.starts_with('/') || !std::ranges::all_of(rest, is_url_character))
    return std::nullopt;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

}  // namespace skerry::broker
