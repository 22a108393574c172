#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include <stdlib.h>

#include "native-host/postgres/cluster.hpp"
#include "native-host/postgres/connection.hpp"

namespace skerry::postgres {

/// A folder for one test, removed at its end. Anybody may enter it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto path = (std::filesystem::temp_directory_path() / "skerry-test-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = path;
    using enum std::filesystem::perms;
    std::filesystem::permissions(path_, owner_all | group_read | group_exec | others_read | others_exec);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A real server for the tests of one program, started on first use.
class TestCluster {
 public:
  static TestCluster& instance() {
    static TestCluster cluster;
    return cluster;
  }

  TestCluster() {
    // What is thrown away at the end need not reach the disk, and new databases are many small files.
    auto connection = Connection::open(cluster_.conninfo()).value();
    connection.exec("ALTER SYSTEM SET fsync TO off").value();
    connection.exec("SELECT pg_reload_conf()").value();
  }

  /// The connection string of a new, empty database.
  std::string new_database() {
    auto connection = Connection::open(cluster_.conninfo()).value();
    const auto name = "test_" + std::to_string(++databases_);
    connection.exec("CREATE DATABASE " + name + " TEMPLATE template0").value();
    return conninfo(name);
  }
  [[nodiscard]] std::string conninfo(const std::string& database) const {
    return cluster_.conninfo() + " dbname=" + database;
  }

 private:
  TemporaryFolder folder_;
  Cluster cluster_ = Cluster::start({.data_dir = folder_.path()}).value();
  int databases_ = 0;
};

}  // namespace skerry::postgres
