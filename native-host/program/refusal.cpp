#include "native-host/program/refusal.hpp"

namespace skerry::program {

Response refusal(const Error& error) {
  if (status_of(error.kind) == 500)
    return error_response(500, "internal_error", "The server failed to answer.");
  const int seconds = error.kind == ErrorKind::busy ? 1 : error.kind == ErrorKind::full ? 30 : 5;
  return error_response(error, seconds);
}

}  // namespace skerry::program
