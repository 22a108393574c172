#include "native-host/postgres/cluster.hpp"

#include <chrono>
#include <fstream>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include "native-host/postgres/postmaster.hpp"
#include "native-host/postgres/process.hpp"
#include "native-host/postgres/test_cluster.hpp"

namespace skerry::postgres {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

pid_t server_of(const fs::path& folder) {
  std::ifstream file(folder / "data" / "postmaster.pid");
  pid_t pid = 0;
  file >> pid;
  return pid;
}

bool answers(const std::string& conninfo) {
  return Connection::open(conninfo).has_value();
}

}  // namespace

TEST_CASE("the life of a cluster") {
  const TemporaryFolder temporary;
  // Too long for a socket address, and with all that needs quoting.
  const auto data_dir = temporary.path() / ("it's a, \"long\" name " + std::string(100, 'x'));
  const ClusterOptions options{.data_dir = data_dir};

  auto first = Cluster::start(options);
  REQUIRE_MESSAGE(first, first.error().message);
  CHECK(first->started());
  CHECK(first->folder() == fs::canonical(data_dir) / "postgres");
  const auto conninfo = first->conninfo();
  {
    auto connection = Connection::open(conninfo).value();
    connection.exec("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").value();
    CHECK(connection.exec("SHOW fsync")->text(0, 0) == "on");
    CHECK(connection.exec("SHOW listen_addresses")->text(0, 0).empty());
  }

  // The last of several users stops the server, whoever started it.
  auto second = Cluster::start(options).value();
  CHECK_FALSE(second.started());
  // A copy of the folder has the file, and no server of its own.
  const TemporaryFolder elsewhere;
  const auto original = first->folder() / "data";
  fs::copy(original / "postmaster.pid", elsewhere.path() / "postmaster.pid");
  const auto copied = read_pid_file(elsewhere.path()).value();
  CHECK(belongs_to(copied, original));
  CHECK_FALSE(belongs_to(copied, elsewhere.path()));
  REQUIRE(first->stop());
  CHECK(answers(conninfo));
  REQUIRE(second.stop());
  CHECK_FALSE(answers(conninfo));
  CHECK_FALSE(fs::exists(conninfo.substr(6, conninfo.find('\'', 6) - 6)));  // host='…'

  // A server that was killed leaves its postmaster.pid, and processes that take a moment to die.
  auto third = Cluster::start(options).value();
  auto busy = Connection::open(third.conninfo()).value();
  REQUIRE(kill(server_of(third.folder()), SIGKILL) == 0);
  auto fourth = Cluster::start(options);
  REQUIRE_MESSAGE(fourth, fourth.error().message);
  CHECK(fourth->started());
  CHECK(Connection::open(fourth->conninfo())->exec("SELECT n FROM kept")->integer(0, 0) == 7);

  // One that was killed while its number went to somebody else.
  const auto folder = fourth->folder();
  REQUIRE(third.stop());
  REQUIRE(fourth->stop());
  std::ofstream(folder / "data" / "postmaster.pid") << getpid() << "\n"
                                                    << (folder / "data").string() << "\n1\n5432\n/tmp\n\n";
  auto fifth = Cluster::start(options);
  REQUIRE_MESSAGE(fifth, fifth.error().message);
  CHECK(answers(fifth->conninfo()));
  REQUIRE(fifth->stop());

  // A server that does not start says why.
  std::ofstream(folder / "data" / "postgresql.conf", std::ios::app) << "no_such_setting = 1\n";
  const auto broken = Cluster::start(options);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == "postgres_failed");
  CHECK(broken.error().message.contains("no_such_setting"));

  std::ofstream(folder / "data" / "PG_VERSION") << "9\n";
  CHECK(Cluster::start(options).error().code == "postgres_version");
}

TEST_CASE("a server that does not stop is left, and ends by itself") {
  const TemporaryFolder temporary;
  std::string said;
  std::optional cluster(Cluster::start({.data_dir = temporary.path(),
                                        .stop_timeout = 300ms,
                                        .say = [&](std::string_view line) { said += line; }})
                            .value());
  CHECK(cluster->runs());
  const auto folder = cluster->folder();
  const auto server = server_of(folder);
  REQUIRE(kill(server, SIGSTOP) == 0);
  cluster.reset();
  CHECK_MESSAGE(said.contains("PostgreSQL (process " + std::to_string(server) + ") has not stopped"), said);
  REQUIRE(kill(server, SIGCONT) == 0);
  // It has been told: whoever comes next starts a new one.
  auto next = Cluster::start({.data_dir = temporary.path()});
  REQUIRE_MESSAGE(next, next.error().message);
  CHECK(server_of(folder) != server);
}

TEST_CASE("a server that was killed does not run") {
  const TemporaryFolder temporary;
  auto cluster = Cluster::start({.data_dir = temporary.path()}).value();
  auto other = Cluster::start({.data_dir = temporary.path()}).value();
  CHECK(cluster.runs());
  CHECK(other.runs());
  REQUIRE(kill(server_of(cluster.folder()), SIGKILL) == 0);
  for (auto* each : {&cluster, &other})
    while (each->runs()) std::this_thread::yield();
}

TEST_CASE("a start that is stopped ends soon, and leaves a folder that can be started") {
  const TemporaryFolder temporary;
  std::stop_source stop;
  const auto stopped =
      Cluster::start({.data_dir = temporary.path(), .stop = stop.get_token(), .say = [&](std::string_view) {
                        stop.request_stop();
                      }});
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::stopped);
  CHECK(Cluster::start({.data_dir = temporary.path()}));
}

TEST_CASE("a folder that the server's user can't enter") {
  if (geteuid() != 0) return;
  const TemporaryFolder temporary;
  fs::permissions(temporary.path(), fs::perms::owner_all);
  std::string said;
  fs::path folder;
  {
    auto cluster = Cluster::start({.data_dir = temporary.path() / "data",
                                   .say = [&](std::string_view line) { said += std::string(line) + "\n"; }});
    REQUIRE_MESSAGE(cluster, cluster.error().message);
    folder = cluster->folder();
    CHECK(folder.string().starts_with("/var/lib/skerry/postgres-"));
    CHECK(fs::canonical(temporary.path() / "data" / "postgres") == folder);
    CHECK(said.contains(folder.string()));
    CHECK(answers(cluster->conninfo()));
  }
  {
    auto again = Cluster::start({.data_dir = temporary.path() / "data"});
    REQUIRE_MESSAGE(again, again.error().message);
    CHECK(again->folder() == folder);
  }
  fs::remove_all(folder);
  CHECK(Cluster::start({.data_dir = temporary.path() / "data"}).error().code == "postgres_folder");
}

TEST_CASE("folders and programs that are not there") {
  const TemporaryFolder temporary;
  std::ofstream(temporary.path() / "file") << "";
  CHECK(Cluster::start({.data_dir = temporary.path() / "file"}).error().code == "postgres_folder");
  CHECK(Cluster::start({.data_dir = temporary.path(), .bin_dir = temporary.path()}).error().code ==
        "postgres_not_installed");
}

TEST_CASE("whoever waits for a server looks less and less often") {
  Pauses pauses;
  std::chrono::milliseconds waited{0};
  int looks = 0;
  for (auto last = std::chrono::milliseconds(0); waited < std::chrono::seconds(10); ++looks) {
    const auto next = pauses.next();
    CHECK(next >= last);
    CHECK(next <= std::chrono::milliseconds(500));
    waited += last = next;
  }
  CHECK(looks < 40);
  CHECK(Pauses().next() == std::chrono::milliseconds(20));
}

}  // namespace skerry::postgres
