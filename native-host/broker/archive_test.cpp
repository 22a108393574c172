#include "native-host/broker/archive.hpp"

#include <filesystem>

#include <doctest/doctest.h>
#include <unistd.h>

#include "native-host/http/server.hpp"

using namespace skerry;
using namespace skerry::broker;

TEST_CASE("the replica that one process runs for a data folder is found by others while that lives") {
  const auto folder = std::filesystem::temp_directory_path() / ("archive_test-" + std::to_string(getpid()));
  const auto nothing = ReplicaRecord::find(folder);
  REQUIRE(nothing);
  CHECK_FALSE(*nothing);
  CHECK_FALSE(std::filesystem::exists(folder));
  std::filesystem::create_directory(folder);
  {
    const auto record = ReplicaRecord::take(folder);
    REQUIRE(record);
    REQUIRE(record->tell("http://127.0.0.1:8082"));
    CHECK(ReplicaRecord::find(folder).value() == "http://127.0.0.1:8082");
    const auto second = ReplicaRecord::take(folder);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == "replica_running");
    CHECK(second.error().kind == ErrorKind::busy);
  }
  CHECK_FALSE(ReplicaRecord::find(folder).value());
  // What the last one left counts for nothing.
  CHECK(ReplicaRecord::take(folder));
  std::filesystem::remove_all(folder);
}

TEST_CASE("every host is asked once") {
  const std::vector<Collector> collectors{
      {.id = "a", .project = {}, .url = "https://one.example/a"},
      {.id = "b", .project = {}, .url = "https://one.example/b"},
      {.id = "c", .project = {}, .url = "http://two.example:81/c"},
  };
  CHECK(probe_urls(collectors) ==
        std::vector<std::string>{"https://one.example/a/", "http://two.example:81/c/"});
  CHECK(probe_urls(default_collectors()).size() == 2);
}

TEST_CASE("an archive that answers at all is there, whatever it answers") {
  auto server = http::Server::start({.listen = {{.host = "127.0.0.1", .port = 0}}},
                                    [](const Request&) -> const http::Handler* { return nullptr; });
  REQUIRE(server);
  const std::string base = "http://" + (*server)->addresses().front().text();
  const std::vector<Collector> there{{.id = "x", .project = {}, .url = "http://127.0.0.1:1/x"},
                                     {.id = "a", .project = {}, .url = base + "/a"}};
  CHECK(archives_answer(there, std::chrono::milliseconds(2000)));
  const std::vector<Collector> nowhere{{.id = "x", .project = {}, .url = "http://127.0.0.1:1/x"}};
  CHECK_FALSE(archives_answer(nowhere, std::chrono::milliseconds(2000)));
}
