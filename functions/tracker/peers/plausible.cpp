#include "functions/tracker/peers/peers.hpp"

namespace skerry::functions {
namespace {

constexpr std::array<std::string_view, 2> kKeys{"d", "domain"};

}  // namespace

/// One event a request; the site's domain is the key.
constinit const Peer kPlausible{.name = "plausible",
                                .has = [](std::string_view path) { return path == "/api/event"; },
                                .takes_get = false,
                                .shape = {.list = {}, .bare_lists = false, .keys = kKeys},
                                .answers = {.status = 202, .text = "ok", .dropped = "x-plausible-dropped"}};

}  // namespace skerry::functions
