#include "native-host/edge/own_origin.hpp"

#include <chrono>
#include <utility>

#include "native-host/program/probe.hpp"

namespace skerry::edge {
namespace {

Response document(std::string body, const char* type) {
  return {200, {{"Content-Type", type}, {"Cache-Control", "no-store"}}, Body(std::move(body))};
}

}  // namespace

OwnOrigin::OwnOrigin(Vitals vitals)
    : trouble_(std::move(vitals.trouble)),
      health_(std::move(vitals.health), std::chrono::seconds(5)),
      metrics_(std::move(vitals.metrics), std::chrono::seconds(1)) {}

void OwnOrigin::fetch(Request request, Done done) {
  const auto path = request.path();
  const bool is_health = path == "/internal/health";
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!is_read || (!is_health && path != "/internal/metrics"))
    return done(program::probe(request, trouble_(request)));
  (is_health ? health_ : metrics_).get([is_health, done = std::move(done)](std::string text) mutable {
    done(document(std::move(text), is_health ? "application/json" : "text/plain; charset=utf-8"));
  });
}

}  // namespace skerry::edge
