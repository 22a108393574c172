#include "native-host/config/secret.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

namespace skerry::config {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a secret from the environment, a file or a credential") {
  auto name = (fs::temp_directory_path() / "skerry-token-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  const fs::path folder = name;
  const auto write = [&](const char* file, std::string_view text, unsigned mode) {
    std::ofstream(folder / file) << text;
    fs::permissions(folder / file, static_cast<fs::perms>(mode));
    return folder / file;
  };
  struct Case {
    const char* what;
    Secret source;
    std::string token;  ///< or the error's code
  };
  const auto good = write("good", "secret\n", 0600);
  const auto pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  for (const auto& [what, source, token] : std::vector<Case>{
           {"environment", {.value = "env", .file = good, .name = "s"}, "env"},
           {"file", {.file = good, .name = "s"}, "secret"},
           {"for its group", {.file = write("group", " secret \r\nmore", 0640), .name = "s"}, "secret"},
           {"with a byte order mark",
            {.file = write("marked", "\xEF\xBB\xBFsecret\r\n", 0600), .name = "s"},
            "secret"},
           {"without line end", {.file = write("bare", "secret", 0400), .name = "s"}, "secret"},
           {"for everyone", {.file = write("open", "secret", 0644), .name = "s"}, "token_exposed"},
           {"empty", {.file = write("empty", "", 0600), .name = "s"}, "token_invalid"},
           {"blank", {.file = write("blank", "\n", 0600), .name = "s"}, "token_invalid"},
           {"forged header", {.value = "a\r\nHost: x", .name = "s"}, "token_invalid"},
           {"too long", {.value = std::string(5000, 'x'), .name = "s"}, "token_invalid"},
           {"no file", {.file = folder / "none", .name = "s"}, "token_missing"},
           {"a folder", {.file = folder, .name = "s"}, "token_unreadable"},
           {"a pipe", {.file = pipe, .name = "s"}, "token_unreadable"},
           {"a file for a folder", {.file = good / "s", .name = "s"}, "token_unreadable"},
           {"huge", {.file = write("huge", std::string(5000, 'x'), 0600), .name = "s"}, "token_invalid"},
           {"nothing", {.name = "s"}, "token_missing"},
       }) {
    CAPTURE(what);
    const auto read = source.read();
    CHECK((read ? *read : read.error().code) == token);
    if (!read) CHECK(read.error().message.find("secret") == std::string::npos);
  }
  setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
  CHECK(Secret({.name = "s", .credential = "good"}).read() == "secret");
  unsetenv("CREDENTIALS_DIRECTORY");
  CHECK(!Secret({.name = "s", .credential = "good"}).read());
  fs::remove_all(folder);
}

}  // namespace
}  // namespace skerry::config
