#include "native-host/program/routes.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

http::Handler named(int status) {
  return {.respond = [status](const Request&) { return error_response(status, "x", "X."); }};
}

int status_of(const Routes& routes, std::string target, const std::string& host = {}) {
  Request request;
  request.target = std::move(target);
  if (!host.empty()) request.headers.add("Host", host);
  const auto* handler = routes.find(request);
  return handler == nullptr ? 404 : handler->respond(request).status;
}

TEST_CASE("the host wins, then the path, then the longest prefix") {
  metrics::Registry registry;
  Routes routes(registry);
  routes.mount("a", "a", named(201)).path("/").path("/t").path("/t/*").host("T.Example");
  routes.mount("b", "b", named(202)).path("/t/deep/*").path("/t/one").path("/v1/uploads/*");
  routes.mount("c", "c", named(203)).path("/v1/*");
  REQUIRE(routes.close());
  struct Case {
    const char* target;
    const char* host;
    int status;
  };
  for (const auto& [target, host, status] : std::vector<Case>{
           {"/", "", 201},
           {"/t", "", 201},
           {"/t/", "", 201},
           {"/t/x/y", "", 201},
           {"/t/one", "", 202},
           {"/t/one?q", "", 202},
           {"/t/one/", "", 201},
           {"/t/deep", "", 201},
           {"/t/deep/er/still", "", 202},
           {"/v1/track", "", 203},
           {"/v1/uploads/7", "", 202},
           {"/v1", "", 404},
           {"/elsewhere", "", 404},
           {"", "", 404},
           {"*", "", 404},
           {"/v1/track", "t.example:8080", 201},
           {"/elsewhere", "t.EXAMPLE", 201},
           {"/elsewhere", "x.example", 404},
       }) {
    CAPTURE(target);
    CAPTURE(host);
    CHECK(status_of(routes, target, host) == status);
  }
}

TEST_CASE("what two claim is refused, by name") {
  metrics::Registry registry;
  Routes routes(registry);
  routes.mount("the function tracker", "tracker", named(201)).path("/v1/*").path("/t").path("/t").host("h");
  routes.mount("uploads", "uploads", named(202)).path("/v1/*").path("/u").host("H");
  const auto closed = routes.close();
  REQUIRE(!closed);
  CHECK(closed.error().code == "route_claimed_twice");
  CHECK(closed.error().kind == ErrorKind::usage);
  CHECK(closed.error().message ==
        "the function tracker and uploads both want to serve /v1/*. "
        "the function tracker and uploads both want to serve h.");
}

TEST_CASE("what is served is said in one sentence") {
  metrics::Registry registry;
  Routes routes(registry);
  CHECK(routes.places("http://h:1").empty());
  routes.show(2, "the page", "/status");
  routes.show(1, "the view", "/latest");
  CHECK(routes.places("http://h:1") == "The view is at http://h:1/latest, the page at http://h:1/status");
  CHECK(routes.places("") == "The view, the page");
}

}  // namespace
}  // namespace skerry::program
