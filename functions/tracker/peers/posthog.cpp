#include "functions/tracker/peers/peers.hpp"

/// PostHog's own limits (20 MB, 2 MB) are above what a batch and a record take.
namespace skerry::functions {
namespace {

constexpr std::array<std::string_view, 6> kPaths{"/i/v0/e", "/e", "/track", "/engage", "/capture", "/batch"};
constexpr std::array<std::string_view, 2> kKeys{"api_key", "token"};

}  // namespace

constinit const Peer kPosthog{.name = "posthog",
                              .has = [](std::string_view path) { return is_one_of(path, kPaths); },
                              .shape = {.packed = true, .keys = kKeys, .token_in_properties = true},
                              .answers = {.success = R"({"status":"Ok")"}};

}  // namespace skerry::functions
