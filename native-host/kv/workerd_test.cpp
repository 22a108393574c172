// A real workerd whose KV binding is our store, over the wire protocol.
#include <filesystem>
#include <fstream>
#include <string>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/http/server.hpp"
#include "native-host/kv/wire.hpp"

namespace skerry::kv {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWorker = R"js(
const text = (bytes) => new TextDecoder().decode(bytes);
const calls = {
  async missing(kv) { return kv.get("missing"); },
  async put_get(kv) { await kv.put("a/b c?é", "value é"); return kv.get("a/b c?é"); },
  async json(kv) { await kv.put("json", JSON.stringify({n: 1})); return kv.get("json", {type: "json", cacheTtl: 30}); },
  async stream(kv) {
    await kv.put("stream", new Blob(["abc"]).stream());
    return text(await kv.get("stream", "arrayBuffer"));
  },
  async large(kv) { await kv.put("large", "x".repeat(5 << 20)); return (await kv.get("large")).length; },
  async metadata(kv) {
    await kv.put("meta", "v", {metadata: {tag: "é", n: [1]}, expirationTtl: 3600});
    const {value, metadata} = await kv.getWithMetadata("meta");
    return [value, metadata];
  },
  async bulk(kv) { return Object.fromEntries(await kv.get(["json", "missing", "a/b c?é"])); },
  async bulk_json(kv) { return Object.fromEntries(await kv.get(["json", "missing"], "json")); },
  async bulk_metadata(kv) { return Object.fromEntries(await kv.getWithMetadata(["meta"])); },
  async list(kv) {
    const first = await kv.list({limit: 1, prefix: "m"});
    await kv.put("m2", "");
    const page = await kv.list({limit: 1, prefix: "m"});
    const next = await kv.list({limit: 1, prefix: "m", cursor: page.cursor});
    return [first.keys.map(k => [k.name, k.metadata, typeof k.expiration]), first.list_complete,
            page.list_complete, next.keys.map(k => k.name), next.list_complete];
  },
  async remove(kv) { await kv.delete("json"); await kv.delete("json"); return kv.get("json"); },
  async bad_ttl(kv) { return kv.put("x", "y", {expirationTtl: 1}).then(() => "stored", (e) => "refused"); },
};
export default {
  async fetch(request, env) {
    const results = {};
    for (const [name, call] of Object.entries(calls))
      results[name] = await call(env.KV).catch((error) => "error: " + error.message);
    return Response.json(results);
  }
};
)js";

std::string config(std::uint16_t kv_port) {
  return R"(using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "kv", external = (address = "127.0.0.1:)" +
         std::to_string(kv_port) + R"(", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "2025-09-01",
  bindings = [(name = "KV", kvNamespace = "kv")],
);
)";
}

/// workerd in a folder of its own, until the end of a scope.
class Workerd {
 public:
  explicit Workerd(std::uint16_t kv_port)
      : folder_(fs::temp_directory_path() / ("skerry-workerd-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "worker.mjs") << kWorker;
    std::ofstream(folder_ / "config.capnp") << config(kv_port);
    int events[2];
    REQUIRE(::pipe(events) == 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(events[1], 3);
      auto path = (folder_ / "config.capnp").string();
      ::execl(SKERRY_WORKERD, "workerd", "serve", "--control-fd=3", path.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(events[1]);
    port_ = read_port(events[0]);
    ::close(events[0]);
  }
  ~Workerd() {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
    fs::remove_all(folder_);
  }
  Workerd(const Workerd&) = delete;
  Workerd& operator=(const Workerd&) = delete;

  [[nodiscard]] std::string fetch() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0);
    sockaddr_in name{.sin_family = AF_INET, .sin_port = htons(port_), .sin_addr = {}, .sin_zero = {}};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0);
    std::string_view request = "GET / HTTP/1.0\r\nHost: a\r\n\r\n";
    REQUIRE(::send(fd, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
    auto answer = read_all(fd);
    ::close(fd);
    return answer.substr(std::min(answer.find("\r\n\r\n"), answer.size() - 4) + 4);
  }

 private:
  static std::string read_all(int fd) {
    std::string all;
    char bytes[4096];
    for (ssize_t count = 0; (count = ::read(fd, bytes, sizeof(bytes))) > 0;)
      all.append(bytes, static_cast<std::size_t>(count));
    return all;
  }
  /// `{"event":"listen","socket":"http","port":12345}`
  static std::uint16_t read_port(int fd) {
    std::string line;
    for (char c = 0; c != '\n' && ::read(fd, &c, 1) == 1;) line += c;
    auto event = nlohmann::json::parse(line, nullptr, false);
    REQUIRE(event.is_object());
    return event["port"].get<std::uint16_t>();
  }

  fs::path folder_;
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

TEST_CASE("workerd reads and writes the store") {
  auto folder = fs::temp_directory_path() / ("skerry-workerd-kv-" + std::to_string(::getpid()));
  auto store = Store::open({.path = folder / "kv.sqlite"});
  REQUIRE(store);
  http::Handler handler{.respond =
                            [&](const Request& request) {
                              auto now = std::chrono::system_clock::now();
                              return handle(request, **store,
                                            std::chrono::floor<std::chrono::milliseconds>(now));
                            },
                        .max_body_bytes = kMaxWireBody};
  auto server = http::Server::start({.listen = {{.host = "127.0.0.1"}}, .workers = 2},
                                    [&](const Request&) { return &handler; });
  REQUIRE(server);

  auto results = nlohmann::json::parse(Workerd((*server)->addresses().at(0).port).fetch(), nullptr, false);
  CHECK(results == nlohmann::json::parse(R"({
    "missing": null,
    "put_get": "value é",
    "json": {"n": 1},
    "stream": "abc",
    "large": 5242880,
    "metadata": ["v", {"tag": "é", "n": [1]}],
    "bulk": {"json": "{\"n\":1}", "missing": null, "a/b c?é": "value é"},
    "bulk_json": {"json": {"n": 1}, "missing": null},
    "bulk_metadata": {"meta": {"value": "v", "metadata": {"tag": "é", "n": [1]}}},
    "list": [[["meta", {"tag": "é", "n": [1]}, "number"]], true, false, ["meta"], true],
    "remove": null,
    "bad_ttl": "refused"
  })"));
  CHECK((*(*store)->get("a/b c?é"))->value == "value é");
  server->reset();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace skerry::kv
