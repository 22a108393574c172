#include "native-host/files/owner.hpp"

#include <fstream>
#include <functional>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/files/draft.hpp"
#include "native-host/files/test_folder.hpp"

namespace skerry::files {
namespace {

constexpr uid_t kSomebody = 65'534;

/// Runs it in a process of its own, which it may change for good; true where it says so.
bool in_a_child(const std::function<bool()>& work) {
  const auto child = fork();
  if (child == 0) _exit(work() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct stat stat_of(const std::filesystem::path& path) {
  struct stat info{};
  ::lstat(path.c_str(), &info);
  return info;
}

TEST_CASE("a folder that is not there yet is its parent's") {
  const TestFolder folder;
  const auto here = owner_of(folder.path);
  REQUIRE(here);
  CHECK(here->uid == geteuid());
  CHECK(!here->name.empty());
  CHECK(owner_of(folder.path / "a/b/c")->uid == geteuid());
  ::chmod(folder.path.c_str(), 01777);
  CHECK(!owner_of(folder.path));
  CHECK(!owner_of(folder.path / "a/b"));
}

TEST_CASE("what is ours") {
  const TestFolder folder;
  std::ofstream(folder.path / "one").put('x');
  CHECK(check_ours(folder.path));
  CHECK(check_ours(folder.path / "none"));
  if (geteuid() != 0) return;
  ::chmod(folder.path.c_str(), 0777);
  CHECK(check_ours(folder.path).error().code == "data_dir_of_another");
  ::chmod(folder.path.c_str(), 0755);
  REQUIRE(::chown((folder.path / "one").c_str(), kSomebody, kSomebody) == 0);
  const auto mixed = check_ours(folder.path);
  REQUIRE(!mixed);
  CHECK(mixed.error().kind == ErrorKind::denied);
  CHECK(mixed.error().message.contains("chown -hR root "));
  CHECK(check_ours(folder.path, {"one"}));
  REQUIRE(::chown((folder.path / "one").c_str(), 0, 0) == 0);
  std::filesystem::create_directories(folder.path / "events/readers");
  const auto deep = folder.path / "events/readers/one";
  std::ofstream(deep).put('x');
  CHECK(check_ours(folder.path));
  REQUIRE(::chown(deep.c_str(), kSomebody, kSomebody) == 0);
  CHECK(check_ours(folder.path).error().message.starts_with(deep.string() + " belongs to "));
  CHECK(check_ours(folder.path).error().message.contains("chown -hR root " + folder.path.string() + "."));
  CHECK(check_ours(folder.path, {"events"}));
  CHECK(!check_ours(folder.path, {"readers"}));  // a name at the top alone
  // What a link leads to is not in here.
  const TestFolder other;
  std::filesystem::rename(folder.path / "events", other.path / "events");
  std::filesystem::create_symlink(other.path / "events", folder.path / "events");
  CHECK(check_ours(folder.path));
  REQUIRE(::chown(folder.path.c_str(), kSomebody, kSomebody) == 0);
  CHECK(check_ours(folder.path).error().message.contains("sudo -u nobody"));
}

TEST_CASE("root becomes the owner, and nothing there becomes root's") {
  if (geteuid() != 0) return;
  const TestFolder folder;
  CHECK(in_a_child([&] { return become_owner_of(folder.path)->has_value() == false && geteuid() == 0; }));
  REQUIRE(::chown(folder.path.c_str(), kSomebody, kSomebody) == 0);
  CHECK(in_a_child([&] {
    const auto became = become_owner_of(folder.path / "data");
    return became && *became && geteuid() == kSomebody && setuid(0) != 0 &&
           std::filesystem::create_directory(folder.path / "data") && check_ours(folder.path / "data");
  }));
  CHECK(stat_of(folder.path / "data").st_uid == kSomebody);
  CHECK(geteuid() == 0);
}

TEST_CASE("who acts as another can do what that one can, and no more") {
  if (geteuid() != 0) return;
  const TestFolder folder;
  const auto theirs = folder.path / "theirs";
  const auto roots = folder.path / "roots";
  ::chmod(folder.path.c_str(), 0755);
  std::filesystem::create_directory(theirs);
  std::filesystem::create_directory(roots);
  REQUIRE(::chown(theirs.c_str(), kSomebody, kSomebody) == 0);
  std::filesystem::create_directory_symlink(roots, theirs / "data");
  std::filesystem::create_symlink(roots / "file", theirs / "file");
  {
    const ActingAs somebody(kSomebody, kSomebody);
    CHECK(write_atomically(theirs / "own", "x"));
    CHECK(!write_atomically(theirs / "data/skerry.conf", "x"));
    CHECK(!std::ofstream(theirs / "file").put('x'));
  }
  CHECK(stat_of(theirs / "own").st_uid == kSomebody);
  CHECK(std::filesystem::is_empty(roots));
  CHECK(write_atomically(roots / "mine", "x"));
}

TEST_CASE("only a plain file of root's is handed over") {
  if (geteuid() != 0) return;
  const TestFolder folder;
  for (const char* name : {"plain", "several", "target"}) std::ofstream(folder.path / name).put('x');
  std::filesystem::create_hard_link(folder.path / "several", folder.path / "again");
  std::filesystem::create_symlink(folder.path / "target", folder.path / "link");
  for (const char* name : {"plain", "several", "link", "none"})
    hand_over(folder.path / name, kSomebody, kSomebody);
  CHECK(stat_of(folder.path / "plain").st_uid == kSomebody);
  CHECK(stat_of(folder.path / "several").st_uid == 0);
  CHECK(stat_of(folder.path / "target").st_uid == 0);
}

}  // namespace
}  // namespace skerry::files
