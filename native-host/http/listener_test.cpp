#include "native-host/http/listener.hpp"

#include <cerrno>
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
  CHECK(Listener::open({.path = "/nonexistent/folder/s.sock"}).error().code == "folder_missing");
  fs::remove_all(folder);
}

TEST_CASE("each reason not to listen has a code, a word and an advice of its own") {
  struct Case {
    Address address;
    int error;
    const char* code;
    const char* says;
    const char* advises;
  };
  for (const auto& [address, error, code, says, advises] : std::vector<Case>{
           {{"127.0.0.1", 80, ""},
            EACCES,
            "listen_denied",
            "127.0.0.1:80: Permission denied.",
            "CAP_NET_BIND_SERVICE"},
           {{"127.0.0.1", 80, ""}, EPERM, "listen_denied", "not permitted", "CAP_NET_BIND_SERVICE"},
           {{"", 0, "/closed/x/s"},
            EACCES,
            "listen_denied",
            "unix:/closed/x/s: Permission denied.",
            "the folder /closed/x,"},
           {{"192.0.2.1", 80, ""}, EADDRNOTAVAIL, "address_not_here", "192.0.2.1:80", "`ip address`"},
           {{"", 0, "/no/where/s"}, ENOENT, "folder_missing", "No such file", "Make the folder /no/where"},
           {{"", 0, "/dev/null/s"},
            ENOTDIR,
            "folder_missing",
            "Not a directory",
            "Make the folder /dev/null"},
           {{"127.0.0.1", 1, ""},
            EADDRINUSE,
            "address_in_use",
            "another process holds it.",
            "Stop what holds it"},
           {{"127.0.0.1", 1, ""}, EMFILE, "listen_failed", "Too many open files.", ""},
       }) {
    const auto found = listen_error(address, error);
    CAPTURE(found.message);
    CHECK(found.code == code);
    CHECK(found.message.contains(says));
    const auto advice = listen_advice(address, found);
    CAPTURE(advice);
    CHECK(advice.contains(advises));
    CHECK(advice.empty() == (*advises == '\0'));
    CHECK(advice.contains("CAP_NET") == (std::string_view(advises).starts_with("CAP")));
  }
  const Address unknown{"no-such-host.invalid", 80, ""};
  const auto refused = Listener::open(unknown);
  REQUIRE(!refused);
  CHECK(refused.error().code == "bad_address");
  CHECK(listen_advice(unknown, refused.error()).contains("look up"));
}

}  // namespace
}  // namespace skerry::http
