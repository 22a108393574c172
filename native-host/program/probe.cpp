#include "native-host/program/probe.hpp"

#include <string>

#include "shared/door.hpp"

namespace skerry::program {
namespace {

Response text(int status, std::string body) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          Body(std::move(body))};
}

}  // namespace

Response probe(const Request& request, std::string_view trouble, std::string_view code) {
  const bool asks_ready = request.path() == "/readyz";
  if (!asks_ready && request.path() != "/livez")
    return error_response(404, "not_found", "There is nothing here.");
  if (request.method != "GET" && request.method != "HEAD") {
    auto response = error_response(405, "method_not_allowed", "Only GET and HEAD are served here.");
    response.headers.set("Allow", "GET, HEAD");
    return response;
  }
  if (!asks_ready || trouble.empty()) return text(200, "ok\n");
  auto response = text(503, std::string(shows_secret(request, code) ? trouble : "not ready") + "\n");
  response.headers.set("Retry-After", "5");
  return response;
}

}  // namespace skerry::program
