#include "native-host/edge/own_origin.hpp"

#include <chrono>
#include <utility>

namespace skerry::edge {
namespace {

Response text(int status, std::string body, const char* type = "text/plain; charset=utf-8") {
  return {status, {{"Content-Type", type}, {"Cache-Control", "no-store"}}, Body(std::move(body))};
}

bool is_read(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

OwnOrigin::OwnOrigin(Vitals vitals)
    : trouble_(std::move(vitals.trouble)),
      health_(std::move(vitals.health), std::chrono::seconds(5)),
      metrics_(std::move(vitals.metrics), std::chrono::seconds(1)) {}

void OwnOrigin::fetch(Request request, Done done) {
  const auto path = request.path();
  const bool is_health = path == "/internal/health";
  if (!is_read(request) || (!is_health && path != "/internal/metrics")) return done(outside(request));
  (is_health ? health_ : metrics_).get([is_health, done = std::move(done)](std::string document) mutable {
    done(text(200, std::move(document), is_health ? "application/json" : "text/plain; charset=utf-8"));
  });
}

Response OwnOrigin::outside(const Request& request) const {
  const bool is_ready = request.path() == "/readyz";
  if (!is_ready && request.path() != "/livez")
    return error_response(404, "not_found", "There is nothing here.");
  if (!is_read(request)) {
    auto response = error_response(405, "method_not_allowed", "Only GET and HEAD are served here.");
    response.headers.set("Allow", "GET, HEAD");
    return response;
  }
  const auto trouble = is_ready ? trouble_() : std::string();
  if (trouble.empty()) return text(200, "ok\n");
  auto response = text(503, trouble + "\n");
  response.headers.set("Retry-After", "5");
  return response;
}

}  // namespace skerry::edge
