#include "native-host/events/redis/move_note.hpp"

#include <charconv>

#include "shared/events/event.hpp"
#include "shared/sha256.hpp"

namespace skerry::events {
namespace {

constexpr std::string_view kTitle = "skerry events move 1";
constexpr std::string_view kSince = "since ";
constexpr std::string_view kWriter = "writer ";

/// A line with its end, or nothing.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

bool is_noted_name(std::string_view name) {
  const auto tab = name.find('\t');
  return is_event_id(name.substr(0, tab)) &&
         (tab == std::string_view::npos ||
          name.find_first_not_of("0123456789abcdef", tab + 1) == std::string_view::npos);
}

}  // namespace

std::string noted_name(std::string_view record) {
  const auto name = event_name(record);
  if (!name) return {};
  std::string text(name->id);
  if (!name->key.empty()) text.append("\t").append(hexadecimal(sha256(name->key)));
  return text;
}

std::string encode_move_note(const MoveNote& note) {
  std::string text;
  for (const std::string_view part : {kTitle, std::string_view("\n"), kSince, std::string_view(note.since),
                                      std::string_view("\n"), kWriter, std::string_view(note.writer)})
    text += part;
  text += '\n';
  for (const auto& [mark, id] : note.events) {
    text += std::to_string(mark);
    text += ' ';
    text += id;
    text += '\n';
  }
  return text;
}

std::optional<MoveNote> parse_move_note(std::string_view text) {
  const auto title = take_line(text);
  const auto since = take_line(text);
  const auto writer = take_line(text);
  if (title != kTitle || !since || !since->starts_with(kSince) || !writer || !writer->starts_with(kWriter)) {
    return std::nullopt;
  }
  MoveNote note{.since = std::string(since->substr(kSince.size())),
                .writer = std::string(writer->substr(kWriter.size()))};
  while (!text.empty()) {
    const auto line = take_line(text);
    if (!line) return std::nullopt;
    std::uint64_t mark = 0;
    const char* const begin =
        line->data();  // NOLINT(bugprone-suspicious-stringview-data-usage): `end` is there
    const char* const end = begin + line->size();
    const auto [at, error] = std::from_chars(begin, end, mark);
    if (error != std::errc() || at == end || *at != ' ') return std::nullopt;
    const std::string_view name(at + 1, end);
    if (!is_noted_name(name)) return std::nullopt;
    note.events.emplace_back(mark, name);
  }
  return note;
}

}  // namespace skerry::events
