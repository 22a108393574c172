#include "native-host/postgres/connection.hpp"

#include <charconv>
#include <tuple>
#include <utility>

#include <libpq-fe.h>

#include "native-host/postgres/session.hpp"

namespace skerry::postgres {

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

int Rows::size() const {
  return PQntuples(result_.get());
}

std::int64_t Rows::affected() const {
  const std::string_view count = PQcmdTuples(result_.get());
  std::int64_t value = 0;
  std::from_chars(count.data(), count.data() + count.size(), value);
  return value;
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
  const auto digits = text(row, column);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Meters Meters::of(metrics::Registry& registry) {
  return {.connections = registry.counter("skerry_db_connections_total", "Connections that were made"),
          .failures = registry.counter("skerry_db_failures_total", "Connections and statements that failed"),
          .query = registry.histogram("skerry_db_query_duration_seconds", "From a statement to its result")};
}

Connection::Connection(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const std::string& conninfo, const ConnectOptions& options) {
  auto connected = connect(conninfo, options);
  if (!connected) {
    options.meters.failures.add();
    return std::unexpected(std::move(connected.error()));
  }
  options.meters.connections.add();
  return Connection(std::make_unique<Session>(*std::move(connected), options));
}

void Connection::set_bounds(Bounds bounds) {
  session_->bounds = std::move(bounds);
}
const Bounds& Connection::bounds() const {
  return session_->bounds;
}

bool Connection::alive() const {
  return session_->alive();
}
bool Connection::check() {
  return session_->check();
}
bool Connection::idle() const {
  return session_->idle();
}
bool Connection::in_transaction() const {
  return session_->transaction_status() == PQTRANS_INTRANS;
}

Result<Rows> Connection::exec(const std::string& sql) {
  return session_->run(sql);
}

Result<Rows> Connection::query(const std::string& sql, std::span<const Parameter> parameters) {
  return session_->run(sql, parameters);
}

Result<RowStream> Connection::stream(const std::string& sql, std::span<const Parameter> parameters) {
  if (auto started = session_->start_rows(sql, parameters); !started) return std::unexpected(started.error());
  return RowStream(*session_);
}

RowStream::RowStream(RowStream&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)), row_(std::move(other.row_)) {}

RowStream::~RowStream() {
  if (session_ != nullptr) session_->abandon();
}

Result<bool> RowStream::next() {
  row_.reset();
  if (session_ == nullptr) return false;
  auto row = session_->next_row();
  if (row && *row) {
    row_ = *std::move(*row);
    return true;
  }
  session_ = nullptr;
  if (!row) return std::unexpected(std::move(row.error()));
  return false;
}

Result<CopyIn> Connection::start_copy_in(const std::string& sql) {
  if (auto started = session_->start_copy(sql, PGRES_COPY_IN); !started)
    return std::unexpected(started.error());
  return CopyIn(*session_);
}

CopyIn::CopyIn(CopyIn&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}

CopyIn::~CopyIn() {
  if (session_ != nullptr) std::ignore = session_->end_copy("given up");
}

Result<void> CopyIn::write(std::string_view data) {
  if (session_ == nullptr) return fail(ErrorKind::usage, "db_error", "This COPY has ended.");
  auto put = session_->put_copy(data);
  if (!put) session_ = nullptr;
  return put;
}

Result<std::int64_t> CopyIn::finish() {
  if (session_ == nullptr) return fail(ErrorKind::usage, "db_error", "This COPY has ended.");
  return std::exchange(session_, nullptr)->end_copy(nullptr);
}

Result<CopyOut> Connection::start_copy_out(const std::string& sql) {
  if (auto started = session_->start_copy(sql, PGRES_COPY_OUT); !started)
    return std::unexpected(started.error());
  return CopyOut(*session_);
}

CopyOut::CopyOut(CopyOut&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)), piece_(std::move(other.piece_)) {}

CopyOut::~CopyOut() {
  if (session_ != nullptr) session_->abandon();
}

Result<std::optional<std::string_view>> CopyOut::next() {
  piece_.clear();
  if (session_ == nullptr) return std::nullopt;
  auto more = session_->get_copy(piece_);
  if (more && *more) return std::string_view(piece_);
  session_ = nullptr;
  if (!more) return std::unexpected(std::move(more.error()));
  return std::nullopt;
}

Result<std::int64_t> Connection::copy_in(const std::string& sql, std::string_view data) {
  auto copy = start_copy_in(sql);
  if (!copy) return std::unexpected(copy.error());
  if (auto written = copy->write(data); !written) return std::unexpected(written.error());
  return copy->finish();
}

Result<Transaction> Connection::begin(std::string_view settings) {
  const bool is_outer = session_->depth == 0;
  auto sql = is_outer ? std::string("BEGIN") : "SAVEPOINT level_" + std::to_string(session_->depth + 1);
  if (!settings.empty()) sql += "; " + std::string(settings);
  if (auto begun = exec(sql); !begun) {
    if (is_outer && session_->transaction_status() != PQTRANS_IDLE) session_->run_anyway("ROLLBACK");
    return std::unexpected(begun.error());
  }
  return Transaction(*session_, ++session_->depth);
}

Transaction::Transaction(Transaction&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)), level_(other.level_) {}

Transaction::~Transaction() {
  if (session_ == nullptr) return;
  session_->depth = level_ - 1;
  const auto savepoint = "level_" + std::to_string(level_);
  session_->run_anyway(
      level_ == 1 ? "ROLLBACK" : "ROLLBACK TO SAVEPOINT " + savepoint + "; RELEASE SAVEPOINT " + savepoint);
}

Result<void> Transaction::commit() {
  if (session_ == nullptr) return fail(ErrorKind::usage, "db_error", "This transaction has ended.");
  // COMMIT of a failed transaction is no error to the server, which answers with ROLLBACK.
  if (session_->transaction_status() == PQTRANS_INERROR) {
    return fail("db_error", "The transaction had failed before it was to be committed.");
  }
  const bool was_alive = session_->alive();
  const auto sql = level_ == 1 ? std::string("COMMIT") : "RELEASE SAVEPOINT level_" + std::to_string(level_);
  if (auto committed = session_->run(sql); !committed) {
    auto error = committed.error();
    if (level_ == 1 && was_alive && !session_->alive())
      error.message += " Whether the transaction was committed is not known.";
    return std::unexpected(std::move(error));
  }
  session_->depth = level_ - 1;
  session_ = nullptr;
  return {};
}

void append_copy_text(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += c;
    }
  }
}

}  // namespace skerry::postgres
