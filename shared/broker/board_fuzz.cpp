#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "shared/broker/board.hpp"
#include "shared/broker/board_query.hpp"

using namespace skerry;
using namespace skerry::broker;

/// The text up to the first line feed is a deep link, the rest a view.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const BoardQuery query = BoardQuery::parse(text.substr(0, line));
  if (BoardQuery::parse(query.text()) != query) std::abort();
  const auto board = parse_board(text.substr(std::min(line + 1, text.size())));
  if (!board) return 0;
  if (!std::ranges::is_sorted(board->collectors, natural_order, &Collector::id)) std::abort();
  auto numbers = select(*board, query);
  std::ranges::sort(numbers);
  if (std::ranges::adjacent_find(numbers) != numbers.end()) std::abort();
  if (!numbers.empty() && numbers.back() >= board->collectors.size()) std::abort();
  return 0;
}
