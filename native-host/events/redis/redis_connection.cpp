#include "native-host/events/redis/redis_connection.hpp"

#include <array>
#include <cerrno>
#include <new>

#include <hiredis/hiredis.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace skerry::events {
namespace {

struct Known {
  std::string_view word;
  std::string_view code;
  std::string_view advice;
};
constexpr std::array kKnown = std::to_array<Known>({
    {"OOM", "redis_full", "Redis has reached its maxmemory"},
    {"LOADING", "redis_starting", "Redis is reading its data"},
    {"BUSY", "redis_starting", "Redis is busy with a script"},
    {"MASTERDOWN", "redis_starting", "Redis is a replica without its master"},
    {"READONLY", "redis_read_only", "This Redis is a replica, which takes no events: name its master"},
    {"MISCONF", "redis_read_only", "Redis refuses writes because it can't save to its disk"},
    {"NOREPLICAS", "redis_read_only", "Redis refuses writes because it has too few replicas"},
    {"NOAUTH", "redis_denied", "Redis wants a password"},
    {"WRONGPASS", "redis_denied", "Redis refuses the user or the password"},
    {"NOPERM", "redis_denied", "The user may not do what is needed in Redis"},
    {"WRONGTYPE", "redis_wrong_type",
     "A key in Redis holds something else; choose another events.redis_stream"},
    {"MOVED", "redis_cluster", "This node of the cluster does not have the stream: name the one that has"},
    {"ASK", "redis_cluster", "The stream is moving to another node of the cluster"},
    {"CLUSTERDOWN", "redis_cluster", "The Redis cluster is down"},
    {"CROSSSLOT", "redis_cluster", "The keys are on different nodes of the cluster"},
    {"NOSCRIPT", "redis_no_script", "Redis does not know the script"},
    {"NOGROUP", "redis_no_group", "Redis does not know the consumer group"},
    {"UNBLOCKED", "redis_no_group", "The stream was deleted"},
});

/// True if the server's words begin with this one; Redis 6 puts what a script was refused with further
/// behind.
bool says(std::string_view said, std::string_view word) {
  if (said.starts_with("ERR Error running script")) {
    return said.contains(" " + std::string(word) + " ") || said.contains("-" + std::string(word) + " ");
  }
  return said.substr(0, said.find(' ')) == word;
}

timeval to_timeval(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

std::unexpected<Error> lost(const redisContext& context) {
  if (context.err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return fail(ErrorKind::unavailable, "redis_late", "Redis gave no answer in time.");
  }
  return fail(ErrorKind::unavailable, "redis_unreachable",
              std::string("The connection to Redis was lost: ") + context.errstr + ".");
}

}  // namespace

Error redis_error(std::string_view said) {
  for (const auto& [word, code, advice] : kKnown) {
    if (!says(said, word)) continue;
    return {std::string(code), std::string(advice) + " (" + std::string(said) + ")."};
  }
  if (said.contains("executing the script can't run")) {
    return {"redis_denied", "The user may not do what is needed in Redis (" + std::string(said) + ")."};
  }
  return {"redis_error", "Redis answers: " + std::string(said) + "."};
}

bool is_lost(const Error& error) {
  return error.code == "redis_unreachable" || error.code == "redis_late";
}

Words::Words(std::size_t count) : bytes_("*" + std::to_string(count) + "\r\n") {}

Words::Words(std::initializer_list<std::string_view> words) : Words(words.size()) {
  for (const auto word : words) add(word);
}

void Words::add_whole(std::span<const std::string_view> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  bytes_ += '$';
  bytes_ += std::to_string(size);
  bytes_ += "\r\n";
  for (const auto part : parts) bytes_ += part;
  bytes_ += "\r\n";
}

bool ReplyView::is_null() const {
  return reply_ == nullptr || reply_->type == REDIS_REPLY_NIL;
}

std::optional<Error> ReplyView::error() const {
  if (reply_ == nullptr || reply_->type != REDIS_REPLY_ERROR) return std::nullopt;
  return redis_error({reply_->str, reply_->len});
}

std::string_view ReplyView::text() const {
  if (reply_ == nullptr || (reply_->type != REDIS_REPLY_STRING && reply_->type != REDIS_REPLY_STATUS))
    return {};
  return {reply_->str, reply_->len};
}

std::int64_t ReplyView::integer() const {
  return reply_ != nullptr && reply_->type == REDIS_REPLY_INTEGER ? reply_->integer : 0;
}

std::size_t ReplyView::size() const {
  return reply_ != nullptr && reply_->type == REDIS_REPLY_ARRAY ? reply_->elements : 0;
}

ReplyView ReplyView::operator[](std::size_t index) const {
  return ReplyView(index < size() ? reply_->element[index] : nullptr);
}

ReplyView ReplyView::field(std::string_view name) const {
  for (std::size_t i = 0; i + 1 < size(); i += 2)
    if ((*this)[i].text() == name) return (*this)[i + 1];
  return ReplyView(nullptr);
}

Reply::Reply(redisReply* reply) : ReplyView(reply), owned_(reply) {}

void Reply::Free::operator()(redisReply* reply) const {
  freeReplyObject(reply);
}

void RedisConnection::Free::operator()(redisContext* context) const {
  redisFree(context);
}

RedisConnection::~RedisConnection() = default;

Result<std::unique_ptr<RedisConnection>> RedisConnection::open(const RedisUrl& url,
                                                               const RedisTimeouts& timeouts) {
  const auto time = to_timeval(timeouts.connect);
  redisContext* context = url.is_unix() ? redisConnectUnixWithTimeout(url.path.c_str(), time)
                                        : redisConnectWithTimeout(url.host.c_str(), url.port, time);
  if (context == nullptr) throw std::bad_alloc();
  std::unique_ptr<RedisConnection> connection(new RedisConnection(context));
  if (context->err != 0) {
    return fail(ErrorKind::unavailable, "redis_unreachable",
                "Redis at " + url.text() + " can't be reached: " + context->errstr + ".");
  }
  redisSetTimeout(context, to_timeval(timeouts.command));
  if (!url.is_unix()) redisEnableKeepAlive(context);
  if (!url.password.empty()) {
    const auto answer = connection->ask(url.user.empty() ? Words{"AUTH", url.password}
                                                         : Words{"AUTH", url.user, url.password});
    if (!answer) return std::unexpected(answer.error());
  }
  if (url.database != 0) {
    const auto answer = connection->ask({"SELECT", std::to_string(url.database)});
    if (!answer) return std::unexpected(answer.error());
  }
  return connection;
}

// Not hiredis's own way: its write() would end the program with SIGPIPE, and copies once more.
void RedisConnection::send(const Words& words) {
  std::string_view rest = words.bytes();
  while (!rest.empty()) {
    const auto sent = ::send(context_->fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return interrupt();
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

Result<Reply> RedisConnection::receive() {
  void* reply = nullptr;
  if (redisGetReply(context_.get(), &reply) != REDIS_OK) return lost(*context_);
  return Reply(static_cast<redisReply*>(reply));
}

Result<Reply> RedisConnection::ask(const Words& words) {
  send(words);
  auto reply = receive();
  if (!reply) return reply;
  if (auto error = reply->error()) return std::unexpected(*std::move(error));
  return reply;
}

void RedisConnection::interrupt() {
  shutdown(context_->fd, SHUT_RDWR);
}

}  // namespace skerry::events
