#include "native-host/publish/token.hpp"

#include <cstdlib>
#include <fstream>

#include <sys/stat.h>

#include "shared/http.hpp"

namespace skerry::publish {
namespace {

constexpr std::size_t kLongest = 4096;

Result<std::string> read_file(const std::filesystem::path& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return fail("token_missing", "There is no token file " + path.string() + ".");
  if ((info.st_mode & 07U) != 0) {
    return fail("token_exposed", "Everyone on this machine can read the token in " + path.string() +
                                     ": chmod 600 " + path.string() + ".");
  }
  std::ifstream file(path);
  std::string line;
  if (!file || info.st_size > static_cast<off_t>(kLongest) || (!std::getline(file, line) && !file.eof()))
    return fail("token_missing", "Can't read the token file " + path.string() + ".");
  return line;
}

}  // namespace

Result<std::string> read_token(const TokenSource& source) {
  std::string token = source.value;
  std::string place = source.setting;
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  auto file = source.file;
  if (file.empty() && credentials != nullptr && !source.credential.empty())
    file = std::filesystem::path(credentials) / source.credential;
  if (token.empty() && !file.empty()) {
    auto read = read_file(file);
    if (!read) return read;
    token = *std::move(read);
    place = file.string();
  } else if (token.empty()) {
    return fail("token_missing", "There is no token: set " + source.setting + "_file.");
  }
  if (token.ends_with('\r')) token.pop_back();
  token = trim(token);
  if (token.empty() || token.size() > kLongest || !is_field_value(token))
    return fail("token_invalid", "What is in " + place + " is no token.");
  return token;
}

}  // namespace skerry::publish
