#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;

/// A child process with pipes at its input and output.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    REQUIRE(::pipe2(in.data(), O_CLOEXEC) == 0);
    REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    output_ = out[0];
  }
  ~Child() {
    close_input();
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::string read_line() const {
    std::string line;
    for (char c = 0; ::read(output_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  /// True once nobody holds the other end of the child's output: it and its own children have ended.
  bool output_ends() const {
    char c = 0;
    while (::read(output_, &c, 1) == 1) {
    }
    return true;
  }
  /// True once the child has read it.
  [[nodiscard]] bool takes(std::string_view text) const {
    if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return false;
    int unread = 1;
    for (const auto end = std::chrono::steady_clock::now() + 30s;
         unread > 0 && std::chrono::steady_clock::now() < end; std::this_thread::yield()) {
      ::ioctl(input_, FIONREAD, &unread);
    }
    return unread == 0;
  }
  void close_input() {
    if (input_ >= 0) ::close(std::exchange(input_, -1));
  }
  void send(int signal) const { ::kill(pid_, signal); }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }
  bool ended() const {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<::id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
  }

 private:
  ::pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
};

constexpr const char* kProgram = ARCHIVE_REPLICA;

}  // namespace

TEST_CASE("the program says where it listens, and stops on SIGTERM") {
  Child replica({kProgram, "--listen", "127.0.0.1:0", "--clock", "2026-11-21T08:00:00Z", "--speed", "60"});
  CHECK(replica.read_line().starts_with("listening http://127.0.0.1:"));
  replica.send(SIGTERM);
  const int status = replica.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("bad settings are an error") {
  const std::vector<std::vector<std::string>> cases{
      {kProgram, "--clock", "soon"},          {kProgram, "--speed", "-1"}, {kProgram, "--listen", "nowhere"},
      {kProgram, "--collectors", "/nothing"}, {kProgram, "--unknown"},
  };
  for (const auto& arguments : cases) {
    CAPTURE(arguments[1]);
    Child replica(arguments);
    CHECK(replica.read_line().empty());
    CHECK(WEXITSTATUS(replica.wait()) != 0);
  }
}

TEST_CASE("with --with-parent it ends when its input does") {
  Child replica({kProgram, "--with-parent"});
  CHECK(replica.read_line().starts_with("listening "));
  CHECK(replica.takes("anything"));
  CHECK(replica.takes("and more"));
  CHECK(!replica.ended());
  replica.close_input();
  CHECK(WEXITSTATUS(replica.wait()) == 0);
}

TEST_CASE("with --with-parent it ends when its parent is killed") {
  const std::string script = std::string(kProgram) + " --with-parent </dev/null & wait";
  Child shell({"/bin/sh", "-c", script});
  CHECK(shell.read_line().starts_with("listening "));
  shell.send(SIGKILL);
  CHECK(shell.output_ends());  // would hang otherwise
}
