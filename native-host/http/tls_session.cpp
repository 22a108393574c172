#include "native-host/http/tls_session.hpp"

#include <algorithm>
#include <cerrno>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

namespace skerry::http {

TlsSession::TlsSession(SSL* ssl, int fd) : ssl_(ssl) {
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
  return step_of(SSL_read(ssl_.get(), data, static_cast<int>(std::min<std::size_t>(size, 1U << 30U))));
}

Step TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 30U));
  return step_of(SSL_write(ssl_.get(), bytes.data(), size));
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
  if (step.state == Step::State::some) of_file_.clear();  // what was left of it is read again
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
  const auto step = step_of(SSL_peek(ssl_.get(), &byte, 1));
  return step.state == Step::State::ended || step.state == Step::State::failed;
}

}  // namespace skerry::http
