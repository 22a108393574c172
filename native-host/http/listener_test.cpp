#include "native-host/http/listener.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

namespace skerry::http {
namespace {

namespace fs = std::filesystem;

TEST_CASE("addresses read and write") {
  struct Case {
    const char* text;
    Address address;
  };
  for (const auto& [text, address] : std::vector<Case>{
           {"127.0.0.1:8080", {"127.0.0.1", 8080, ""}},
           {"[::1]:80", {"::1", 80, ""}},
           {"localhost:0", {"localhost", 0, ""}},
           {":8080", {"", 8080, ""}},
           {"unix:/run/a b.sock", {"", 0, "/run/a b.sock"}},
       }) {
    CAPTURE(text);
    auto parsed = parse_address(text);
    REQUIRE(parsed);
    CHECK(*parsed == address);
    CHECK(parsed->text() == text);
  }
  for (const char* text : {"", "8080", "a", "a:", "a:b", "a:65536", "a:-1", "::1:80", "[::1", "[]:80",
                           "[::1]", "[::1]80", "unix:", "a b:80", "http://a:80", "u@a:80", "a:80/"}) {
    CAPTURE(text);
    CHECK(!parse_address(text));
  }
}

TEST_CASE("a held port is refused with the name of its holder") {
  for (const char* text : {"127.0.0.1:0", "[::1]:0", ":0"}) {
    CAPTURE(text);
    auto first = Listener::open(*parse_address(text));
    if (!first && std::string_view(text).starts_with('[')) continue;  // a machine without IPv6
    REQUIRE(first);
    CHECK(first->address().port != 0);
    auto second = Listener::open(first->address());
    REQUIRE(!second);
    CHECK(second.error().code == "address_in_use");
    CHECK(second.error().message.find("(pid " + std::to_string(::getpid()) + ")") != std::string::npos);
  }
}

TEST_CASE("a Unix socket replaces what a dead process left, never a live one or a file") {
  auto folder = fs::temp_directory_path() / ("skerry-listener-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  Address address{.path = (folder / "s.sock").string()};
  {
    auto live = Listener::open(address);
    REQUIRE(live);
    auto second = Listener::open(address);
    REQUIRE(!second);
    CHECK(second.error().code == "address_in_use");
    CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
    CHECK(fs::exists(address.path));
    fs::create_hard_link(address.path, folder / "stale.sock");
  }
  CHECK(!fs::exists(address.path));
  CHECK(Listener::open({.path = (folder / "stale.sock").string()}));

  std::ofstream(address.path) << "precious";
  CHECK(!Listener::open(address));
  CHECK(fs::file_size(address.path) == 8);
  CHECK(Listener::open({.path = std::string(200, 'a')}).error().code == "bad_address");
  CHECK(Listener::open({.path = "/nonexistent/folder/s.sock"}).error().code == "listen_failed");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace skerry::http
