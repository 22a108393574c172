#pragma once

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <unistd.h>

#include "native-host/postgres/connection.hpp"
#include "native-host/postgres/process.hpp"
#include "native-host/postgres/test_cluster.hpp"

namespace skerry::postgres {

/// A real PgBouncer before the TestCluster: sessions of the server are lent out for a transaction each,
/// `size` of them for each database.
class TestPgBouncer {
 public:
  explicit TestPgBouncer(int size, std::string mode = "transaction") : size_(size), mode_(std::move(mode)) {
    start();
  }
  TestPgBouncer(const TestPgBouncer&) = delete;
  TestPgBouncer& operator=(const TestPgBouncer&) = delete;
  ~TestPgBouncer() { kill(); }

  /// The way to a database of the TestCluster through it.
  [[nodiscard]] std::string conninfo(const std::string& database) const {
    return "host=" + folder_.path().string() + " port=6432 user=skerry dbname=" + database;
  }
  [[nodiscard]] pid_t process() const { return process_->pid(); }

  void start() {
    auto server = Connection::open(TestCluster::instance().conninfo("skerry")).value();
    const auto setting = [&](const std::string& name) {
      return std::string(server.exec("SHOW " + name).value().text(0, 0));
    };
    const auto folder = folder_.path().string();
    std::ofstream(folder_.path() / "pgbouncer.ini")
        << "[databases]\n* = host=" << setting("unix_socket_directories") << " port=" << setting("port")
        << " user=skerry\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = " << folder
        << "\nauth_type = any\npool_mode = " << mode_ << "\ndefault_pool_size = " << size_
        << "\nserver_login_retry = 0\n";
    const auto user = ServerUser::find().value();
    if (user.drop && chown(folder.c_str(), user.drop->uid, user.drop->gid) != 0)
      throw std::runtime_error("chown");
    process_ = process::Child::start(server_command(user, {"/usr/sbin/pgbouncer", folder + "/pgbouncer.ini"},
                                                    folder_.path(), folder_.path() / "log"))
                   .value();
    while (!Connection::open(conninfo("skerry"))) {
      if (process_->poll()) throw std::runtime_error("pgbouncer does not start");
    }
  }
  void kill() {
    if (!process_) return;
    process_.reset();
    std::filesystem::remove(folder_.path() / ".s.PGSQL.6432");
    std::filesystem::remove(folder_.path() / ".s.PGSQL.6432.lock");
  }

 private:
  int size_;
  std::string mode_;
  TemporaryFolder folder_;
  std::optional<process::Child> process_;
};

}  // namespace skerry::postgres
