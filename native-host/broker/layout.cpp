#include "native-host/broker/layout.hpp"

#include <algorithm>

#include "shared/http.hpp"
#include "shared/url.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono;

constexpr std::string_view kYear = "{year}";
constexpr std::string_view kMonth = "{month}";

void append_digits(std::string& out, unsigned value, unsigned count) {
  for (unsigned power = count == 4 ? 1000 : 10; power > 0; power /= 10) {
    out += static_cast<char>('0' + value / power % 10);
  }
}

}  // namespace

std::string folder_of(std::string_view pattern, Month month) {
  std::string name;
  while (!pattern.empty()) {
    if (pattern.starts_with(kYear)) {
      append_digits(name, static_cast<unsigned>(static_cast<int>(month.year())), 4);
      pattern.remove_prefix(kYear.size());
    } else if (pattern.starts_with(kMonth)) {
      append_digits(name, static_cast<unsigned>(month.month()), 2);
      pattern.remove_prefix(kMonth.size());
    } else {
      name += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return name;
}

std::vector<ListingUrl> month_listings(const Collector& collector, Month month) {
  const auto url = [&](std::string_view pattern) { return collector.url + "/" + folder_of(pattern, month); };
  switch (collector.layout) {
    case Layout::riperis: return {{url("{year}.{month}/"), month, std::nullopt}};
    case Layout::routeviews:
      return {{url("{year}.{month}/RIBS/"), month, DataType::rib},
              {url("{year}.{month}/UPDATES/"), month, DataType::update}};
    case Layout::custom: break;
  }
  const auto& [rib, update, rib_cadence, update_cadence] = collector.custom;
  if (rib == update && rib_cadence.count() > 0 && update_cadence.count() > 0) {
    return {{url(rib), month, std::nullopt}};
  }
  std::vector<ListingUrl> listings;
  if (rib_cadence.count() > 0) listings.push_back({url(rib), month, DataType::rib});
  if (update_cadence.count() > 0) listings.push_back({url(update), month, DataType::update});
  return listings;
}

std::string root_listing(const Collector& collector) {
  return collector.url + "/";
}

std::string_view layout_word(Layout layout) {
  switch (layout) {
    case Layout::riperis: return "riperis";
    case Layout::routeviews: return "routeviews";
    case Layout::custom: break;
  }
  return "custom";
}

Seconds cadence(const Collector& collector, DataType type) {
  const bool is_rib = type == DataType::rib;
  switch (collector.layout) {
    case Layout::riperis: return is_rib ? hours(8) : file_duration(Project::riperis, type);
    case Layout::routeviews: return is_rib ? hours(2) : file_duration(Project::routeviews, type);
    case Layout::custom: break;
  }
  return is_rib ? collector.custom.rib_cadence : collector.custom.update_cadence;
}

std::string usual_name(Layout layout, DataType type, Time time) {
  if (layout == Layout::custom) return {};
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
  const auto parsed = Url::parse(url, "https");
  if (!parsed || parsed->user() || parsed->query() || parsed->fragment()) return std::nullopt;
  const bool is_local = parsed->scheme() == "file";
  if (!is_local && parsed->scheme() != "http" && parsed->scheme() != "https") return std::nullopt;
  const auto& path = parsed->path();
  if (is_local && (!parsed->host().empty() || path.empty())) return std::nullopt;
  if (path.contains("/../") || path.ends_with("/..")) return std::nullopt;
  auto base = parsed->text();
  while (base.ends_with('/')) base.pop_back();
  return base;
}

}  // namespace skerry::broker
