#include "native-host/publish/token.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::publish {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a token from the environment, a file or a credential") {
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
    TokenSource source;
    std::string token;  ///< or the error's code
  };
  const auto good = write("good", "secret\n", 0600);
  for (const auto& [what, source, token] : std::vector<Case>{
           {"environment", {.setting = "s", .value = "env", .file = good}, "env"},
           {"file", {.setting = "s", .file = good}, "secret"},
           {"for its group", {.setting = "s", .file = write("group", " secret \r\nmore", 0640)}, "secret"},
           {"without line end", {.setting = "s", .file = write("bare", "secret", 0400)}, "secret"},
           {"for everyone", {.setting = "s", .file = write("open", "secret", 0644)}, "token_exposed"},
           {"empty", {.setting = "s", .file = write("empty", "", 0600)}, "token_invalid"},
           {"blank", {.setting = "s", .file = write("blank", "\n", 0600)}, "token_invalid"},
           {"forged header", {.setting = "s", .value = "a\r\nHost: x"}, "token_invalid"},
           {"too long", {.setting = "s", .value = std::string(5000, 'x')}, "token_invalid"},
           {"no file", {.setting = "s", .file = folder / "none"}, "token_missing"},
           {"a folder", {.setting = "s", .file = folder}, "token_missing"},
           {"nothing", {.setting = "s"}, "token_missing"},
       }) {
    CAPTURE(what);
    const auto read = read_token(source);
    CHECK((read ? *read : read.error().code) == token);
    if (!read) CHECK(read.error().message.find("secret") == std::string::npos);
  }
  setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
  CHECK(read_token({.setting = "s", .credential = "good"}) == "secret");
  unsetenv("CREDENTIALS_DIRECTORY");
  CHECK(!read_token({.setting = "s", .credential = "good"}));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace skerry::publish
