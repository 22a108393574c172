#pragma once

#include "shared/setting.hpp"

namespace skerry::functions {

inline constexpr FunctionSetting kGpc{.name = "gpc",
                                      .type = FunctionSetting::Type::choice,
                                      .help = "Events with Sec-GPC: 1",
                                      .fallback = "drop",
                                      .choices = {"keep", "anonymise", "drop"}};
inline constexpr FunctionSetting kDnt{.name = "dnt",
                                      .type = FunctionSetting::Type::choice,
                                      .help = "Events with DNT: 1",
                                      .fallback = "drop",
                                      .choices = {"keep", "anonymise", "drop"}};
inline constexpr FunctionSetting kAnonymiseClient{
    .name = "anonymise_client",
    .type = FunctionSetting::Type::toggle,
    .help = "Keep only the /24 or /48 of every client's address",
    .fallback = "on"};
inline constexpr FunctionSetting kTrustedProxies{
    .name = "trusted_proxies",
    .type = FunctionSetting::Type::prefixes,
    .help = "Who may say who the client is; the program's own trusted_proxies where it is not set"};
inline constexpr FunctionSetting kForwardedHeaders{
    .name = "forwarded_headers",
    .type = FunctionSetting::Type::headers,
    .help = "Headers in which they say it, the first that is there; the program's own where it is not set",
    .fallback = "X-Forwarded-For"};
inline constexpr FunctionSetting kKeys{
    .name = "keys",
    .type = FunctionSetting::Type::secret,
    .help =
        "Keys between commas, one of which each request must show, as the pages that send events do: "
        "whoever reads those knows it; empty: none"};
inline constexpr FunctionSetting kCredentialsOrigins{
    .name = "credentials_origins",
    .type = FunctionSetting::Type::origins,
    .help = "Origins whose pages may send cookies along, or *"};
inline constexpr FunctionSetting kTrackerHosts{.name = "tracker_hosts",
                                               .type = FunctionSetting::Type::hosts,
                                               .live = false,
                                               .help = "Host names of which every path is the tracker's"};

inline constexpr FunctionSetting kEventPaths{
    .name = "event_paths",
    .type = FunctionSetting::Type::paths,
    .help = "Paths of events in nobody's special form; /* at the end: all below, /* alone: every path",
    .fallback = "/t, /t/*, /w, /w/*, /bud, /geo, /chm"};

inline constexpr FunctionSetting tracker_settings[] = {kGpc,
                                                       kDnt,
                                                       kAnonymiseClient,
                                                       kTrustedProxies,
                                                       kForwardedHeaders,
                                                       kKeys,
                                                       kCredentialsOrigins,
                                                       kTrackerHosts,
                                                       kEventPaths};

}  // namespace skerry::functions
