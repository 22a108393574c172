#include "functions/tracker/peers/peers.hpp"

namespace skerry::functions {

constinit const Peer kGeneric{.name = "generic",
                              .has = [](std::string_view) { return true; },
                              .configured_paths = true,
                              .shape = {.forms = true, .nothing = true}};

}  // namespace skerry::functions
