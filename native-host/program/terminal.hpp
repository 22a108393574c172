#pragma once

#include <optional>
#include <string_view>

#include "shared/error.hpp"

/// How commands write: all text of others that a terminal shows goes through here, or, where a line has
/// colours, through `printable` (shared/printable.hpp) piece by piece. Nothing here throws. What standard
/// output refuses is remembered until the program ends (`output_error`), and what is written after that is
/// dropped: half a text with a hole in it would be taken for a whole one.
namespace skerry::program {

/// On standard output, byte by byte.
void put(std::string_view text);
/// On standard output, as `printable` has it; its line feeds are kept.
void say(std::string_view text);
/// A JSON text on standard output, which stays the same to whoever reads it.
void say_json(std::string_view json);
/// Passes on what was written so far. False where standard output has refused any of it: nobody hears more.
bool flush();
/// False where standard output has refused anything, as far as is known without a flush.
bool is_heard();
/// `skerry: …` and a line feed on standard error.
void warn(std::string_view text);
/// A line on standard error as it is, for what goes on.
void note(std::string_view text);

/// Passes everything on, and says what standard output refused, and why: `output_failed`. A reader that has
/// gone (EPIPE) is none.
std::optional<Error> output_error();

/// Before anything is written: a reader that goes is an error of writing (EPIPE), not the end of the process,
/// and the numbers of standard streams that are closed are taken, so that no file of ours gets them.
void prepare_streams();
/// For a program that takes this one's place: SIGPIPE as it was before `prepare_streams`.
void restore_streams();

/// Whether what reads this descriptor obeys escape sequences: a terminal, and TERM says which (not `dumb`).
bool takes_escapes(int descriptor);
/// Whether it is to be painted, which is colour, bold and dim: not where NO_COLOR is set to anything
/// (https://no-color.org).
bool takes_colour(int descriptor);

}  // namespace skerry::program
