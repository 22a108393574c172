#include "native-host/program/refusal.hpp"

namespace skerry::program {
namespace {

Response later(const Error& error, const char* seconds) {
  auto response = error_response(503, error.code, error.message);
  response.headers.set("Retry-After", seconds);
  return response;
}

}  // namespace

Response refusal(const Error& error) {
  switch (error.kind) {
    case ErrorKind::usage: return error_response(400, error.code, error.message);
    case ErrorKind::denied: return error_response(403, error.code, error.message);
    case ErrorKind::not_found: return error_response(404, error.code, error.message);
    case ErrorKind::conflict: return error_response(409, error.code, error.message);
    case ErrorKind::too_large: return error_response(413, error.code, error.message);
    case ErrorKind::busy: return later(error, "1");
    case ErrorKind::unavailable:
    case ErrorKind::stopped: return later(error, "5");
    case ErrorKind::full: return later(error, "30");
    case ErrorKind::failed:
    case ErrorKind::not_installed:
    case ErrorKind::damaged: break;
  }
  return error_response(500, "internal_error", "The server failed to answer.");
}

}  // namespace skerry::program
