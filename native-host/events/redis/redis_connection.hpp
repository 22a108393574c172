#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "native-host/events/redis/redis_url.hpp"
#include "shared/error.hpp"

struct redisContext;
struct redisReply;

namespace skerry::events {

/// Errors of everything that asks Redis:
///   redis_unreachable  no connection, or it was lost: what was sent may still be done
///   redis_late         no answer came in time: the same
///   redis_starting     it reads its data (LOADING), runs somebody's script (BUSY), or has no master
///   redis_full         `maxmemory` is reached (OOM)
///   redis_read_only    a replica, or a server that can't save to its disk (READONLY, MISCONF, NOREPLICAS)
///   redis_denied       wrong or missing password, or a user without the right (NOAUTH, WRONGPASS, NOPERM)
///   redis_wrong_type   a key holds something else than it should
///   redis_cluster      a node of a cluster that is not the stream's (MOVED, ASK, CLUSTERDOWN, CROSSSLOT)
///   redis_no_script, redis_no_group   NOSCRIPT, NOGROUP
///   redis_error        all others; the message holds the server's words
/// But for the first two, nothing of the refused command is done. No message holds a password.
Error redis_error(std::string_view said);
/// True for the first two.
bool is_lost(const Error& error);

/// A command in the protocol's form (RESP 2), word by word.
class Words {
 public:
  explicit Words(std::size_t count);
  Words(std::initializer_list<std::string_view> words);
  void add(std::string_view word) { add_whole({&word, 1}); }
  /// One word in several parts.
  void add_whole(std::span<const std::string_view> parts);
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// An answer, or a part of one, which lives as long as the whole. Asking for what it is not gives nothing.
class ReplyView {
 public:
  explicit ReplyView(const redisReply* reply) : reply_(reply) {}
  [[nodiscard]] bool is_null() const;
  [[nodiscard]] std::optional<Error> error() const;
  /// Of a string or a status.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] std::int64_t integer() const;
  /// Of an array; 0 for others.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] ReplyView operator[](std::size_t index) const;
  /// The value behind `name` in an array of names and values.
  [[nodiscard]] ReplyView field(std::string_view name) const;

 private:
  const redisReply* reply_;
};

class Reply : public ReplyView {
 public:
  explicit Reply(redisReply* reply);

 private:
  struct Free {
    void operator()(redisReply* reply) const;
  };
  std::unique_ptr<redisReply, Free> owned_;
};

struct RedisTimeouts {
  std::chrono::milliseconds connect{1'000};
  std::chrono::milliseconds command{2'000};  ///< until an answer comes
};

/// A session with a server (hiredis). Blocking, for one thread, but for `interrupt`. One that was
/// lost stays so.
class RedisConnection {
 public:
  /// Connects, names the user, selects the database.
  static Result<std::unique_ptr<RedisConnection>> open(const RedisUrl& url, const RedisTimeouts& timeouts);
  ~RedisConnection();

  /// Sends a command; whether that went well, `receive` says.
  void send(const Words& words);
  /// The answer to the first command that has none yet. An error that the server answers is an answer.
  Result<Reply> receive();
  /// One command; an error that the server answers is an error.
  Result<Reply> ask(const Words& words);
  /// Breaks the connection. From any thread.
  void interrupt();

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };
  explicit RedisConnection(redisContext* context) : context_(context) {}

  std::unique_ptr<redisContext, Free> context_;
};

}  // namespace skerry::events
