#include "native-host/config/secret.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <sys/stat.h>

#include "native-host/files/files.hpp"
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
  if (stat(path.c_str(), &info) != 0 && errno == ENOENT)
    return fail(ErrorKind::not_found, "token_missing", "There is no token file " + path.string() + ".");
  if (S_ISREG(info.st_mode) && (info.st_mode & 07U) != 0) {
    return fail(ErrorKind::denied, "token_exposed",
                "Everyone on this machine can read the token in " + path.string() + ": chmod 600 " +
                    path.string() + ".");
  }
  if (info.st_size > static_cast<off_t>(kLongest))
    return fail(ErrorKind::usage, "token_invalid",
                "The token file " + path.string() + " is longer than any token.");
  auto text = files::read_whole(path);
  if (!text) return fail(text.error().kind, "token_unreadable", std::move(text.error().message));
  text->resize(std::min(text->find('\n'), text->size()));
  return text;
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
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark
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
