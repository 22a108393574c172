#include "native-host/postgres/connection.hpp"

#include <array>
#include <charconv>
#include <tuple>
#include <utility>
#include <vector>

#include <libpq-fe.h>

namespace skerry::postgres {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string_view code_of(std::string_view sqlstate) {
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "53300")
    return "db_unreachable";
  if (sqlstate.starts_with("40") || sqlstate == "55P03" || sqlstate == "23505") return "db_conflict";
  if (sqlstate == "53100") return "db_full";
  return "db_error";
}

/// libpq's own messages don't show a password; a server's might, as it gets to say anything.
std::string without_password(std::string message, const char* password) {
  const std::string_view secret = password == nullptr ? "" : password;
  if (secret.empty()) return message;
  for (auto at = message.find(secret); at != std::string::npos; at = message.find(secret, at + 3)) {
    message.replace(at, secret.size(), "***");
  }
  return message;
}

std::unexpected<Error> lost(PGconn* connection) {
  return fail(ErrorKind::unavailable, "db_unreachable",
              without_password("The connection to PostgreSQL was lost: " +
                                   std::string(trimmed(PQerrorMessage(connection))),
                               PQpass(connection)));
}

/// What a call that sends or receives says when it can't.
std::unexpected<Error> failed(PGconn* connection) {
  if (PQstatus(connection) != CONNECTION_OK) return lost(connection);
  return fail("db_error", "PostgreSQL: " + std::string(trimmed(PQerrorMessage(connection))));
}

}  // namespace

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}
void Connection::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
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

Result<Connection> Connection::open(const std::string& conninfo, const ConnectOptions& options) {
  // A string that libpq can't parse comes back in its message, password and all.
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(conninfo.c_str(), &complaint), &PQconninfoFree);
  PQfreemem(complaint);
  if (!parsed) {
    return fail("db_settings",
                "The database's address is not a PostgreSQL connection string; write it like "
                "postgres://user:password@host:5432/name.");
  }

  const auto timeout = std::to_string(options.timeout.count());
  // What comes before `dbname` gives way to what the connection string says.
  const std::array keywords{"connect_timeout",
                            "keepalives_idle",
                            "tcp_user_timeout",
                            "application_name",
                            "dbname",
                            "client_encoding",
                            static_cast<const char*>(nullptr)};
  const std::array values{timeout.c_str(),
                          "30",
                          "60000",
                          options.application_name.c_str(),
                          conninfo.c_str(),
                          "UTF8",
                          static_cast<const char*>(nullptr)};
  Connection connection(PQconnectdbParams(keywords.data(), values.data(), 1), options.meters);
  auto* raw = connection.connection_.get();
  if (raw == nullptr)
    return fail(ErrorKind::unavailable, "db_unreachable", "Out of memory while connecting to PostgreSQL.");
  if (PQstatus(raw) != CONNECTION_OK) {
    options.meters.failures.add();
    return fail(ErrorKind::unavailable, "db_unreachable",
                without_password("PostgreSQL can't be reached: " + std::string(trimmed(PQerrorMessage(raw))),
                                 PQpass(raw)));
  }
  options.meters.connections.add();
  PQsetNoticeProcessor(raw, [](void*, const char*) {}, nullptr);
  // Not as start-up parameters: connection poolers refuse those that they don't know.
  auto set = connection.exec("SET timezone TO 'UTC'; SET statement_timeout TO " +
                             std::to_string(options.statement_timeout.count() * 1000));
  if (!set) return std::unexpected(set.error());
  return connection;
}

bool Connection::alive() const {
  return PQstatus(connection_.get()) == CONNECTION_OK;
}

Result<Rows> Connection::checked(pg_result* result) {
  Rows rows(result);
  auto* raw = connection_.get();
  const auto status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY ||
      status == PGRES_COPY_IN) {
    return rows;
  }
  const char* field = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string sqlstate = field == nullptr ? "" : field;
  if (sqlstate.empty()) return failed(raw);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  std::string message = std::string("PostgreSQL: ") + (primary == nullptr ? "unknown error" : primary);
  if (detail != nullptr) message += std::string(" (") + detail + ")";
  message += " [" + sqlstate + "]";
  return fail(std::string(code_of(sqlstate)), without_password(std::move(message), PQpass(raw)));
}

template <class Send>
Result<Rows> Connection::run(Send&& send) {
  const auto began = std::chrono::steady_clock::now();
  auto rows = checked(send());
  meters_.query.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  if (!rows) meters_.failures.add();
  return rows;
}

Result<Rows> Connection::exec(const std::string& sql) {
  return run([&] { return PQexec(connection_.get(), sql.c_str()); });
}

Result<Rows> Connection::query(const std::string& sql, std::initializer_list<Parameter> parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter.data());
  return run([&] {
    return PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0);
  });
}

Result<std::int64_t> Connection::copy_in(const std::string& sql, std::string_view data) {
  if (auto started = exec(sql); !started) return std::unexpected(started.error());
  auto* raw = connection_.get();
  constexpr std::size_t kChunk = 1 << 16;
  bool sent = true;
  for (; sent && !data.empty(); data.remove_prefix(std::min(kChunk, data.size()))) {
    const std::string_view chunk = data.substr(0, kChunk);
    sent = PQputCopyData(raw, chunk.data(), static_cast<int>(chunk.size())) == 1;
  }
  if (PQputCopyEnd(raw, sent ? nullptr : "not all data could be sent") != 1) return failed(raw);
  auto copied = run([&] { return PQgetResult(raw); });
  while (auto* more = PQgetResult(raw)) PQclear(more);
  if (!copied) return std::unexpected(copied.error());
  return copied->affected();
}

Result<Transaction> Connection::begin() {
  const auto sql = depth_ == 0 ? std::string("BEGIN") : "SAVEPOINT level_" + std::to_string(depth_ + 1);
  if (auto begun = exec(sql); !begun) return std::unexpected(begun.error());
  ++depth_;
  return Transaction(*this);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), level_(other.level_) {}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  connection_->depth_ = level_ - 1;
  if (!connection_->alive()) return;
  const auto savepoint = "level_" + std::to_string(level_);
  // Where this fails, the connection is gone, and the server has rolled back by itself.
  std::ignore = connection_->exec(
      level_ == 1 ? "ROLLBACK" : "ROLLBACK TO SAVEPOINT " + savepoint + "; RELEASE SAVEPOINT " + savepoint);
}

Result<void> Transaction::commit() {
  const auto sql = level_ == 1 ? std::string("COMMIT") : "RELEASE SAVEPOINT level_" + std::to_string(level_);
  // COMMIT of a failed transaction is no error to the server, which answers with ROLLBACK.
  auto* raw = connection_->connection_.get();
  if (PQtransactionStatus(raw) == PQTRANS_INERROR) {
    return fail("db_error", "The transaction had failed before it was to be committed.");
  }
  if (auto committed = connection_->exec(sql); !committed) return std::unexpected(committed.error());
  connection_->depth_ = level_ - 1;
  connection_ = nullptr;
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
