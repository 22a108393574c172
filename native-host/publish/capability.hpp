#pragma once

#include "native-host/program/capability.hpp"

namespace skerry::publish {

/// Documents on their way to the platforms' key-value stores.
program::Capability capability();

}  // namespace skerry::publish
