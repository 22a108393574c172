#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/http/exchange.hpp"
#include "native-host/http/hub.hpp"
#include "shared/error.hpp"
#include "shared/task.hpp"

namespace skerry::http {

/// Appends one event in the form of Server-Sent Events (WHATWG HTML, §9.2.5): a `data` line for each line of
/// the data, whatever ends it. From the event's name and its id, line ends and NULs are left out: they would
/// end the field, or make the client forget it.
void append_event(std::string& out, const Message& message);

struct EventStreamOptions {
  /// A comment is sent when nothing else was for so long, so that nobody between takes the connection for
  /// dead, and so that a client that is gone is noticed.
  std::chrono::milliseconds keep_alive{15'000};
  /// How long the client waits before it connects again. Nothing: it decides.
  std::optional<std::chrono::milliseconds> retry = {};
  Headers headers = {};  ///< besides the type and what forbids caching
  /// Of what a hub publishes and the client has not taken yet.
  Outbox::Limits queue = {};
};

/// An answer of Server-Sent Events, of a handler's coroutine alone, within its exchange's life:
///
///     auto stream = EventStream::begin(exchange, {});
///     if (!stream) co_return;
///     stream->follow(hub);
///     for (auto& missed : since(stream->last_event_id())) co_await stream->send(missed);
///     co_await stream->run();
class EventStream {
 public:
  /// Begins the answer: 200, `text/event-stream`. Errors: those of Exchange::begin.
  static Result<EventStream> begin(Exchange& exchange, EventStreamOptions options);

  /// What a client that connects again got last; empty where it is new.
  [[nodiscard]] std::string_view last_event_id() const;

  /// Sends one event, and waits as Exchange::write does.
  Task<Result<void>> send(const Message& message);

  /// From now on, keeps what `hub` publishes for `run`. For several hubs there is one queue.
  void follow(Hub& hub);

  /// Sends what comes, until one of these happens: `connection_lost`, `request_timeout` (the client doesn't
  /// read), `server_stopping`: the answer is ended; `too_slow` (busy): an event `dropped` says how many
  /// messages the client has lost, and the answer is ended. To HEAD it ends at once, without an error.
  Task<Result<void>> run();

 private:
  EventStream(Exchange& exchange, EventStreamOptions options);

  Exchange* exchange_;
  EventStreamOptions options_;
  std::shared_ptr<Signal> signal_;
  std::shared_ptr<Outbox> outbox_;
  std::vector<Hub::Subscription> subscriptions_;
  std::string text_;
};

}  // namespace skerry::http
