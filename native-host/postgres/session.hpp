#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include <libpq-fe.h>

#include "native-host/postgres/connection.hpp"

namespace skerry::postgres {

/// What ends one wait.
struct Limit {
  std::chrono::steady_clock::time_point deadline;
  std::stop_token stop = {};
};

enum class Wake { ready, late, stopped };
/// Waits until poll(2) has one of `events` for the socket.
Wake wait_for(int socket, short events, const Limit& limit);

/// Replaces a password in a text that a server or libpq wrote.
std::string without_password(std::string message, const char* password);
std::string_view trimmed(std::string_view text);

struct Finish {
  void operator()(pg_conn* connection) const { PQfinish(connection); }
};
using PgConnection = std::unique_ptr<pg_conn, Finish>;

/// Connects, within `limit`. The error's message says what libpq said.
Result<PgConnection> connect(const std::string& conninfo, const ConnectOptions& options);

/// A request to cancel what a connection is doing. libpq's is a blocking one, over a connection of its own,
/// which a server that hangs never answers: a thread makes it, which nobody waits for longer than they want
/// to.
class Cancellation {
 public:
  explicit Cancellation(pg_conn* connection);
  /// True once the server has taken the request. Afterwards it can't hit a later statement.
  [[nodiscard]] bool wait(std::chrono::steady_clock::time_point deadline) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// libpq's connection, driven without blocking. One statement at a time: `start`, then its results until
/// null.
class Session {
 public:
  Session(PgConnection connection, const ConnectOptions& options);

  [[nodiscard]] bool alive() const {
    return connection_ != nullptr && PQstatus(connection_.get()) == CONNECTION_OK;
  }
  bool check();
  [[nodiscard]] bool idle() const {
    return depth == 0 && alive() && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  }

  /// Runs statements to the end of their last result.
  Result<Rows> run(const std::string& sql);
  Result<Rows> run(const std::string& sql, std::span<const Parameter> parameters);
  /// Within `Bounds::grace` and heedless of any stop, or gives the connection up.
  void run_anyway(const std::string& sql);

  Result<void> start_rows(const std::string& sql, std::span<const Parameter> parameters);
  /// Null after the last one.
  Result<std::optional<Rows>> next_row();
  Result<void> start_copy(const std::string& sql, ExecStatusType kind);
  Result<void> put_copy(std::string_view data);
  Result<std::int64_t> end_copy(const char* complaint);
  /// Appends what has come. False: that was all.
  Result<bool> get_copy(std::string& out);
  /// Ends a statement whose results nobody wants.
  void abandon();

  [[nodiscard]] PGTransactionStatusType transaction_status() const {
    return connection_ == nullptr ? PQTRANS_UNKNOWN : PQtransactionStatus(connection_.get());
  }

  Bounds bounds;
  int depth = 0;  ///< open transactions and savepoints

 private:
  Result<void> start(const std::string& sql, const std::function<int(pg_conn*)>& send);
  Result<void> send(const std::string& sql, std::span<const Parameter> parameters);
  void begin_wait();
  Result<void> wait(short events);
  Result<void> flush();
  Result<pg_result*> next_result();
  Result<Rows> gather();
  /// What a result means: itself, or an error.
  Result<Rows> judged(Rows rows);
  /// After the last result: a cancellation under way must not hit the next statement.
  void settle();
  void interrupt(Wake reason);
  std::unexpected<Error> gone();
  std::unexpected<Error> failed();
  [[nodiscard]] std::unexpected<Error> interrupted_error() const;

  PgConnection connection_;
  Meters meters_;
  Limit limit_ = {};
  std::chrono::milliseconds waited_{};  ///< how long `limit_` was
  std::string what_;                    ///< the statement, cut
  std::optional<Wake> interrupted_;
  bool copied_ = false;  ///< the last piece of a COPY was given out
  std::optional<Cancellation> cancellation_;
};

}  // namespace skerry::postgres
