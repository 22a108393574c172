#pragma once

#include "shared/setting.hpp"

namespace skerry::functions {

inline constexpr FunctionSetting kMetricsCode{
    .name = "metrics_code",
    .type = FunctionSetting::Type::secret,
    .help = "What /metrics?code= must say; empty: it answers nobody, unless metrics_public",
    .native = "metrics.code"};
inline constexpr FunctionSetting kMetricsPublic{
    .name = "metrics_public",
    .type = FunctionSetting::Type::toggle,
    .help = "/metrics needs no code; the report for InfluxDB always does",
    .fallback = "off"};
inline constexpr FunctionSetting kBaseUrl{.name = "base_url",
                                          .help = "Tag of the report for InfluxDB: where this service is"};
inline constexpr FunctionSetting kAppEnv{
    .name = "app_env", .help = "Tag of the report for InfluxDB", .fallback = "prod"};
inline constexpr FunctionSetting kEdgeCounters{
    .name = "edge_counters",
    .type = FunctionSetting::Type::toggle,
    .help = "skerry_edge_*; off where each request gets an instance of its own",
    .fallback = "on"};

inline constexpr FunctionSetting metrics_settings[] = {
    kMetricsCode, kMetricsPublic, kBaseUrl, kAppEnv, kEdgeCounters, settings::kSource, settings::kGzip};

}  // namespace skerry::functions
