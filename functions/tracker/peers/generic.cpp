#include "functions/tracker/peers/peers.hpp"

namespace skerry::functions {

constinit const Peer kGeneric{.name = "generic",
                              .has = [](std::string_view) { return true; },
                              .is_pixel = [](std::string_view path) { return path.starts_with("/pixel/"); },
                              .shape = {.forms = true, .nothing = true}};

}  // namespace skerry::functions
