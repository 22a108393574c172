#include "native-host/events/redis/move_note.hpp"

#include <doctest/doctest.h>

namespace skerry::events {
namespace {

TEST_CASE("a note comes back as it was written") {
  const MoveNote cases[] = {
      {},
      {.since = "1790000000000-3"},
      {.since = "1-1",
       .writer = "a1",
       .events = {{1, "x"}, {1, "with blanks  in it"}, {UINT64_MAX, "\xff\xfe"}, {2, "id\t00ff"}, {2, "id"}}},
  };
  for (const auto& note : cases) CHECK(parse_move_note(encode_move_note(note)) == note);
  CHECK(encode_move_note({.since = "1-1", .writer = "w", .events = {{2, "a"}}}) ==
        "skerry events move 1\nsince 1-1\nwriter w\n2 a\n");
}

TEST_CASE("what is no note") {
  const std::string whole = "skerry events move 1\nsince 1-1\nwriter w\n2 a\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const bool may_end = size == whole.find("2 a");
    CHECK(parse_move_note(std::string_view(whole).substr(0, size)).has_value() == may_end);
  }
  for (const std::string_view line : {"a\n", " a\n", "1\n", "1 \n", "-1 a\n", "99999999999999999999 a\n",
                                      "1 \x01\n", "\n", "1 \tff\n", "1 a\tFG\n", "1 a\tff\tff\n"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_move_note(whole + std::string(line)));
  }
  CHECK_FALSE(parse_move_note("skerry events move 2\nsince 1-1\nwriter w\n"));
}

}  // namespace
}  // namespace skerry::events
