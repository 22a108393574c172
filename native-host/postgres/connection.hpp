#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "native-host/metrics/registry.hpp"
#include "shared/error.hpp"

struct pg_conn;
struct pg_result;

namespace skerry::postgres {

/// Errors of everything here, by SQLSTATE (PostgreSQL, appendix A):
///   db_unreachable  no connection, or it was lost (class 08, 57P0x, 53300)
///   db_conflict     another transaction came first, worth one more try (class 40, 55P03), or a key is taken
///                   (23505)
///   db_full         the server's disk is full (53100)
///   db_settings     the connection string is not one
///   db_error        all others; the message holds the server's own words and the SQLSTATE
/// No message ever holds a password.

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

struct ConnectOptions {
  std::chrono::seconds timeout{10};
  std::string application_name = "skerry";
  /// The server cancels a statement that runs longer; 0 for no limit.
  std::chrono::seconds statement_timeout{0};
  Meters meters = {};
};

class Transaction;

/// A session with a server. Blocking, for one thread; move-only.
class Connection {
 public:
  /// `conninfo` is a libpq connection string or URI (PostgreSQL manual, 34.1.1). The session's time zone is
  /// UTC.
  static Result<Connection> open(const std::string& conninfo, const ConnectOptions& options = {});

  /// One or more statements without parameters; the result of the last one.
  Result<Rows> exec(const std::string& sql);
  /// One statement with parameters `$1`, `$2`, …
  Result<Rows> query(const std::string& sql, std::initializer_list<Parameter> parameters = {});

  /// Begins a transaction, or a savepoint within the open one.
  Result<Transaction> begin();

  /// Runs `COPY … FROM STDIN` (text format) over `data` and returns the number of rows.
  Result<std::int64_t> copy_in(const std::string& sql, std::string_view data);

  /// False once the connection was lost. Only a failed call finds that out.
  [[nodiscard]] bool alive() const;

 private:
  friend class Transaction;
  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  Connection(pg_conn* connection, const Meters& meters) : connection_(connection), meters_(meters) {}
  /// The result of a statement that `send` sends.
  template <class Send>
  Result<Rows> run(Send&& send);
  Result<Rows> checked(pg_result* result);

  std::unique_ptr<pg_conn, Finish> connection_;
  Meters meters_;
  int depth_ = 0;  ///< open transactions and savepoints
};

/// Rolls back unless committed. Must not outlive its connection; inner ones end before outer ones.
class [[nodiscard]] Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Result<void> commit();

 private:
  friend class Connection;
  explicit Transaction(Connection& connection) : connection_(&connection), level_(connection.depth_) {}

  Connection* connection_;
  int level_;
};

/// Appends one field of COPY's text format, escaped, without its separator.
void append_copy_text(std::string& out, std::string_view text);

}  // namespace skerry::postgres
