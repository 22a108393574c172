#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skerry::events {

/// What must be known, also after a kill, to move the log into Redis without doubling an event: the file
/// `move`.
///
///     skerry events move 1
///     since ENTRY
///     writer NAME
///     MARK ID        one line for each event; behind the id, where it has a key: a tab and the SHA-256 of
///     that
struct MoveNote {
  std::string since = "0-0";  ///< an entry of the stream before all that may be in doubt
  std::string writer = {};    ///< whose last answers are missing; empty: nobody's
  std::vector<std::pair<std::uint64_t, std::string>> events = {};  ///< of these: the mark behind it, its name

  friend bool operator==(const MoveNote&, const MoveNote&) = default;
};

/// What a note calls an event (`EventName`); empty where the record is none.
std::string noted_name(std::string_view record);

std::string encode_move_note(const MoveNote& note);
/// Nothing where the text is none, or is not whole.
std::optional<MoveNote> parse_move_note(std::string_view text);

}  // namespace skerry::events
