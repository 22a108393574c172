#include "tests/guestbook/desk.hpp"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "native-host/http/event_stream.hpp"
#include "native-host/http/websocket.hpp"
#include "native-host/program/refusal.hpp"
#include "native-host/program/settings.hpp"
#include "shared/secret.hpp"
#include "tests/guestbook/settings.hpp"

namespace skerry::guestbook {
namespace {

constexpr std::size_t kBatch = std::size_t{256} << 10U;
constexpr std::string_view kBearer = "Bearer ";
constexpr const char* kAdded = "skerry_guestbook_added_total";
constexpr const char* kAddedHelp = "Entries that were added";

Response not_allowed(const char* methods) {
  auto response = error_response(405, "method_not_allowed", std::string("Use ") + methods + ".");
  response.headers.set("Allow", methods);
  return response;
}

bool is_read(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

std::string error_json(const Error& error) {
  const nlohmann::ordered_json json{{"error", error.message}, {"code", error.code}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

Desk::Desk(program::Host& host)
    : host_(host),
      book_(host.pool()),
      uploaded_(host.registry().counter(kAdded, kAddedHelp, {{"door", "upload"}})),
      said_(host.registry().counter(kAdded, kAddedHelp, {{"door", "socket"}})),
      entries_(host.registry().gauge("skerry_guestbook_entries", "Entries of the guestbook")) {
  read_settings(host.loaded());
  host.on_reload([this](const config::Loaded& loaded) { read_settings(loaded); });
  host.services().offer(*this);

  const auto& settings = host.settings<Settings>();
  auto& routes = host.routes();
  routes
      .mount("guestbook", "guestbook", {.respond = [this](const Request& request) { return greet(request); }})
      .path(settings.path);
  // Each holds a connection to the database as long as its client takes: some are left to others.
  const auto connections = host.settings<program::Settings>().database_connections;
  routes
      .mount("guestbook", "guestbook-entries",
             {.serve = [this](http::Exchange& exchange) { return entries(exchange); },
              .max_body_bytes = static_cast<std::uint64_t>(settings.max_upload),
              .max_concurrent = static_cast<unsigned>(std::max<std::int64_t>(connections / 2, 1))})
      .path(settings.path + "/entries");
  routes
      .mount("guestbook", "guestbook-live",
             {.serve = [this](http::Exchange& exchange) { return live(exchange); }})
      .path(settings.path + "/live");
  routes
      .mount("guestbook", "guestbook-socket",
             {.serve = [this](http::Exchange& exchange) { return socket(exchange); }})
      .path(settings.path + "/socket");
  routes.show(4, "the guestbook", settings.path);
  host.loops().add({.name = "guestbook",
                    .interval = settings.count_every,
                    .work = [this](const std::stop_token& stop) { return count(stop); },
                    .of_start = true});
}

void Desk::read_settings(const config::Loaded& loaded) {
  const auto& settings = loaded.get<Settings>();
  auto key = settings.key.read();
  if (!key && settings.key.is_set())
    host_.report().warning("secret_unreadable", key.error(), {{"setting", settings.key.name}});
  const std::lock_guard lock(mutex_);
  greeting_ = settings.greeting;
  key_ = key ? *std::move(key) : std::string();
}

Result<Counted> Desk::counted() const {
  const std::lock_guard lock(mutex_);
  return counted_;
}

/// A database that is away is looked for again, by whoever may start it.
Result<void> Desk::count(const std::stop_token& stop) {
  auto counted = book_.count(stop);
  if (!counted && counted.error().kind == ErrorKind::unavailable && host_.roles().works) {
    if (auto ready = host_.ready_database(stop); ready) counted = book_.count(stop);
  }
  if (counted) entries_.set(static_cast<double>(counted->entries));
  const auto result = counted ? Result<void>() : std::unexpected(counted.error());
  const std::lock_guard lock(mutex_);
  counted_ = std::move(counted);
  return result;
}

Response Desk::refused(const Error& error) {
  auto response = program::refusal(error);
  if (response.status == 500) host_.report().error("guestbook_failed", error);
  return response;
}

std::optional<Response> Desk::denied(const Request& request) const {
  const std::lock_guard lock(mutex_);
  if (key_.empty())
    return error_response(403, "writing_closed", "Nobody writes here: guestbook.key is not set.");
  const auto given = request.headers.get("authorization").value_or("");
  if (given.starts_with(kBearer) && secret_equals(key_, given.substr(kBearer.size()))) return std::nullopt;
  auto response = error_response(401, "wrong_key", "Send Authorization: Bearer and the guestbook's key.");
  response.headers.set("WWW-Authenticate", "Bearer");
  return response;
}

Response Desk::greet(const Request& request) const {
  if (!is_read(request)) return not_allowed("GET, HEAD");
  const std::lock_guard lock(mutex_);
  return {.headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = greeting_ + "\n"};
}

Task<void> Desk::entries(http::Exchange& exchange) {
  if (exchange.request().method == "POST") co_return co_await upload(exchange);
  if (is_read(exchange.request())) co_return co_await download(exchange);
  std::ignore = co_await exchange.respond(not_allowed("GET, HEAD, POST"));
}

Task<void> Desk::upload(http::Exchange& exchange) {
  if (auto no = denied(exchange.request())) {
    std::ignore = co_await exchange.respond(*std::move(no));
    co_return;
  }
  std::unique_ptr<Upload> upload;
  const auto added = co_await take_in(exchange, upload);
  let_go(std::move(upload));
  if (added) {
    uploaded_.add(static_cast<std::uint64_t>(*added));
    std::ignore = co_await exchange.respond({.status = 201,
                                             .headers = {{"Content-Type", "application/json"}},
                                             .body = nlohmann::json{{"added", *added}}.dump()});
  } else if (added.error().code != "body_too_large" && added.error().code != "bad_request") {
    // Those the server answers by itself, and where the client is gone, nobody hears this.
    std::ignore = co_await exchange.respond(refused(added.error()));
  }
}

Task<Result<std::int64_t>> Desk::take_in(http::Exchange& exchange, std::unique_ptr<Upload>& upload) {
  auto& pool = host_.blocking();
  auto begun = co_await exchange.blocking(pool, [&](const auto& stop) { return Upload::begin(book_, stop); });
  if (!begun) co_return std::unexpected(begun.error());
  upload = *std::move(begun);
  EntryLines lines;
  std::string copy;
  for (bool over = false; !over;) {
    const auto piece = co_await exchange.read();
    if (!piece) co_return std::unexpected(piece.error());
    over = piece->empty();
    const auto taken = over ? lines.end(copy) : lines.take(*piece, copy);
    if (!taken) co_return std::unexpected(taken.error());
    if (copy.size() < kBatch && !over) continue;
    const auto written =
        co_await exchange.blocking(pool, [&](const auto& stop) { return upload->write(copy, stop); });
    if (!written) co_return std::unexpected(written.error());
    copy.clear();
  }
  co_return co_await exchange.blocking(pool, [&](const auto& stop) { return upload->finish(stop); });
}

Task<void> Desk::download(http::Exchange& exchange) {
  auto& pool = host_.blocking();
  std::unique_ptr<Download> download;
  // The first piece comes before the head: what goes wrong until then has a status.
  auto piece = co_await exchange.blocking(pool, [&](const auto& stop) -> Result<std::string> {
    auto begun = Download::begin(book_, stop);
    if (!begun) return std::unexpected(begun.error());
    download = *std::move(begun);
    return download->next(stop);
  });
  if (!piece) {
    let_go(std::move(download));
    std::ignore = co_await exchange.respond(refused(piece.error()));
    co_return;
  }
  auto well = exchange.begin({.headers = {{"Content-Type", "application/x-ndjson"}}});
  const bool silent = exchange.request().method == "HEAD";
  while (well && piece && !piece->empty() && !silent) {
    well = co_await exchange.write(*piece);
    if (well)
      piece = co_await exchange.blocking(pool, [&](const auto& stop) { return download->next(stop); });
  }
  let_go(std::move(download));
  if (!piece && piece.error().kind != ErrorKind::stopped)
    host_.report().error("guestbook_failed", piece.error());
  // What is not whole is not ended, and the client sees that.
  if (well && piece) std::ignore = co_await exchange.end();
}

Task<void> Desk::live(http::Exchange& exchange) {
  if (!is_read(exchange.request())) {
    std::ignore = co_await exchange.respond(not_allowed("GET, HEAD"));
    co_return;
  }
  const auto given = exchange.request().headers.get("last-event-id");
  const auto seen = number(given.value_or("0"));
  if (!seen) {
    std::ignore = co_await exchange.respond(
        error_response(400, "bad_last_event_id", "Last-Event-ID is the number of an entry."));
    co_return;
  }
  auto& pool = host_.blocking();
  std::optional<http::EventStream> stream;
  std::vector<http::Message> missed;
  std::int64_t last = 0;
  if (given) {
    // From the moment at which it follows, what it missed lies behind it: no entry comes twice, none gets
    // lost.
    const auto followed = co_await exchange.blocking(pool, [&](const auto& stop) -> Result<void> {
      Result<void> begun;
      const auto newest = book_.from_now(stop, [&] {
        auto made = http::EventStream::begin(exchange, {});
        if (!made)
          begun = std::unexpected(made.error());
        else
          stream.emplace(*std::move(made)).follow(book_.hub());
      });
      if (!newest) return std::unexpected(newest.error());
      last = *newest;
      return begun;
    });
    if (!followed) {
      std::ignore = co_await exchange.respond(refused(followed.error()));
      co_return;
    }
  } else {
    auto made = http::EventStream::begin(exchange, {});
    if (!made) co_return;
    stream.emplace(*std::move(made)).follow(book_.hub());
  }
  for (auto after = *seen; after < last;) {
    const auto read = co_await exchange.blocking(pool, [&](const auto& stop) -> Result<void> {
      auto found = book_.between(after, last, stop);
      if (!found) return std::unexpected(found.error());
      missed = *std::move(found);
      return {};
    });
    if (!read) co_return;  // cut off: the client comes again, and says up to where it is
    for (const auto& message : missed)
      if (auto sent = co_await stream->send(message); !sent) co_return;
    if (missed.size() < Book::kPage) break;
    after = number(missed.back().id).value_or(last);
  }
  std::ignore = co_await stream->run();
}

Task<void> Desk::socket(http::Exchange& exchange) {
  if (auto no = denied(exchange.request())) {
    std::ignore = co_await exchange.respond(*std::move(no));
    co_return;
  }
  auto socket = co_await exchange.upgrade({.max_message = kLongestLine});
  if (!socket) co_return;
  socket->follow(book_.hub());
  while (true) {
    const auto message = co_await socket->read();
    if (!message) co_return;
    if (message->binary) {
      std::ignore = co_await socket->close(http::CloseCode::unsupported_data, "An entry is text.");
      co_return;
    }
    Result<void> added;
    if (const auto entry = parse_entry(message->data); entry) {
      added = co_await exchange.blocking(host_.blocking(),
                                         [&](const auto& stop) { return book_.add(*entry, stop); });
    } else {
      added = std::unexpected(entry.error());
    }
    if (added) {
      said_.add();
    } else if (auto told = co_await socket->write(error_json(added.error())); !told) {
      co_return;
    }
  }
}

}  // namespace skerry::guestbook
