#include "functions/pages/status/status_page.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

#include "functions/pages/status/html.hpp"
#include "shared/broker/readable.hpp"
#include "shared/http.hpp"

namespace skerry::pages {
namespace {

using broker::Arrival;
using broker::Board;
using broker::Collector;
using broker::DataType;
using broker::NewestFile;
using broker::Stream;
using broker::Strip;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Seconds kViewPromise{900};
constexpr hours kMarkEvery{6};
constexpr hours kLongestAxis{24 * 7};
constexpr std::int64_t kAxisEnd = 5;        // per cent
constexpr std::size_t kLateListed = 8;      // the page's head keeps its height
constexpr std::size_t kRunsListed = 16;     // of one strip
constexpr std::size_t kRunsWithTitle = 24;  // each is an element of its own
constexpr std::array<DataType, 2> kTypes{DataType::rib, DataType::update};

/// A lane of the strip's picture: 24 units high, a unit wide for each minute.
struct Lane {
  int top, height;
};
constexpr Lane kLanes[] = {{.top = 0, .height = 9}, {.top = 11, .height = 13}};  // by DataType

std::string_view css_class(Arrival kind) {
  switch (kind) {
    case Arrival::on_time: return "ok";
    case Arrival::slow: return "slow";
    case Arrival::late: return "late";
    case Arrival::unseen: return "unseen";
    case Arrival::missing: return "gone";
    case Arrival::due: return "due";
  }
  return "";
}

/// How much of the lane's height a kind fills, in percent: not by colour alone.
int fill(Arrival kind) {
  switch (kind) {
    case Arrival::slow: return 75;
    case Arrival::late:
    case Arrival::missing: return 100;
    case Arrival::due: return 12;
    default: return 50;
  }
}

std::string_view label(DataType type) {
  return type == DataType::rib ? "RIB" : "Updates";
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_number(std::string& out, std::size_t number) {
  append_number(out, static_cast<std::int64_t>(number));
}

void append_time(std::string& out, Time time, Time now) {
  const std::string text = broker::readable_time(time, now);
  const std::size_t day = text.size() - 5;  // the day, where it is not today's, in front of HH:MM
  out += "<time datetime=\"" + format_rfc3339(time) + "\">";
  if (day > 0) out += "<i>" + text.substr(0, day) + "</i>";
  out += text.substr(day) + "</time>";
}

void append_cell(std::string& out, std::string_view classes, std::string_view name) {
  out += "<td role=cell class=\"";
  out += classes;
  out += "\" data-name=\"";
  out += name;
  out += "\">";
}

std::string_view file_name(std::string_view url) {
  return url.substr(url.rfind('/') + 1);
}

void append_stream(std::string& out, const Stream& stream, DataType type, Time now) {
  const std::string_view lane = type == DataType::rib ? "rib" : "upd";
  const auto cell = [&](std::string_view kind, std::string_view name) {
    append_cell(out, std::string(lane) + ' ' + std::string(kind), name);
  };
  if (!stream.newest) {
    cell("time", label(type));
    out += "<span class=none>none</span>";
    cell("size", "Size");
    cell("delay", "Delay");
    return;
  }
  const NewestFile& file = *stream.newest;
  cell("time", label(type));
  std::string time;
  append_time(time, file.timestamp, now);
  append_link(out, file.url, time);
  cell("size", "Size");
  out += broker::readable_size(file.size);
  cell(stream.late_since ? "delay islate" : "delay", "Delay");
  out += broker::readable_delay(file.delay);
  if (stream.late_since) {
    out += "<small><span class=unseen-text>late, </span>since ";
    append_time(out, *stream.late_since, now);
    out += "</small>";
  }
}

bool is_trouble(Arrival kind) {
  return kind == Arrival::slow || kind == Arrival::late || kind == Arrival::missing;
}

void append_runs(std::string& out, const Strip& strip, Time now) {
  std::size_t troubles = 0;
  out += "<ul class=runs>";
  for (auto run = strip.runs.rbegin(); run != strip.runs.rend(); ++run) {
    if (!is_trouble(run->kind) || ++troubles > kRunsListed) continue;
    out += "<li class=";
    out += css_class(run->kind);
    out += '>' + describe(strip, *run, now) + "</li>";
  }
  if (troubles > kRunsListed) out += "<li>and " + std::to_string(troubles - kRunsListed) + " before</li>";
  out += "</ul>";
}

Time moment(double milliseconds) {
  return Time(std::chrono::milliseconds(static_cast<std::int64_t>(std::clamp(milliseconds, 0.0, 2.5e14))));
}

}  // namespace

std::string StatusPage::load_latest(std::string_view json) {
  Result<Board> board = broker::parse_board(json);
  if (!board) return board.error().message;
  take(*std::move(board));
  join_history(board_, history_);
  return "";
}

std::string StatusPage::load_history(std::string_view json) {
  Result<broker::History> history = broker::parse_history(json);
  if (!history) return history.error().message;
  history_ = *std::move(history);
  join_history(board_, history_);
  return "";
}

/// Collectors that were there keep their keys and what was shown of them.
void StatusPage::take(Board board) {
  std::vector<Row> rows(board.collectors.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto before = std::ranges::lower_bound(board_.collectors, board.collectors[i].id,
                                                 broker::natural_order, &Collector::id);
    if (before != board_.collectors.end() && before->id == board.collectors[i].id) {
      rows[i] = std::move(rows_[static_cast<std::size_t>(before - board_.collectors.begin())]);
    } else {
      rows[i].key = next_key_++;
    }
  }
  board_ = std::move(board);
  rows_ = std::move(rows);
}

std::string StatusPage::field(std::string_view name) const {
  if (name == "q") return query_.search;
  if (name == "project") return query_.project;
  if (name == "data_type") return query_.data_type ? std::string(data_type_word(*query_.data_type)) : "";
  if (name == "late") return query_.late_only ? "1" : "";
  if (name == "sort") return std::string(broker::kSortKeys[static_cast<std::size_t>(query_.sort)]);
  if (name == "order") return query_.descending ? "desc" : "asc";
  return "";
}

std::vector<std::string_view> StatusPage::own_projects() const {
  std::vector<std::string_view> own;
  for (const Collector& collector : board_.collectors)
    if (!broker::parse_project(collector.project) && std::ranges::find(own, collector.project) == own.end())
      own.push_back(collector.project);
  return own;
}

std::string StatusPage::projects() const {
  std::string out;
  for (const std::string_view project : own_projects()) out.append(out.empty() ? "" : " ").append(project);
  return out;
}

void StatusPage::set_query(std::string_view query_string) {
  query_ = broker::BoardQuery::parse(query_string);
  if (query_.project.empty() || broker::parse_project(query_.project)) return;
  const auto own = own_projects();
  const auto known = std::ranges::find_if(
      own, [&](std::string_view project) { return equal_ignoring_case(project, query_.project); });
  query_.project = known == own.end() ? std::string() : std::string(*known);
}

void StatusPage::sort_by(std::string_view key) {
  if (const auto known = broker::parse_sort_key(key)) query_.sort_by(*known);
}

/// Where a moment stands in the strips, which are a unit wide for each minute.
std::int64_t StatusPage::minute(Time time) const {
  const Time end = std::max(history_.begin, history_.last_updated_at);
  return std::chrono::floor<minutes>(std::clamp(time, history_.begin, end) - history_.begin).count();
}

std::vector<Time> StatusPage::marks() const {
  std::vector<Time> marks;
  if (history_.last_updated_at - history_.begin > kLongestAxis) return marks;
  Time mark = std::chrono::floor<std::chrono::days>(history_.begin);
  for (; mark < history_.last_updated_at; mark += kMarkEvery) {
    if (mark > history_.begin) marks.push_back(mark);
  }
  return marks;
}

std::string StatusPage::axis() const {
  std::string out;
  const double width = static_cast<double>(std::max(minute(history_.last_updated_at), std::int64_t{1}));
  for (const Time mark : marks()) {
    const std::string time = format_naive(mark);
    const bool midnight = time.ends_with("T00:00:00"), noon = time.ends_with("T12:00:00");
    const auto place = static_cast<std::int64_t>(static_cast<double>(minute(mark)) / width * 100);
    out += "<text class=\"";
    out += midnight ? "day" : noon ? "twelve" : "six";
    // A label of a date is up to a tenth of a narrow axis wide: at an end it stands beside its mark, not over
    // the edge.
    out += place < kAxisEnd ? " first" : place > 100 - kAxisEnd ? " last" : "";
    out += "\" x=\"";
    append_number(out, place);
    out += "%\" y=11>" + (midnight ? time.substr(5, 5) : time.substr(11, 2)) + "</text>";
  }
  return out;
}

/// The picture of both lanes, one path for each kind; gaps and late files are elements of their own, with
/// their times for the pointer.
std::string StatusPage::picture(const Collector& collector, const std::string& grid) const {
  std::string out = "<svg aria-hidden=true preserveAspectRatio=none viewBox=\"0 0 ";
  append_number(out, std::max(minute(history_.last_updated_at), std::int64_t{1}));
  out += " 24\">" + grid;
  for (const DataType type : kTypes) {
    const auto& strip = collector.of(type).strip;
    if (!strip) continue;
    const Lane lane = kLanes[static_cast<std::size_t>(type)];
    std::array<std::string, 6> paths;
    std::size_t titles = 0;
    for (const Strip::Run& run : strip->runs) {
      const int height = std::max(lane.height * fill(run.kind) / 100, 1);
      const std::int64_t begin = minute(strip->begin_of(run)), end = minute(strip->end_of(run));
      std::string shape = "M";
      append_number(shape, begin);
      shape += ' ';
      append_number(shape, std::int64_t{lane.top + lane.height - height});
      shape += 'h';
      append_number(shape, end - begin);
      shape += 'v';
      append_number(shape, std::int64_t{height});
      shape += 'H';
      append_number(shape, begin);
      shape += 'z';
      if ((run.kind == Arrival::missing || run.kind == Arrival::late) && ++titles <= kRunsWithTitle) {
        out += "<path class=" + std::string(css_class(run.kind)) + " d=\"" + shape + "\"><title>" +
               std::string(label(type)) + ", " + describe(*strip, run, board_.last_updated_at) +
               "</title></path>";
      } else {
        paths[static_cast<std::size_t>(run.kind)] += shape;
      }
    }
    for (std::size_t kind = 0; kind < paths.size(); ++kind) {
      if (paths[kind].empty()) continue;
      out += "<path class=" + std::string(css_class(static_cast<Arrival>(kind))) + " d=\"" + paths[kind] +
             "\"/>";
    }
  }
  return out + "</svg>";
}

std::string StatusPage::row(const Collector& collector, std::size_t key, const std::string& grid) const {
  std::string out = "<tr role=row data-key=";
  append_number(out, key);
  if (collector.is_late()) out += " class=haslate";
  out += "><th role=rowheader scope=row class=id>" + escaped(collector.id) + "</th>";
  append_cell(out, "project", "Project");
  append_escaped(out, broker::project_label(collector.project));
  std::optional<std::size_t> missing;
  std::string arrivals;
  for (const DataType type : kTypes) {
    const Stream& stream = collector.of(type);
    append_stream(out, stream, type, board_.last_updated_at);
    if (!stream.strip) continue;
    missing = missing.value_or(0) + stream.strip->missing;
    arrivals +=
        std::string(arrivals.empty() ? "" : ". ") + std::string(label(type)) + ": " + describe(*stream.strip);
  }
  append_cell(out, missing.value_or(0) > 0 ? "missing some" : "missing", "Missing");
  if (missing) append_number(out, *missing);
  append_cell(out, "strip", "Last 48 hours");
  if (!missing) return out + "</tr>";
  out += "<details><summary aria-label=\"Arrivals at " + escaped(collector.id) + ". " + arrivals + "\">";
  return out + picture(collector, grid) + "</summary><div></div></details></tr>";
}

std::string StatusPage::changed_rows() {
  std::string grid;
  for (const Time mark : marks()) {
    grid += 'M';
    append_number(grid, minute(mark));
    grid += " 0v24";
  }
  if (!grid.empty()) grid = "<path class=grid d=\"" + grid + "\"/>";

  std::string changed;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    std::string html = row(board_.collectors[i], rows_[i].key, grid);
    if (html == rows_[i].html) continue;
    changed += html;
    rows_[i].html = std::move(html);
  }
  return changed;
}

std::string StatusPage::order() const {
  std::string out;
  for (const std::size_t number : select(board_, query_)) {
    if (!out.empty()) out += ' ';
    append_number(out, rows_[number].key);
  }
  return out;
}

std::string StatusPage::details(std::size_t key) const {
  const auto found = std::ranges::find(rows_, key, &Row::key);
  if (found == rows_.end()) return "";
  const Collector& collector = board_.collectors[static_cast<std::size_t>(found - rows_.begin())];
  std::string out;
  for (const DataType type : kTypes) {
    const Stream& stream = collector.of(type);
    if (!stream.newest) continue;
    out += "<p><b>" + std::string(label(type)) + "</b> ";
    if (stream.strip) out += describe(*stream.strip) + ". ";
    out += "Newest: ";
    append_link(out, stream.newest->url, escaped(file_name(stream.newest->url)));
    if (stream.newest->size > 0) out += ", " + broker::readable_size(stream.newest->size);
    out += "</p>";
    if (stream.strip) append_runs(out, *stream.strip, board_.last_updated_at);
  }
  if (!collector.url.empty()) {
    out += "<p>";
    append_link(out, collector.url, escaped(collector.url));
    out += "</p>";
  }
  return out;
}

std::string StatusPage::headline() const {
  const auto late = std::ranges::count_if(board_.collectors, &Collector::is_late);
  return broker::counted(board_.collectors.size(), "collector") + ", " +
         (late == 0 ? "none late" : std::to_string(late) + " late");
}

std::string StatusPage::shown() const {
  const std::vector<std::size_t> shown = select(board_, query_);
  const auto late =
      std::ranges::count_if(shown, [&](std::size_t number) { return board_.collectors[number].is_late(); });
  return std::to_string(shown.size()) + " of " + broker::counted(board_.collectors.size(), "collector") +
         ", " + std::to_string(late) + " late";
}

std::string StatusPage::late_list() const {
  struct Late {
    const Collector* collector;
    DataType type;
    Time since;
  };
  std::vector<Late> all;
  for (const Collector& collector : board_.collectors) {
    for (const DataType type : kTypes) {
      if (const auto since = collector.of(type).late_since) all.push_back({&collector, type, *since});
    }
  }
  std::ranges::sort(all, [](const Late& a, const Late& b) {
    return a.since != b.since           ? b.since < a.since
           : a.collector != b.collector ? a.collector < b.collector
                                        : a.type < b.type;
  });
  std::string out;
  for (const Late& late : all | std::views::take(kLateListed)) {
    broker::BoardQuery link;
    link.search = late.collector->id;
    out += "<li><a href=\"?" + escaped(link.text()) + "\">" + escaped(late.collector->id) + "</a> " +
           (late.type == DataType::rib ? "RIB" : "updates") + " since ";
    append_time(out, late.since, board_.last_updated_at);
    out += "</li>";
  }
  if (all.size() > kLateListed) {
    out += "<li><a href=\"?late=1\">and " + std::to_string(all.size() - kLateListed) + " more</a></li>";
  }
  return out;
}

double StatusPage::updated_at() const {
  return static_cast<double>(board_.last_updated_at.time_since_epoch().count());
}

std::string StatusPage::age(double now) const {
  std::string time = format_naive(board_.last_updated_at);
  time[10] = ' ';
  const auto age = std::chrono::floor<Seconds>(moment(now) - board_.last_updated_at);
  return time + " UTC, " + (age < minutes{1} ? "just now" : broker::readable_delay(age) + " ago");
}

bool StatusPage::is_old(double now) const {
  return moment(now) - board_.last_updated_at > kViewPromise;
}

}  // namespace skerry::pages
