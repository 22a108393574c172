#include "native-host/files/files.hpp"

#include <cstdlib>
#include <optional>

#include <doctest/doctest.h>

namespace skerry::files {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    auto name = (fs::temp_directory_path() / "skerry-files-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path;
};

}  // namespace

TEST_CASE("a file is the old one or the new one") {
  const Folder folder;
  const auto path = folder.path / "state.json";
  CHECK_FALSE(read_whole(path));
  REQUIRE(write_atomically(path, "one"));
  REQUIRE(write_atomically(path, ""));
  CHECK(read_whole(path) == "");
  const std::string bytes("\0\xff\n", 3);
  REQUIRE(write_atomically(path, bytes));
  CHECK(read_whole(path) == bytes);
  CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);  // nothing is left beside it
  CHECK(write_atomically(folder.path / "missing" / "x", "").error().code == "file_failed");
}

TEST_CASE("one holder, or many that share") {
  using Mode = FileLock::Mode;
  const Folder folder;
  const auto path = folder.path / "lock";
  {
    const auto first = FileLock::try_take(path);
    REQUIRE(first);
    CHECK(FileLock::try_take(path).error().code == "locked");
    CHECK(FileLock::try_take(path, Mode::shared).error().code == "locked");
  }
  std::optional<FileLock> one = FileLock::try_take(path, Mode::shared).value();
  const auto other = FileLock::try_take(path, Mode::shared);
  REQUIRE(other);
  CHECK(FileLock::try_take(path).error().code == "locked");
  one.reset();
  CHECK(FileLock::try_take(path).error().code == "locked");
  CHECK(FileLock::try_take(folder.path / "missing" / "lock").error().code == "file_failed");
}

}  // namespace skerry::files
