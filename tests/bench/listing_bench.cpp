// The listing parser against the same work with the fastest regular-expression library at hand: PCRE2 with
// its JIT compiler, one pattern for each form of page, one pass. Over whole months as the archive replica
// shows them. Usage: listing_bench SECONDS; prints {"ours": MB/s, "rival": MB/s, …}, medians of rounds in
// turns.
#define PCRE2_CODE_UNIT_WIDTH 8

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <pcre2.h>

#include "native-host/broker/listing.hpp"
#include "tests/archive/collectors.hpp"
#include "tests/archive/replica.hpp"

using namespace skerry;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kApacheRow =
    R"re(<a href="((updates|rib)\.(\d{4})(\d\d)(\d\d)\.(\d\d)(\d\d)\.bz2)">[^<]*</a></td><td align="right">[^<]*</td><td align="right"> *([0-9.]+)([KMGT]?))re";
constexpr std::string_view kNginxRow =
    R"re(<a href="((updates|bview)\.(\d{4})(\d\d)(\d\d)\.(\d\d)(\d\d)\.gz)">[^<]*</a> +\S+ \S+ +([0-9.]+)([KMGT]?))re";

struct Page {
  std::string html;
  std::string_view row;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "listing_bench: %s\n", why.c_str());
  std::exit(1);
}

/// A month of RIPE RIS and the larger one of RouteViews.
std::vector<Page> pages() {
  archive::Replica replica(archive::parse_collectors(archive::built_in_collectors()).value(),
                           archive::SimClock::parse("2026-11-21T08:00:00Z", 0).value());
  std::vector<Page> all;
  for (const auto& [target, row] :
       {std::pair("/data.ris.ripe.net/rrc00/2026.10/", kNginxRow),
        {"/archive.routeviews.org/route-views2/bgpdata/2026.10/UPDATES/", kApacheRow}}) {
    const auto response =
        replica.answer({.method = "GET", .target = target, .headers = {}, .body = {}, .client = {}}).response;
    if (response.status != 200) give_up("no page");
    all.push_back({std::string(response.body.view()), row});
  }
  return all;
}

/// What a parser found, to see that both found the same.
struct Sum {
  std::size_t files = 0;
  std::int64_t bytes = 0;
  std::int64_t seconds = 0;
  std::size_t updates = 0;
  std::size_t name_bytes = 0;

  void add(const broker::ListedFile& file) {
    ++files;
    bytes += file.rough_size;
    seconds += std::chrono::duration_cast<Seconds>(file.time.time_since_epoch()).count();
    updates += file.data_type == broker::DataType::update ? 1 : 0;
    name_bytes += file.name.size();
  }
  friend bool operator==(const Sum&, const Sum&) = default;
};

const Time kNotAfter = parse_rfc3339("2026-11-22T00:00:00Z").value();

std::vector<broker::ListedFile> with_parser(const Page& page) {
  auto listing = broker::parse_listing(page.html, kNotAfter);
  if (!listing || !listing->complete) give_up("the page is no listing");
  return std::move(listing->files);
}

/// The file of a row, by the groups of its pattern.
template <class Group>
void add_file(std::vector<broker::ListedFile>& found, const Group& group) {
  const auto number = [&](std::size_t n) {
    unsigned value = 0;
    const std::string_view text = group(n);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  const auto time = civil_time(static_cast<int>(number(3)), number(4), number(5), number(6), number(7), 0);
  if (!time || *time > kNotAfter) return;
  double size = 0;
  const std::string_view digits = group(8);
  std::from_chars(digits.data(), digits.data() + digits.size(), size);
  const std::string_view unit = group(9);
  const auto power = unit.empty() ? 0 : 1 + std::string_view("KMGT").find(unit[0]);
  found.push_back({.name = group(1),
                   .time = *time,
                   .data_type = group(2) == "updates" ? broker::DataType::update : broker::DataType::rib,
                   .rough_size = static_cast<std::int64_t>(size * static_cast<double>(1LL << (10 * power)))});
}

std::vector<broker::ListedFile> with_std_regex(const std::regex& pattern, const std::string& html) {
  std::vector<broker::ListedFile> found;
  for (std::sregex_iterator row(html.begin(), html.end(), pattern), end; row != end; ++row) {
    add_file(found, [&](std::size_t n) { return std::string_view((*row)[n].first, (*row)[n].second); });
  }
  return found;
}

class Regex {
 public:
  explicit Regex(std::string_view pattern) {
    int error = 0;
    PCRE2_SIZE where = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), 0, &error, &where,
                              nullptr));
    if (!code_ || pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE) != 0)
      give_up("the pattern can't be compiled");
    match_.reset(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
  }

  [[nodiscard]] std::vector<broker::ListedFile> files(std::string_view html) const {
    std::vector<broker::ListedFile> found;
    const auto* groups = pcre2_get_ovector_pointer(match_.get());
    const auto group = [&](std::size_t n) {
      return html.substr(groups[2 * n], groups[2 * n + 1] - groups[2 * n]);
    };
    for (std::size_t at = 0; pcre2_jit_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(html.data()),
                                             html.size(), at, 0, match_.get(), nullptr) > 0;
         at = groups[1]) {
      add_file(found, group);
    }
    return found;
  }

 private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
  };
  std::unique_ptr<pcre2_code, Free> code_;
  std::unique_ptr<pcre2_match_data, Free> match_;
};

Sum sum_of(const std::vector<broker::ListedFile>& files) {
  Sum sum;
  for (const auto& file : files) sum.add(file);
  return sum;
}

/// Megabytes in a second.
template <class Parse>
double speed(const std::vector<Page>& pages, double seconds, Parse parse) {
  std::size_t bytes = 0;
  std::size_t files = 0;
  const auto begin = Clock::now();
  std::chrono::duration<double> passed{};
  for (; passed.count() < seconds; passed = Clock::now() - begin) {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      files += parse(i).size();
      bytes += pages[i].html.size();
    }
  }
  if (files == 0) give_up("nothing was found");
  return static_cast<double>(bytes) / passed.count() / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  const auto all = pages();
  std::vector<Regex> patterns;
  std::vector<std::regex> std_patterns;
  for (const auto& page : all) {
    patterns.emplace_back(page.row);
    std_patterns.emplace_back(std::string(page.row), std::regex::optimize);
  }
  std::size_t bytes = 0;
  std::size_t files = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto ours = sum_of(with_parser(all[i]));
    if (ours != sum_of(patterns[i].files(all[i].html)) ||
        ours != sum_of(with_std_regex(std_patterns[i], all[i].html)))
      give_up("they don't find the same");
    files += ours.files;
    bytes += all[i].html.size();
  }
  constexpr int kRounds = 5;
  std::vector<double> ours;
  std::vector<double> rival;
  std::vector<double> std_regex;
  for (int round = 0; round < kRounds; ++round) {
    ours.push_back(speed(all, seconds, [&](std::size_t i) { return with_parser(all[i]); }));
    rival.push_back(speed(all, seconds, [&](std::size_t i) { return patterns[i].files(all[i].html); }));
    std_regex.push_back(
        speed(all, seconds, [&](std::size_t i) { return with_std_regex(std_patterns[i], all[i].html); }));
  }
  std::ranges::sort(ours);
  std::ranges::sort(rival);
  std::ranges::sort(std_regex);
  std::printf("{\"ours\": %.1f, \"rival\": %.1f, \"std_regex\": %.1f, \"files\": %zu, \"kB\": %zu}\n",
              ours[kRounds / 2], rival[kRounds / 2], std_regex[kRounds / 2], files, bytes / 1000);
}
