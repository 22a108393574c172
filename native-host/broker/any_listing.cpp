#include "native-host/broker/any_listing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include <nlohmann/json.hpp>

#include "native-host/broker/html.hpp"
#include "shared/url.hpp"

namespace skerry::broker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostWords = 48;  ///< of a row; more are no row's
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// ---- words ----

struct Word {
  std::string_view text;
  bool in_link = false;
};

/// The length of a blank at the front of `text`; HTML and Unicode have several.
std::size_t blank_at(std::string_view text) {
  if (is_space(text.front())) return 1;
  for (const std::string_view blank : {"&nbsp;", "&#160;", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89"})
    if (text.starts_with(blank)) return blank.size();
  return 0;
}

std::optional<unsigned> number_of(std::string_view text, std::size_t least, std::size_t most) {
  if (text.size() < least || text.size() > most || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

/// 1 to 12 of `Nov`, `november`, `Sept`; 0 for other words.
unsigned month_named(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                            "may",       "june",     "july",     "august",
                                                            "september", "october",  "november", "december"};
  if (text.size() < 3) return 0;
  for (unsigned i = 0; i < kMonths.size(); ++i)
    if (text.size() <= kMonths[i].size() && equal_ignoring_case(text, kMonths[i].substr(0, text.size())))
      return i + 1;
  return 0;
}

bool is_weekday(std::string_view text) {
  for (const std::string_view day :
       {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
    if (text.size() >= 3 && text.size() <= day.size() &&
        equal_ignoring_case(text, day.substr(0, text.size())))
      return true;
  return false;
}

// ---- dates ----

/// A date as it comes together from words.
struct Date {
  std::optional<unsigned> year, month, day, hour, minute;
  bool has_weekday = false;
  bool afternoon = false, morning = false;
  bool is_wrong = false;  ///< it has the form of a date, and is none

  [[nodiscard]] bool is_one() const { return month && day && (year || hour); }
  [[nodiscard]] std::optional<Minute> minute_of() const {
    if (is_wrong || !year || !month || !day || !hour || !minute) return std::nullopt;
    auto at = *hour;
    if (afternoon || morning) {
      if (at < 1 || at > 12) return std::nullopt;
      at = at % 12 + (afternoon ? 12 : 0);
    }
    return civil_time(static_cast<int>(*year), *month, *day, at, *minute, 0).transform([](Time time) {
      return std::chrono::floor<std::chrono::minutes>(time);
    });
  }
};

/// `14:05`, `2:05:00`, `14:05:00.123Z`, `14:05:00+00:00`
bool read_clock(std::string_view text, Date& date) {
  const auto colon = text.find(':');
  const auto hour = number_of(text.substr(0, colon), 1, 2);
  if (colon == std::string_view::npos || !hour || text.size() < colon + 3) return false;
  const auto minute = number_of(text.substr(colon + 1, 2), 2, 2);
  if (!minute) return false;
  const auto rest = text.substr(colon + 3);
  const bool fits = rest.empty() || ((rest.front() == ':' || rest.front() == '+' || rest.front() == '-' ||
                                      rest.front() == 'Z' || rest.front() == 'z') &&
                                     std::ranges::all_of(rest, [](char c) {
                                       return is_digit(c) || std::string_view(":.,+-Zz").contains(c);
                                     }));
  if (!fits) return false;
  date.hour = hour;
  date.minute = minute;
  return true;
}

/// `2026-11-28`, `28-Nov-2026`, `2026-Nov-28`, `11/28/2026` (the month first, where both may be),
/// `28.11.2026`
bool read_day(std::string_view text, Date& date) {
  const auto first = text.find_first_of("-/.");
  if (first == std::string_view::npos) return false;
  const auto second = text.find(text[first], first + 1);
  if (second == std::string_view::npos) return false;
  const std::array parts{text.substr(0, first), text.substr(first + 1, second - first - 1),
                         text.substr(second + 1)};
  const auto a = number_of(parts[0], 1, 4);
  const auto c = number_of(parts[2], 1, 4);
  const auto named = month_named(parts[1]);
  const auto b = named > 0 ? std::optional(named) : number_of(parts[1], 1, 2);
  const bool year_first = parts[0].size() == 4;
  if (!a || !b || !c || year_first == (parts[2].size() == 4)) return false;
  if (!year_first && parts[0].size() > 2) return false;
  if (year_first && parts[2].size() > 2) return false;
  date.year = year_first ? a : c;
  date.month = b;
  date.day = year_first ? c : a;
  if (text[first] == '/' && !year_first && named == 0 && *b != 0 && (*a <= 12 || *b > 12))
    std::swap(date.month, date.day);
  return true;
}

/// Where the `T` of `2026-11-28T14:05` is.
std::size_t clock_in(std::string_view text) {
  const auto t = text.find('T');
  const bool is_one = t != std::string_view::npos && t + 1 < text.size() && is_digit(text[t + 1]);
  return is_one ? t : std::string_view::npos;
}

bool read_zone(std::string_view text) {
  if (text == "GMT" || text == "UTC" || text == "Z" || text == "CET" || text == "CEST") return true;
  const bool signed_one = text.size() >= 5 && (text.front() == '+' || text.front() == '-');
  return signed_one && std::ranges::all_of(text.substr(1), [](char c) { return is_digit(c) || c == ':'; });
}

/// How many of `words` make a date from their beginning on; 0: none.
std::size_t read_date(std::span<const Word> words, Date& date) {
  std::size_t used = 0;
  const auto word = [&](std::size_t at) {
    auto text = at < words.size() ? words[at].text : std::string_view();
    while (text.ends_with(',')) text.remove_suffix(1);
    return text;
  };
  for (;; ++used) {
    const auto text = word(used);
    if (text.empty()) break;
    if (!date.month && !date.has_weekday && is_weekday(text)) {
      date.has_weekday = true;
    } else if (const auto t = clock_in(text); !date.day && !date.month && read_day(text.substr(0, t), date)) {
      if (t != std::string_view::npos && !read_clock(text.substr(t + 1), date)) return 0;
    } else if (!date.month && month_named(text) > 0) {
      date.month = month_named(text);
    } else if (const auto day = number_of(text, 1, 2); day && !date.day && !date.hour) {
      // `28 Nov 2026`, `Nov 28`; of `14 Nov 28 14:05` the 14 is something else.
      const auto after = number_of(word(used + 2), 1, 2);
      if (!date.month && (month_named(word(used + 1)) == 0 || after)) break;
      date.day = day;
    } else if (const auto year = number_of(text, 4, 4);
               year && !date.year && date.month && date.day && (!date.hour || date.has_weekday)) {
      date.year = year;
    } else if (date.day && !date.hour && read_clock(text, date)) {
    } else if (date.hour && (equal_ignoring_case(text, "pm") || equal_ignoring_case(text, "am"))) {
      (equal_ignoring_case(text, "pm") ? date.afternoon : date.morning) = true;
    } else if (!date.hour || !read_zone(text)) {
      break;
    }
  }
  return date.is_one() ? used : 0;
}

// ---- sizes ----

struct Unit {
  std::int64_t factor = 1;
  bool may_be_decimal = false;
};

std::optional<Unit> unit_of(std::string_view text) {
  if (text.empty()) return Unit{};
  if (equal_ignoring_case(text, "b") || equal_ignoring_case(text, "byte") ||
      equal_ignoring_case(text, "bytes"))
    return Unit{};
  const auto power = std::string_view("kmgt").find(static_cast<char>(text.front() | 0x20));
  if (power == std::string_view::npos) return std::nullopt;
  const auto rest = text.substr(1);
  const bool is_binary = rest.empty() || equal_ignoring_case(rest, "ib") || equal_ignoring_case(rest, "i");
  if (!is_binary && !equal_ignoring_case(rest, "b")) return std::nullopt;
  return Unit{.factor = std::int64_t{1} << (10 * (power + 1)), .may_be_decimal = !is_binary};
}

/// Digits, in groups of three where there are commas.
std::optional<std::int64_t> whole_of(std::string_view text) {
  std::string digits;
  const bool is_grouped = text.contains(',');
  std::size_t group = 0;
  bool first = true;
  for (const char c : text) {
    if (c == ',') {
      if (group == 0 || group > 3 || (!first && group != 3)) return std::nullopt;
      group = 0;
      first = false;
    } else if (!is_digit(c) || digits.size() == 19) {
      return std::nullopt;
    } else {
      digits += c;
      ++group;
    }
  }
  if (digits.empty() || (is_grouped && group != 3)) return std::nullopt;
  std::int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<ShownSize> size_of(std::string_view figure, const Unit& unit) {
  constexpr std::size_t kDigits = 4;  // unit is 2^40 at most: no overflow
  const auto point = figure.find('.');
  const auto whole = whole_of(figure.substr(0, point));
  if (!whole || *whole > kMax / unit.factor) return std::nullopt;
  std::int64_t fraction = 0;
  std::int64_t last_digit = unit.factor;
  if (point != std::string_view::npos) {
    const auto digits = figure.substr(point + 1);
    const auto value = number_of(digits, 1, kDigits);
    if (!value || unit.factor == 1) return std::nullopt;
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < digits.size(); ++i) scale *= 10;
    fraction = static_cast<std::int64_t>(*value) * unit.factor / scale;
    last_digit = unit.factor / scale;
  }
  if (*whole * unit.factor > kMax - fraction) return std::nullopt;
  ShownSize size{.bytes = *whole * unit.factor + fraction,
                 .rounding = unit.factor == 1 ? 0 : last_digit / 2 + 1};
  if (unit.may_be_decimal) size.rounding += size.bytes / 10;  // 2^40 is 10^12 and a tenth
  return size;
}

std::string_view without_brackets(std::string_view text) {
  while (!text.empty() && (text.front() == '(' || text.front() == '[')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ')' || text.back() == ']' || text.back() == ','))
    text.remove_suffix(1);
  return text;
}

/// The size that begins at `at`, of one word or two.
struct FoundSize {
  ShownSize size;
  std::size_t begin = 0, end = 0;
};
std::optional<FoundSize> size_at(std::span<const Word> words, std::size_t at) {
  const auto text = without_brackets(words[at].text);
  if (at + 1 < words.size() && !text.empty() && is_digit(text.back())) {
    const auto unit_word = without_brackets(words[at + 1].text);
    const auto unit = unit_word.empty() ? std::nullopt : unit_of(unit_word);
    const auto size = unit ? size_of(text, *unit) : std::nullopt;
    if (size) return FoundSize{*size, at, at + 2};
  }
  const auto size = parse_shown_size(text);
  return size ? std::optional(FoundSize{*size, at, at + 1}) : std::nullopt;
}

// ---- rows ----

/// What a row shows of its file.
struct Shown {
  enum class Kind { name, dated, sized, whole, malformed } kind = Kind::name;
  ShownSize size{.bytes = 0, .rounding = kUnknownSize};
  std::optional<Minute> modified;
};

/// Of the words of a row without its name.
Shown read_words(std::span<const Word> words) {
  Shown shown;
  std::size_t begin = 0;
  std::size_t end = 0;
  Date date;
  for (std::size_t at = 0; at < words.size() && end == 0; ++at) {
    Date here;
    if (const auto used = read_date(words.subspan(at), here)) {
      date = here;
      begin = at;
      end = at + used;
    }
  }
  std::vector<FoundSize> sizes;
  std::size_t others = 0;
  for (std::size_t at = 0; at < words.size();) {
    if (at == begin && end > 0) {
      at = end;
      continue;
    }
    const auto until = end > 0 && at < begin ? words.first(begin) : words;
    if (const auto size = size_at(until, at)) {
      sizes.push_back(*size);
      at = size->end;
    } else {
      others += words[at].in_link ? 0 : 1;
      ++at;
    }
  }
  if (end > 0) shown.modified = date.minute_of();
  const FoundSize* found = nullptr;
  if (end > 0) {
    // Beside the date: after it, or else before it.
    for (const auto& size : sizes)
      if (size.begin == end) found = &size;
    for (const auto& size : sizes)
      if (found == nullptr && size.end == begin) found = &size;
  }
  if (found == nullptr && sizes.size() == 1) found = &sizes.front();
  if (found != nullptr) {
    shown.size = found->size;
    shown.kind = end > 0 || others > 0 ? Shown::Kind::whole : Shown::Kind::sized;
  } else if (!sizes.empty() || others > 0) {
    shown.kind = Shown::Kind::malformed;
  } else {
    shown.kind = end > 0 ? Shown::Kind::dated : Shown::Kind::name;
  }
  return shown;
}

bool looks_like_file(std::string_view name) {
  const auto end = std::ranges::find_if(name, [](char c) { return c == '?' || c == '#'; });
  const auto file = file_of({name.begin(), end}, Time::max());
  return file || file.error() == NoFile::malformed;
}

/// Whether a link that is no file's has the name of one in its query or further in: `?dir=x&file=NAME`.
bool mentions_file(std::string_view link) {
  while (!link.empty()) {
    const auto end = std::min(link.find_first_of("?#&=;/"), link.size());
    if (looks_like_file(link.substr(0, end))) return true;
    link.remove_prefix(std::min(end + 1, link.size()));
  }
  return false;
}

/// Whether a link in a listing leads elsewhere than to something that the folder holds: to the parent, to a
/// subfolder, to another order of the rows, to another place.
bool leads_elsewhere(std::string_view name) {
  return name.empty() || name.ends_with('/') || name.starts_with('/') || name.starts_with('#') ||
         name.starts_with('?') || name == "." || name.starts_with("..") ||
         name.substr(0, name.find_first_of("?#/")).contains(':');
}

class AnyReader {
 public:
  AnyReader(Time not_after, std::string_view url) : not_after_(not_after), url_(url) {}

  void read(std::string_view text) {
    is_plain_ = !text.contains('<');
    Scanner scanner(text);
    bool more = true;
    while (more) {
      more = scanner.next();
      on_text(scanner.text);
      if (more) on_tag(scanner.tag);
    }
    if (is_plain_) listing_.complete = text.ends_with('\n');
  }

  /// A member of a list in JSON.
  void add(std::string name, std::string_view date, std::optional<std::int64_t> size) {
    words_.clear();
    add_words(date);
    name_ = listing_.decoded.emplace_back(std::move(name));
    Shown shown = read_words(words_);
    if (shown.kind != Shown::Kind::malformed) {
      shown.kind = Shown::Kind::whole;
      if (size) shown.size = {.bytes = std::max<std::int64_t>(*size, 0), .rounding = 0};
    }
    keep(shown);
    words_.clear();
  }
  void end_well() { is_index_ = listing_.complete = true; }

  Result<Listing> take() {
    // What the best rows show, all have to show.
    auto best = Shown::Kind::name;
    for (const auto& [file, kind] : rows_) best = std::max(best, kind);
    for (const auto& [file, kind] : rows_) {
      if (kind == best) {
        listing_.files.push_back(file);
      } else {
        ++listing_.skipped;
      }
    }
    if (rows_.empty() && listing_.skipped == 0) listing_.skipped = mentions_;
    if (!is_index_ && listing_.files.empty() && listing_.skipped == 0)
      return fail("not_a_listing", "The answer is a page, but no folder listing.");
    return std::move(listing_);
  }

 private:
  enum class Place { loose, row, item, line, entry };

  void on_text(std::string_view text) {
    if (!is_index_) {
      for (const std::string_view word :
           {"Index of ", "Parent Directory", "Directory listing ", "Directory: "})
        is_index_ = is_index_ || text.contains(word);
    }
    if (cut_follows_ && text == "true") is_cut_ = true;
    if (place_ == Place::entry) return on_entry_text(text);
    const bool by_line = place_ == Place::line || is_plain_;
    while (by_line) {
      const auto end = text.find('\n');
      if (end == std::string_view::npos) break;
      add_words(text.substr(0, end));
      finish();
      text.remove_prefix(end + 1);
    }
    if (place_ != Place::loose || by_line || name_) add_words(text);
  }

  void on_entry_text(std::string_view text) {
    if (element_ == Element::none || text.empty()) return;
    if (element_ == Element::name) {
      name_ = within_folder(decoded_href(text, listing_.decoded));
    } else {
      add_words(text);
    }
    element_ = Element::none;
  }

  void add_words(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
      if (const auto blank = blank_at(text.substr(at))) {
        at += blank;
        continue;
      }
      const auto begin = at;
      while (at < text.size() && blank_at(text.substr(at)) == 0) ++at;
      if (words_.size() < kMostWords) words_.push_back({text.substr(begin, at - begin), in_link_});
    }
  }

  void on_tag(const Tag& tag) {
    if (on_xml(tag)) return;
    if (tag.is("tr")) {
      finish();
      place_ = tag.closes ? Place::loose : Place::row;
    } else if (tag.is("li")) {
      if (place_ == Place::row) return;
      finish();
      place_ = tag.closes ? Place::loose : Place::item;
    } else if (tag.is("pre")) {
      finish();
      place_ = tag.closes ? Place::loose : Place::line;
      if (tag.closes) listing_.complete = true;
    } else if (tag.is("table") || tag.is("ul") || tag.is("ol")) {
      finish();
      place_ = Place::loose;
      if (tag.closes) listing_.complete = true;
    } else if (tag.is("body") || tag.is("html") || tag.is("main")) {
      finish();
      if (tag.closes && (is_index_ || !rows_.empty() || listing_.skipped > 0)) listing_.complete = true;
    } else if (tag.is("br") || tag.is("hr")) {
      if (place_ == Place::line || place_ == Place::loose) finish();
    } else if (tag.is("a")) {
      in_link_ = !tag.closes;
      if (!tag.closes) on_link(tag);
    }
  }

  void on_link(const Tag& tag) {
    const auto href = attribute(tag.attributes, "href");
    if (!href) return;
    if (*href == "../" || *href == "..") is_index_ = true;
    const auto name = within(decoded_href(*href, listing_.decoded), url_);
    if (!looks_like_file(name)) {
      if (mentions_file(name)) {
        ++mentions_;
      } else if (!leads_elsewhere(name)) {
        ++listing_.others;
      }
      return;
    }
    if (place_ == Place::loose && name_ && *name_ != name) finish();
    if (name_ && *name_ != name) is_twice_ = true;
    if (!name_) {
      name_ = name;
      if (place_ == Place::loose) {
        words_.clear();
        listing_.complete = false;
      }
    }
  }

  /// Elements of XML listings: S3, Azure, nginx.
  bool on_xml(const Tag& tag) {
    if (tag.is("ListBucketResult") || tag.is("EnumerationResults") || tag.is("list")) {
      is_index_ = true;
      if (tag.closes) listing_.complete = !is_cut_;
      return true;
    }
    if (tag.is("Contents") || tag.is("Blob") || (tag.is("file") && place_ != Place::row)) {
      finish();
      place_ = tag.closes ? Place::loose : Place::entry;
      if (!tag.closes && tag.is("file")) {
        for (const auto* name : {"mtime", "size"})
          if (const auto value = attribute(tag.attributes, name)) add_words(*value);
        element_ = Element::name;
      }
      return true;
    }
    if (tag.is("IsTruncated")) {
      cut_follows_ = !tag.closes;
      return true;
    }
    if (place_ != Place::entry) return false;
    if (tag.closes) {
      element_ = Element::none;
    } else if (tag.is("Key") || tag.is("Name")) {
      element_ = Element::name;
    } else if (tag.is("LastModified") || tag.is("Last-Modified") || tag.is("Size") ||
               tag.is("Content-Length")) {
      element_ = Element::word;
    }
    return true;
  }

  /// A key of a bucket, which begins with its folder: `rrc00/2026.11/bview….gz`.
  [[nodiscard]] std::optional<std::string_view> within_folder(std::string_view key) const {
    const auto slash = key.rfind('/');
    if (slash == std::string_view::npos) return key;
    const auto folder = key.substr(0, slash + 1);
    if (!url_.ends_with(folder)) return std::nullopt;
    const auto before = url_.size() - folder.size();
    if (before == 0 || url_[before - 1] != '/') return std::nullopt;
    return key.substr(slash + 1);
  }

  void finish() {
    std::vector<Word> words;
    words.swap(words_);
    auto name = std::exchange(name_, std::nullopt);
    const bool is_twice = std::exchange(is_twice_, false);
    if (!name && (place_ == Place::line || is_plain_)) {
      const auto found = std::ranges::find_if(
          words, [](const Word& word) { return !word.in_link && looks_like_file(word.text); });
      if (found == words.end()) return;
      name = found->text;
      words.erase(found);
    }
    if (!name || !looks_like_file(*name)) return;
    std::erase_if(words, [&](const Word& word) { return word.text == *name; });
    name_ = name;
    auto shown = read_words(words);
    if (is_twice) shown.kind = Shown::Kind::malformed;
    keep(shown);
  }

  void keep(const Shown& shown) {
    const auto name = *std::exchange(name_, std::nullopt);
    auto file = file_of(name, not_after_);
    if (!file || shown.kind == Shown::Kind::malformed) {
      ++listing_.skipped;
      return;
    }
    file->rough_size = shown.size.bytes;
    file->rounding = shown.size.rounding;
    file->modified = shown.modified;
    rows_.emplace_back(*file, shown.kind);
  }

  enum class Element { none, name, word };

  Time not_after_;
  std::string_view url_;
  Listing listing_;
  std::vector<std::pair<ListedFile, Shown::Kind>> rows_;
  std::vector<Word> words_;  ///< of the row so far
  std::optional<std::string_view> name_;
  Place place_ = Place::loose;
  Element element_ = Element::none;
  std::size_t mentions_ = 0;  ///< links that only mention a file
  bool is_plain_ = false;
  bool is_index_ = false;
  bool in_link_ = false;
  bool is_twice_ = false;  ///< the row names two files
  bool is_cut_ = false;    ///< the page says that there is more
  bool cut_follows_ = false;
};

bool is_json(std::string_view text) {
  const auto first = std::ranges::find_if_not(text, is_space);
  return first != text.end() && *first == '[';
}

std::string_view word_of(const Json& object, std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    const auto member = object.find(name);
    if (member != object.end() && member->is_string()) return member->get_ref<const std::string&>();
  }
  return {};
}

std::unexpected<Error> not_a_listing() {
  return fail("not_a_listing", "The answer is a page, but no folder listing.");
}

/// `[{"name":"…","type":"file","mtime":"Sat, 28 Nov 2026 14:05:00 GMT","size":123}]`, and Caddy's `mod_time`.
Result<Listing> parse_json(std::string_view text, Time not_after) {
  const auto list = Json::parse(text, nullptr, false);
  if (!list.is_array()) return not_a_listing();
  AnyReader reader(not_after, {});
  for (const auto& each : list) {
    if (!each.is_object()) return not_a_listing();
    const auto name = word_of(each, {"name"});
    if (name.empty()) return not_a_listing();
    const auto size = each.find("size");
    const bool sized = size != each.end() && size->is_number_integer();
    if (looks_like_file(name))
      reader.add(std::string(name), word_of(each, {"mtime", "mod_time"}),
                 sized ? std::optional(size->get<std::int64_t>()) : std::nullopt);
  }
  reader.end_well();
  return reader.take();
}

}  // namespace

std::string_view within(std::string_view link, std::string_view url) {
  if (!url.empty()) {
    const auto& [origin, written] = cut_url(url);
    const auto rest = decode_unreserved(written);
    const auto host = origin.substr(std::min(origin.find("//"), origin.size()));
    for (const auto here : {origin, host})
      if (!here.empty() && equal_ignoring_case(link.substr(0, here.size()), here) &&
          link.substr(here.size()).starts_with(rest))
        link.remove_prefix(here.size());
    if (!rest.empty() && link.starts_with(rest)) link.remove_prefix(rest.size());
  }
  if (link.starts_with("./")) link.remove_prefix(2);
  return link;
}

std::optional<ShownSize> parse_shown_size(std::string_view text) {
  if (text == "-") return ShownSize{.bytes = 0, .rounding = kUnknownSize};
  const auto end = std::ranges::find_if(text, is_letter);
  const std::string_view figure(text.begin(), end);
  const auto unit = unit_of({end, text.end()});
  return unit ? size_of(figure, *unit) : std::nullopt;
}

Result<Listing> parse_any_listing(std::string_view text, Time not_after, std::string_view url) {
  if (is_json(text)) return parse_json(text, not_after);
  AnyReader reader(not_after, url);
  reader.read(text);
  return reader.take();
}

std::optional<Result<std::vector<Month>>> parse_other_months(std::string_view text, Month last,
                                                             std::string_view url) {
  std::vector<Month> months;
  const auto add = [&](std::string_view name) {
    if (!name.ends_with('/')) return;
    const auto month = parse_month_folder(name);
    if (month && *month <= last) months.push_back(*month);
  };
  if (is_json(text)) {
    const auto list = Json::parse(text, nullptr, false);
    if (!list.is_array()) return not_a_listing();
    for (const auto& each : list) {
      if (!each.is_object()) return not_a_listing();
      const auto is_dir = each.find("is_dir");
      const bool folder = word_of(each, {"type"}) == "directory" ||
                          (is_dir != each.end() && is_dir->is_boolean() && is_dir->get<bool>());
      auto name = std::string(word_of(each, {"name"}));
      if (!name.ends_with('/')) name += '/';
      if (folder) add(name);
    }
    return months;
  }
  if (!text.contains("<ListBucketResult") && !text.contains("<list>") &&
      !text.contains("<EnumerationResults"))
    return std::nullopt;
  Scanner scanner(text);
  bool complete = false;
  bool more = true;
  std::string_view element;
  bool in_prefixes = false;
  while (more) {
    more = scanner.next();
    if (element == "directory") add(std::string(scanner.text) + "/");
    if (element == "Prefix" && in_prefixes) {
      auto prefix = scanner.text;
      const auto slash = prefix.size() < 2 ? std::string_view::npos : prefix.rfind('/', prefix.size() - 2);
      const auto folder = slash == std::string_view::npos ? std::string_view() : prefix.substr(0, slash + 1);
      if (url.ends_with(folder)) add(prefix.substr(folder.size()));
    }
    if (element == "IsTruncated" && scanner.text == "true")
      return fail("listing_truncated", "The listing of the months is one page of several.");
    if (!more) break;
    const auto& tag = scanner.tag;
    element = tag.closes ? std::string_view() : tag.name;
    if (tag.is("CommonPrefixes") || tag.is("BlobPrefix")) in_prefixes = !tag.closes;
    complete = complete ||
               (tag.closes && (tag.is("ListBucketResult") || tag.is("list") || tag.is("EnumerationResults")));
  }
  if (!complete) return fail("listing_truncated", "The listing of the months ends in the middle.");
  return months;
}

}  // namespace skerry::broker
