#include "native-host/program/secrets.hpp"

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

TEST_CASE("a secret that is not set is empty, one that can't be read is an error, and closes its door") {
  Report report("error", "text");
  const config::Secret none{.name = "s"};
  const config::Secret set{.value = "open-sesame", .name = "s"};
  const config::Secret away{.file = "/nowhere/secret", .name = "s"};
  CHECK(read_if_set(none) == "");
  CHECK(read_if_set(set) == "open-sesame");
  CHECK(read_if_set(away).error().code == "token_missing");
  CHECK(read_for_door(none, report).empty());
  CHECK(read_for_door(set, report) == "open-sesame");
  CHECK(read_for_door(away, report).empty());
}

}  // namespace
}  // namespace skerry::program
