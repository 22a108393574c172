#include "functions/metrics/influx.hpp"

#include <doctest/doctest.h>

namespace skerry::functions {
namespace {

const Time kNow = *parse_rfc3339("2021-05-05T18:03:57.873Z");
constexpr std::string_view kNothing =
    " storage_declared_space=0,storage_used_space=0,users_active_accounts=0,users_active_jwt_keys=0,"
    "backup_versions=0,backup_collections=0,resources_tags=0 1620237837873000000";

TEST_CASE("the literal line") {
  CHECK(influx_line({}, "http://localhost:8000", "dev", kNow) ==
        "backup_repository_report,base_url=http://localhost:8000,app_env=dev" + std::string(kNothing));
  CHECK(influx_line({1ULL << 40U, 2, 3, 4, 5, 6, 7}, "b", "e", kNow) ==
        "backup_repository_report,base_url=b,app_env=e "
        "storage_declared_space=1099511627776,storage_used_space=2,"
        "users_active_accounts=3,users_active_jwt_keys=4,backup_versions=5,backup_collections=6,resources_"
        "tags=7 "
        "1620237837873000000");
}

TEST_CASE("tags forge nothing") {
  struct Case {
    std::string_view value, text;
  };
  const Case cases[] = {
      {"", ""},
      {"plain", ",app_env=plain"},
      {"a b,c=d", R"(,app_env=a\ b\,c\=d)"},
      {"\"quoted\"", ",app_env=\"quoted\""},
      {"a\\b", R"(,app_env=a\b)"},
      {"a\\", ",app_env=a/"},
      {"a\\\\", R"(,app_env=a\/)"},
      {"x\nforged v=1", R"(,app_env=x_forged\ v\=1)"},
      {std::string_view("\0\r\t\x7f", 4), ",app_env=____"},
      {"zürich", ",app_env=zürich"},
      {" ", R"(,app_env=\ )"},
  };
  for (const auto& [value, text] : cases) {
    CAPTURE(value);
    CHECK(influx_line({}, "", value, kNow) ==
          "backup_repository_report" + std::string(text) + std::string(kNothing));
  }
}

}  // namespace
}  // namespace skerry::functions
