#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "shared/error.hpp"

/// Other programs as children of this one (Linux).
namespace skerry::process {

using Clock = std::chrono::steady_clock;

/// Whom a child runs as, where that is not this process's user; only root may choose.
struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups = {};
};

/// What one of a child's three standard descriptors is.
struct Stream {
  enum class Kind {
    nothing,  ///< /dev/null
    pipe,     ///< to this process
    inherit,  ///< this process's own
    append,   ///< to the end of the file `path`, which is made with mode 0600 where it is missing
    output,   ///< of standard error: where standard output goes
  };
  Kind kind = Kind::nothing;
  std::filesystem::path path = {};
};

/// What is to be run. Nothing of it passes through a shell.
struct Command {
  /// The first is the program's path, and is not searched for.
  std::vector<std::string> arguments;
  /// To run in; empty: this process's.
  std::filesystem::path folder = {};
  /// `NAME=value`, all of it; nothing: this process's own.
  std::optional<std::vector<std::string>> environment = {};
  Stream input = {};
  Stream output = {};
  Stream error = {};
  std::optional<User> user = {};
  /// A session of its own, without the terminal, and not only a process group of its own.
  bool session = false;
  /// Killed when the thread that started it ends, or this process (PR_SET_PDEATHSIG). Its own children are
  /// not.
  bool with_parent = false;
};

/// How a child ended.
struct Status {
  bool signalled = false;
  int number = 0;  ///< the exit code, or the signal

  [[nodiscard]] bool ok() const { return !signalled && number == 0; }
  /// `exit code 3`, `signal 9 (Killed)`
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Status&, const Status&) = default;
};

/// Until when a call may wait, and what ends it before.
struct Wait {
  Clock::time_point deadline = Clock::time_point::max();
  std::stop_token stop = {};
};

/// A child, which leads a process group of its own: a signal of the terminal does not reach it, and what it
/// starts ends with it. The group does not hold what makes a group or session of its own (daemons do); only
/// control groups would.
///
/// The child gets the descriptors 0 to 2 and no other, no blocked signal and no ignored one.
///
/// Errors of every call that waits: `timeout` (kind `unavailable`), `stopped`. Calls on the three streams and
/// on the life of a child may come from different threads, two on the same one may not.
class Child {
 public:
  /// Returns when the program runs. Errors: `program_missing` (kind `not_installed`), `process_failed`, with
  /// the step that failed; kind `denied` where rights are missing.
  static Result<Child> start(const Command& command);

  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  /// Kills it with all of its group, unless it was released.
  ~Child();

  [[nodiscard]] pid_t pid() const;

  /// Bytes that came out; 0: the end. Only of a pipe.
  Result<std::size_t> read_output(std::span<char> room, const Wait& wait = {});
  Result<std::size_t> read_error(std::span<char> room, const Wait& wait = {});
  /// The next line without its end; also one that the end cuts off. Nothing: the end. Reads byte by byte, and
  /// fails with `line_too_long` past `longest` bytes.
  Result<std::optional<std::string>> read_line(std::size_t longest, const Wait& wait = {});

  /// Gives all of it to standard input. Error: `input_closed`, if the child reads no more.
  Result<void> write_input(std::string_view bytes, const Wait& wait = {});
  /// The child reads the end.
  void close_input();

  /// Waits for its end. The rest of its group lives on until `end` or the destructor.
  Result<Status> wait(const Wait& wait = {});
  /// How it ended, if it has.
  std::optional<Status> poll();

  /// To the child alone; nothing happens where it has ended.
  void signal(int number) const;

  /// SIGTERM to the group; when the child has ended, or after the grace, SIGKILL to all that is left of it.
  /// How the child ended, by itself or by this. Waits for the child alone: the others are about to be gone.
  Status end(std::chrono::milliseconds grace);

  /// Lets it live on, whatever becomes of this object and, without `with_parent`, of this process. Nothing
  /// more can be asked here, and where it ends before this process it stays a zombie.
  void release();

 private:
  friend Result<struct Finished> run(const Command& command, const struct RunOptions& options);
  struct State;
  explicit Child(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct RunOptions {
  std::string_view input = {};         ///< where the command's input is a pipe
  std::size_t max_output = 1UL << 20;  ///< of each of the two outputs
  Wait wait = {};
  std::chrono::milliseconds grace{2'000};  ///< for an end before its time
};

struct Finished {
  Status status;
  std::string output = {};  ///< what came through pipes
  std::string error = {};
};

/// Starts a command, gives it its input while its output is collected, and waits for its end; then all of its
/// group ends. Output that a process outside of the group holds open is not waited for.
/// Errors: those of `Child`; `output_too_large` (kind `too_large`). After an error nothing of it runs.
Result<Finished> run(const Command& command, const RunOptions& options = {});

/// True if `user` (nothing: this process's) may list, enter and write the folder.
bool can_use_folder(const std::optional<User>& user, const std::filesystem::path& folder);

}  // namespace skerry::process
