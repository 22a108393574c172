#include "native-host/program/refusal.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

TEST_CASE("the status of a refusal follows from the kind of the error") {
  struct Case {
    ErrorKind kind;
    int status;
    const char* retry_after;
  };
  for (const auto& [kind, status, retry_after] : std::vector<Case>{{ErrorKind::usage, 400, ""},
                                                                   {ErrorKind::denied, 403, ""},
                                                                   {ErrorKind::not_found, 404, ""},
                                                                   {ErrorKind::conflict, 409, ""},
                                                                   {ErrorKind::too_large, 413, ""},
                                                                   {ErrorKind::failed, 500, ""},
                                                                   {ErrorKind::damaged, 500, ""},
                                                                   {ErrorKind::not_installed, 500, ""},
                                                                   {ErrorKind::busy, 503, "1"},
                                                                   {ErrorKind::unavailable, 503, "5"},
                                                                   {ErrorKind::stopped, 503, "5"},
                                                                   {ErrorKind::full, 503, "30"}}) {
    CAPTURE(status);
    const auto response = refusal({"the_code", "Some words.", kind});
    CHECK(response.status == status);
    CHECK(response.headers.get("Retry-After").value_or("") == retry_after);
    CHECK(std::string(response.body.view()).contains(status == 500 ? "internal_error" : "the_code"));
    CHECK(std::string(response.body.view()).contains("Some words.") == (status != 500));
  }
}

}  // namespace
}  // namespace skerry::program
