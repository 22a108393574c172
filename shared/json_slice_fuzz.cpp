#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "shared/json_slice.hpp"

using namespace skerry;

namespace {

constexpr int kDepth = 60;  // below the slicer's own limit

/// The deepest nesting, if the text is JSON.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_string && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return deepest;
}

/// Walks to the end, and checks that the parts lie in the text one behind the other.
bool complete(std::string_view text, char open, bool json) {
  JsonSlicer slicer(text);
  std::size_t last = 0;
  for (slicer.enter(open); const auto part = slicer.next();) {
    const auto begin = static_cast<std::size_t>(part->value.data() - text.data());
    if (begin < last || part->value.empty()) std::abort();
    last = begin + part->value.size();
    if (last > text.size() || last != slicer.position()) std::abort();
    if (json && !nlohmann::json::accept(part->value)) std::abort();
    if (json && open == '{' && !nlohmann::json::accept('"' + std::string(part->key) + '"')) std::abort();
    if (const auto content = plain_string(part->value); content && content->size() + 2 != part->value.size())
      std::abort();
  }
  if (slicer.position() > text.size()) std::abort();
  return slicer.complete();
}

}  // namespace

/// Whatever nlohmann/json accepts must be walked to the end. It also accepts a byte order mark and takes a
/// NUL for the end of the text; JSON has neither.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool json = !text.contains('\0') && !text.starts_with('\xef') && nlohmann::json::accept(text) &&
                    depth_of(text) <= kDepth;
  const auto first = text.find_first_not_of(" \t\r\n");
  for (const char open : {'[', '{'}) {
    const bool opens = first != std::string_view::npos && text[first] == open;
    const bool walked = complete(text, open, json);
    if (opens ? json && !walked : walked) std::abort();
  }
  return 0;
}
