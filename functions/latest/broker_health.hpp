#pragma once

#include <string_view>

#include "functions/latest/view.hpp"
#include "shared/http.hpp"
#include "shared/query.hpp"
#include "shared/time.hpp"

/// `/v2/health` and `/v3/broker/health`, as BGPKIT Broker answers: its command line asks there before
/// anything else. It is about the data that can be had; whether the service is well says `/health`.
namespace skerry::functions {

/// 200 `{"message":"database is healthy","meta":{"delay_secs":n,"latest_file_ts":unix},"status":"OK"}`, where
/// the delay counts from the view's newest file. Freshness is judged only with the parameter `max_delay_secs`
/// (0 to 2^32-1). Errors: 503
/// `{"BrokerNotHealthy":"…"}` where the newest file is older or there is none, in the original's words; 400
/// `invalid_max_delay_secs`.
Response broker_health(const Query& query, const View& view, Time now);

/// The same 503 for an error with which the view can't be had.
Response broker_not_healthy(const Error& error);

}  // namespace skerry::functions
