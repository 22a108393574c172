#include "native-host/program/trunk_checks.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

using namespace std::chrono_literals;
using Status = Finding::Status;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

TEST_CASE("what is found, and what to do") {
  const std::vector<Time> right{kNow - 1s, kNow, kNow + 2s};
  const std::vector<Time> one_wrong{kNow - 1h, kNow, kNow + 2s};
  const std::vector<Time> ahead{kNow - 10min};
  struct Case {
    Finding finding;
    Status status;
    const char* words;
  };
  for (const auto& [finding, status, words] : std::vector<Case>{
           {judge_disk(50'000'000'000), Status::ok, "50.0 GB"},
           {judge_disk(500'000'000), Status::warning, "500.0 MB"},
           {judge_disk(0), Status::failed, "free"},
           {judge_certificate(kNow, kNow + 24h * 90), Status::ok, "belong together, until 20"},
           {judge_certificate(kNow, kNow + 24h * 13), Status::warning, "until 20"},
           {judge_certificate(kNow, kNow), Status::failed, "no client takes it"},
           {judge_store("/d/kv", {"kv_unavailable", "It is damaged.", ErrorKind::damaged}), Status::failed,
            "damaged"},
           {judge_folder("/d", true, 0700), Status::ok, "/d"},
           {judge_folder("/d", true, 0777), Status::warning, "Everyone"},
           {judge_folder("/d", false, 0700), Status::failed, "/d"},
           {judge_store("/d/kv", {"kv_unavailable", "It is no database.", ErrorKind::unavailable}),
            Status::failed, "no database"},
           {judge_store("/d/kv", {"kv_unavailable", "Permission denied.", ErrorKind::denied}), Status::failed,
            "denied"},
           {judge_clock(kNow, right, true), Status::ok, "agrees"},
           {judge_clock(kNow, one_wrong, {}), Status::ok, "agrees"},
           {judge_clock(kNow, {}, {}), Status::ok, "looks right"},
           {judge_clock(kNow, right, false), Status::warning, "synchronises"},
           {judge_clock(kNow, ahead, true), Status::failed, "600 s ahead of"},
           {judge_clock(kNow - 10 * 24h * 365, {}, true), Status::failed, "2016"},
           {judge_port("listen", ":1", {}, Holder::other), Status::ok, "free"},
           {judge_port("listen", ":1", Error{"address_in_use", "held by skerry (pid 7)."}, Holder::service),
            Status::ok, "served"},
           {judge_port("replica_listen", ":1", Error{"address_in_use", "held by archive-replica (pid 7)."},
                       Holder::service),
            Status::ok, "served by skerry"},
           {judge_port("listen", ":1", Error{"address_in_use", "held by skerry (pid 7)."},
                       Holder::others_service),
            Status::failed, "skerry (pid 7). It serves another data folder"},
           {judge_port("listen", ":1", Error{"address_in_use", "held by nginx (pid 7)"}, Holder::other),
            Status::failed, "nginx"},
           {judge_port("listen", "x", Error{"bad_address", "x"}, Holder::other), Status::failed, "x"},
           {judge_port("listen", "127.0.0.1:80", Error{"listen_denied", "Permission denied."}, Holder::other),
            Status::failed, "denied"},
           {judge_no_folder("/etc/hostname"), Status::failed, "/etc/hostname is a file"},
           {judge_database_elsewhere({"db_refused", "refused", ErrorKind::unavailable}), Status::failed,
            "refused"},
           {judge_secret("health.code", "/health", true, std::string("x")), Status::ok, "can be read"},
           {judge_secret("health.code", "/health", false,
                         fail(ErrorKind::not_found, "token_missing", "none")),
            Status::ok, "/health is closed"},
           {judge_secret("health.code", "/health", true,
                         fail(ErrorKind::not_found, "token_missing", "There is no token file /nope.")),
            Status::failed, "/nope. Until then /health is closed"},
           {judge_secret("kv_token", "", true,
                         fail(ErrorKind::not_found, "token_missing", "There is no token file /nope.")),
            Status::failed, "/nope."},
           {judge_secret("health.code", "/health", true, fail("token_exposed", "Everyone")), Status::failed,
            "Everyone"},
           {judge_rights("PostgreSQL 17", true), Status::warning, "not this program's"},
           {judge_rights("PostgreSQL 17", false), Status::failed, "may not make it so"},
           {judge_proxies(0), Status::ok, "None"},
           {judge_proxies(2), Status::ok, "2 may"},
           {judge_descriptors(1024, 10'000), Status::warning, "1024"},
           {judge_descriptors(65'536, 10'000), Status::ok, "65536"},
       }) {
    CAPTURE(finding.message);
    CHECK(finding.status == status);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == (status == Status::ok));
  }
}

TEST_CASE("the advice is that of the cause") {
  const struct {
    Finding finding;
    const char* advises;
  } cases[] = {
      {judge_port("listen", "127.0.0.1:80", Error{"listen_denied", "x"}, Holder::other),
       "CAP_NET_BIND_SERVICE"},
      {judge_port("listen", "unix:/a/b", Error{"listen_denied", "x"}, Holder::other), "folder /a"},
      {judge_port("listen", "unix:/a/b", Error{"folder_missing", "x"}, Holder::other), "Make the folder /a"},
      {judge_port("listen", "192.0.2.1:1", Error{"address_not_here", "x"}, Holder::other), "ip address"},
      {judge_port("listen", "name:1", Error{"bad_address", "x"}, Holder::other), "look up"},
      {judge_port("listen", ":1", Error{"address_in_use", "nginx (pid 7) holds it"}, Holder::other),
       "Stop what holds it"},
      {judge_port("kv_listen", ":1", Error{"listen_failed", "x"}, Holder::other), "Set kv_listen"},
      {judge_database_elsewhere({"db_refused", "x"}), "no such user, password or database"},
      {judge_database_elsewhere({"db_unreachable", "x"}), "Start it"},
  };
  for (const auto& [finding, advises] : cases) {
    CAPTURE(finding.advice);
    CHECK(finding.advice.contains(advises));
    const auto holds = std::string_view(advises).starts_with("Stop");
    CHECK(finding.advice.contains("Stop what holds") == holds);
  }
}

TEST_CASE("the PostgreSQL that made the private cluster, and those that are installed") {
  const struct {
    std::vector<int> installed;
    std::string says;  // in message or advice
    int made_by;
    Status status;
  } cases[] = {
      {{}, "apt install postgresql", 0, Status::failed},
      {{14}, "15 or newer", 0, Status::failed},
      {{17}, "", 0, Status::ok},
      {{15}, "", 15, Status::ok},
      {{15, 17}, "`skerry db upgrade`", 15, Status::warning},
      {{15, 17}, "", 17, Status::ok},
      {{17}, "`skerry db upgrade` then carries the database over to 17", 15, Status::failed},
      {{}, "postgresql-15", 15, Status::failed},
      {{15}, "postgresql-17", 17, Status::failed},
  };
  for (const auto& [installed, says, made_by, status] : cases) {
    const auto finding = judge_cluster_version(made_by, installed);
    CAPTURE(made_by);
    CAPTURE(finding.message);
    CAPTURE(finding.advice);
    CHECK(finding.status == status);
    CHECK((finding.message + finding.advice).contains(says));
    CHECK(finding.advice.empty() == (status == Status::ok));
    // Nobody is told to go back.
    if (made_by == 17) CHECK_FALSE(finding.advice.contains("upgrade"));
  }
}

}  // namespace
}  // namespace skerry::program
