#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/archive/collectors.hpp"
#include "tests/archive/replica.hpp"
#include "tests/archive/server.hpp"

namespace {

using namespace skerry;

struct Options {
  std::string listen = "127.0.0.1:0";
  std::string clock = "now";
  double speed = 1;
  std::string collectors_file;
  bool with_parent = false;
};

Result<std::vector<archive::Collector>> read_collectors(const std::string& file) {
  if (file.empty()) return archive::parse_collectors(archive::built_in_collectors());
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail("collectors_unreadable", "Can't read " + file + ".");
  return archive::parse_collectors(std::string(std::istreambuf_iterator<char>(stream), {}));
}

bool is_pipe(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

Result<void> serve(const Options& options, ::pid_t parent) {
  auto collectors = read_collectors(options.collectors_file);
  if (!collectors) return std::unexpected(collectors.error());
  const auto clock = archive::SimClock::parse(options.clock, options.speed);
  if (!clock) return std::unexpected(clock.error());
  archive::Replica replica(std::move(*collectors), *clock);
  auto server = archive::Server::listen(options.listen, replica);
  if (!server) return std::unexpected(server.error());

  server->stop_on_signals();
  if (options.with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) return {};  // it died before we asked
    if (is_pipe(STDIN_FILENO)) server->stop_at_end_of(STDIN_FILENO);
  }
  fmt::print("listening http://{}\n", server->address());
  std::fflush(stdout);
  server->run();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto parent = ::getppid();
  Options options;
  CLI::App app{
      "A replica of the RouteViews and RIPE RIS archives' listings.\n"
      "It serves http://ADDRESS/<host>/<path> for every collector; / lists them.",
      "archive-replica"};
  app.add_option("--listen", options.listen, "Address and port; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--clock", options.clock,
                 "`now`, or a time like 2026-11-21T08:00:00Z, at which the clock stands still "
                 "unless --speed is given")
      ->capture_default_str();
  auto* speed = app.add_option("--speed", options.speed, "Seconds that the clock moves in a second");
  app.add_option("--collectors", options.collectors_file,
                 "A JSON list of {id, project, url} instead of the built-in one");
  app.add_flag("--with-parent", options.with_parent,
               "Exit when the parent process ends, or closes the pipe at our input");
  CLI11_PARSE(app, argc, argv);
  if (speed->empty() && options.clock != "now") options.speed = 0;

  if (const auto served = serve(options, parent); !served) {
    fmt::print(stderr, "archive-replica: {}\n", served.error().message);
    return 1;
  }
  return 0;
}
