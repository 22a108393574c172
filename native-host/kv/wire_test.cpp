#include "native-host/kv/wire.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace skerry::kv {
namespace {

using nlohmann::json;

constexpr Time kNow{std::chrono::seconds(1'800'000'000)};

class Wire {
 public:
  Wire() : folder_(std::filesystem::temp_directory_path() / ("skerry-wire-" + std::to_string(::getpid()))) {
    auto opened = Store::open({.path = folder_ / "kv.sqlite", .now = [] { return kNow; }});
    REQUIRE(opened);
    store = std::move(*opened);
  }
  ~Wire() {
    store.reset();
    std::filesystem::remove_all(folder_);
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  Response ask(std::string method, std::string target, std::string body = {},
               const std::string& metadata = {}) {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    if (!metadata.empty()) request.headers.add("CF-KV-Metadata", metadata);
    return handle(request, *store, kNow);
  }

  std::unique_ptr<Store> store;

 private:
  std::filesystem::path folder_;
};

TEST_CASE("put, get, delete") {
  Wire wire;
  CHECK(wire.ask("GET", "/latest?urlencoded=true").status == 404);
  CHECK(wire.ask("PUT", "/a%2Fb%20c%3F%C3%A9?urlencoded=true&expiration_ttl=60", "v\xff", R"({"n":1})")
            .status == 204);
  CHECK((*wire.store->get("a/b c?\xc3\xa9"))->value == "v\xff");
  auto found = wire.ask("GET", "/a%2Fb%20c%3F%C3%A9?urlencoded=true&cache_ttl=30");
  CHECK(found.status == 200);
  CHECK(found.body.view() == "v\xff");
  CHECK(found.headers.get("cf-kv-metadata") == R"({"n":1})");
  CHECK(found.headers.get("cf-expiration") == "1800000060");
  CHECK(wire.ask("HEAD", "/a%2Fb%20c%3F%C3%A9?urlencoded=true").status == 200);
  // Without urlencoded the path is the key.
  CHECK(wire.ask("PUT", "/a%2Fb", "raw").status == 204);
  CHECK((*wire.store->get("a%2Fb"))->value == "raw");
  CHECK(wire.ask("DELETE", "/a%2Fb").status == 204);
  CHECK(wire.ask("DELETE", "/a%2Fb").status == 204);
  CHECK(wire.ask("GET", "/a%2Fb").status == 404);
}

TEST_CASE("bad requests change nothing") {
  struct Case {
    const char* method;
    std::string target;
    std::string body;
    std::string metadata;
    int status;
  };
  Wire wire;
  for (const auto& [method, target, body, metadata, status] : std::vector<Case>{
           {"PUT", "/.?urlencoded=true", "", "", 400},
           {"PUT", "/%2E%2E?urlencoded=true", "", "", 400},
           {"PUT", "/%ff?urlencoded=true", "", "", 400},
           {"PUT", "/" + std::string(513, 'k'), "", "", 400},
           {"PUT", "/k?expiration_ttl=59", "", "", 400},
           {"PUT", "/k?expiration_ttl=-1", "", "", 400},
           {"PUT", "/k?expiration_ttl=1e3", "", "", 400},
           {"PUT", "/k?expiration_ttl=99999999999999999999", "", "", 400},
           {"PUT", "/k?expiration_ttl=9223372036854775807", "", "", 400},
           {"PUT", "/k?expiration=1800000059", "", "", 400},
           {"PUT", "/k?expiration=soon", "", "", 400},
           {"PUT", "/k", "", "{", 400},
           {"PUT", "/k", "", '"' + std::string(1030, 'm') + '"', 400},
           {"PUT", "/k", std::string(kMaxValueBytes + 1, 'v'), "", 413},
           {"PUT", "/", "", "", 405},
           {"DELETE", "/", "", "", 405},
           {"POST", "/k", "", "", 405},
           {"PATCH", "/k", "", "", 405},
           {"GET", "/?key_count_limit=0", "", "", 400},
           {"GET", "/?key_count_limit=x", "", "", 400},
           {"GET", "/?cursor=x", "", "", 400},
           {"POST", "/bulk/get", "", "", 400},
           {"POST", "/bulk/get", "[]", "", 400},
           {"POST", "/bulk/get", R"({"keys":"a"})", "", 400},
           {"POST", "/bulk/get", R"({"keys":[1]})", "", 400},
           {"POST", "/bulk/get", R"({"keys":[""]})", "", 400},
           {"POST", "/bulk/get", R"({"keys":["a"],"type":"stream"})", "", 400},
           {"POST", "/bulk/get", json{{"keys", std::vector<std::string>(101, "k")}}.dump(), "", 400},
       }) {
    CAPTURE(method);
    CAPTURE(target);
    auto response = wire.ask(method, target, body, metadata);
    CHECK(response.status == status);
    CHECK(json::accept(response.body.view()));
  }
  CHECK(wire.store->list("", 1000, "")->keys.empty());
}

TEST_CASE("bulk get") {
  Wire wire;
  wire.ask("PUT", "/a", R"({"x":[1]})", R"({"m":2})");
  wire.ask("PUT", "/b", "text \"\n\xff");
  auto bulk = [&](const json& body) {
    return json::parse(wire.ask("POST", "/bulk/get", body.dump()).body.view());
  };
  CHECK(bulk({{"keys", {"a", "none", "b"}}}) ==
        json{{"a", R"({"x":[1]})"}, {"none", nullptr}, {"b", "text \"\n\xef\xbf\xbd"}});
  CHECK(bulk({{"keys", {"a"}}, {"type", "json"}}) == json{{"a", {{"x", {1}}}}});
  CHECK(bulk({{"keys", {"a", "none", "b"}}, {"withMetadata", true}})["a"] ==
        json{{"value", R"({"x":[1]})"}, {"metadata", {{"m", 2}}}});
  CHECK(bulk({{"keys", {"b"}}, {"withMetadata", true}})["b"]["metadata"].is_null());
  CHECK(wire.ask("POST", "/bulk/get", R"({"keys":["b"],"type":"json"})").status == 400);
  CHECK(bulk({{"keys", json::array()}}) == json::object());
}

TEST_CASE("list") {
  Wire wire;
  CHECK(wire.ask("GET", "/").body.view() == R"({"keys":[],"list_complete":true})");
  wire.ask("PUT", "/p1", "", R"({"m":1})");
  wire.ask("PUT", "/p2?expiration=1800000100", "");
  wire.ask("PUT", "/q", "");
  auto first = json::parse(wire.ask("GET", "/?key_count_limit=1&prefix=p").body.view());
  CHECK(first["keys"] == json::parse(R"([{"name":"p1","metadata":"{\"m\":1}"}])"));
  CHECK(first["list_complete"] == false);
  auto cursor = first["cursor"].get<std::string>();
  auto second = json::parse(wire.ask("GET", "/?key_count_limit=1&prefix=p&cursor=" + cursor).body.view());
  CHECK(second == json::parse(R"({"keys":[{"name":"p2","expiration":1800000100}],"list_complete":true})"));
}

}  // namespace
}  // namespace skerry::kv
