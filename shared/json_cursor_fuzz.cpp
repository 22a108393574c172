#include <cstdint>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "shared/json_cursor.hpp"
#include "shared/json_text.hpp"

using namespace skerry;

/// What the cursor takes is what nlohmann's parser takes, but for strings that are not UTF-8, and entering
/// finds the same as skipping.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  JsonCursor skipping(text);
  const auto whole = skipping.value();
  const bool good = skipping.complete();
  // nlohmann's parser skips a byte order mark, ends at a NUL, and refuses numbers that no double can hold and
  // half a surrogate pair.
  constexpr std::size_t kHuge = 300;
  if (is_utf8(text) && size < kHuge && !text.starts_with("\xEF\xBB\xBF") && !text.contains('\0')) {
    const bool accepted = nlohmann::json::accept(text);
    if (accepted && !good) std::abort();
    if (!accepted && good && text.find_first_of("eE") == std::string_view::npos && !text.contains("\\ud") &&
        !text.contains("\\uD"))
      std::abort();
  }
  JsonCursor entering(text);
  const char open = entering.peek();
  if (open != '[' && open != '{') return 0;
  entering.enter(open);
  while (open == '[' ? entering.element() : entering.member().has_value()) {
    const auto value = entering.value();
    if (!value.empty() && (value.data() < text.data() || value.data() + value.size() > text.data() + size))
      std::abort();
  }
  if (good && (whole.empty() || !entering.complete())) std::abort();
  if (entering.complete() && size < JsonCursor::kMaxDepth && !good) std::abort();
  return 0;
}
