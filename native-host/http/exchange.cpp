#include "native-host/http/exchange.hpp"

#include <algorithm>

#include "native-host/http/memory.hpp"

namespace skerry::http {

Task<Result<std::string>> Exchange::read_all(std::size_t limit, std::function<void(std::string_view)> seen) {
  std::string all;
  while (true) {
    const auto piece = co_await read();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return all;
    if (piece->size() > limit - all.size())
      co_return fail(ErrorKind::too_large, "body_too_large",
                     "The body is larger than " + std::to_string(limit) + " bytes.");
    const auto wanted = all.size() + piece->size();
    if (wanted > all.capacity()) {
      const auto most =
          static_cast<std::size_t>(std::min<std::uint64_t>(limit, body_length().value_or(limit)));
      const auto room = std::max(wanted, std::min(2 * all.capacity(), most));
      if (auto held = hold(room); !held) co_return std::unexpected(std::move(held.error()));
      reserve_exactly(all, room);
    }
    all.append(*piece);
    if (seen) seen(*piece);
  }
}

Task<Result<void>> Exchange::sleep(std::chrono::milliseconds time) {
  const auto never = make_signal();
  auto slept = co_await wait(*never, time);
  if (!slept) co_return std::unexpected(std::move(slept.error()));
  co_return {};
}

}  // namespace skerry::http
