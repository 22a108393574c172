#include "native-host/http/tls_session.hpp"

#include <algorithm>
#include <cerrno>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

namespace skerry::http {
namespace {

// OpenSSL's buffer for one: of its largest size, however little has come.
constexpr std::uint64_t kRecordBuffer = std::uint64_t{17} * 1024;

}  // namespace

TlsSession::TlsSession(SSL* ssl, int fd, Holding& holding)
    : ssl_(ssl), to_read_(holding), to_write_(holding) {
  SSL_set_fd(ssl, fd);
  SSL_set_accept_state(ssl);
}
TlsSession::~TlsSession() = default;

void TlsSession::Free::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

Step TlsSession::step_of(int result) {
  if (result > 0) return {Step::State::some, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {Step::State::want_read};
    case SSL_ERROR_WANT_WRITE: return {Step::State::want_write};
    case SSL_ERROR_ZERO_RETURN: return {Step::State::ended};
    default: break;
  }
  // RFC 8446 §6.1: an end without close_notify may have been forged; it is a failure.
  broken_ = true;
  ERR_clear_error();
  return {Step::State::failed};
}

Step TlsSession::handshake() {
  ERR_clear_error();
  return step_of(SSL_do_handshake(ssl_.get()));
}

Step TlsSession::read(char* data, std::size_t size) {
  ERR_clear_error();
  return after_reading(
      step_of(SSL_read(ssl_.get(), data, static_cast<int>(std::min<std::size_t>(size, 1U << 30U)))));
}

Step TlsSession::after_reading(Step step) {
  lacks_room_ = false;
  if (step.state != Step::State::want_read) {
    to_read_.reset();
    return step;
  }
  // Its header is there, or the beginning of that.
  const bool in_part =
      SSL_has_pending(ssl_.get()) == 1 || std::string_view(SSL_rstate_string(ssl_.get())) == "RB";
  if (!in_part) to_read_.reset();
  lacks_room_ = in_part && !to_read_.grow_to(kRecordBuffer);
  return lacks_room_ ? Step{Step::State::failed} : step;
}

Step TlsSession::after_writing(Step step) {
  if (step.state != Step::State::want_write) {
    to_write_.reset();
    return step;
  }
  return to_write_.grow_to(kRecordBuffer + of_file_.size()) ? step : Step{Step::State::failed};
}

Step TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 30U));
  return after_writing(step_of(SSL_write(ssl_.get(), bytes.data(), size)));
}

Step TlsSession::write_file(int file, std::uint64_t offset, std::uint64_t length) {
  if (of_file_.empty()) {
    of_file_.resize(length);
    const auto count = ::pread(file, of_file_.data(), of_file_.size(), static_cast<off_t>(offset));
    of_file_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count == 0) return {Step::State::ended};
    if (count < 0) return {Step::State::failed};
  }
  const auto step = write(of_file_);
  if (step.state == Step::State::some) of_file_ = {};  // what was left of it is read again
  return step;
}

void TlsSession::end_writing() {
  ERR_clear_error();
  if (!broken_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsSession::is_gone() {
  char byte = 0;
  ERR_clear_error();
  const auto step = after_reading(step_of(SSL_peek(ssl_.get(), &byte, 1)));
  return step.state == Step::State::ended || step.state == Step::State::failed;
}

}  // namespace skerry::http
