#include "native-host/edge/store_port.hpp"

#include <filesystem>

#include <doctest/doctest.h>
#include <unistd.h>

namespace skerry::edge {
namespace {

TEST_CASE("functions read and write the program's store, and that is counted") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("skerry-store-port-" + std::to_string(::getpid()));
  {
    const auto store = kv::Store::open({.path = folder / "kv.sqlite3"});
    REQUIRE(store);
    metrics::Registry registry;
    StorePort port(**store, registry);
    CHECK(*port.get("key") == nullptr);
    REQUIRE(port.put("key", "value"));
    const auto value = port.get("key");
    REQUIRE(value);
    REQUIRE(*value);
    CHECK(**value == "value");
    const std::string keys[] = {"other", "key"};
    const auto values = port.get_many(keys);
    REQUIRE(values);
    CHECK((*values)[0] == nullptr);
    CHECK(*(*values)[1] == "value");
    CHECK(!port.get(""));
    CHECK(!port.put("..", "value"));
    const auto text = registry.render();
    for (const char* line :
         {R"(skerry_kv_reads_total{result="hit"} 2)", R"(skerry_kv_reads_total{result="miss"} 2)",
          R"(skerry_kv_reads_total{result="error"} 1)", R"(skerry_kv_writes_total{result="ok"} 1)",
          R"(skerry_kv_writes_total{result="error"} 1)"}) {
      CAPTURE(line);
      CHECK(text.find(line) != std::string::npos);
    }
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace skerry::edge
