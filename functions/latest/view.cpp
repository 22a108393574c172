#include "functions/latest/view.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include "functions/latest/published.hpp"
#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"

namespace skerry::functions {
namespace {

constexpr std::size_t kMaxNameLength = 64;
constexpr std::string_view kLatestMember = R"(,"latest":[)";

std::unexpected<Error> damaged(std::string what) {
  return fail("view_damaged", std::move(what));
}

/// Of collectors and projects.
bool is_name(std::string_view id) {
  return id.size() <= kMaxNameLength && std::ranges::all_of(id, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '-' || c == '_';
         });
}

/// A value of a query, shortened and safe to show in a JSON error.
std::string shown(std::string_view value) {
  constexpr std::size_t kMost = 64;
  std::string out;
  append_json_string(out, value.substr(0, kMost));
  if (value.size() > kMost) out += "…";
  return out;
}

std::optional<std::string_view> given(const Query& query, std::string_view name) {
  const auto value = query.last(name);
  return value && !value->empty() ? value : std::nullopt;
}

std::unexpected<Error> unknown_project(std::string_view word, std::span<const std::string_view> own) {
  std::string known = R"("routeviews")";
  for (std::size_t i = 0; i <= own.size(); ++i)
    known.append(i == own.size() ? " or " : ", ").append(i == 0 ? R"("riperis")" : shown(own[i - 1]));
  return fail(ErrorKind::usage, "unknown_project", "unknown project " + shown(word) + ": use " + known);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<Filter> Filter::parse(const Query& query) {
  Filter filter;
  if (const auto word = given(query, "project")) {
    const auto known = broker::parse_project(*word);
    filter.project = known ? broker::project_word(*known) : *word;
    filter.is_own = !known;
    if (filter.is_own && !is_name(*word)) return unknown_project(*word, {});
  }
  if (const auto word = given(query, "data_type")) {
    filter.data_type = broker::parse_data_type(*word);
    if (!filter.data_type) {
      return fail(ErrorKind::usage, "unknown_data_type",
                  "unknown data_type " + shown(*word) + ": use \"rib\" or \"update\"");
    }
  }
  if (const auto list = given(query, "collector_id")) {
    std::string id;
    for (const char c : std::string(*list) + ',') {
      if (c == ' ') continue;
      if (c != ',') {
        id += c;
        continue;
      }
      if (!is_name(id)) {
        return fail("invalid_collector_id", "no collector can be named " + shown(id) +
                                                ": use letters, digits, '.', '-' and '_', at most 64");
      }
      if (!id.empty()) filter.collectors.insert(std::exchange(id, {}));
    }
  }
  return filter;
}

std::string Filter::canonical() const {
  std::string out;
  if (!project.empty()) out.append("p=").append(project).append(";");
  if (data_type) out.append("t=").append(broker::data_type_word(*data_type)).append(";");
  for (const std::string& id : collectors) out.append("c=").append(id).append(";");
  return out;
}

Result<View> View::open(std::string text) {
  JsonSlicer head(text);
  if (!head.enter('{')) return damaged("the view is not a JSON object");
  std::optional<std::size_t> rows;
  std::optional<Time> updated;
  std::optional<std::size_t> mark;  // where the member made_up begins, if it was the last one
  View view;
  while (!updated) {
    const std::size_t at = head.position();
    view.document_ = std::exchange(mark, std::nullopt).value_or(at);
    const auto member = head.next();
    if (!member) return damaged("the view has no last_updated_at");
    if (member->key == "format") {
      if (member->value != "1") {
        return fail("view_format", "the view has format " + shown(member->value) + ", this reader knows 1");
      }
      rows = rows.value_or(0);
    } else if (!rows) {
      return fail("view_format", "the view does not begin with its format");
    } else if (member->key == "rows") {
      rows = parse_number<std::size_t>(member->value);
      if (!rows) return damaged("the view's number of rows is not a number");
    } else if (member->key == "made_up") {
      view.made_up_ = member->value == "true";
      if (view.made_up_) mark = at;
    } else if (member->key == "projects") {
      view.projects_ = member->value;
    } else if (member->key == "update_duration") {
      view.update_duration_ = member->value;
      if (!parse_number<std::uint32_t>(member->value)) return damaged("update_duration is not a number");
    } else if (member->key == "last_updated_at") {
      updated = parse_rfc3339(plain_string(member->value).value_or(""));
      if (!updated) return damaged("last_updated_at is not a time");
    }
  }
  view.array_ = head.position() + kLatestMember.size() - 1;
  if (!std::string_view(text).substr(head.position()).starts_with(kLatestMember)) {
    return damaged("last_updated_at is not followed by the rows");
  }
  if (text[view.document_] != ',' || text[view.document_ + 1] != '"') {
    return damaged("there is white space before last_updated_at");
  }
  if (!text.ends_with("]}") || text.size() < view.array_ + 3) return damaged("the view has no end");
  view.rows_ = *rows;
  view.last_updated_at_ = *updated;
  view.identity_ = identity_of(*updated, text.size());
  // The comma before "last_updated_at" becomes the served document's opening brace.
  text[view.document_] = '{';
  view.text_ = std::move(text);
  return view;
}

Result<void> View::settle(Filter& filter) const {
  if (!filter.is_own) return {};
  std::vector<std::string_view> own;
  JsonSlicer names(projects_);
  names.enter('[');
  while (const auto name = names.next()) {
    own.push_back(plain_string(name->value).value_or(""));
    if (!equal_ignoring_case(own.back(), filter.project)) continue;
    filter.project = own.back();
    return {};
  }
  return unknown_project(filter.project, own);
}

std::optional<std::string_view> View::whole(Form form) const {
  if (form == Form::document) return document();
  if (form == Form::array) return array();
  return std::nullopt;
}

std::optional<View::Row> View::read_row(std::string_view text) {
  Row row{};
  row.text = text;
  JsonSlicer members(text);
  members.enter('{');
  while (const auto member = members.next()) {
    if (member->key == "timestamp") {
      row.timestamp = plain_string(member->value).value_or("");
    } else if (member->key == "collector_id") {
      row.collector_id = plain_string(member->value).value_or("");
    } else if (member->key == "data_type") {
      row.data_type = plain_string(member->value).value_or("");
    } else if (member->key == "project") {
      row.project = plain_string(member->value).value_or("");
    } else if (member->key == "item_url") {
      row.item_url = member->value;
    } else if (member->key == "rough_size") {
      row.rough_size = member->value;
    } else if (member->key == "exact_size") {
      row.exact_size = member->value;
    }
  }
  const bool whole = members.complete() && !row.timestamp.empty() && !row.collector_id.empty() &&
                     !row.data_type.empty() && !row.project.empty() && !row.item_url.empty() &&
                     !row.rough_size.empty() && !row.exact_size.empty();
  return whole ? std::optional(row) : std::nullopt;
}

namespace {

/// The project that lays out its archive as this row's does. A custom project (a collectors file may name
/// one) follows one of the two, which shows in the ending of its files.
broker::Project layout_of(std::string_view project, std::string_view raw_url) {
  if (const auto known = broker::parse_project(project)) return *known;
  return raw_url.ends_with(".gz\"") ? broker::Project::riperis : broker::Project::routeviews;
}

}  // namespace

bool View::append_item(std::string& out, const Row& row) {
  const auto type = broker::parse_data_type(row.data_type);
  const auto start = parse_naive(row.timestamp);
  if (!type || !start) return false;
  out.append(R"({"ts_start":")").append(row.timestamp);
  out.append(R"(","ts_end":")")
      .append(format_naive(*start + broker::file_duration(layout_of(row.project, row.item_url), *type)));
  out.append(R"(","collector_id":")").append(row.collector_id);
  out.append(R"(","data_type":")").append(broker::data_type_word_v3(*type));
  out.append(R"(","url":)").append(row.item_url);
  out.append(R"(,"rough_size":)").append(row.rough_size);
  out.append(R"(,"exact_size":)").append(row.exact_size);
  out += '}';
  return true;
}

Result<void> View::each_row(const std::function<bool(const Row&)>& take) const {
  std::size_t seen = 0;
  JsonSlicer rows(array());
  rows.enter('[');
  while (const auto element = rows.next()) {
    ++seen;
    const auto row = read_row(element->value);
    if (!row) return damaged("row " + std::to_string(seen) + " of the view can't be read");
    if (!take(*row))
      return damaged("row " + std::to_string(seen) + " of the view has values of no known kind");
  }
  if (!rows.complete() || seen != rows_) {
    return damaged("the view says it has " + std::to_string(rows_) + " rows, " + std::to_string(seen) +
                   " could be read");
  }
  return {};
}

Result<std::optional<Time>> View::newest_file() const {
  std::optional<Time> newest;
  const auto read = each_row([&](const Row& row) {
    const auto time = parse_naive(row.timestamp);
    newest = std::max(newest, time);
    return time.has_value();
  });
  if (!read) return std::unexpected(read.error());
  return newest;
}

Result<std::string> View::render(Form form, const Filter& filter) const {
  std::string selected;
  selected.reserve(array().size());
  std::size_t count = 0;
  const auto read = each_row([&](const Row& row) {
    if (!filter.project.empty() && row.project != filter.project) return true;
    if (filter.data_type && row.data_type != broker::data_type_word(*filter.data_type)) return true;
    if (!filter.collectors.empty() && !filter.collectors.contains(row.collector_id)) return true;
    if (count++ > 0) selected += ',';
    if (form == Form::envelope) return append_item(selected, row);
    selected += row.text;
    return true;
  });
  if (!read) return std::unexpected(read.error());
  switch (form) {
    case Form::array: return '[' + selected + ']';
    case Form::document: return std::string(document().substr(0, array_ + 1 - document_)) + selected + "]}";
    case Form::envelope: break;
  }
  const std::string n = std::to_string(count);
  const std::string duration = update_duration_.empty() ? "0" : update_duration_;
  return R"({"total":)" + n + R"(,"count":)" + n + R"(,"page":0,"page_size":)" + n +
         R"(,"error":null,"data":[)" + selected + R"(],"meta":{"latest_update_ts":")" +
         format_naive(last_updated_at_) + R"(","latest_update_duration":)" + duration +
         (made_up_ ? R"(,"made_up":true}})" : "}}");
}

}  // namespace skerry::functions
