#include "native-host/http/stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "native-host/http/tls_session.hpp"

namespace skerry::http {
namespace {

constexpr std::size_t kSendfileStep = std::size_t{1} << 20U;
constexpr std::size_t kTlsRecord = std::size_t{16} * 1024;

Step step_of(ssize_t count, Step::State wanted) {
  if (count > 0) return {Step::State::some, static_cast<std::size_t>(count)};
  if (count == 0) return {Step::State::ended};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {wanted};
  return {Step::State::failed};
}

template <class Call>
ssize_t uninterrupted(Call call) {
  ssize_t count = 0;
  do {
    count = call();
  } while (count < 0 && errno == EINTR);
  return count;
}

}  // namespace

Stream::Stream(int fd) : fd_(fd) {}
Stream::Stream(int fd, std::unique_ptr<TlsSession> tls) : fd_(fd), tls_(std::move(tls)) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

Step Stream::handshake() {
  return tls_ ? tls_->handshake() : Step{Step::State::some};
}

Step Stream::read(char* data, std::size_t size) {
  if (tls_) return tls_->read(data, size);
  return step_of(uninterrupted([&] { return ::recv(fd_, data, size, 0); }), Step::State::want_read);
}

Step Stream::write(std::string_view first, std::string_view second, std::string_view third) {
  const std::array<std::string_view, 3> all = {first, second, third};
  if (tls_) {
    const auto whole = std::ranges::find_if_not(all, &std::string_view::empty);
    if (whole == all.end()) return {Step::State::some, 0};
    if (whole->size() >= kTlsRecord || first.size() + second.size() + third.size() == whole->size())
      return tls_->write(*whole);
    std::string record;
    record.reserve(kTlsRecord);
    for (auto piece : all) record.append(piece.substr(0, kTlsRecord - record.size()));
    return tls_->write(record);
  }
  std::array<iovec, 3> pieces;
  std::size_t count = 0;
  for (auto piece : all)
    if (!piece.empty()) pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
  if (count == 0) return {Step::State::some, 0};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  return step_of(uninterrupted([&] { return ::sendmsg(fd_, &message, MSG_NOSIGNAL); }),
                 Step::State::want_write);
}

Step Stream::send_file(int file, std::uint64_t offset, std::uint64_t length) {
  auto at = static_cast<off_t>(offset);
  if (!tls_) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(length, kSendfileStep));
    return step_of(uninterrupted([&] { return ::sendfile(fd_, file, &at, most); }), Step::State::want_write);
  }
  return tls_->write_file(file, offset, std::min<std::uint64_t>(length, kTlsRecord));
}

void Stream::end_writing() {
  if (tls_) tls_->end_writing();
  ::shutdown(fd_, SHUT_WR);
}

bool Stream::is_gone() {
  char byte = 0;
  if (tls_) return tls_->is_gone();
  const auto count = uninterrupted([&] { return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT); });
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

bool Stream::lacks_room() const {
  return tls_ && tls_->lacks_room();
}

void Stream::reset_on_close() const {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

}  // namespace skerry::http
