#pragma once

#include "shared/setting.hpp"

namespace skerry::functions {

inline constexpr FunctionSetting kHealthCode{
    .name = "health_code",
    .type = FunctionSetting::Type::secret,
    .help = "What /health?code= or a bearer token must say; empty: it answers nobody",
    .native = "health.code"};
inline constexpr FunctionSetting kHealthMaxAge{.name = "health_max_age_seconds",
                                               .type = FunctionSetting::Type::number,
                                               .help = "A stored self-check that is older counts for nothing",
                                               .fallback = "900"};

inline constexpr FunctionSetting health_settings[] = {kHealthCode, kHealthMaxAge, settings::kViewPromise,
                                                      settings::kSource, settings::kOriginUrl};

}  // namespace skerry::functions
