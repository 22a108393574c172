#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What a terminal may be shown of text that others wrote: nothing that moves its cursor, recolours it, turns
/// the order of its letters round, or can't be seen.
namespace skerry {

/// What becomes of line feeds.
enum class Lines { joined, kept };

/// `text` with its unseen characters written out, as `\u001b` and `\U000e0041`, and bytes that are no UTF-8
/// as `\xff`. Unseen are: C0, DEL and C1; the marks, embeddings, overrides and isolates of the bidirectional
/// algorithm (UAX #9); line and paragraph separators; what has no width and no meaning of its own (joiners,
/// fillers, tags, byte order marks, variation selectors but those of emoji); noncharacters. With
/// `Lines::joined` line feeds become spaces, with their carriage returns; a tab always is one.
std::string printable(std::string_view text, Lines lines = Lines::joined);

/// A JSON text that stays the same to whoever reads it: in its strings what `printable` writes out is
/// escaped (RFC 8259, section 7). White space between its values is kept. Bytes that are no UTF-8 become
/// U+FFFD.
std::string printable_json(std::string_view json);

/// Appends `text` as a JSON string as `printable_json` has it, with its quotes.
void append_printable_string(std::string& out, std::string_view text);

/// Appends it as it is where it is one plain word of ASCII, else as such a string: a value behind `name=`.
void append_word(std::string& out, std::string_view text);

/// At most `width` columns of a printable text, with `…` as the last one where something is left out. A
/// character that is two columns wide, and what combines with the one before it, is kept or left out whole.
std::string shortened(std::string_view text, std::size_t width);

/// The start of `text`, at most `size` bytes long, that does not end within a character.
std::string_view head_of(std::string_view text, std::size_t size);

}  // namespace skerry
