#include "native-host/postgres/programs.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <spdlog/fmt/fmt.h>
#include <stdlib.h>
#include <unistd.h>

#include "native-host/files/files.hpp"
#include "native-host/process/process.hpp"

namespace skerry::postgres {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kVersionTimeout = 20s;

/// The major version of the `postgres` in a folder, or 0.
int version_of(const fs::path& folder) {
  const auto program = folder / "postgres";
  if (access(program.c_str(), X_OK) != 0 || access((folder / "initdb").c_str(), X_OK) != 0) return 0;
  const auto finished = process::run({.arguments = {program.string(), "--version"},
                                      .environment = {{"LC_ALL=C"}},
                                      .output = {.kind = process::Stream::Kind::pipe}},
                                     {.wait = {.deadline = process::Clock::now() + kVersionTimeout}});
  const auto output = finished ? finished->output : std::string();
  const auto digits = output.find_first_of("0123456789");  // postgres (PostgreSQL) 15.20 (Debian …)
  int version = 0;
  if (digits != std::string::npos)
    std::from_chars(output.data() + digits, output.data() + output.size(), version);
  return version;
}

std::vector<fs::path> program_folders() {
  std::vector<fs::path> folders;
  for (const auto* parent : {"/usr/lib/postgresql", "/usr/pgsql", "/opt/postgresql"}) {
    std::error_code ignored;
    for (const auto& entry : files::entries_of(parent, ignored)) folders.push_back(entry.path() / "bin");
  }
  const char* path = getenv("PATH");
  const std::string search = path == nullptr ? "" : path;
  for (std::size_t begin = 0; begin < search.size();) {
    const auto end = std::min(search.find(':', begin), search.size());
    folders.emplace_back(search.substr(begin, end - begin));
    begin = end + 1;
  }
  return folders;
}

}  // namespace

std::vector<Programs> installed_programs(const fs::path& bin_dir) {
  std::vector<Programs> installed;
  for (const auto& folder : bin_dir.empty() ? program_folders() : std::vector{bin_dir})
    if (const int version = version_of(folder); version != 0) installed.push_back({folder, version});
  return installed;
}

Programs choose(const std::vector<Programs>& installed, int wanted) {
  Programs best;
  for (const Programs& each : installed)
    if (wanted == 0 ? each.version > best.version : each.version == wanted && best.version == 0) best = each;
  return best;
}

int made_by(const fs::path& data) {
  const auto text = files::read_whole(data / "PG_VERSION").value_or("");
  int version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

Error foreign_version(int made_by, int newest) {
  std::string message = fmt::format("PostgreSQL {} made the database, and it is not installed here", made_by);
  if (newest == 0) message += ". ";
  if (newest != 0) message += fmt::format(", PostgreSQL {} is. ", newest);
  message += fmt::format(
      "Install it (the package postgresql-{}: of the Debian that the database comes from, or of "
      "apt.postgresql.org)",
      made_by);
  message += newest > made_by
                 ? fmt::format("; `skerry db upgrade` then carries the database over to {}.", newest)
                 : std::string(".");
  return {"postgres_version", message, ErrorKind::not_installed};
}

}  // namespace skerry::postgres
