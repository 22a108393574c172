#include "native-host/broker/listing.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "native-host/broker/any_listing.hpp"
#include "native-host/broker/html.hpp"

namespace skerry::broker {
namespace {

constexpr Time kEarliest = std::chrono::sys_days(std::chrono::year(1998) / 1 / 1);
constexpr std::size_t kLongestName = 255;

/// Without the blanks around it, of which HTML has two kinds.
std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kNbsp = "&nbsp;";
  for (;;) {
    if (!text.empty() && is_space(text.front())) {
      text.remove_prefix(1);
    } else if (!text.empty() && is_space(text.back())) {
      text.remove_suffix(1);
    } else if (text.starts_with(kNbsp)) {
      text.remove_prefix(kNbsp.size());
    } else if (text.ends_with(kNbsp)) {
      text.remove_suffix(kNbsp.size());
    } else {
      return text;
    }
  }
}

// ---- files ----

/// `d` stands for a digit, `a` for a letter, all else for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  return std::ranges::equal(text, shape, [](char c, char wanted) {
    return wanted == 'd' ? is_digit(c) : wanted == 'a' ? is_letter(c) : c == wanted;
  });
}

/// Of digits, as `has_shape` has found them.
unsigned number(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::optional<Time> moment(std::string_view year, unsigned month, std::string_view day, std::string_view hour,
                           std::string_view minute) {
  return civil_time(static_cast<int>(number(year)), month, number(day), number(hour), number(minute), 0);
}

/// The digits at the end of `….YYYYMMDD.HHMM.gz` or `.bz2`, in any case, whether they are a moment or not;
/// empty for other names.
std::string_view stamp_of(std::string_view name) {
  constexpr std::string_view kShape = "dddddddd.dddd";
  const auto ending = name.substr(std::min(name.rfind('.'), name.size()));
  if (!equal_ignoring_case(ending, ".gz") && !equal_ignoring_case(ending, ".bz2")) return {};
  name.remove_suffix(ending.size());
  if (name.size() < kShape.size()) return {};
  const auto stamp = name.substr(name.size() - kShape.size());
  return has_shape(stamp, kShape) ? stamp : std::string_view();
}

/// Without the query and the fragment. (find_first_of calls memchr for every character.)
std::string_view without_query(std::string_view link) {
  return {link.begin(), std::ranges::find_if(link, [](char c) { return c == '?' || c == '#'; })};
}

bool says_update(std::string_view name) {
  return !std::ranges::search(name, std::string_view("update"), {}, [](char c) {
            return is_letter(c) ? static_cast<char>(c | 0x20) : c;
          }).empty();
}

bool is_plain_name(std::string_view name) {
  return name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

struct Size {
  std::int64_t bytes;
  std::int64_t rounding;  ///< half of the last digit that was shown
};

std::optional<Size> parse_size(std::string_view text) {
  if (text == "-") return Size{0, kUnknownSize};
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::int64_t unit = 1;
  if (!text.empty() && is_letter(text.back())) {
    const auto power = std::string_view("kmgt").find(static_cast<char>(text.back() | 0x20));
    if (power == std::string_view::npos) return std::nullopt;
    unit = std::int64_t{1} << (10 * (power + 1));
    text.remove_suffix(1);
  }
  std::int64_t whole = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (read.ec != std::errc() || !is_digit(text.front()) || whole > kMax / unit) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));

  std::int64_t fraction = 0;
  std::int64_t last_digit = unit;
  if (!text.empty() && unit == 1) return std::nullopt;
  if (!text.empty()) {
    constexpr std::size_t kDigits = 4;  // unit is 2^40 at most: no overflow
    if (text.size() < 2 || text.size() > 1 + kDigits || text.front() != '.') return std::nullopt;
    std::int64_t scale = 1;
    for (const char c : text.substr(1)) {
      if (!is_digit(c)) return std::nullopt;
      fraction = fraction * 10 + (c - '0');
      scale *= 10;
    }
    fraction = fraction * unit / scale;
    last_digit = unit / scale;
  }
  return Size{whole * unit + fraction, unit == 1 ? 0 : last_digit / 2 + 1};
}

/// `2022-10-01 00:00` or `01-Oct-2022 00:00`, as a zone of the archive's has it.
std::optional<Minute> parse_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::optional<Time> time;
  if (has_shape(text, "dddd-dd-dd dd:dd")) {
    time = moment(text.substr(0, 4), number(text.substr(5, 2)), text.substr(8, 2), text.substr(11, 2),
                  text.substr(14, 2));
  } else if (has_shape(text, "dd-aaa-dddd dd:dd")) {
    const auto month = kMonths.find(text.substr(3, 3));
    if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
    time = moment(text.substr(7, 4), static_cast<unsigned>(month / 3 + 1), text.substr(0, 2),
                  text.substr(12, 2), text.substr(15, 2));
  }
  return time.transform([](Time moment) { return std::chrono::floor<std::chrono::minutes>(moment); });
}

// ---- pages ----

/// The forms of the great archives, which are read by the megabyte.
class ListingReader {
 public:
  explicit ListingReader(Time not_after) : not_after_(not_after) {}

  void read(std::string_view html) {
    Scanner scanner(html);
    bool more = true;
    while (more) {
      more = scanner.next();
      on_text(scanner.text);
      if (more) on_tag(scanner.tag);
    }
  }

  /// Whether every row was one of a name, a date and a size, in that order.
  [[nodiscard]] bool is_certain() const { return !is_odd_ && listing.skipped == 0 && !listing.files.empty(); }

  Listing listing;

 private:
  void on_text(std::string_view text) {
    if (in_row_) {
      add_piece(without_blanks(text));
      return;
    }
    if (!in_line_ || in_link_) return;
    // What follows a link of the <pre> form: its date and size, up to the end of the line.
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return;
    const auto tail = without_blanks(text.substr(0, end));
    auto blank = tail.size();
    while (blank > 0 && tail[blank - 1] != ' ' && tail[blank - 1] != '\t') --blank;
    in_line_ = false;
    // A row that ended in the middle of the line has taken the link.
    if (href_) finish_file(blank > 0, without_blanks(tail.substr(0, blank)), tail.substr(blank));
  }

  void add_piece(std::string_view text) {
    if (text.empty() || pieces_ == 3) return;
    ++pieces_;
    date_ = size_;
    size_ = text;
  }

  void on_tag(const Tag& tag) {
    if (tag.is("tr")) {
      finish_row();
      in_row_ = !tag.closes;
    } else if (tag.is("td") || tag.is("th")) {
      if (!tag.closes) ++cells_;
    } else if (tag.is("table") || tag.is("pre")) {
      finish_row();
      in_line_ = false;
      if (tag.closes) listing.complete = true;
    } else if (tag.is("a")) {
      in_link_ = !tag.closes;
      if (!tag.closes) on_link(tag);
    }
  }

  void on_link(const Tag& tag) {
    const auto href = attribute(tag.attributes, "href");
    if (!href || (in_row_ && href_)) return;
    href_ = href;
    in_line_ = !in_row_;
  }

  void finish_row() {
    if (in_row_ && href_) finish_file(cells_ >= 3 && pieces_ >= 3, date_, size_);
    in_row_ = false;
    cells_ = pieces_ = 0;
    date_ = size_ = {};
    href_.reset();
  }

  /// `is_whole`: the row has all that a row needs.
  void finish_file(bool is_whole, std::string_view date, std::string_view size_text) {
    auto name = decoded_href(*href_, listing.decoded);
    href_.reset();
    if (name.starts_with("./")) name.remove_prefix(2);
    auto file = file_of(name, not_after_);
    if (!file && file.error() == NoFile::other) return;
    const auto size = parse_size(size_text);
    if (!is_whole || !file || !size) {
      ++listing.skipped;
      return;
    }
    file->rough_size = size->bytes;
    file->rounding = size->rounding;
    file->modified = parse_date(date);
    if (!file->modified) is_odd_ = true;
    listing.files.push_back(*file);
  }

  Time not_after_;
  bool is_odd_ = false;
  bool in_row_ = false;
  bool in_line_ = false;  ///< after a link outside of tables, up to the end of its line
  bool in_link_ = false;
  int cells_ = 0;
  int pieces_ = 0;         ///< of text that is not blank, in this row, up to 3
  std::string_view date_;  ///< the last but one of these
  std::string_view size_;  ///< the last of these
  std::optional<std::string_view> href_;
};

std::unexpected<Error> not_a_listing() {
  return fail("not_a_listing", "The answer is a page, but no folder listing.");
}

}  // namespace

std::expected<ListedFile, NoFile> file_of(std::string_view name, Time not_after) {
  const auto stamp = stamp_of(without_query(name));
  if (stamp.empty()) return std::unexpected(NoFile::other);
  const auto time = moment(stamp.substr(0, 4), number(stamp.substr(4, 2)), stamp.substr(6, 2),
                           stamp.substr(9, 2), stamp.substr(11, 2));
  if (!is_plain_name(name) || !time || *time < kEarliest || *time > not_after) {
    return std::unexpected(NoFile::malformed);
  }
  return ListedFile{.name = name,
                    .time = *time,
                    .data_type = says_update(name) ? DataType::update : DataType::rib,
                    .rough_size = 0};
}

std::optional<Month> parse_month_folder(std::string_view href) {
  if (href.starts_with("./")) href.remove_prefix(2);
  if (href.size() != 8 || href[4] != '.' || href[7] != '/') return std::nullopt;
  int year = 0;
  unsigned month = 0;
  const auto* data = href.data();
  if (std::from_chars(data, data + 4, year).ptr != data + 4) return std::nullopt;
  if (std::from_chars(data + 5, data + 7, month).ptr != data + 7) return std::nullopt;
  const auto result = std::chrono::year(year) / std::chrono::month(month);
  if (!result.ok() || std::chrono::sys_days(result / 1) < kEarliest) return std::nullopt;
  return result;
}

Result<Listing> parse_listing(std::string_view html, Time not_after, std::string_view url) {
  ListingReader reader(not_after);
  reader.read(html);
  if (reader.is_certain()) return std::move(reader.listing);
  return parse_any_listing(html, not_after, url);
}

bool is_unreadable(const Listing& listing) {
  return listing.skipped > listing.files.size();
}

bool has_only_others(const Listing& listing) {
  return listing.files.empty() && listing.skipped == 0 && listing.others > 0;
}

Result<std::vector<Month>> parse_months(std::string_view html, Month last, std::string_view url) {
  auto other = parse_other_months(html, last, url);
  if (other && !*other) return *std::move(other);
  const bool is_other = other.has_value();
  auto months = is_other ? **std::move(other) : std::vector<Month>();
  bool complete = is_other;
  Scanner scanner(html);
  while (!is_other && scanner.next()) {
    const auto& tag = scanner.tag;
    const bool is_whole = tag.is("table") || tag.is("pre") || tag.is("ul");
    const bool is_end = tag.is("body") || tag.is("html");
    if (tag.closes) complete = complete || is_whole || (is_end && !months.empty());
    const auto href = tag.is("a") ? attribute(tag.attributes, "href") : std::nullopt;
    std::deque<std::string> decoded;
    const auto month = href ? parse_month_folder(within(decoded_href(*href, decoded), url)) : std::nullopt;
    if (month && *month <= last) months.push_back(*month);
  }
  if (!complete && months.empty()) return not_a_listing();
  if (!complete) return fail("listing_truncated", "The listing of the months ends in the middle.");
  std::ranges::sort(months);
  months.erase(std::ranges::unique(months).begin(), months.end());
  return months;
}

}  // namespace skerry::broker
