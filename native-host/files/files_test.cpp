#include "native-host/files/files.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native-host/files/test_folder.hpp"

namespace skerry::files {

TEST_CASE("one holder, or many that share") {
  using Mode = FileLock::Mode;
  const TestFolder folder;
  const auto path = folder.path / "lock";
  {
    const auto first = FileLock::try_take(path);
    REQUIRE(first);
    CHECK(FileLock::try_take(path).error().code == "locked");
    CHECK(FileLock::try_take(path).error().kind == ErrorKind::busy);
    CHECK(FileLock::try_take(path, Mode::shared).error().code == "locked");
  }
  std::optional<FileLock> one = FileLock::try_take(path, Mode::shared).value();
  const auto other = FileLock::try_take(path, Mode::shared);
  REQUIRE(other);
  CHECK(FileLock::try_take(path).error().code == "locked");
  one.reset();
  CHECK(FileLock::try_take(path).error().code == "locked");
  CHECK(FileLock::try_take(folder.path / "missing" / "lock").error().kind == ErrorKind::not_found);
}

TEST_CASE("a lock is not taken through a link") {
  const TestFolder folder;
  std::filesystem::create_symlink(folder.path / "elsewhere", folder.path / "lock");
  CHECK(FileLock::try_take(folder.path / "lock").error().code == "file_failed");
  CHECK(folder.names() == std::vector<std::string>{"lock"});
}

TEST_CASE("what is no regular file is refused at once") {
  const TestFolder folder;
  std::ofstream(folder.path / "regular") << "x";
  REQUIRE(mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  REQUIRE(mknod((folder.path / "socket").c_str(), S_IFSOCK | 0600, 0) == 0);
  std::filesystem::create_directory(folder.path / "folder");
  std::filesystem::create_symlink("regular", folder.path / "link");
  struct Case {
    const char* name;
    int error;
  };
  for (const auto& [name, error] :
       {Case{"pipe", ENXIO}, {"socket", ENXIO}, {"folder", EISDIR}, {"link", ELOOP}}) {
    CAPTURE(name);
    for (const int mode : {O_RDONLY, O_RDWR}) {
      const auto opened = open_regular(folder.path / name, mode | O_NOFOLLOW);
      REQUIRE(!opened);
      CHECK(opened.error() == error);
    }
    const auto lock = FileLock::try_take(folder.path / name);
    REQUIRE(!lock);
    CHECK(lock.error().kind != ErrorKind::busy);
    CHECK(lock.error().message.contains((folder.path / name).string()));
  }
  CHECK(open_regular(folder.path / "regular", O_RDWR | O_NOFOLLOW));
  CHECK(open_regular(folder.path / "link", O_RDONLY));
  CHECK(open_regular("/dev/null", O_RDONLY).error() == ENXIO);
}

TEST_CASE("a folder is made with those above it, or it is said why not") {
  const TestFolder folder;
  for (int i = 0; i < 2; ++i) CHECK(make_folder(folder.path / "a" / "b"));
  CHECK(std::filesystem::is_directory(folder.path / "a" / "b"));
  std::ofstream(folder.path / "file") << "x";
  std::filesystem::create_symlink("nowhere", folder.path / "dangling");
  for (const char* name : {"file", "file/below", "dangling"}) {
    CAPTURE(name);
    const auto made = make_folder(folder.path / name);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == "file_failed");
    CHECK(made.error().message.contains((folder.path / name).string()));
  }
  CHECK_FALSE(make_folder("/proc/skerry"));  // by root neither
  std::filesystem::permissions(folder.path / "a", std::filesystem::perms::owner_read);
  if (geteuid() != 0) CHECK(make_folder(folder.path / "a").error().kind == ErrorKind::denied);
  std::filesystem::permissions(folder.path / "a", std::filesystem::perms::owner_all);
}

TEST_CASE("a file is read whole, and a pipe or a folder is none") {
  const TestFolder folder;
  const auto text = std::string(200'000, 'x') + "end";
  std::ofstream(folder.path / "file") << text;
  CHECK(read_whole(folder.path / "file") == text);
  std::filesystem::create_symlink(folder.path / "file", folder.path / "link");
  CHECK(read_whole(folder.path / "link") == text);
  REQUIRE(mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  for (const char* name : {"pipe", "missing", "file/below", "."}) {
    const auto read = read_whole(folder.path / name);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "file_failed");
    CHECK(read.error().message.contains(name));
  }
  CHECK(read_whole(folder.path / "missing").error().kind == ErrorKind::not_found);
}

TEST_CASE("the entries of a folder, and of what is none") {
  const TestFolder folder;
  std::error_code error;
  CHECK(entries_of(folder.path, error).empty());
  CHECK(!error);
  std::ofstream(folder.path / "file") << "text";
  std::filesystem::create_directory(folder.path / "below");
  std::set<std::string> names;
  for (const auto& entry : entries_of(folder.path, error)) names.insert(entry.path().filename());
  CHECK(!error);
  CHECK(names == std::set<std::string>{"below", "file"});
  for (const char* name : {"missing", "file"}) {
    error.clear();
    CHECK(entries_of(folder.path / name, error).empty());
    CHECK(error);
  }
}

}  // namespace skerry::files
