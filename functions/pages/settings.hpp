#pragma once

#include "shared/setting.hpp"

namespace skerry::functions {

inline constexpr FunctionSetting pages_settings[] = {settings::kGzip};

}  // namespace skerry::functions
