#include "tests/archive/server.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <tuple>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "tests/archive/replica.hpp"

namespace skerry::archive {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto kIdleLimit = 60s;
constexpr std::size_t kHeadLimit = 16 << 10;
constexpr std::size_t kBodyLimit = 64 << 10;
constexpr auto kStallLimit = 10min;
constexpr auto kResetDelay = 20ms;
constexpr std::size_t kChunk = 8 << 10;
constexpr std::size_t kSlices = 10;  ///< of a second, of a slow answer

Request to_request(http::request<http::string_body> message, std::string client) {
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .headers = {},
                  .body = std::move(message.body()),
                  .client = std::move(client)};
  for (const auto& field : message) request.headers.add(field.name_string(), field.value());
  return request;
}

Response refusal(error_code error) {
  const int status = error == http::error::header_limit ? 431 : error == http::error::body_limit ? 413 : 400;
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}},
          fmt::format("{}: {}\n", reason_phrase(status), error.message())};
}

/// Status line and fields. A body's length is that of the body unless the response says otherwise (HEAD).
std::string head_of(const Response& response, Manner::Framing framing, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  for (const auto& [name, value] : response.headers)
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  const bool has_length =
      response.status == 204 || response.status == 304 || response.headers.has("Content-Length");
  if (!has_length && framing == Manner::Framing::length) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
  } else if (!has_length && framing == Manner::Framing::chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  }
  return head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
}

/// The first `size` bytes of a body as they go over the wire.
std::string framed(std::string_view body, std::size_t size, Manner::Framing framing) {
  const bool whole = size == body.size();
  body = body.substr(0, size);
  if (framing != Manner::Framing::chunked) return std::string(body);
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(body.size(), kChunk))) {
    const auto chunk = body.substr(0, kChunk);
    fmt::format_to(std::back_inserter(out), "{:x}\r\n{}\r\n", chunk.size(), chunk);
  }
  if (whole) out += "0\r\n\r\n";
  return out;
}

asio::awaitable<void> pause([[maybe_unused]] std::chrono::milliseconds time) {
#ifndef __clang_analyzer__  // it takes Asio's executor for an empty one
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
#endif
  co_return;
}

/// Sends `bytes`, at `per_second` where that is given; how many were sent.
asio::awaitable<std::size_t> send(beast::tcp_stream& stream, std::string_view bytes,
                                  std::optional<std::size_t> per_second) {
  error_code error;
  std::size_t sent = 0;
  const auto step = per_second ? std::max<std::size_t>(1, *per_second / kSlices) : bytes.size();
  while (sent < bytes.size() && !error) {
    stream.expires_after(kIdleLimit);
    sent += co_await asio::async_write(stream, asio::buffer(bytes.substr(sent, step)),
                                       asio::redirect_error(asio::use_awaitable, error));
    if (per_second && sent < bytes.size()) {
      co_await pause(std::chrono::milliseconds(std::max<std::size_t>(1000 / kSlices, 1000 / *per_second)));
    }
  }
  co_return sent;
}

/// Waits until the peer has gone.
asio::awaitable<void> stall(beast::tcp_stream& stream) {
  error_code error;
  std::array<char, 512> sink{};
  stream.expires_after(kStallLimit);
  while (!error) {
    co_await stream.async_read_some(asio::buffer(sink), asio::redirect_error(asio::use_awaitable, error));
  }
}

/// Closes with RST.
void reset(beast::tcp_stream& stream) {
  error_code error;
  std::ignore = stream.socket().set_option(asio::socket_base::linger(true, 0), error);
  stream.close();
}

/// Sends the answer to `request`, and returns whether the connection can go on.
asio::awaitable<bool> deliver(beast::tcp_stream& stream, Replica& replica, const Request& request,
                              const Delivery& delivery, bool keep_alive) {
  using How = Manner::Ending::How;
  const auto& manner = delivery.manner;
  const auto ending = manner.ending;
  if (manner.delay > 0ms) co_await pause(manner.delay);

  const auto body = request.method == "HEAD" ? std::string_view() : delivery.response.body.view();
  const auto body_size = std::min(ending ? ending->after.value_or(0) : body.size(), body.size());
  // A cut beyond the end cuts nothing.
  const bool ends = ending && (ending->how != How::close || body_size < body.size());
  const bool has_head = !ending || ending->after;
  const bool has_body = request.method != "HEAD" && delivery.response.status != 304;
  keep_alive = keep_alive && manner.framing != Manner::Framing::close;

  std::size_t head_bytes = 0;
  std::size_t body_bytes = 0;
  bool sent = true;
  if (has_head) {
    const auto head = head_of(delivery.response, manner.framing, keep_alive);
    const auto rest = has_body ? framed(body, body_size, manner.framing) : std::string();
    if (manner.bytes_per_second) {
      head_bytes = co_await send(stream, head, std::nullopt);
      body_bytes = co_await send(stream, rest, manner.bytes_per_second);
    } else {
      const auto all = co_await send(stream, head + rest, std::nullopt);
      head_bytes = std::min(all, head.size());
      body_bytes = all - head_bytes;
    }
    sent = head_bytes + body_bytes == head.size() + rest.size();
  }
  replica.note_sent(request, has_head ? delivery.response.status : 0, head_bytes, body_bytes);
  if (!ends || !sent) co_return sent&& keep_alive;
  if (ending->how == How::stall) co_await stall(stream);
  if (ending->how == How::reset) {
    // What was sent has to be on its way, or the reset takes it back.
    if (has_head) co_await pause(kResetDelay);
    reset(stream);
  }
  co_return false;
}

/// Ends a connection so that the peer reads what was sent even when it is still sending: closing at once
/// would reset the connection and take the answer away.
asio::awaitable<void> linger(beast::tcp_stream& stream) {
  error_code error;
  std::ignore = stream.socket().shutdown(tcp::socket::shutdown_send, error);
  std::array<char, 16 << 10> sink{};
  stream.expires_after(2s);
  while (!error) {
    co_await stream.async_read_some(asio::buffer(sink), asio::redirect_error(asio::use_awaitable, error));
  }
}

asio::awaitable<void> converse(beast::tcp_stream stream, Replica& replica) {
  error_code error;
  std::ignore = stream.socket().set_option(tcp::no_delay(true), error);
  const auto client = stream.socket().remote_endpoint(error).address().to_string();
  if (!replica.accept()) {
    reset(stream);
    co_return;
  }
  beast::flat_buffer buffer;
  for (bool open = true; open;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kHeadLimit);
    parser.body_limit(kBodyLimit);
    stream.expires_after(kIdleLimit);
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::end_of_stream || error == beast::error::timeout) break;
    if (error.category() == http::make_error_code(http::error::bad_method).category()) {
      co_await deliver(stream, replica, {}, {.response = refusal(error)}, false);
      break;
    }
    if (error) co_return;

    const bool keep_alive = parser.get().keep_alive();
    const auto request = to_request(parser.release(), client);
    open = co_await deliver(stream, replica, request, replica.answer(request), keep_alive);
  }
  co_await linger(stream);
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, Replica& replica) {
  for (;;) {
    error_code error;
    auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      co_spawn(acceptor.get_executor(), converse(beast::tcp_stream(std::move(socket)), replica),
               asio::detached);
      continue;
    }
    // Out of file descriptors, most likely: they come back.
    asio::steady_timer pause(acceptor.get_executor(), 100ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

Result<tcp::endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  unsigned port = 0;
  const auto digits = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  const auto [end, result] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error || digits.empty() || result != std::errc() || end != digits.data() + digits.size() ||
      port > 65535) {
    return fail("address_invalid",
                fmt::format("`{}` is not an address with a port, like 127.0.0.1:8080.", text));
  }
  return tcp::endpoint(address, static_cast<std::uint16_t>(port));
}

}  // namespace

struct Server::Impl {
  explicit Impl(Replica& served) : replica(served) {}

  Replica& replica;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::signal_set signals{context};
  asio::posix::stream_descriptor watched{context};
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<Server> Server::listen(std::string_view address, Replica& replica) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) return std::unexpected(endpoint.error());

  auto impl = std::make_unique<Impl>(replica);
  try {
    impl->acceptor = tcp::acceptor(impl->context, *endpoint);
  } catch (const boost::system::system_error& error) {
    return fail("address_unavailable",
                fmt::format("Can't listen at {}: {}.", address, error.code().message()));
  }
  co_spawn(impl->context, accept_all(impl->acceptor, replica), asio::detached);
  return Server(std::move(impl));
}

std::string Server::address() const {
  const auto endpoint = impl_->acceptor.local_endpoint();
  const auto host = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), host, endpoint.port());
}

void Server::stop_on_signals() {
  impl_->signals.add(SIGINT);
  impl_->signals.add(SIGTERM);
  impl_->signals.async_wait([impl = impl_.get()](error_code error, int) {
    if (!error) impl->context.stop();
  });
}

void Server::stop_at_end_of(int descriptor) {
  // A descriptor of our own: closing it leaves the caller's open.
  impl_->watched.assign(::dup(descriptor));
  co_spawn(
      impl_->context,
      [](Impl& impl) -> asio::awaitable<void> {
        error_code error;
        std::array<char, 512> sink{};
        while (!error) {
          co_await impl.watched.async_read_some(asio::buffer(sink),
                                                asio::redirect_error(asio::use_awaitable, error));
        }
        impl.context.stop();
      }(*impl_),
      asio::detached);
}

void Server::run() {
  impl_->context.run();
}
void Server::stop() {
  impl_->context.stop();
}

}  // namespace skerry::archive
