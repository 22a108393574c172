#include "native-host/program/patient_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <mutex>
#include <utility>

#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

namespace skerry::program {
namespace {

constexpr int kLook = 100;  // ms

class PatientSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit PatientSink(std::shared_ptr<const Patience> patience) : patience_(std::move(patience)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write_patiently(STDERR_FILENO, {line.data(), line.size()}, *patience_);
  }
  void flush_() override {}

 private:
  std::shared_ptr<const Patience> patience_;
};

}  // namespace

bool write_patiently(int fd, std::string_view bytes, const Patience& patience) {
  while (!bytes.empty()) {
    pollfd out{.fd = fd, .events = POLLOUT, .revents = 0};
    // Whatever else waits behind it is looked at once, too.
    const bool last = patience.is_over();
    const int ready = poll(&out, 1, last ? 0 : kLook);
    if (ready == 0 || (ready < 0 && errno == EINTR)) {
      if (last) return false;
      continue;
    }
    // A pipe that is ready takes so much without waiting (pipe(7)).
    const auto count = write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    const bool again = errno == EINTR || errno == EAGAIN;
    if (!again || patience.is_over()) return false;
  }
  return true;
}

std::shared_ptr<spdlog::sinks::sink> make_patient_sink(std::shared_ptr<const Patience> patience) {
  return std::make_shared<PatientSink>(std::move(patience));
}

}  // namespace skerry::program
