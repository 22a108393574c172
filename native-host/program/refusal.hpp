#pragma once

#include "shared/error.hpp"
#include "shared/http.hpp"

namespace skerry::program {

/// The answer to a request that failed so: its status follows from the error's kind alone. What is worth
/// trying again is 503 with Retry-After. Of an error that is none of the client's business (500), it says
/// nothing: that belongs into the report.
Response refusal(const Error& error);

}  // namespace skerry::program
