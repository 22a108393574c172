#include "native-host/files/draft.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/files/files.hpp"
#include "native-host/files/test_folder.hpp"

namespace skerry::files {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr const char* kDigestOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

/// What `work` returns in a process of its own.
template <class Work>
int in_child(Work work) {
  const auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(work());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("nothing is there until a draft is committed, then all of it") {
  const TestFolder folder;
  const auto path = folder.path / "state";
  auto draft = Draft::begin(path, {.mode = 0640, .sha256 = true});
  REQUIRE(draft);
  REQUIRE(draft->write("a"));
  REQUIRE(draft->write(""));
  REQUIRE(draft->write("bc"));
  CHECK(draft->size() == 3);
  CHECK_FALSE(fs::exists(path));
  CHECK(mode_of(folder.path / folder.names().front()) == 0600);
  const auto committed = draft->commit();
  REQUIRE(committed);
  CHECK(committed->size == 3);
  CHECK(committed->sha256 == kDigestOfAbc);
  CHECK(read_whole(path) == "abc");
  CHECK(mode_of(path) == 0640);
  CHECK(folder.names() == Names{"state"});
  CHECK_FALSE(draft->commit());
  CHECK_FALSE(draft->write("d"));
  CHECK(read_whole(path) == "abc");
}

TEST_CASE("a draft that is dropped leaves what was there") {
  const TestFolder folder;
  const auto path = folder.path / "state";
  REQUIRE(write_atomically(path, "old"));
  {
    auto draft = Draft::begin(path);
    REQUIRE(draft->write("new"));
    auto moved = *std::move(draft);
    REQUIRE(moved.write("er"));
    auto second = Draft::begin(path);
    *second = std::move(moved);
  }
  CHECK(read_whole(path) == "old");
  CHECK(folder.names() == Names{"state"});
}

TEST_CASE("a file is the old one or the new one, of any bytes") {
  const TestFolder folder;
  const auto path = folder.path / "state";
  for (const auto& text : {std::string("one"), std::string(), std::string("\0\xff\n", 3)}) {
    REQUIRE(write_atomically(path, text));
    CHECK(read_whole(path) == text);
  }
  CHECK(folder.names() == Names{"state"});
}

TEST_CASE("two drafts for one path never mix") {
  const TestFolder folder;
  const auto path = folder.path / "state";
  auto one = Draft::begin(path);
  auto other = Draft::begin(path);
  REQUIRE(one->write("one"));
  REQUIRE(other->write("other"));
  REQUIRE(other->commit());
  CHECK(read_whole(path) == "other");
  REQUIRE(one->commit());
  CHECK(read_whole(path) == "one");
  CHECK(folder.names() == Names{"state"});
}

TEST_CASE("what may not be replaced stays") {
  const TestFolder folder;
  const auto path = folder.path / "state";
  REQUIRE(write_atomically(path, "first", {.replace = false}));
  const auto second = write_atomically(path, "second", {.replace = false});
  CHECK(second.error().code == "file_exists");
  CHECK(second.error().kind == ErrorKind::conflict);
  CHECK(read_whole(path) == "first");
  CHECK(fs::hard_link_count(path) == 1);
  CHECK(folder.names() == Names{"state"});
}

TEST_CASE("a link is replaced, and what it points at left alone") {
  const TestFolder folder;
  std::ofstream(folder.path / "target") << "target";
  fs::create_symlink(folder.path / "target", folder.path / "state");
  REQUIRE(write_atomically(folder.path / "state", "new"));
  CHECK(read_whole(folder.path / "target") == "target");
  CHECK(fs::is_regular_file(fs::symlink_status(folder.path / "state")));
  fs::create_symlink(folder.path / "nowhere", folder.path / "link");
  CHECK(write_atomically(folder.path / "link", "x", {.replace = false}).error().code == "file_exists");
}

TEST_CASE("what is reserved and not used is given back") {
  const TestFolder folder;
  const auto path = folder.path / "state";
  REQUIRE(write_atomically(path, "abc", {.reserve = 1U << 20U}));
  struct stat status{};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  CHECK(status.st_size == 3);
  CHECK(status.st_blocks * 512 < 1 << 20);
  CHECK(
      write_atomically(path, "x", {.reserve = std::uint64_t{1} << 60U}).error().message.contains("reserve"));
  CHECK(folder.names() == Names{"state"});
}

TEST_CASE("what stands in the way is said by its kind") {
  const TestFolder folder;
  fs::create_directory(folder.path / "folder");
  std::ofstream(folder.path / "file") << "x";
  struct Case {
    fs::path path;
    ErrorKind kind;
  };
  for (const auto& [path, kind] : std::vector<Case>{
           {folder.path / "missing" / "x", ErrorKind::not_found},
           {folder.path / "file" / "x", ErrorKind::not_found},
           {folder.path / "folder", ErrorKind::failed},
           {folder.path / "folder" / "", ErrorKind::failed},
           {folder.path / std::string(256, 'n'), ErrorKind::failed},
           {"/proc/x", ErrorKind::not_found},
           {"", ErrorKind::failed},
       }) {
    CAPTURE(path);
    const auto written = write_atomically(path, "text");
    REQUIRE_FALSE(written);
    CHECK(written.error().code == "file_failed");
    CHECK_MESSAGE(written.error().kind == kind, written.error().message);
  }
  CHECK(folder.names() == Names{"file", "folder"});
}

TEST_CASE("a folder that goes away meanwhile takes the draft with it") {
  const TestFolder folder;
  const auto place = folder.path / "place";
  fs::create_directory(place);
  auto draft = Draft::begin(place / "state");
  REQUIRE(draft->write("abc"));
  fs::remove_all(place);
  CHECK(draft->commit().error().kind == ErrorKind::not_found);
  CHECK(draft->write("d").error().kind == ErrorKind::not_found);

  fs::create_directory(place);
  auto moved = Draft::begin(place / "state");
  fs::rename(place, folder.path / "elsewhere");
  REQUIRE(moved->commit());
  CHECK(fs::exists(folder.path / "elsewhere" / "state"));
}

TEST_CASE("a file that grows past the limit of its process leaves nothing") {
  const TestFolder folder;
  const auto path = folder.path / "state";
  REQUIRE(write_atomically(path, "old"));
  CHECK(in_child([&] {
          signal(SIGXFSZ, SIG_IGN);
          const rlimit small{.rlim_cur = 4096, .rlim_max = 4096};
          if (setrlimit(RLIMIT_FSIZE, &small) != 0) return 2;
          auto draft = Draft::begin(path);
          if (!draft || !draft->write(std::string(4000, 'x'))) return 3;
          const auto written = draft->write(std::string(4000, 'x'));
          if (written || draft->commit()) return 4;
          return folder.names() == Names{"state"} ? 0 : 5;
        }) == 0);
  CHECK(read_whole(path) == "old");
}

TEST_CASE("a disk that is full leaves the old file") {
  const TestFolder folder;
  const int seen = in_child([&] {
    const auto user = geteuid() == 0 ? 0 : CLONE_NEWUSER;
    if (unshare(CLONE_NEWNS | user) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder.path.c_str(), "tmpfs", 0, "size=64k") != 0) {
      return 100;
    }
    const auto path = folder.path / "state";
    if (!write_atomically(path, "old")) return 1;
    const auto full = write_atomically(path, std::string(100'000, 'x'));
    if (full || full.error().kind != ErrorKind::full) return 2;
    const auto reserved = Draft::begin(path, {.reserve = 100'000});
    if (reserved || reserved.error().kind != ErrorKind::full) return 3;
    if (read_whole(path) != "old" || folder.names() != Names{"state"}) return 4;
    if (!write_atomically(path, std::string(50'000, 'y'))) return 5;
    if (mount(nullptr, folder.path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) return 100;
    const auto read_only = write_atomically(path, "z");
    return !read_only && read_only.error().kind == ErrorKind::denied ? 0 : 6;
  });
  if (seen == 100) {
    MESSAGE("no file system can be mounted here");
    return;
  }
  CHECK(seen == 0);
}

TEST_CASE("a sweep takes what nobody holds, and nothing else") {
  const TestFolder folder;
  std::ofstream(folder.path / ".draft-0123456789abcdef") << "left";
  std::ofstream(folder.path / ".draft-0123456789abcdeF") << "no draft's name";
  std::ofstream(folder.path / ".draft-0123456789abcdef0") << "neither";
  fs::create_directory(folder.path / ".draft-00000000000000aa");
  std::ofstream(folder.path / "state") << "state";
  fs::create_symlink(folder.path / "state", folder.path / ".draft-00000000000000bb");
  REQUIRE(mkfifo((folder.path / ".draft-00000000000000cc").c_str(), 0600) == 0);
  const auto before = folder.names().size();
  {
    auto draft = Draft::begin(folder.path / "state");
    REQUIRE(draft->write("new"));
    CHECK(sweep_drafts(folder.path) == 1);
    CHECK(sweep_drafts(folder.path) == 0);
    REQUIRE(draft->commit());
  }
  CHECK(folder.names().size() == before - 1);
  CHECK(read_whole(folder.path / "state") == "new");

  REQUIRE(in_child([&] {
            auto draft = Draft::begin(folder.path / "state");
            if (!draft || !draft->write("half")) return 1;
            _exit(0);
          }) == 0);
  CHECK(folder.names().size() == before);
  CHECK(sweep_drafts(folder.path) == 1);
  CHECK(sweep_drafts(folder.path / "missing").error().kind == ErrorKind::not_found);
}

TEST_CASE("a folder is brought to the disk, or it is said why not") {
  const TestFolder folder;
  CHECK(sync_folder(folder.path));
  CHECK(sync_folder(""));
  CHECK(sync_folder(folder.path / "missing").error().kind == ErrorKind::not_found);
}

}  // namespace skerry::files
