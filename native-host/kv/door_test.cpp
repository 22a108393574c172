#include "native-host/kv/door.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace skerry::kv {
namespace {

Request ask(std::string method, std::string target, Headers headers) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers = std::move(headers);
  return request;
}

/// The code of the refusal, or `ok`.
std::string outcome(const Door& door, const Request& request) {
  const auto refused = door.refuse(request);
  return refused ? nlohmann::json::parse(refused->body.view())["code"].get<std::string>() : "ok";
}

TEST_CASE("who is asked by a name that is not its own does not answer") {
  const Door door({.token = "s3cret", .host = "kv.internal"});
  struct Case {
    std::string host;
    bool known;
  };
  for (const auto& [host, known] : {
           Case{"127.0.0.1", true},
           {"127.0.0.1:8081", true},
           {"[::1]:8081", true},
           {"10.1.2.3:8081", true},
           {"localhost:8081", true},
           {"LOCALHOST", true},
           {"fake-host", true},
           {"KV.internal:8081", true},
           {"attacker.example", false},
           {"attacker.example:8081", false},
           {"127.0.0.1.attacker.example", false},
           {"localhost.attacker.example", false},
           {"fake-host.attacker.example", false},
           {"", false},
       }) {
    CAPTURE(host);
    for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS"}) {
      const auto answer =
          outcome(door, ask(method, "/latest", {{"Host", host}, {"Authorization", "Bearer s3cret"}}));
      CHECK(answer == (known ? "ok" : "host_unknown"));
    }
  }
  CHECK(outcome(door, ask("GET", "/latest", {})) == "host_unknown");
  CHECK(door.refuse(ask("GET", "/", {}))->status == 421);
}

TEST_CASE("reading is free, changing needs the token") {
  const Door with({.token = "s3cret", .host = ""});
  const Door without({.token = "", .host = ""});
  struct Case {
    std::string method, target, authorization, with, without;
  };
  for (const auto& c : {
           Case{"GET", "/latest", "", "ok", "ok"},
           {"HEAD", "/", "", "ok", "ok"},
           {"POST", "/bulk/get", "", "ok", "ok"},
           {"POST", "/bulk/get?x", "", "ok", "ok"},
           {"PUT", "/latest", "", "kv_token_missing", "kv_read_only"},
           {"PUT", "/bulk/get", "", "kv_token_missing", "kv_read_only"},
           {"DELETE", "/latest", "", "kv_token_missing", "kv_read_only"},
           {"POST", "/latest", "", "kv_token_missing", "kv_read_only"},
           {"put", "/latest", "", "kv_token_missing", "kv_read_only"},
           {"PUT", "/latest", "Bearer s3cret", "ok", "kv_read_only"},
           {"PUT", "/latest", "bearer s3cret", "ok", "kv_read_only"},
           {"PUT", "/latest", "Bearer wrong", "kv_token_wrong", "kv_read_only"},
           {"PUT", "/latest", "Basic czNjcmV0", "kv_token_wrong", "kv_read_only"},
           {"PUT", "/latest", "Bearer ", "kv_token_missing", "kv_read_only"},
           {"PUT", "/latest?token=s3cret", "", "kv_token_missing", "kv_read_only"},
       }) {
    CAPTURE(c.method + " " + c.target + " " + c.authorization);
    Headers headers{{"Host", "127.0.0.1"}};
    if (!c.authorization.empty()) headers.add("Authorization", c.authorization);
    CHECK(outcome(with, ask(c.method, c.target, headers)) == c.with);
    CHECK(outcome(without, ask(c.method, c.target, headers)) == c.without);
  }
}

TEST_CASE("a Unix socket is its owner's") {
  const auto path = std::filesystem::temp_directory_path() / ("skerry-door-" + std::to_string(::getpid()));
  std::ofstream(path).put('x');
  const Door door({.token = "s3cret", .host = "", .socket = path.string()});
  const auto write = ask("PUT", "/latest", {{"Host", "anything"}});
  ::chmod(path.c_str(), 0755);
  CHECK(outcome(door, write) == "ok");
  ::chmod(path.c_str(), 0777);
  CHECK(outcome(door, write) == "kv_token_missing");
  CHECK(outcome(door, ask("GET", "/latest", {{"Host", "anything"}})) == "ok");
  std::filesystem::remove(path);
  CHECK(outcome(door, write) == "kv_token_missing");
}

}  // namespace
}  // namespace skerry::kv
