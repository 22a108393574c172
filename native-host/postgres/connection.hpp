#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "native-host/metrics/registry.hpp"
#include "shared/error.hpp"

struct pg_conn;
struct pg_result;

namespace skerry::postgres {

/// Errors of everything here, by SQLSTATE (PostgreSQL, appendix A):
///   db_unreachable  no connection, or it was lost (class 08, 57P0x, 53300), or the server does not even
///   answer
///                   the request to cancel
///   db_refused      the server answers, and does not let us in: user, password, database, the right to it
///                   (class 28, 3D000, 42501 of a login); worth trying again, as its rules may change
///   db_timeout      the call's deadline passed, or the server's own (57014); the statement was cancelled
///   stopped         the stop came first; the statement was cancelled
///   db_conflict     another transaction came first, worth one more try (class 40, 55P03), or a key is taken
///                   (23505)
///   db_full         the server's disk is full (53100)
///   db_settings     the connection string is not one
///   db_pooling      a pooler is in the way that ends the session with each statement
///   db_error        all others; the message holds the server's own words and the SQLSTATE
/// No message ever holds a password, nor a parameter.

/// One parameter of a query, sent as text; the server casts it to the type that the statement asks for.
class Parameter {
 public:
  Parameter(std::nullopt_t) {}                                       // NOLINT(google-explicit-constructor)
  Parameter(std::string_view text) : text_(text) {}                  // NOLINT(google-explicit-constructor)
  Parameter(const std::string& text) : text_(text) {}                // NOLINT(google-explicit-constructor)
  Parameter(const char* text) : text_(text) {}                       // NOLINT(google-explicit-constructor)
  Parameter(std::int64_t number) : text_(std::to_string(number)) {}  // NOLINT(google-explicit-constructor)
  Parameter(int number) : text_(std::to_string(number)) {}           // NOLINT(google-explicit-constructor)
  Parameter(bool flag) : text_(flag ? "t" : "f") {}                  // NOLINT(google-explicit-constructor)
  template <class T>
  Parameter(const std::optional<T>& value) {  // NOLINT(google-explicit-constructor)
    if (value) *this = Parameter(*value);
  }

  /// Null for SQL's NULL.
  [[nodiscard]] const char* data() const { return text_ ? text_->c_str() : nullptr; }
  /// False for a text with a NUL byte, which PostgreSQL has no place for.
  [[nodiscard]] bool can_be_sent() const { return !text_ || !text_->contains('\0'); }

 private:
  std::optional<std::string> text_;
};

/// The result of a statement. Rows and columns count from 0; asking beyond them is a programming error.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}

  [[nodiscard]] int size() const;
  /// Rows that an INSERT, UPDATE, DELETE or COPY touched.
  [[nodiscard]] std::int64_t affected() const;
  [[nodiscard]] bool is_null(int row, int column) const;
  /// Empty for NULL. Valid as long as this object.
  [[nodiscard]] std::string_view text(int row, int column) const;
  /// 0 for what is no integer.
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  [[nodiscard]] bool boolean(int row, int column) const { return text(row, column) == "t"; }

 private:
  friend class Session;
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

/// What connections count; nothing by default.
struct Meters {
  metrics::Counter connections, failures;
  metrics::Histogram query;

  static Meters of(metrics::Registry& registry);
};

/// What ends a wait. A call that is ended so asks the server to cancel its statement and takes the answer:
/// one that came through all the same has succeeded. A server that answers nothing within `grace` is left,
/// and the connection is lost. So no call waits for ever, whatever the server or the network does.
struct Bounds {
  std::chrono::milliseconds call = std::chrono::minutes(1);  ///< for each call; of a stream, for each piece
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();  ///< for all
  std::stop_token stop = {};
  std::chrono::milliseconds grace = std::chrono::seconds(1);
};

struct ConnectOptions {
  /// For each of the hosts that the connection string names, unless that says `connect_timeout`.
  std::chrono::seconds timeout{10};
  std::string application_name = "skerry";
  /// `Bounds::call` of the connection. Kept by the client: see Connection, "Sessions".
  std::chrono::milliseconds statement_timeout = Bounds{}.call;
  /// `Bounds::stop` of the connection; ends the connecting, too.
  std::stop_token stop = {};
  std::chrono::milliseconds grace = Bounds{}.grace;
  /// Ends the connecting in any case.
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
  Meters meters = {};
};

class Session;
class Transaction;

/// The rows of a statement as they come: none is kept, and the server waits for a slow reader. Ends with its
/// connection; until it has ended, the connection can do nothing else. One that ends before the last row
/// cancels the statement, which makes an open transaction fail.
class [[nodiscard]] RowStream {
 public:
  RowStream(RowStream&& other) noexcept;
  RowStream& operator=(RowStream&&) = delete;
  ~RowStream();

  /// True: there is one more row, and what was read of the last one is gone. False: that were all. After an
  /// error there is nothing more, and what came before is a part.
  Result<bool> next();

  [[nodiscard]] bool is_null(int column) const { return row_->is_null(0, column); }
  [[nodiscard]] std::string_view text(int column) const { return row_->text(0, column); }
  [[nodiscard]] std::int64_t integer(int column) const { return row_->integer(0, column); }
  [[nodiscard]] bool boolean(int column) const { return row_->boolean(0, column); }

 private:
  friend class Connection;
  explicit RowStream(Session& session) : session_(&session) {}

  Session* session_;
  std::optional<Rows> row_;
};

/// A `COPY … FROM STDIN` under way. Unless it is finished, nothing of it is kept, and an open transaction
/// fails.
class [[nodiscard]] CopyIn {
 public:
  CopyIn(CopyIn&& other) noexcept;
  CopyIn& operator=(CopyIn&&) = delete;
  ~CopyIn();

  /// Waits until the server has taken it; pieces may end anywhere, also in the middle of a row. What the
  /// server has against the data, `finish` tells.
  Result<void> write(std::string_view data);
  /// The number of rows.
  Result<std::int64_t> finish();

 private:
  friend class Connection;
  explicit CopyIn(Session& session) : session_(&session) {}

  Session* session_;
};

/// A `COPY … TO STDOUT` under way. One that ends before its last piece cancels the statement, as RowStream
/// does.
class [[nodiscard]] CopyOut {
 public:
  CopyOut(CopyOut&& other) noexcept;
  CopyOut& operator=(CopyOut&&) = delete;
  ~CopyOut();

  /// One or more whole rows, some 64 KiB where that many are there; valid until the next call. Nothing: that
  /// was all. After an error there is nothing more.
  Result<std::optional<std::string_view>> next();

 private:
  friend class Connection;
  explicit CopyOut(Session& session) : session_(&session) {}

  Session* session_;
  std::string piece_;
};

/// A session with a server. Blocking, for one thread at a time; move-only.
///
/// Sessions: the server's session is left as it is found, so that a pooler which lends a server's session for
/// a transaction (PgBouncer's `pool_mode = transaction`) changes nothing. There is no SET outside a
/// transaction, no statement with a name, no lock that outlives its transaction, no temporary table that
/// does. Whoever writes SQL keeps to that: names have their schema, and where a time zone matters it is named
/// (`AT TIME ZONE 'UTC'`).
class Connection {
 public:
  /// `conninfo` is a libpq connection string or URI (PostgreSQL manual, 34.1.1).
  static Result<Connection> open(const std::string& conninfo, const ConnectOptions& options = {});

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// What bounds the calls from now on; `Within` does so for a scope.
  void set_bounds(Bounds bounds);
  [[nodiscard]] const Bounds& bounds() const;

  /// One or more statements without parameters; the result of the last one.
  Result<Rows> exec(const std::string& sql);
  /// One statement with parameters `$1`, `$2`, …
  Result<Rows> query(const std::string& sql, std::span<const Parameter> parameters);
  Result<Rows> query(const std::string& sql, std::initializer_list<Parameter> parameters = {}) {
    return query(sql, std::span(parameters.begin(), parameters.size()));
  }
  /// The same, row by row. What the server has against the statement, the first `next` may tell.
  Result<RowStream> stream(const std::string& sql, std::span<const Parameter> parameters);
  Result<RowStream> stream(const std::string& sql, std::initializer_list<Parameter> parameters = {}) {
    return stream(sql, std::span(parameters.begin(), parameters.size()));
  }

  /// Begins a transaction, or a savepoint within the open one. `settings` are `SET LOCAL` statements that
  /// come along, separated by semicolons.
  Result<Transaction> begin(std::string_view settings = {});

  /// Runs `COPY … FROM STDIN` over `data` and returns the number of rows.
  Result<std::int64_t> copy_in(const std::string& sql, std::string_view data);
  /// Begins `COPY … FROM STDIN`, `COPY … TO STDOUT`.
  Result<CopyIn> start_copy_in(const std::string& sql);
  Result<CopyOut> start_copy_out(const std::string& sql);

  /// False once the connection was lost. Only a failed call finds that out, and `check`.
  [[nodiscard]] bool alive() const;
  /// `alive`, after a look at what has come meanwhile; asks nobody, waits for nothing.
  [[nodiscard]] bool check();
  /// Nothing is open: no transaction, no stream.
  [[nodiscard]] bool idle() const;
  /// The server has a transaction open that has not failed.
  [[nodiscard]] bool in_transaction() const;

 private:
  explicit Connection(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

/// Rolls back unless committed. Must not outlive its connection; inner ones end before outer ones. The
/// rollback heeds no stop, and takes as long as `Bounds::grace` at most: then the connection is given up, and
/// the server rolls back.
class [[nodiscard]] Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Where the answer is lost, the message says that the transaction may have been committed or not.
  Result<void> commit();

 private:
  friend class Connection;
  Transaction(Session& session, int level) : session_(&session), level_(level) {}

  Session* session_;
  int level_;
};

/// Other bounds for a scope. Must not outlive its connection.
class [[nodiscard]] Within {
 public:
  Within(Connection& connection, Bounds bounds) : connection_(&connection), before_(connection.bounds()) {
    connection_->set_bounds(std::move(bounds));
  }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;
  ~Within() { connection_->set_bounds(std::move(before_)); }

 private:
  Connection* connection_;
  Bounds before_;
};

/// Appends one field of COPY's text format, escaped, without its separator.
void append_copy_text(std::string& out, std::string_view text);

}  // namespace skerry::postgres
