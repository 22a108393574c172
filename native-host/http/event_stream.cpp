#include "native-host/http/event_stream.hpp"

#include <utility>

namespace skerry::http {
namespace {

// Written at once.
constexpr std::size_t kBatch = std::size_t{64} * 1024;

void append_plain(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.append(name).append(": ");
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  out += '\n';
}

}  // namespace

void append_event(std::string& out, const Message& message) {
  append_plain(out, "event", message.event);
  append_plain(out, "id", message.id);
  std::string_view rest = message.data;
  while (true) {
    const auto end = rest.find_first_of("\r\n");
    out.append("data: ").append(rest.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + (rest.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  out += '\n';
}

EventStream::EventStream(Exchange& exchange, EventStreamOptions options)
    : exchange_(&exchange),
      options_(std::move(options)),
      signal_(exchange.make_signal()),
      outbox_(std::make_shared<Outbox>(options_.queue, [signal = signal_] { signal->set(); })) {}

Result<EventStream> EventStream::begin(Exchange& exchange, EventStreamOptions options) {
  Head head{.headers = options.headers};
  head.headers.set("Content-Type", "text/event-stream");
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("X-Accel-Buffering", "no");  // nginx would keep events back
  if (auto begun = exchange.begin(std::move(head)); !begun) return std::unexpected(begun.error());
  EventStream stream(exchange, std::move(options));
  if (stream.options_.retry)
    stream.text_.append("retry: ").append(std::to_string(stream.options_.retry->count())).append("\n\n");
  return stream;
}

std::string_view EventStream::last_event_id() const {
  return exchange_->request().headers.get("last-event-id").value_or("");
}

Task<Result<void>> EventStream::send(const Message& message) {
  append_event(text_, message);
  auto sent = co_await exchange_->write(text_);
  text_.clear();
  co_return sent;
}

void EventStream::follow(Hub& hub) {
  subscriptions_.push_back(hub.subscribe(outbox_));
}

Task<Result<void>> EventStream::run() {
  if (exchange_->request().method == "HEAD") co_return co_await exchange_->end();
  // The head at least: the client waits for it.
  if (auto sent = co_await exchange_->write(text_); !sent) co_return sent;
  while (true) {
    text_.clear();
    while (text_.size() < kBatch) {
      const auto message = outbox_->take();
      if (!message) break;
      if (!message->binary) append_event(text_, *message);
    }
    if (!text_.empty()) {
      if (auto sent = co_await exchange_->write(text_); !sent) co_return sent;
      continue;
    }
    if (const auto dropped = outbox_->dropped(); dropped > 0) {
      subscriptions_.clear();
      append_event(text_, {.data = std::to_string(dropped), .event = "dropped"});
      if (auto sent = co_await exchange_->write(text_); !sent) co_return sent;
      if (auto ended = co_await exchange_->end(); !ended) co_return ended;
      co_return fail(ErrorKind::busy, "too_slow",
                     std::to_string(dropped) + " messages were dropped: the client is too slow.");
    }
    const auto came = co_await exchange_->wait(*signal_, options_.keep_alive, Exchange::Until::stopping);
    if (!came) {
      if (came.error().code == "server_stopping") std::ignore = co_await exchange_->end();
      co_return std::unexpected(came.error());
    }
    if (*came) continue;
    if (auto sent = co_await exchange_->write(":\n\n"); !sent) co_return sent;
  }
}

}  // namespace skerry::http
