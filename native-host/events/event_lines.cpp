#include "native-host/events/event_lines.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "native-host/program/human.hpp"
#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"
#include "shared/printable.hpp"

namespace skerry::events {
namespace {

constexpr std::size_t kShownBody = 200;

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, value);
}

std::uint64_t lag_of(const LogReport& report, const Position& reader) {
  return report.next - std::clamp(reader.sequence, report.first, report.next);
}

std::string reader_list(const LogReport& report) {
  std::string text = "[";
  for (const auto& reader : report.readers) {
    text += text.back() == '[' ? "" : ",";
    text += fmt::format(R"({{"name":"{}","in":"log","next":{},"entry":null,"lag":{},"pending":null}})",
                        reader.reader, reader.sequence, lag_of(report, reader));
  }
  for (const auto& group : report.stream ? report.stream->groups : std::vector<StreamGroup>()) {
    text += text.back() == '[' ? R"({"name":)" : R"(,{"name":)";
    append_json_string(text, group.name);
    text +=
        fmt::format(R"(,"in":"redis","next":null,"entry":"{}","lag":{},"pending":{}}})", group.last.text(),
                    group.behind ? std::to_string(*group.behind) : "null", group.pending);
  }
  return text + ']';
}

std::string entries_text(std::uint64_t number) {
  return program::counted(number, "entry", "entries");
}

std::string id_json(const std::optional<EntryId>& id) {
  return id ? '"' + id->text() + '"' : "null";
}

void append_stream(std::string& out, const std::optional<StreamReport>& stream) {
  out += R"(,"stream":)";
  if (!stream) {
    out += "null";
    return;
  }
  out += R"({"key":)";
  append_json_string(out, stream->key);
  out += fmt::format(R"(,"entries":{},"bytes":{},"first":{},"last":{}}})", stream->entries, stream->bytes,
                     id_json(stream->first), id_json(stream->last));
}

/// The first of each that is a string; empty: none.
std::array<std::string_view, 3> words_of(std::string_view body) {
  constexpr std::array<std::string_view, 3> kMembers{"type", "event", "name"};
  std::array<std::string_view, 3> words;
  JsonSlicer members(body);
  for (bool is_object = members.enter('{'); is_object;) {
    const auto member = members.next();
    if (!member) break;
    const auto which = std::ranges::find(kMembers, member->key) - kMembers.begin();
    if (which == std::ssize(kMembers)) continue;
    auto& word = words.at(static_cast<std::size_t>(which));
    if (word.empty()) word = plain_string(member->value).value_or("");
  }
  return words;
}

}  // namespace

std::string_view event_type(const Event& event) {
  for (const auto word : words_of(event.body))
    if (!word.empty()) return word;
  std::string_view path = event.path;
  const auto end = path.find_last_not_of('/');
  if (end == std::string_view::npos) return "/";
  path = path.substr(0, end + 1);
  return path.substr(path.rfind('/') + 1);
}

bool EventFilter::takes(const Event& event) const {
  const auto is_called = [&] {
    const auto words = words_of(event.body);
    return type == event_type(event) || std::ranges::find(words, type) != words.end();
  };
  return event.path.starts_with(path) && (type.empty() || is_called());
}

std::string event_text(const EventPlace& place, const Event& event) {
  auto line = fmt::format("{} {} {} {} {} {}", place.text(), format_rfc3339(event.received),
                          printable(event_type(event)), event.client.empty() ? "-" : printable(event.client),
                          event.host.empty() ? "-" : printable(event.host), printable(event.path));
  if (!event.query.empty()) line += '?' + printable(event.query);
  const auto shown = head_of(event.body, kShownBody);
  if (!event.body.empty()) line += ' ' + printable(shown);
  if (shown.size() < event.body.size()) line += fmt::format("… ({} bytes)", event.body.size());
  return line + '\n';
}

std::string event_json(const EventPlace& place, const Event& event) {
  auto line = place.entry.empty() ? fmt::format(R"({{"number":{},"entry":null)", place.number)
                                  : fmt::format(R"({{"number":null,"entry":"{}")", place.entry);
  append_member(line, "id", event.id);
  append_member(line, "received", format_rfc3339(event.received));
  append_member(line, "client", event.client);
  append_member(line, "host", event.host);
  append_member(line, "path", event.path);
  append_member(line, "query", event.query);
  append_member(line, "user_agent", event.user_agent);
  append_member(line, "body", event.body);
  const std::pair<std::string_view, std::string_view> further[] = {{"key", event.key},
                                                                   {"sdk", event.sdk},
                                                                   {"sdk_version", event.sdk_version},
                                                                   {"outer", event.outer},
                                                                   {"method", event.method}};
  for (const auto& [name, value] : further)
    if (!value.empty()) append_member(line, name, value);
  std::string hints;
  for (const auto& [name, value] : event.hints) append_member(hints, name, value);
  line += R"(,"hints":{)" + hints.substr(hints.empty() ? 0 : 1) + '}';
  return line + "}\n";
}

std::string readers_json(const LogReport& report) {
  return fmt::format(R"({{"first":{},"next":{},"readers":{}}})", report.first, report.next,
                     reader_list(report)) +
         '\n';
}

std::string readers_text(const LogReport& report) {
  std::string text;
  const auto groups = report.stream ? report.stream->groups : std::vector<StreamGroup>();
  if (report.readers.empty() && groups.empty()) text += "  readers   none: everything is kept\n";
  for (const auto& reader : report.readers) {
    text += fmt::format("  reader    {}: {}\n", reader.reader,
                        reader.sequence == 0 ? "its position is damaged, it begins again at the oldest record"
                                             : program::counted(lag_of(report, reader), "record") + " to go");
  }
  for (const auto& group : groups) {
    text += fmt::format(
        "  reader    {} in Redis: {}, {} given to it and not acknowledged\n", printable(group.name),
        group.behind ? entries_text(*group.behind) + " to go" : "Redis can't tell how far it is",
        group.pending);
  }
  return text;
}

std::string report_text(const LogReport& report) {
  std::string text;
  if (report.stream) {
    const auto& stream = *report.stream;
    text = fmt::format("{} in Redis\n  entries   {}{}, {}\n", printable(stream.key), stream.entries,
                       stream.first && stream.last
                           ? fmt::format(" ({} to {})", stream.first->text(), stream.last->text())
                           : "",
                       program::human_size(static_cast<double>(stream.bytes)));
  }
  text += fmt::format("{}\n  records   {} ({}){}\n  segments  {}, {} of {}\n", report.folder,
                      report.next - report.first,
                      program::ranged("number", static_cast<std::int64_t>(report.first),
                                      static_cast<std::int64_t>(report.next) - 1),
                      report.oldest ? ", from " + format_rfc3339(*report.oldest) + " on" : "",
                      report.segments, program::human_size(static_cast<double>(report.bytes)),
                      program::human_size(static_cast<double>(report.max_bytes)));
  if (report.stream)
    text += fmt::format("  waiting   {} for Redis\n", program::counted(report.waiting, "record"));
  text += readers_text(report);
  if (!report.verified) return text;
  for (const auto& damage : report.verified->damage) text += "  damage    " + describe(damage).message + "\n";
  for (const auto& path : report.verified->headless)
    text += "  damage    " + path.string() + ": its header can't be read.\n";
  if (report.verified->damage.empty() && report.verified->headless.empty()) {
    text +=
        fmt::format("  verified  {}, {}: all well\n", program::counted(report.verified->records, "record"),
                    program::human_size(static_cast<double>(report.verified->bytes)));
  }
  return text;
}

std::string report_json(const LogReport& report) {
  std::string text = R"({"folder":)";
  append_json_string(text, report.folder);
  text += fmt::format(
      R"(,"records":{},"first":{},"next":{},"segments":{},"bytes":{},"max_bytes":{},"oldest":)",
      report.next - report.first, report.first, report.next, report.segments, report.bytes, report.max_bytes);
  if (report.oldest)
    append_json_string(text, format_rfc3339(*report.oldest));
  else
    text += "null";
  text += R"(,"readers":)" + reader_list(report);
  append_stream(text, report.stream);
  text += R"(,"waiting":)" + (report.stream ? std::to_string(report.waiting) : "null");
  if (report.verified) {
    text += fmt::format(R"(,"verified":{{"records":{},"bytes":{},"damage":[)", report.verified->records,
                        report.verified->bytes);
    for (const auto& damage : report.verified->damage) {
      text += text.back() == '[' ? "" : ",";
      text += fmt::format(R"({{"first":{},"records":{},"segment":{},"offset":{},"end":{}}})", damage.sequence,
                          damage.records, damage.segment, damage.offset, damage.end);
    }
    text += R"(],"headless":[)";
    for (const auto& path : report.verified->headless) {
      text += text.back() == '[' ? "" : ",";
      append_json_string(text, path.string());
    }
    text += "]}";
  }
  return text + "}\n";
}

}  // namespace skerry::events
