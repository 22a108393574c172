#include "native-host/process/process.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/files/files.hpp"
#include "native-host/files/test_folder.hpp"

namespace skerry::process {
namespace {

using namespace std::chrono_literals;
using files::TestFolder;
using Kind = Stream::Kind;

constexpr auto kLong = 60s;  // no test waits so long unless something is wrong

Wait patience() {
  return {.deadline = Clock::now() + kLong};
}

Command shell(std::string script) {
  return {.arguments = {"/bin/sh", "-c", std::move(script)},
          .output = {.kind = Kind::pipe},
          .error = {.kind = Kind::pipe}};
}

Finished finish(const Command& command, std::string_view input = {}) {
  auto finished = run(command, {.input = input, .max_output = 64UL << 20U, .wait = patience()});
  REQUIRE_MESSAGE(finished, finished.error().message);
  return *std::move(finished);
}

/// Waits until a process that is not our child is gone, or only waits to be reaped.
bool is_gone(pid_t pid) {
  for (const auto end = Clock::now() + kLong; Clock::now() < end; std::this_thread::yield()) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto state = text.rfind(") ");
    if (state == std::string::npos || text[state + 2] == 'Z' || text[state + 2] == 'X') return true;
  }
  return false;
}

}  // namespace

TEST_CASE("arguments, environment and folder arrive as they were meant") {
  const TestFolder folder;
  auto command = shell("printf '%s|' \"$@\"; env; pwd");
  for (const auto* argument : {"zero", "a b", "$HOME", "'; exit 3; '", "", "\xff\n"})
    command.arguments.emplace_back(argument);
  command.environment = {"PATH=/usr/bin:/bin", "NAME=a b=c"};
  command.folder = folder.path;
  const auto finished = finish(command);
  CHECK(finished.status.ok());
  CHECK(finished.error.empty());
  CHECK(finished.output.starts_with("a b|$HOME|'; exit 3; '||\xff\n|"));
  CHECK(finished.output.contains("NAME=a b=c\n"));
  CHECK_FALSE(finished.output.contains("HOME=/"));
  CHECK(finished.output.ends_with(folder.path.string() + "\n"));
}

TEST_CASE("without an environment of its own a child has ours") {
  REQUIRE(setenv("SKERRY_PROCESS_TEST", "ours", 1) == 0);
  CHECK(finish(shell("echo $SKERRY_PROCESS_TEST")).output == "ours\n");
}

TEST_CASE("the way that a child ends is told") {
  CHECK(finish(shell("exit 0")).status == Status{});
  CHECK(finish(shell("exit 3")).status == Status{.signalled = false, .number = 3});
  const auto killed = finish(shell("kill -9 $$")).status;
  CHECK(killed == Status{.signalled = true, .number = SIGKILL});
  CHECK(killed.text() == "signal 9 (Killed)");
  CHECK(Status{.signalled = false, .number = 3}.text() == "exit code 3");
}

TEST_CASE("what can't be run is told at once, with the step that failed") {
  const TestFolder folder;
  std::ofstream(folder.path / "text") << "no program";
  struct Case {
    Command command;
    const char* code;
    ErrorKind kind;
  };
  const auto zero = std::string("/bin/sh\0x", 9);
  std::vector<Case> cases{
      {{.arguments = {"/missing/program"}}, "program_missing", ErrorKind::not_installed},
      {{.arguments = {"sh"}}, "program_missing", ErrorKind::not_installed},
      {{.arguments = {folder.path / "text"}}, "process_failed", ErrorKind::denied},
      {{.arguments = {"/bin/sh"}, .folder = folder.path / "missing"}, "process_failed", ErrorKind::failed},
      {{.arguments = {}}, "process_failed", ErrorKind::usage},
      {{.arguments = {zero}}, "process_failed", ErrorKind::usage},
      {{.arguments = {"/bin/sh"}, .output = {.kind = Kind::append, .path = folder.path}},
       "process_failed",
       ErrorKind::failed},
  };
  if (geteuid() != 0) {
    cases.push_back(
        {{.arguments = {"/bin/sh"}, .user = User{.uid = 0, .gid = 0}}, "process_failed", ErrorKind::denied});
  }
  for (const auto& [command, code, kind] : cases) {
    const auto child = Child::start(command);
    REQUIRE_FALSE(child);
    CHECK_MESSAGE(child.error().code == code, child.error().message);
    CHECK_MESSAGE(child.error().kind == kind, child.error().message);
  }
  errno = 0;
  CHECK(waitpid(-1, nullptr, WNOHANG) < 0);  // no child is left behind
  CHECK(errno == ECHILD);
}

TEST_CASE("both outputs and the input flow at once, whatever their size") {
  const std::string text(3'000'000, 'x');
  auto command = shell("tee /dev/stderr");
  command.input = {.kind = Kind::pipe};
  const auto finished = finish(command, text);
  CHECK(finished.status.ok());
  CHECK(finished.output == text);
  CHECK(finished.error == text);
}

TEST_CASE("a child that does not read its input is no failure") {
  auto command = shell("exec <&-; echo done");
  command.input = {.kind = Kind::pipe};
  const auto finished = finish(command, std::string(1'000'000, 'x'));
  CHECK(finished.status.ok());
  CHECK(finished.output == "done\n");
}

TEST_CASE("output that has no end ends the child") {
  const auto finished = run(shell("exec yes"), {.max_output = 100'000, .wait = patience()});
  CHECK(finished.error().code == "output_too_large");
  CHECK(finished.error().kind == ErrorKind::too_large);
}

TEST_CASE("a deadline ends the child") {
  const auto finished =
      run(shell("exec sleep 1000"), {.wait = {.deadline = Clock::now() + 10ms}, .grace = kLong});
  CHECK(finished.error().code == "timeout");
  CHECK(finished.error().kind == ErrorKind::unavailable);
}

TEST_CASE("a stop ends the whole group, also what does not listen") {
  const TestFolder folder;
  const auto note = folder.path / "pid";
  // A child of the child that ignores SIGTERM, and holds the pipe open.
  const auto command = shell(
      "trap '' TERM; sh -c 'echo $$ > \"$0.new\"; mv \"$0.new\" \"$0\"; while :; do sleep 1000; done' " +
      note.string() + " & while :; do sleep 1000; done");
  std::stop_source stop;
  const std::jthread stopper([&] {
    while (!std::filesystem::exists(note)) std::this_thread::yield();
    stop.request_stop();
  });
  const auto finished = run(command, {.wait = {.stop = stop.get_token()}, .grace = 10ms});
  CHECK(finished.error().code == "stopped");
  CHECK(finished.error().kind == ErrorKind::stopped);
  CHECK(is_gone(std::stoi(files::read_whole(note).value())));
}

TEST_CASE("what a child leaves running ends with the run, and is not waited for") {
  const auto finished = finish(shell("sleep 1000 & echo $!"));
  CHECK(finished.status.ok());
  CHECK(is_gone(std::stoi(finished.output)));
}

TEST_CASE("lines are read as they come") {
  auto child = Child::start(shell("echo one; exec sleep 1000"));
  REQUIRE(child);
  CHECK(child->read_line(100, patience()).value() == "one");
  CHECK(child->read_line(100, {.deadline = Clock::now()}).error().code == "timeout");
  auto other = shell("echo one; read answer; printf '%s\\nrest' $answer; exec >&-; read more; exit 0");
  other.input = {.kind = Kind::pipe};
  child = Child::start(other);
  REQUIRE(child);
  CHECK(child->read_line(3, patience()).value() == "one");
  CHECK_FALSE(child->poll());
  REQUIRE(child->write_input("two\n", patience()));
  CHECK(child->read_line(2, patience()).error().code == "line_too_long");
  CHECK(child->read_line(100, patience()).value() == "");
  CHECK(child->read_line(100, patience()).value() == "rest");
  CHECK_FALSE(child->read_line(100, patience()).value());
  CHECK_FALSE(child->poll());
  child->close_input();
  CHECK(child->wait(patience())->ok());
  CHECK(child->poll()->ok());
  CHECK(child->wait(patience())->ok());
  CHECK(child->write_input("x").error().code == "input_closed");
}

TEST_CASE("input that nobody takes waits for its deadline, and is no signal when nobody will") {
  auto command = shell("read line; exec <&-; echo closed; sleep 1000");
  command.input = {.kind = Kind::pipe};
  auto child = Child::start(command);
  REQUIRE(child);
  const std::string much(1'000'000, 'x');
  CHECK(child->write_input(much, {.deadline = Clock::now() + 10ms}).error().code == "timeout");
  std::stop_source stop;
  stop.request_stop();
  CHECK(child->write_input(much, {.stop = stop.get_token()}).error().code == "stopped");
  CHECK(child->end(kLong).number == SIGTERM);

  child = Child::start(command);
  REQUIRE(child->write_input("line\n", patience()));
  CHECK(child->read_line(100, patience()).value() == "closed");
  CHECK(child->write_input(much, patience()).error().code == "input_closed");
}

TEST_CASE("a child that listens to SIGTERM ends in its own way") {
  auto child = Child::start(shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"));
  REQUIRE(child);
  REQUIRE(child->read_line(100, patience()).value() == "ready");
  CHECK(child->wait({.deadline = Clock::now() + 1ms}).error().code == "timeout");
  CHECK(child->end(kLong) == Status{.signalled = false, .number = 7});
  CHECK(child->end(kLong) == Status{.signalled = false, .number = 7});
  CHECK(child->poll() == Status{.signalled = false, .number = 7});
}

TEST_CASE("a signal reaches the child") {
  auto child = Child::start(shell("exec sleep 1000"));
  REQUIRE(child);
  child->signal(SIGUSR1);
  CHECK(child->wait(patience()) == Status{.signalled = true, .number = SIGUSR1});
  child->signal(SIGUSR1);
}

TEST_CASE("the end of the object is the end of the child, unless it is released") {
  pid_t killed = 0;
  pid_t released = 0;
  {
    auto one = Child::start({.arguments = {"/bin/sleep", "1000"}});
    auto other = Child::start({.arguments = {"/bin/sleep", "1000"}});
    REQUIRE(one);
    REQUIRE(other);
    killed = one->pid();
    released = other->pid();
    other->release();
  }
  CHECK(kill(killed, 0) != 0);
  CHECK(kill(released, SIGKILL) == 0);
  CHECK(waitpid(released, nullptr, 0) == released);
}

TEST_CASE("a child has three descriptors, no blocked signal and no ignored one") {
  const int leak = dup(STDOUT_FILENO);  // not to be closed at an exec
  REQUIRE(leak >= 0);
  const auto before = signal(SIGUSR2, SIG_IGN);
  sigset_t blocked;
  sigset_t old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  REQUIRE(pthread_sigmask(SIG_BLOCK, &blocked, &old) == 0);
  const auto descriptors = finish({.arguments = {"/bin/sh", "-c", "ls /proc/$$/fd"},
                                   .output = {.kind = Kind::pipe},
                                   .error = {.kind = Kind::output}});
  const auto signals =
      finish({.arguments = {"/bin/grep", "Sig", "/proc/self/status"}, .output = {.kind = Kind::pipe}});
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  signal(SIGUSR2, before);
  close(leak);
  CHECK(descriptors.output == "0\n1\n2\n");
  CHECK(signals.output.contains("SigBlk:\t0000000000000000"));
  CHECK(signals.output.contains("SigIgn:\t0000000000000000"));
}

TEST_CASE("streams may be files, nothing, or one for both outputs") {
  const TestFolder folder;
  const auto log = folder.path / "log";
  for (int i = 0; i < 2; ++i) {
    CHECK(finish({.arguments = {"/bin/sh", "-c", "echo out; echo err >&2; cat"},
                  .output = {.kind = Kind::append, .path = log},
                  .error = {.kind = Kind::output}})
              .status.ok());
  }
  CHECK(files::read_whole(log) == "out\nerr\nout\nerr\n");
  struct stat status{};
  REQUIRE(stat(log.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  std::filesystem::create_symlink(log, folder.path / "link");
  CHECK_FALSE(Child::start(
      {.arguments = {"/bin/true"}, .output = {.kind = Kind::append, .path = folder.path / "link"}}));
}

TEST_CASE("a child leads a group of its own, or a session") {
  for (const bool session : {false, true}) {
    CAPTURE(session);
    Command command{.arguments = {"/bin/sleep", "1000"}, .session = session};
    auto child = Child::start(command);
    REQUIRE(child);
    CHECK(getpgid(child->pid()) == child->pid());
    CHECK((getsid(child->pid()) == child->pid()) == session);
  }
}

TEST_CASE("a child with its parent ends with it") {
  std::array<int, 2> pipe{};
  REQUIRE(pipe2(pipe.data(), O_CLOEXEC) == 0);
  const auto parent = fork();
  REQUIRE(parent >= 0);
  if (parent == 0) {
    auto child = Child::start({.arguments = {"/bin/sleep", "1000"}, .with_parent = true});
    const pid_t number = child ? child->pid() : -1;
    if (write(pipe[1], &number, sizeof number) < 0) _exit(2);
    _exit(0);
  }
  pid_t number = 0;
  REQUIRE(read(pipe[0], &number, sizeof number) == sizeof number);
  REQUIRE(waitpid(parent, nullptr, 0) == parent);
  REQUIRE(number > 0);
  CHECK(is_gone(number));
  close(pipe[0]);
  close(pipe[1]);
}

TEST_CASE("standard descriptors that are closed here disturb no child") {
  const auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    auto command = shell("echo out; echo err >&2; cat");
    command.input = {.kind = Kind::pipe};
    const auto finished = run(command, {.input = "in", .wait = patience()});
    _exit(finished && finished->output == "out\nin" && finished->error == "err\n" ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a system without descriptors for processes does as well") {
  const auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = 4, .filter = rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 ||
        syscall(SYS_pidfd_open, getpid(), 0) >= 0) {
      _exit(100);
    }
    const auto finished = run(shell("echo out; exit 3"), {.wait = patience()});
    if (!finished || finished->output != "out\n" || finished->status.number != 3) _exit(1);
    auto started = Child::start({.arguments = {"/bin/sleep", "1000"}});
    if (!started || started->wait({.deadline = Clock::now() + 20ms}).has_value()) _exit(2);
    started->signal(SIGTERM);
    _exit(started->wait(patience())->number == SIGTERM ? 0 : 3);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 100) {
    MESSAGE("calls can't be filtered here");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("another user's child is that user's, and no more") {
  if (geteuid() != 0) {
    MESSAGE("only root can choose");
    return;
  }
  const TestFolder folder;
  auto command = shell("id -u; id -g; id -G");
  command.user = User{.uid = 65534, .gid = 65534, .groups = {65534}};
  CHECK(finish(command).output == "65534\n65534\n65534\n");
  CHECK(can_use_folder(std::nullopt, folder.path));
  CHECK_FALSE(can_use_folder(command.user, folder.path));
  CHECK_FALSE(can_use_folder(std::nullopt, folder.path / "missing"));
}

TEST_CASE("a program is started as its user, whatever rights on files the thread has just now") {
  if (geteuid() != 0) return;  // nobody else can have others' rights
  constexpr uid_t kSomebody = 65'534;
  setfsuid(kSomebody);
  const auto finished = run({.arguments = {"/bin/true"},
                             .environment = {{"LD_SHOW_AUXV=1"}},
                             .output = {.kind = Stream::Kind::pipe}});
  CHECK(setfsuid(geteuid()) == kSomebody);
  REQUIRE(finished);
  // The loader shows this to nobody who runs a setuid program.
  CHECK(finished->output.contains("AT_SECURE:"));
}

TEST_CASE("many threads have children at once") {
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&right, i] {
        for (int j = 0; j < 10; ++j) {
          auto command = shell("read line; echo $line; exit " + std::to_string(i));
          command.input = {.kind = Kind::pipe};
          const auto word = std::to_string(i) + "." + std::to_string(j) + "\n";
          const auto finished = run(command, {.input = word, .wait = patience()});
          if (finished && finished->output == word && finished->status.number == i) ++right;
        }
      });
    }
  }
  CHECK(right == 80);
}

}  // namespace skerry::process
