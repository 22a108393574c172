#pragma once

#include "native-host/program/capability.hpp"

namespace skerry::edge {

/// The functions of the bundle, each request in a fresh sandbox, as the edge runs them; and on an address of
/// its own the key-value store for a self-hosted workerd. Takes `sandbox::EventsPort`, where somebody offers
/// it.
program::Capability capability();

}  // namespace skerry::edge
