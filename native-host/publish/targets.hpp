#pragma once

#include <memory>
#include <vector>

#include "native-host/program/outward.hpp"
#include "native-host/publish/settings.hpp"
#include "native-host/publish/target.hpp"

namespace skerry::publish {

/// The targets that the settings name, besides the own store.
std::vector<std::unique_ptr<Target>> targets_of(const Settings& settings, const program::Outward& outward);

}  // namespace skerry::publish
