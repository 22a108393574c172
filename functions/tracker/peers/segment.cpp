#include "functions/tracker/peers/peers.hpp"

namespace skerry::functions {
namespace {

bool has(std::string_view path) {
  constexpr std::array<std::string_view, 16> kCalls{"track", "identify", "page",   "screen", "group", "alias",
                                                    "merge", "batch",    "import", "t",      "i",     "p",
                                                    "s",     "g",        "a",      "b"};
  return path.starts_with("/v1/") && is_one_of(path.substr(4), kCalls);
}

}  // namespace

constinit const Peer kSegment{.name = "segment",
                              .has = has,
                              .limits = {.body = 500 * kKiB, .event = 32 * kKiB, .events = 2500},
                              .answers = {.success = R"({"success":true)"}};

}  // namespace skerry::functions
