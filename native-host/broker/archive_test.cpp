#include "native-host/broker/archive.hpp"

#include <doctest/doctest.h>

#include "native-host/http/server.hpp"

using namespace skerry;
using namespace skerry::broker;

TEST_CASE("every host is asked once") {
  const std::vector<Collector> collectors{
      {.id = "a", .url = "https://one.example/a"},
      {.id = "b", .url = "https://one.example/b"},
      {.id = "c", .url = "http://two.example:81/c"},
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
  const std::vector<Collector> there{{.id = "x", .url = "http://127.0.0.1:1/x"},
                                     {.id = "a", .url = base + "/a"}};
  CHECK(archives_answer(there, std::chrono::milliseconds(2000)));
  const std::vector<Collector> nowhere{{.id = "x", .url = "http://127.0.0.1:1/x"}};
  CHECK_FALSE(archives_answer(nowhere, std::chrono::milliseconds(2000)));
}
