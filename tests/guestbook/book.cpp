#include "tests/guestbook/book.hpp"

#include <algorithm>

namespace skerry::guestbook {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10U;
#define SKERRY_ENTRY                                                    \
  "json_build_object('id', id, 'name', name, 'text', text, 'written', " \
  "to_char(written AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))::text"
// Readers go on; others who add wait.
constexpr const char* kLock = "LOCK TABLE guestbook.entries IN SHARE ROW EXCLUSIVE MODE";

}  // namespace

Result<Counted> count(postgres::Connection& connection) {
  const auto rows = connection.exec(
      "SELECT count(*), to_char(max(written) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
      "FROM guestbook.entries");
  if (!rows) return std::unexpected(rows.error());
  return Counted{.entries = rows->integer(0, 0), .last = std::string(rows->text(0, 1))};
}

Result<std::vector<std::string>> newest(postgres::Connection& connection, std::int64_t many) {
  const auto rows =
      connection.query("SELECT " SKERRY_ENTRY " FROM guestbook.entries ORDER BY id DESC LIMIT $1", {many});
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> lines;
  lines.reserve(static_cast<std::size_t>(rows->size()));
  for (int row = rows->size() - 1; row >= 0; --row) lines.emplace_back(rows->text(row, 0));
  return lines;
}

Result<void> Book::add(const Entry& entry, const std::stop_token& stop) {
  auto lease = pool_->take("an entry for the guestbook", {.stop = stop});
  if (!lease) return std::unexpected(std::move(lease).error());
  const std::lock_guard lock(adding_);
  auto& connection = **lease;
  auto transaction = connection.begin();
  if (!transaction) return std::unexpected(std::move(transaction).error());
  if (auto locked = connection.exec(kLock); !locked) return std::unexpected(std::move(locked).error());
  const auto rows = connection.query(
      "INSERT INTO guestbook.entries (name, text) VALUES ($1, $2) RETURNING id, " SKERRY_ENTRY,
      {entry.name, entry.text});
  if (!rows) return std::unexpected(rows.error());
  if (auto done = transaction->commit(); !done) return done;
  hub_.publish(http::Message{
      .data = std::string(rows->text(0, 1)), .event = "entry", .id = std::string(rows->text(0, 0))});
  return {};
}

Result<Counted> Book::count(const std::stop_token& stop) {
  auto lease = pool_->take("counting the guestbook's entries", {.stop = stop});
  if (!lease) return std::unexpected(std::move(lease).error());
  return guestbook::count(**lease);
}

Result<std::int64_t> Book::newest_number(const std::stop_token& stop) {
  auto lease = pool_->take("the guestbook's newest entry", {.stop = stop});
  if (!lease) return std::unexpected(std::move(lease).error());
  const auto rows = (*lease)->exec("SELECT max(id) FROM guestbook.entries");
  if (!rows) return std::unexpected(rows.error());
  return rows->integer(0, 0);
}

Result<std::vector<http::Message>> Book::between(std::int64_t after, std::int64_t last,
                                                 const std::stop_token& stop) {
  auto lease = pool_->take("entries that somebody missed", {.stop = stop});
  if (!lease) return std::unexpected(std::move(lease).error());
  const auto rows = (*lease)->query("SELECT id, " SKERRY_ENTRY
                                    " FROM guestbook.entries WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
                                    {after, last, static_cast<int>(kPage)});
  if (!rows) return std::unexpected(rows.error());
  std::vector<http::Message> messages;
  messages.reserve(static_cast<std::size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) {
    messages.push_back(
        {.data = std::string(rows->text(row, 1)), .event = "entry", .id = std::string(rows->text(row, 0))});
  }
  return messages;
}

Result<std::unique_ptr<Upload>> Upload::begin(Book& book, const std::stop_token& stop) {
  auto lease = book.pool_->take("an upload into the guestbook", {.stop = stop});
  if (!lease) return std::unexpected(std::move(lease).error());
  std::unique_ptr<Upload> upload(new Upload(book, *std::move(lease)));
  auto& connection = *upload->lease_;
  auto transaction = connection.begin();
  if (!transaction) return std::unexpected(std::move(transaction).error());
  upload->transaction_.emplace(*std::move(transaction));
  auto made = connection.exec(
      "CREATE TEMPORARY TABLE arriving (number bigint GENERATED ALWAYS AS IDENTITY, name text, text text) "
      "ON COMMIT DROP");
  if (!made) return std::unexpected(std::move(made).error());
  auto copy = connection.start_copy_in("COPY pg_temp.arriving (name, text) FROM STDIN");
  if (!copy) return std::unexpected(std::move(copy).error());
  upload->copy_.emplace(*std::move(copy));
  return upload;
}

Result<void> Upload::write(std::string_view copy, const std::stop_token& stop) {
  lease_->set_bounds({.stop = stop});
  return copy_->write(copy);
}

Result<std::int64_t> Upload::finish(const std::stop_token& stop) {
  // All of it may be written once more.
  lease_->set_bounds({.call = std::chrono::hours(1), .stop = stop});
  if (auto copied = copy_->finish(); !copied) return copied;
  copy_.reset();
  const std::lock_guard lock(book_->adding_);
  if (auto locked = lease_->exec(kLock); !locked) return std::unexpected(std::move(locked).error());
  const auto added = lease_->exec(
      "WITH added AS (INSERT INTO guestbook.entries (name, text) SELECT name, text FROM pg_temp.arriving "
      "ORDER BY number RETURNING id) SELECT count(*), max(id) FROM added");
  if (!added) return std::unexpected(added.error());
  if (auto done = transaction_->commit(); !done) return std::unexpected(std::move(done).error());
  const auto many = added->integer(0, 0);
  if (many > 0) {
    book_->hub_.publish(http::Message{
        .data = std::to_string(many), .event = "uploaded", .id = std::string(added->text(0, 1))});
  }
  return many;
}

Result<std::unique_ptr<Download>> Download::begin(Book& book, const std::stop_token& stop) {
  auto lease = book.pool_->take("a reader of the guestbook", {.stop = stop});
  if (!lease) return std::unexpected(std::move(lease).error());
  std::unique_ptr<Download> download(new Download(*std::move(lease)));
  auto rows = download->lease_->stream("SELECT " SKERRY_ENTRY " FROM guestbook.entries ORDER BY id");
  if (!rows) return std::unexpected(std::move(rows).error());
  download->rows_.emplace(*std::move(rows));
  return download;
}

Result<std::string> Download::next(const std::stop_token& stop) {
  std::string piece;
  lease_->set_bounds({.stop = stop});
  while (rows_ && piece.size() < kPiece) {
    const auto more = rows_->next();
    if (!more) return std::unexpected(more.error());
    if (*more)
      piece.append(rows_->text(0)) += '\n';
    else
      rows_.reset();
  }
  return piece;
}

}  // namespace skerry::guestbook
