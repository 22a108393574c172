#include "native-host/http/tls.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native-host/http/tls_session.hpp"

namespace skerry::http {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(2);

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

/// What tells one state of a file from another.
struct Mark {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;
  timespec modified{};

  friend bool operator==(const Mark& a, const Mark& b) {
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           a.modified.tv_sec == b.modified.tv_sec && a.modified.tv_nsec == b.modified.tv_nsec;
  }
};
using Marks = std::array<Mark, 2>;

Mark mark_of(const std::filesystem::path& path) {
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino, file.st_size, file.st_mtim};
}

std::unexpected<Error> unreadable(const std::string& what, const std::filesystem::path& path, ErrorKind kind,
                                  const std::string& why) {
  ERR_clear_error();
  return fail(kind, "tls_" + what + "_unreadable",
              "The file of the TLS " + what + ", " + path.string() + ", " + why + ".");
}

std::unexpected<Error> no_pem(const std::string& what, const std::filesystem::path& path) {
  return unreadable(what, path, ErrorKind::damaged, "holds no whole PEM " + what);
}

/// OpenSSL opens what it reads without a word of why not, and waits for whoever writes into a pipe.
Result<void> look_at(const std::string& what, const std::filesystem::path& path) {
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0 || ::access(path.c_str(), R_OK) != 0)
    return unreadable(what, path, ErrorKind::not_found,
                      "can't be opened: " + std::string(std::strerror(errno)));
  if (!S_ISREG(file.st_mode)) return unreadable(what, path, ErrorKind::damaged, "is no regular file");
  return {};
}

/// RFC 7301: the one protocol that is spoken here, for who asks; a client that offers only others is refused.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  constexpr std::string_view kHttp = "http/1.1";
  for (unsigned at = 0; at < offered_size; at += offered[at] + 1U) {
    if (at + offered[at] >= offered_size) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != kHttp) continue;
    *out = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<Context> read_context(const TlsFiles& files) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::bad_alloc();
  auto* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(
      raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // Of TLS 1.2, only what is authenticated and forward secret (RFC 9325 §4.2).
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets do
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  // Without a terminal to ask on.
  SSL_CTX_set_default_passwd_cb(raw, [](char*, int, int, void*) { return -1; });
  if (auto seen = look_at("certificate", files.certificate); !seen) return std::unexpected(seen.error());
  if (SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) != 1)
    return no_pem("certificate", files.certificate);
  if (auto seen = look_at("key", files.key); !seen) return std::unexpected(seen.error());
  if (SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const auto mismatch = ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509;
    if (!mismatch) return no_pem("key", files.key);
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    ERR_clear_error();
    return fail(ErrorKind::usage, "tls_mismatch",
                "The TLS key " + files.key.string() + " is not that of the certificate " +
                    files.certificate.string() + ".");
  }
  return context;
}

Time end_of(SSL_CTX* context) {
  std::tm parts{};
  const auto* certificate = SSL_CTX_get0_certificate(context);
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1)
    return Time::max();
  return Time(std::chrono::seconds(::timegm(&parts)));
}

class Keeper final : public TlsKeeper {
 public:
  Keeper(TlsFiles files, Marks marks, Context context)
      : files_(std::move(files)), marks_(marks), context_(std::move(context)) {}

  Result<void> reload() override {
    const std::lock_guard reading(reading_);
    return read();
  }

  void on_change(std::function<void(const Result<void>&)> tell) override { tell_ = std::move(tell); }

  void look(Clock::time_point now) override {
    if (now.time_since_epoch().count() < next_look_.load(std::memory_order_relaxed)) return;
    const std::unique_lock reading(reading_, std::try_to_lock);
    if (!reading.owns_lock()) return;
    next_look_.store((now + kLookEvery).time_since_epoch().count(), std::memory_order_relaxed);
    if (marks() == marks_) return;
    const auto came = read();
    if (tell_) tell_(came);
  }

  [[nodiscard]] Time end() const override {
    const std::lock_guard lock(mutex_);
    return end_of(context_.get());
  }

  std::unique_ptr<TlsSession> accept(int fd, Holding& holding) override {
    const std::lock_guard lock(mutex_);
    auto* ssl = SSL_new(context_.get());
    if (ssl == nullptr) throw std::bad_alloc();
    return std::make_unique<TlsSession>(ssl, fd, holding);
  }

 private:
  [[nodiscard]] Marks marks() const { return {mark_of(files_.certificate), mark_of(files_.key)}; }

  Result<void> read() {
    // Before the files: what is written meanwhile is seen by the next look.
    marks_ = marks();
    auto fresh = read_context(files_);
    if (!fresh) return std::unexpected(std::move(fresh.error()));
    const std::lock_guard lock(mutex_);
    context_.swap(*fresh);
    return {};
  }

  const TlsFiles files_;
  std::mutex reading_;
  Marks marks_;
  std::function<void(const Result<void>&)> tell_;
  std::atomic<Clock::rep> next_look_ = 0;
  mutable std::mutex mutex_;
  Context context_;

 public:
  static Result<std::unique_ptr<TlsKeeper>> open(TlsFiles files) {
    const Marks marks = {mark_of(files.certificate), mark_of(files.key)};
    auto context = read_context(files);
    if (!context) return std::unexpected(std::move(context.error()));
    return std::make_unique<Keeper>(std::move(files), marks, *std::move(context));
  }
};

}  // namespace

Result<std::unique_ptr<TlsKeeper>> TlsKeeper::open(TlsFiles files) {
  return Keeper::open(std::move(files));
}

}  // namespace skerry::http
