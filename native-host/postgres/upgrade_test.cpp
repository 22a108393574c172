#include "native-host/postgres/upgrade.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/files/files.hpp"
#include "native-host/postgres/programs.hpp"
#include "native-host/postgres/test_cluster.hpp"

// The way from one version to another is tests/e2e/db_upgrade.e2e.mjs, with servers of both.
namespace skerry::postgres {
namespace {

namespace fs = std::filesystem;

/// What stands for a cluster, as far as its folder is looked at; 0: none.
void put(const fs::path& data, int version) {
  if (version == 0) return;
  fs::create_directories(data);
  std::ofstream(data / "PG_VERSION") << version << "\n";
}

std::string error_of(const UpgradeOptions& options) {
  const auto upgraded = upgrade(options);
  return upgraded ? "" : upgraded.error().code;
}

}  // namespace

TEST_CASE("what an interrupted exchange has left is finished, and nothing else is touched") {
  const struct {
    const char* what;
    const char* mark;  // upgrade/ready
    int data, fresh, kept;
    int then_data, then_kept;
    bool leaves;  // the folder of the upgrade
  } cases[] = {
      {"no upgrade", nullptr, 15, 0, 0, 15, 0, false},
      {"not whole yet", nullptr, 15, 17, 0, 15, 0, true},
      {"whole, not exchanged: the old one may have been used since", "15\n", 15, 17, 0, 15, 0, true},
      {"exchanged", "15\n", 17, 15, 0, 17, 15, false},
      {"exchanged, beside one kept before", "15\n", 17, 15, 15, 17, 15, false},
      {"exchanged and kept", "15\n", 17, 0, 15, 17, 15, false},
      {"between two renames", "15\n", 0, 17, 15, 17, 15, false},
      {"a mark that says nothing", "\n", 17, 15, 0, 17, 0, true},
      {"a mark that is no number", "x", 17, 15, 0, 17, 0, true},
      {"nothing is there but the mark", "15\n", 0, 0, 0, 0, 0, false},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    const TemporaryFolder temporary;
    const auto& folder = temporary.path();
    put(folder / "data", each.data);
    put(folder / "upgrade/postgres/data", each.fresh);
    put(folder / "data.15", each.kept);
    if (each.mark != nullptr) {
      fs::create_directories(folder / "upgrade");
      std::ofstream(folder / "upgrade/ready") << each.mark;
    }
    for (int i = 0; i < 2; ++i) {
      const auto settled = settle_upgrade(folder);
      REQUIRE_MESSAGE(settled, settled.error().message);
      CHECK(made_by(folder / "data") == each.then_data);
      CHECK(made_by(folder / "data.15") == each.then_kept);
      CHECK(fs::exists(folder / "upgrade") == each.leaves);
    }
    if (std::string(each.what).contains("beside")) CHECK(made_by(folder / "data.15-2") == 15);
  }
}

TEST_CASE("an upgrade that can't be says why, and changes nothing") {
  const TemporaryFolder temporary;
  CHECK(error_of({.data_dir = temporary.path() / "none"}) == "postgres_none");
  CHECK_FALSE(fs::exists(temporary.path() / "none"));
  fs::create_directories(temporary.path() / "postgres");
  CHECK(error_of({.data_dir = temporary.path()}) == "postgres_none");

  const auto data = temporary.path() / "postgres/data";
  put(data, 99);
  CHECK(error_of({.data_dir = temporary.path()}) == "postgres_version");
  CHECK(error_of({.data_dir = temporary.path(), .to = 15}) == "postgres_older");
  const int installed = choose(installed_programs(), 0).version;
  std::ofstream(data / "PG_VERSION") << installed << "\n";
  CHECK(error_of({.data_dir = temporary.path(), .to = 99}) == "postgres_version");
  const auto nothing = upgrade({.data_dir = temporary.path()});
  REQUIRE(nothing);
  CHECK_FALSE(nothing->done);
  CHECK(nothing->from == installed);
  CHECK(nothing->to == installed);

  const auto user =
      files::FileLock::try_take(temporary.path() / "postgres" / kUsersLock, files::FileLock::Mode::shared);
  REQUIRE(user);
  CHECK(error_of({.data_dir = temporary.path()}) == "postgres_in_use");
}

TEST_CASE("while it is being carried over nobody else starts a cluster") {
  const TemporaryFolder temporary;
  fs::create_directories(temporary.path() / "postgres");
  const auto alone = files::FileLock::try_take(temporary.path() / "postgres" / kUsersLock);
  REQUIRE(alone);
  const auto refused = Cluster::start({.data_dir = temporary.path()});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "postgres_upgrading");
  CHECK(refused.error().kind == ErrorKind::busy);
  CHECK_FALSE(fs::exists(temporary.path() / "postgres/data"));
}

TEST_CASE("the programs of a version") {
  const std::vector<Programs> installed{{"/a", 15}, {"/b", 17}, {"/c", 15}};
  CHECK(choose(installed, 0).folder == "/b");
  CHECK(choose(installed, 15).folder == "/a");
  CHECK(choose(installed, 16).version == 0);
  CHECK(choose({}, 0).version == 0);
  CHECK(foreign_version(15, 17).message.contains("`skerry db upgrade` then carries the database over to 17"));
  CHECK(foreign_version(15, 17).kind == ErrorKind::not_installed);
  CHECK_FALSE(foreign_version(17, 15).message.contains("upgrade"));
  CHECK(foreign_version(17, 0).message.contains("postgresql-17"));
}

}  // namespace skerry::postgres
