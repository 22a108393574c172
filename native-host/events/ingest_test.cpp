#include "native-host/events/ingest.hpp"

#include "native-host/events/test_log.hpp"
#include "native-host/http/test_server.hpp"
#include "shared/ingest.hpp"

namespace skerry::events {
namespace {

using namespace std::chrono_literals;
using testing::batch_of;
using testing::Ids;

constexpr Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::string_view kSecret = "geheim";

class Host {
 public:
  explicit Host(DiskLog::Options options = {}) {
    options.folder = folder_.path / "log";
    log_ = DiskLog::open(std::move(options)).value();
    intake_ = Intake::open(*log_, {}, kNow).value();
  }

  using Answer = http::Client::Answer;
  Answer ask(const Request& request, std::string_view secret = kSecret, Time now = kNow) {
    http::Routed server(
        {{std::string(ingest::kPath),
          {.serve =
               [&](http::Exchange& exchange) { return ingest(exchange, std::string(secret), now, *intake_); },
           .admit = [&](const Request& head) { return refuse_by_head(head, secret, now); },
           .max_body_bytes = kMaxBatch}}});
    http::Client client(server.address());
    std::string text = request.method + " /ingest HTTP/1.1\r\nHost: a\r\n";
    for (const auto& [name, value] : request.headers)
      text.append(name).append(": ").append(value).append("\r\n");
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
    client.send(text + request.body);
    return client.read();
  }
  Queue& log() { return *log_; }

 private:
  testing::Folder folder_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<DiskLog> log_;
};

Request batch(const Ids& ids) {
  return ingest::signed_request(kSecret, kNow, batch_of(ids));
}

}  // namespace

TEST_CASE("a signed batch is taken once") {
  Host host;
  const auto first = host.ask(batch({"a", "b"}));
  CHECK(first.status == 200);
  CHECK(first.head.contains("Content-Type: application/json\r\n"));
  CHECK(first.body == R"({"status":"ok","accepted":2,"duplicates":0})");
  CHECK(host.ask(batch({"a", "b"})).body == R"({"status":"ok","accepted":0,"duplicates":2})");
  CHECK(host.ask(batch({"b", "c"})).body == R"({"status":"ok","accepted":1,"duplicates":1})");
  CHECK(testing::read_all(host.log()).ids == Ids{"a", "b", "c"});
}

TEST_CASE("what is wrong is told, and changes nothing") {
  Host host;
  auto forged = batch({"a"});
  forged.body = batch_of({"b"});
  auto get = batch({"a"});
  get.method = "GET";
  std::string many;
  for (std::uint32_t i = 0; i <= kMaxRecords; ++i) many += batch_of({std::to_string(i)});
  struct Case {
    Request request;
    std::string_view secret;
    Time now;
    int status;
    std::string_view code;
  };
  for (const auto& [request, secret, now, status, code] : std::vector<Case>{
           {get, kSecret, kNow, 405, "method_not_allowed"},
           {batch({"a"}), "", kNow, 403, "ingest_closed"},
           {batch({"a"}), "other", kNow, 403, "signature_invalid"},
           {forged, kSecret, kNow, 403, "signature_invalid"},
           {Request{.method = "POST", .headers = {}, .body = batch_of({"a"}), .client = {}}, kSecret, kNow,
            403, "signature_invalid"},
           {batch({"a"}), kSecret, kNow + 301s, 403, "signature_expired"},
           {batch({"a"}), kSecret, kNow - 301s, 403, "signature_expired"},
           {ingest::signed_request(kSecret, kNow, ""), kSecret, kNow, 400, "batch_invalid"},
           {ingest::signed_request(kSecret, kNow, "{\"a\":1}"), kSecret, kNow, 400, "batch_invalid"},
           {ingest::signed_request(kSecret, kNow, many), kSecret, kNow, 413, "batch_too_large"},
           {ingest::signed_request(kSecret, kNow, std::string(kMaxBatch + 1, 'x')), kSecret, kNow, 413,
            "body_too_large"},
       }) {
    CAPTURE(code);
    const auto response = host.ask(request, secret, now);
    CHECK(response.status == status);
    CHECK(response.body.find("\"code\":\"" + std::string(code) + "\"") != std::string_view::npos);
  }
  CHECK(testing::read_all(host.log()).ids.empty());
  CHECK(host.ask(batch({"a"}), kSecret, kNow + 299s).status == 200);
}

TEST_CASE("what a head tells is refused before a body comes") {
  const auto good = batch({"a"});
  auto get = good;
  get.method = "GET";
  auto unsigned_one = good;
  unsigned_one.headers = {};
  CHECK_FALSE(refuse_by_head(good, kSecret, kNow));
  CHECK(refuse_by_head(good, kSecret, kNow + 1h)->status == 403);
  CHECK(refuse_by_head(good, "", kNow)->status == 403);
  CHECK(refuse_by_head(get, kSecret, kNow)->status == 405);
  CHECK(refuse_by_head(unsigned_one, kSecret, kNow)->status == 403);
}

TEST_CASE("a long batch, which comes in many pieces, is taken whole or not at all") {
  Host host;
  Ids many;
  for (int i = 0; i < 9'000; ++i) many.push_back("long-" + std::to_string(i));
  CHECK(batch(many).body.size() > 400'000);
  auto forged = batch(many);
  forged.body.back() ^= 1;
  CHECK(host.ask(forged).status == 403);
  CHECK(host.ask(batch(many)).body == R"({"status":"ok","accepted":9000,"duplicates":0})");
}

TEST_CASE("a queue that is full or broken is 503, to be tried again") {
  const auto disk = std::make_shared<testing::TestDisk>();
  Host host({.folder = {}, .min_free = 1000, .storage = disk});
  disk->set_free(0);
  const auto full = host.ask(batch({"a"}));
  CHECK(full.status == 503);
  CHECK(full.head.contains("Retry-After: "));
  CHECK(full.body.find("events_full") != std::string_view::npos);
  disk->set_free(std::uint64_t{1} << 40U);
  disk->fail_at(1, testing::TestDisk::Fault::broken);
  const auto broken = host.ask(batch({"a"}));
  CHECK(broken.status == 503);
  CHECK(broken.head.contains("Retry-After: "));
  CHECK(broken.body.find("events_unavailable") != std::string_view::npos);
  CHECK(host.ask(batch({"a"})).body == R"({"status":"ok","accepted":1,"duplicates":0})");
}

}  // namespace skerry::events
