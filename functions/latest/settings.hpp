#pragma once

#include "shared/setting.hpp"

namespace skerry::functions {

inline constexpr FunctionSetting kResidentSeconds{
    .name = "resident_seconds",
    .type = FunctionSetting::Type::number,
    .help = "How long an instance answers from the view that it read last",
    .fallback = "30"};

inline constexpr FunctionSetting latest_settings[] = {settings::kViewPromise, kResidentSeconds,
                                                      settings::kGzip};

}  // namespace skerry::functions
