#include "native-host/config/secret.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include "shared/http.hpp"

namespace skerry::config {
namespace {

constexpr std::size_t kLongest = 4096;

std::filesystem::path file_of(const Secret& secret) {
  if (!secret.file.empty()) return secret.file;
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials == nullptr || secret.credential.empty()) return {};
  return std::filesystem::path(credentials) / secret.credential;
}

Result<std::string> read_file(const std::filesystem::path& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(ErrorKind::not_found, "token_missing", "There is no token file " + path.string() + ".");
  }
  if ((info.st_mode & 07U) != 0) {
    return fail(ErrorKind::denied, "token_exposed",
                "Everyone on this machine can read the token in " + path.string() + ": chmod 600 " +
                    path.string() + ".");
  }
  std::ifstream file(path);
  std::string line;
  if (!file || info.st_size > static_cast<off_t>(kLongest) || (!std::getline(file, line) && !file.eof()))
    return fail(ErrorKind::not_found, "token_missing", "Can't read the token file " + path.string() + ".");
  return line;
}

}  // namespace

Result<std::string> Secret::read() const {
  std::string text = value;
  std::string place = name;
  if (const auto path = file_of(*this); text.empty() && !path.empty()) {
    auto line = read_file(path);
    if (!line) return line;
    text = *std::move(line);
    place = path.string();
  } else if (text.empty()) {
    return fail(ErrorKind::not_found, "token_missing", "There is no token: set " + name + "_file.");
  }
  if (text.ends_with('\r')) text.pop_back();
  text = trim(text);
  if (text.empty() || text.size() > kLongest || !is_field_value(text)) {
    return fail(ErrorKind::usage, "token_invalid", "What is in " + place + " is no token.");
  }
  return text;
}

bool Secret::is_set() const {
  if (!value.empty() || !file.empty()) return true;
  std::error_code ignored;
  const auto path = file_of(*this);
  return !path.empty() && std::filesystem::exists(path, ignored);
}

}  // namespace skerry::config
