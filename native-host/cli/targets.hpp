#pragma once

#include <memory>
#include <vector>

#include "native-host/config/settings.hpp"
#include "native-host/publish/target.hpp"

namespace skerry::cli {

/// The publishing targets that the settings name, besides the own store.
std::vector<std::unique_ptr<publish::Target>> targets_of(const config::Settings& settings);

}  // namespace skerry::cli
