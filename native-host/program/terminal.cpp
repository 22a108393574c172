#include "native-host/program/terminal.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "shared/printable.hpp"

namespace skerry::program {
namespace {

/// The errno of the first refusal. It belongs to the stream, which is the process's: stdio keeps only that
/// there was one.
constinit std::atomic<int> refused = 0;
constinit std::atomic<bool> pipes_are_deadly = false;

void remember(int error) {
  int none = 0;
  refused.compare_exchange_strong(none, error == 0 ? EIO : error);
}

/// Nobody can be told that standard error can't be written to.
void complain(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stderr);
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

void put(std::string_view text) {
  if (refused != 0) return;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) remember(errno);
}

void say(std::string_view text) {
  put(printable(text, Lines::kept));
}

void say_json(std::string_view json) {
  put(printable_json(json));
}

bool flush() {
  errno = 0;
  if (refused == 0 && std::fflush(stdout) != 0) remember(errno);
  return refused == 0;
}

bool is_heard() {
  return refused == 0;
}

void warn(std::string_view text) {
  complain("skerry: " + printable(text, Lines::kept) + "\n");
}

void note(std::string_view text) {
  complain(printable(text) + "\n");
}

std::optional<Error> output_error() {
  // Some file systems (NFS, quotas) refuse only when a file is closed.
  if (flush()) {
    const int copy = dup(STDOUT_FILENO);
    if (copy >= 0 && close(copy) != 0 && errno != EINTR) remember(errno);
  }
  const int error = refused;
  if (error == 0 || error == EPIPE) return std::nullopt;
  const auto why = error == EBADF ? std::string("it is closed") : std::generic_category().message(error);
  return Error{"output_failed",
               "Standard output can't be written to: " + why + ". What it has is not whole."};
}

void prepare_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // Open the wrong way round, so that whoever uses it is told as before (EBADF); lines of the log may go.
    open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
  }
  pipes_are_deadly = std::signal(SIGPIPE, SIG_IGN) == SIG_DFL;
}

void restore_streams() {
  if (pipes_are_deadly) std::signal(SIGPIPE, SIG_DFL);
}

bool takes_escapes(int descriptor) {
  const char* term = std::getenv("TERM");
  return isatty(descriptor) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool takes_colour(int descriptor) {
  return takes_escapes(descriptor) && !is_set("NO_COLOR");
}

}  // namespace skerry::program
