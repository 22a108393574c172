#include "native-host/process/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/files/descriptor.hpp"

namespace skerry::process {
namespace {

using files::Descriptor;
using namespace std::chrono_literals;

constexpr int kCannotRun = 127;
constexpr auto kPause = 5ms;  // between two looks, where no descriptor tells of an end

template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::unexpected<Error> failed(const std::string& what, int number) {
  const auto kind = number == EACCES || number == EPERM ? ErrorKind::denied : ErrorKind::failed;
  return fail(kind, "process_failed", what + ": " + std::strerror(number) + ".");
}

std::unexpected<Error> too_late() {
  return fail(ErrorKind::unavailable, "timeout", "The program takes too long.");
}

std::unexpected<Error> stopped() {
  return fail(ErrorKind::stopped, "stopped", "The program is stopping.");
}

// ---- waiting ----

/// A descriptor that can be read once a stop is requested; none where it never is.
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& stop) {
    if (!stop.stop_possible()) return;
    event_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (event_) callback_.emplace(stop, [this] { std::ignore = eventfd_write(event_.get(), 1); });
    complete_ = static_cast<bool>(event_);
  }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// False: the system has no descriptor for it.
  [[nodiscard]] bool is_complete() const { return complete_; }
  [[nodiscard]] pollfd to_poll() const { return {.fd = event_.get(), .events = POLLIN, .revents = 0}; }

 private:
  bool complete_ = true;
  Descriptor event_;
  std::optional<std::stop_callback<std::function<void()>>> callback_;
};

int timeout_until(Clock::time_point deadline) {
  if (deadline == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 1 << 30));
}

/// Waits until one of `polled` is ready.
Result<void> await(std::span<pollfd> polled, const Wait& wait) {
  const StopSignal stop(wait.stop);
  if (!stop.is_complete()) return failed("Can't wait for a process", EMFILE);
  std::vector<pollfd> all(polled.begin(), polled.end());
  all.push_back(stop.to_poll());
  for (;;) {
    if (wait.stop.stop_requested()) return stopped();
    const int ready = ::poll(all.data(), all.size(), timeout_until(wait.deadline));
    if (ready < 0 && errno != EINTR) return failed("Can't wait for a process", errno);
    if (ready > 0 && all.back().revents == 0) {
      std::copy_n(all.begin(), polled.size(), polled.begin());
      return {};
    }
    if (ready <= 0 && Clock::now() >= wait.deadline) return too_late();
  }
}

Result<void> await(int descriptor, short events, const Wait& wait) {
  pollfd one{.fd = descriptor, .events = events, .revents = 0};
  return await({&one, 1}, wait);
}

/// write(2) to a pipe that nobody reads fails with EPIPE, and this thread gets no SIGPIPE.
ssize_t write_quietly(int descriptor, std::string_view bytes) {
  sigset_t pipe_signal;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const auto count = retried([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
  const int number = errno;
  if (count < 0 && number == EPIPE && !was_pending) {
    const timespec at_once{};
    sigtimedwait(&pipe_signal, nullptr, &at_once);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = number;
  return count;
}

/// 0: the end.
Result<std::size_t> read_some(const Descriptor& pipe, std::span<char> room, const Wait& wait) {
  if (!pipe) return fail("process_failed", "There is no pipe to read from.");
  for (;;) {
    const auto count = retried([&] { return ::read(pipe.get(), room.data(), room.size()); });
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EAGAIN) return failed("Can't read what a process writes", errno);
    if (auto ready = await(pipe.get(), POLLIN, wait); !ready) return std::unexpected(ready.error());
  }
}

/// How many bytes went; 0: there is no room just now.
Result<std::size_t> write_some(const Descriptor& pipe, std::string_view bytes) {
  const auto count = write_quietly(pipe.get(), bytes);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN) return 0;
  if (errno == EPIPE) return fail("input_closed", "The program does not read its input.");
  return failed("Can't write to a process", errno);
}

// ---- starting ----

/// What a child does between fork and exec, for the report of a failure.
enum class Step : int { streams, session, user, folder, exec };

struct Report {
  Step step;
  int number;
};

std::string_view text_of(Step step) {
  switch (step) {
    case Step::streams: return "Can't connect the streams of ";
    case Step::session: return "Can't make a process group for ";
    case Step::user: return "Can't become another user for ";
    case Step::folder: return "Can't enter the folder of ";
    case Step::exec: break;
  }
  return "Can't run ";
}

/// All that a child needs, made before the fork: between fork and exec only async-signal-safe calls may come.
struct Plan {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* folder;  // nullptr: stay
  std::array<int, 3> streams;
  const User* user;
  bool session;
  bool with_parent;
  pid_t parent;
  int report;
};

bool become(const User& user) {
  return setgroups(user.groups.size(), user.groups.data()) == 0 && setgid(user.gid) == 0 &&
         setuid(user.uid) == 0;
}

[[noreturn]] void give_up(const Plan& plan, Step step) {
  const Report report{step, errno};
  std::ignore = ::write(plan.report, &report, sizeof report);
  _exit(kCannotRun);
}

[[noreturn]] void become_program(const Plan& plan) {
  // A thread that works on files with another user's rights (files::ActingAs) would start programs as if they
  // were setuid: the loader then finds no libraries beside them.
  setfsuid(geteuid());
  setfsgid(getegid());
  // What is ignored here would be ignored there, and what is blocked blocked.
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &usual, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);

  for (int i = 0; i < 3; ++i)
    if (dup2(plan.streams[static_cast<std::size_t>(i)], i) < 0) give_up(plan, Step::streams);
  syscall(SYS_close_range, 3U, ~0U, 1U << 2U);  // CLOSE_RANGE_CLOEXEC; else what others opened so is closed
  if ((plan.session ? setsid() : setpgid(0, 0)) < 0) give_up(plan, Step::session);
  if (plan.user != nullptr && !become(*plan.user)) give_up(plan, Step::user);
  if (plan.with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != plan.parent) _exit(kCannotRun);
  }
  if (plan.folder != nullptr && chdir(plan.folder) != 0) give_up(plan, Step::folder);
  execve(plan.program, plan.arguments, plan.environment);
  give_up(plan, Step::exec);
}

/// Not one of the three numbers that a child's streams get.
Descriptor above_streams(Descriptor descriptor) {
  if (!descriptor || descriptor.get() > STDERR_FILENO) return descriptor;
  return Descriptor(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

struct Ends {
  Descriptor ours;
  Descriptor childs;
};

Result<Ends> open_stream(const Stream& stream, int number) {
  const bool is_input = number == STDIN_FILENO;
  Ends ends;
  switch (stream.kind) {
    case Stream::Kind::nothing:
      ends.childs = Descriptor(open("/dev/null", (is_input ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
      break;
    case Stream::Kind::pipe: {
      std::array<int, 2> pair{};
      if (pipe2(pair.data(), O_CLOEXEC) != 0) return failed("Can't make a pipe", errno);
      ends.ours = above_streams(Descriptor(pair[is_input ? 1 : 0]));
      ends.childs = Descriptor(pair[is_input ? 0 : 1]);
      if (!ends.ours || fcntl(ends.ours.get(), F_SETFL, O_NONBLOCK) != 0)
        return failed("Can't make a pipe", errno);
      break;
    }
    case Stream::Kind::inherit:
      ends.childs = Descriptor(fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
      break;
    case Stream::Kind::append:
      ends.childs =
          Descriptor(open(stream.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (!ends.childs) return failed("Can't write " + stream.path.string(), errno);
      break;
    case Stream::Kind::output: return ends;
  }
  ends.childs = above_streams(std::move(ends.childs));
  if (!ends.childs) return failed("Can't open a stream for a process", errno);
  return ends;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

bool has_zero(const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts, [](const std::string& text) { return text.contains('\0'); });
}

/// fork(2) while no handler of this process can run in the child.
pid_t fork_quietly() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = fork();
  const int number = errno;
  if (child != 0) pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = number;
  return child;
}

Status status_of(const siginfo_t& info) {
  return {.signalled = info.si_code != CLD_EXITED, .number = info.si_status};
}

}  // namespace

std::string Status::text() const {
  if (!signalled) return "exit code " + std::to_string(number);
  return "signal " + std::to_string(number) + " (" + strsignal(number) + ")";
}

struct Child::State {
  ~State() {
    if (pid > 0) end(0ms);
  }
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Does not reap: as long as the child is not reaped, its number and its group's are nobody else's.
  std::optional<Status> look() {
    if (status || pid == 0) return status;
    siginfo_t info{};
    if (retried([&] { return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT); }) !=
        0)
      status = Status{.signalled = true, .number = 0};  // somebody else has reaped it
    else if (info.si_pid != 0)
      status = status_of(info);
    return status;
  }

  Result<Status> wait(const Wait& wait) {
    for (;;) {
      if (const auto ended = look()) return *ended;
      if (handle) {
        if (auto ready = await(handle.get(), POLLIN, wait); !ready) return std::unexpected(ready.error());
      } else {
        const auto next = std::min(wait.deadline, Clock::now() + kPause);
        const auto woken = await({}, {.deadline = next, .stop = wait.stop});
        if (woken.error().code != "timeout" || Clock::now() >= wait.deadline)
          return std::unexpected(woken.error());
      }
    }
  }

  Status end(std::chrono::milliseconds grace) {
    const auto deadline = Clock::now() + grace;
    if (grace > 0ms && kill(-pid, SIGTERM) == 0) std::ignore = wait({.deadline = deadline});
    kill(-pid, SIGKILL);
    siginfo_t info{};
    if (retried([&] { return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED); }) == 0)
      status = status_of(info);
    pid = 0;
    return status.value_or(Status{.signalled = true, .number = SIGKILL});
  }

  Result<void> converse(const RunOptions& options, Finished& finished);
  Result<void> collect(Descriptor& pipe, std::string& text, std::size_t most) const;

  pid_t pid = 0;      // 0: reaped, or not ours any more
  Descriptor handle;  // pidfd_open(2), where the system has it
  std::optional<Status> status;
  Descriptor input;
  Descriptor output;
  Descriptor error;
};

Child::Child(std::unique_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

Result<Child> Child::start(const Command& command) {
  const auto& arguments = command.arguments;
  if (arguments.empty() || arguments[0].empty() || has_zero(arguments) ||
      (command.environment && has_zero(*command.environment))) {
    return fail(ErrorKind::usage, "process_failed", "This is no command that can be run.");
  }
  auto state = std::make_unique<State>();
  const std::array<const Stream*, 3> streams{&command.input, &command.output, &command.error};
  const std::array<Descriptor*, 3> ours{&state->input, &state->output, &state->error};
  std::array<Descriptor, 3> childs;
  Plan plan{};
  for (int i = 0; i < 3; ++i) {
    const auto at = static_cast<std::size_t>(i);
    auto ends = open_stream(*streams[at], i);
    if (!ends) return std::unexpected(ends.error());
    *ours[at] = std::move(ends->ours);
    childs[at] = std::move(ends->childs);
    plan.streams[at] = childs[at] ? childs[at].get() : childs[STDOUT_FILENO].get();
  }
  std::array<int, 2> report{};
  if (pipe2(report.data(), O_CLOEXEC) != 0) return failed("Can't make a pipe", errno);
  const Descriptor reading(report[0]);
  auto writing = above_streams(Descriptor(report[1]));

  const auto argument_pointers = pointers_to(arguments);
  const auto environment_pointers =
      command.environment ? pointers_to(*command.environment) : std::vector<char*>();
  plan.program = arguments[0].c_str();
  plan.arguments = argument_pointers.data();
  plan.environment = command.environment ? environment_pointers.data() : environ;
  plan.folder = command.folder.empty() ? nullptr : command.folder.c_str();
  plan.user = command.user ? &*command.user : nullptr;
  plan.session = command.session;
  plan.with_parent = command.with_parent;
  plan.parent = getpid();
  plan.report = writing.get();

  const pid_t child = fork_quietly();
  if (child == 0) become_program(plan);
  if (child < 0) return failed("Can't start a process", errno);
  state->pid = child;
  state->handle = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, child, 0U)));
  writing.reset();
  Report said{};
  if (retried([&] { return ::read(reading.get(), &said, sizeof said); }) == sizeof said) {
    if (said.step == Step::exec && said.number == ENOENT) {
      return fail(ErrorKind::not_installed, "program_missing", "There is no program " + arguments[0] + ".");
    }
    return failed(std::string(text_of(said.step)) + arguments[0], said.number);
  }
  return Child(std::move(state));
}

pid_t Child::pid() const {
  return state_->pid;
}

Result<std::size_t> Child::read_output(std::span<char> room, const Wait& wait) {
  return read_some(state_->output, room, wait);
}

Result<std::size_t> Child::read_error(std::span<char> room, const Wait& wait) {
  return read_some(state_->error, room, wait);
}

Result<std::optional<std::string>> Child::read_line(std::size_t longest, const Wait& wait) {
  std::string line;
  for (char c = 0;;) {
    const auto count = read_output({&c, 1}, wait);
    if (!count) return std::unexpected(count.error());
    if (*count == 0 && line.empty()) return std::nullopt;
    if (*count == 0 || c == '\n') return line;
    if (line.size() == longest)
      return fail(ErrorKind::too_large, "line_too_long", "The program writes a line that has no end.");
    line += c;
  }
}

Result<void> Child::write_input(std::string_view bytes, const Wait& wait) {
  if (!state_->input) return fail("input_closed", "There is no pipe to write to.");
  while (!bytes.empty()) {
    const auto count = write_some(state_->input, bytes);
    if (!count) return std::unexpected(count.error());
    bytes.remove_prefix(*count);
    if (*count > 0) continue;
    if (auto ready = await(state_->input.get(), POLLOUT, wait); !ready) return ready;
  }
  return {};
}

void Child::close_input() {
  state_->input.reset();
}

Result<Status> Child::wait(const Wait& wait) {
  return state_->wait(wait);
}

std::optional<Status> Child::poll() {
  return state_->look();
}

void Child::signal(int number) const {
  if (state_->pid > 0) kill(state_->pid, number);
}

Status Child::end(std::chrono::milliseconds grace) {
  if (state_->pid == 0) return state_->status.value_or(Status{});
  return state_->end(grace);
}

void Child::release() {
  state_->pid = 0;
}

/// Takes what is there just now; closes at the end.
Result<void> Child::State::collect(Descriptor& pipe, std::string& text, std::size_t most) const {
  std::array<char, 16UL << 10U> room{};
  while (pipe) {
    const auto count = retried([&] { return ::read(pipe.get(), room.data(), room.size()); });
    if (count < 0 && errno == EAGAIN) return {};
    if (count < 0) return failed("Can't read what a process writes", errno);
    if (count == 0) pipe.reset();
    if (text.size() + static_cast<std::size_t>(count) > most) {
      return fail(ErrorKind::too_large, "output_too_large",
                  "The program writes more than " + std::to_string(most) + " bytes.");
    }
    text.append(room.data(), static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> Child::State::converse(const RunOptions& options, Finished& finished) {
  auto left = options.input;
  for (;;) {
    const bool ended = look().has_value();
    if (ended) kill(-pid, SIGKILL);
    if (auto done = collect(output, finished.output, options.max_output); !done) return done;
    if (auto done = collect(error, finished.error, options.max_output); !done) return done;
    if (ended) return {};
    while (input && !left.empty()) {
      const auto count = write_some(input, left);
      if (!count && count.error().code != "input_closed") return std::unexpected(count.error());
      if (!count) input.reset();
      if (count.value_or(0) == 0) break;
      left.remove_prefix(*count);
    }
    if (left.empty()) input.reset();
    std::array<pollfd, 4> polled{{{.fd = input.get(), .events = POLLOUT, .revents = 0},
                                  {.fd = output.get(), .events = POLLIN, .revents = 0},
                                  {.fd = error.get(), .events = POLLIN, .revents = 0},
                                  {.fd = handle.get(), .events = POLLIN, .revents = 0}}};
    const auto deadline =
        handle ? options.wait.deadline : std::min(options.wait.deadline, Clock::now() + kPause);
    const auto ready = await(polled, {.deadline = deadline, .stop = options.wait.stop});
    if (!ready && (ready.error().code != "timeout" || Clock::now() >= options.wait.deadline)) return ready;
  }
}

Result<Finished> run(const Command& command, const RunOptions& options) {
  auto child = Child::start(command);
  if (!child) return std::unexpected(child.error());
  Finished finished{.status = {}};
  const auto result = child->state_->converse(options, finished);
  finished.status = child->end(result ? 0ms : options.grace);
  if (!result) return std::unexpected(result.error());
  return finished;
}

bool can_use_folder(const std::optional<User>& user, const std::filesystem::path& folder) {
  const pid_t child = fork_quietly();
  if (child == 0) {
    const bool can = (!user || become(*user)) && access(folder.c_str(), R_OK | W_OK | X_OK) == 0;
    _exit(can ? 0 : 1);
  }
  int status = 0;
  return child > 0 && retried([&] { return waitpid(child, &status, 0); }) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace skerry::process
