#include "native-host/postgres/session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace skerry::postgres {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kPiece = 1 << 16;
constexpr milliseconds kCancelAgain{200};

/// Rings when a stop is requested, so that poll(2) hears it.
class Bell {
 public:
  explicit Bell(const std::stop_token& stop)
      : descriptor_(stop.stop_possible() ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1),
        ring_(stop, Ring{descriptor_.number}) {}
  [[nodiscard]] int descriptor() const { return descriptor_.number; }

 private:
  struct Descriptor {
    explicit Descriptor(int opened) : number(opened) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
      if (number >= 0) close(number);
    }
    int number;
  };
  struct Ring {
    int descriptor;
    void operator()() const { eventfd_write(descriptor, 1); }
  };
  Descriptor descriptor_;
  std::stop_callback<Ring> ring_;  // ends first
};

std::string_view code_of(std::string_view sqlstate) {
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "53300")
    return "db_unreachable";
  if (sqlstate.starts_with("40") || sqlstate == "55P03" || sqlstate == "23505") return "db_conflict";
  if (sqlstate == "53100") return "db_full";
  if (sqlstate == "57014") return "db_timeout";
  return "db_error";
}

ErrorKind kind_of(std::string_view code, std::string_view sqlstate) {
  if (code == "db_unreachable" || code == "db_timeout") return ErrorKind::unavailable;
  if (code == "db_conflict") return sqlstate == "23505" ? ErrorKind::conflict : ErrorKind::busy;
  if (code == "db_full") return ErrorKind::full;
  return sqlstate == "42501" ? ErrorKind::denied : ErrorKind::failed;
}

/// A server's own words, on one line: libpq puts a tab before what it adds, and a line feed between hosts.
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : trimmed(text)) {
    const bool is_space = c == '\n' || c == '\t' || c == '\r' || c == ' ';
    if (!is_space)
      line += c;
    else if (!line.ends_with(' '))
      line += ' ';
  }
  return line;
}

/// What a server said that does not let us in: libpq tells the SQLSTATE of that only within the text, as
/// `FATAL:  28P01: password …`, with `LOCATION:  …` in a line behind it (PQERRORS_VERBOSE).
struct Refusal {
  std::string sqlstate = {};
  std::string text = {};  ///< without both
};

Refusal read_refusal(std::string_view said) {
  Refusal refusal;
  std::string kept;
  while (!said.empty()) {
    const auto end = std::min(said.find('\n'), said.size());
    const auto line = said.substr(0, end);
    said.remove_prefix(std::min(end + 1, said.size()));
    if (line.starts_with("LOCATION:")) continue;
    kept.append(line).append("\n");
  }
  constexpr std::string_view kBefore = ":  ";
  constexpr std::size_t kCode = 5;
  constexpr auto is_of_code = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  for (auto at = kept.find(kBefore); at != std::string::npos; at = kept.find(kBefore, at + 1)) {
    const auto code = std::string_view(kept).substr(at + kBefore.size(), kCode);
    if (code.size() < kCode || !std::ranges::all_of(code, is_of_code)) continue;
    if (std::string_view(kept).substr(at + kBefore.size() + kCode, 2) != ": ") continue;
    refusal.sqlstate = code;
    kept.erase(at + kBefore.size(), kCode + 2);
  }
  refusal.text = on_one_line(kept);
  return refusal;
}

/// Of a server that answers and does not let us in: authentication, a database that is not there, no right to
/// it.
bool is_refusal(std::string_view sqlstate) {
  return sqlstate.starts_with("28") || sqlstate == "3D000" || sqlstate == "42501";
}

std::unexpected<Error> unreachable(const std::string& said, const char* password) {
  return fail(ErrorKind::unavailable, "db_unreachable",
              without_password("PostgreSQL can't be reached: " + said, password));
}

std::unexpected<Error> stopped(const std::string& what) {
  return fail(ErrorKind::stopped, "stopped", "The program is stopping: " + what + " was given up.");
}

/// The first words of a statement, for people.
std::string shortened(std::string_view sql) {
  constexpr std::size_t kLongest = 80;
  std::string text(sql.substr(0, kLongest));
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' '; }, ' ');
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (sql.size() > kLongest) text += " …";
  return text;
}

std::string seconds_text(milliseconds time) {
  const auto count = time.count();
  if (count % 1000 == 0) return std::to_string(count / 1000) + " s";
  return std::to_string(count) + " ms";
}

/// The options of a connection string.
class ParsedInfo {
 public:
  explicit ParsedInfo(const std::string& conninfo) {
    char* complaint = nullptr;
    options_.reset(PQconninfoParse(conninfo.c_str(), &complaint));
    PQfreemem(complaint);
  }
  explicit operator bool() const { return options_ != nullptr; }
  [[nodiscard]] std::string_view operator[](std::string_view keyword) const {
    for (const auto* option = options_.get(); option->keyword != nullptr; ++option) {
      if (keyword == option->keyword) return option->val == nullptr ? "" : option->val;
    }
    return {};
  }

 private:
  struct Free {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
  };
  std::unique_ptr<PQconninfoOption, Free> options_;
};

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

bool is_one_host(const ParsedInfo& info) {
  return !info["hostaddr"].contains(',') && !info["host"].contains(',');
}

/// One host that needs no look-up of its name, which libpq can only do blocking.
bool is_one_address(const ParsedInfo& info) {
  const std::string host(info["hostaddr"].empty() ? info["host"] : info["hostaddr"]);
  return is_one_host(info) && (host.starts_with('/') || host.starts_with('@') || is_address(host));
}

std::chrono::seconds timeout_of(const ParsedInfo& info, const ConnectOptions& options) {
  const auto given = info["connect_timeout"];
  int seconds = 0;
  std::from_chars(given.data(), given.data() + given.size(), seconds);
  const auto hosts =
      1 + std::max(std::ranges::count(info["host"], ','), std::ranges::count(info["hostaddr"], ','));
  return (seconds > 0 ? std::chrono::seconds(seconds) : options.timeout) * hosts;
}

/// The arguments of libpq's functions. What comes before `dbname` gives way to what the connection string
/// says.
struct Arguments {
  Arguments(std::string info, const ConnectOptions& options)
      : conninfo(std::move(info)),
        application_name(options.application_name),
        timeout(std::to_string(options.timeout.count())) {}

  std::string conninfo, application_name, timeout;

  template <class Function>
  pg_conn* pass_to(Function function) const {
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
                            application_name.c_str(),
                            conninfo.c_str(),
                            "UTF8",
                            static_cast<const char*>(nullptr)};
    return function(keywords.data(), values.data(), 1);
  }
};

Result<PgConnection> judged(PgConnection connection) {
  if (connection == nullptr) return unreachable("out of memory.", nullptr);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    const auto refusal = read_refusal(PQerrorMessage(connection.get()));
    const char* password = PQpass(connection.get());
    if (is_refusal(refusal.sqlstate) || PQconnectionNeedsPassword(connection.get()) != 0) {
      return fail(ErrorKind::unavailable, "db_refused",
                  without_password("PostgreSQL refuses the login: " + refusal.text, password));
    }
    return unreachable(refusal.text, password);
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  return connection;
}

std::unexpected<Error> not_connected(Wake reason, milliseconds waited) {
  if (reason == Wake::stopped) return stopped("connecting to PostgreSQL");
  return unreachable("no answer within " + seconds_text(waited) + ".", nullptr);
}

/// `wake`: why it was given up, where it was.
struct Attempt {
  PgConnection connection = {};
  Wake wake = Wake::ready;
};

Attempt attempt(const Arguments& arguments, const Limit& limit) {
  Attempt made{.connection = PgConnection(arguments.pass_to(&PQconnectStartParams))};
  auto* raw = made.connection.get();
  if (raw == nullptr || PQstatus(raw) == CONNECTION_BAD) return made;
  PQsetErrorVerbosity(raw, PQERRORS_VERBOSE);
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = PQconnectPoll(raw)) {
    if (state == PGRES_POLLING_FAILED) break;
    made.wake = wait_for(PQsocket(raw), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, limit);
    if (made.wake != Wake::ready) break;
  }
  return made;
}

Result<PgConnection> judged(Attempt made, milliseconds waited) {
  if (made.wake != Wake::ready) return not_connected(made.wake, waited);
  return judged(std::move(made.connection));
}

Result<PgConnection> connect_here(const Arguments& arguments, const Limit& limit, milliseconds waited) {
  return judged(attempt(arguments, limit), waited);
}

/// For hosts whose names have to be looked up, one after the other: libpq waits for that without an end of
/// ours. A thread connects; whoever gives up leaves it, and it ends by its own time limits. Of several hosts
/// libpq alone goes on from one that hangs to the next; then a login that is refused is as one that is not
/// answered, as its SQLSTATE can't be had.
Result<PgConnection> connect_aside(Arguments arguments, bool has_one_host, const Limit& limit,
                                   milliseconds waited) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool done = false;
    Attempt made;
  };
  const auto shared = std::make_shared<Shared>();
  try {
    std::thread([shared, arguments = std::move(arguments), has_one_host, deadline = limit.deadline] {
      auto made = has_one_host ? attempt(arguments, {.deadline = deadline})
                               : Attempt{.connection = PgConnection(arguments.pass_to(&PQconnectdbParams))};
      const std::lock_guard lock(shared->mutex);
      shared->made = std::move(made);
      shared->done = true;
      shared->changed.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return unreachable("no thread can be started.", nullptr);
  }
  std::unique_lock lock(shared->mutex);
  if (!shared->changed.wait_until(lock, limit.stop, limit.deadline, [&] { return shared->done; })) {
    return not_connected(limit.stop.stop_requested() ? Wake::stopped : Wake::late, waited);
  }
  return judged(std::move(shared->made), waited);
}

}  // namespace

Wake wait_for(int socket, short events, const Limit& limit) {
  if (limit.stop.stop_requested()) return Wake::stopped;
  const Bell bell(limit.stop);
  std::array<pollfd, 2> sources{pollfd{.fd = socket, .events = events, .revents = 0},
                                pollfd{.fd = bell.descriptor(), .events = POLLIN, .revents = 0}};
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(limit.deadline - Clock::now());
    const auto time = std::clamp<milliseconds::rep>(left.count(), 0,
                                                    std::chrono::milliseconds(std::chrono::hours(1)).count());
    const int ready = poll(sources.data(), sources.size(), static_cast<int>(time));
    if (ready < 0 && errno != EINTR) return Wake::ready;  // whoever uses the socket learns what is wrong
    if (ready > 0 && sources[1].revents != 0) return Wake::stopped;
    if (ready > 0) return Wake::ready;
    if (limit.deadline <= Clock::now()) return Wake::late;
  }
}

std::string_view trimmed(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// libpq's own messages don't show a password; a server's might, as it gets to say anything. Only as a whole
/// word: with its letters gone from other words, these would tell it.
std::string without_password(std::string message, const char* password) {
  constexpr std::size_t kShortest = 4;
  const std::string_view secret = password == nullptr ? "" : password;
  if (secret.size() < kShortest) return message;
  const auto is_of_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.' || (static_cast<unsigned char>(c) & 0x80U) != 0;
  };
  for (auto at = message.find(secret); at != std::string::npos; at = message.find(secret, at + 1)) {
    const auto end = at + secret.size();
    if ((at > 0 && is_of_word(message[at - 1])) || (end < message.size() && is_of_word(message[end])))
      continue;
    message.replace(at, secret.size(), "***");
  }
  return message;
}

Result<PgConnection> connect(const std::string& conninfo, const ConnectOptions& options) {
  // A string that libpq can't parse comes back in its message, password and all.
  const ParsedInfo info(conninfo);
  if (!info) {
    return fail(ErrorKind::usage, "db_settings",
                "The database's address is not a PostgreSQL connection string; write it like "
                "postgres://user:password@host:5432/name.");
  }
  const auto timeout = timeout_of(info, options);
  const Limit limit{.deadline = std::min(Clock::now() + timeout, options.until), .stop = options.stop};
  const auto waited =
      std::max(std::chrono::round<milliseconds>(limit.deadline - Clock::now()), milliseconds(0));
  if (options.stop.stop_requested()) return not_connected(Wake::stopped, waited);
  Arguments arguments(conninfo, options);
  return is_one_address(info) ? connect_here(arguments, limit, waited)
                              : connect_aside(std::move(arguments), is_one_host(info), limit, waited);
}

struct Cancellation::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
};

Cancellation::Cancellation(pg_conn* connection) : state_(std::make_shared<State>()) {
  struct Free {
    void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
  };
  std::shared_ptr<PGcancel> request(PQgetCancel(connection), Free());
  if (request == nullptr) return;
  try {
    std::thread([request, state = state_] {
      std::array<char, 256> complaint{};
      PQcancel(request.get(), complaint.data(), static_cast<int>(complaint.size()));
      const std::lock_guard lock(state->mutex);
      state->done = true;
      state->changed.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return;  // as with a server that hangs: the connection is given up
  }
}

bool Cancellation::wait(Clock::time_point deadline) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_until(lock, deadline, [&] { return state_->done; });
}

Session::Session(PgConnection connection, const ConnectOptions& options)
    : bounds{.call = options.statement_timeout, .stop = options.stop, .grace = options.grace},
      connection_(std::move(connection)),
      meters_(options.meters) {
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  PQsetnonblocking(connection_.get(), 1);
}

bool Session::check() {
  constexpr int kMostMessages = 16;
  for (int i = 0; i < kMostMessages && alive(); ++i) {
    if (wait_for(PQsocket(connection_.get()), POLLIN, {.deadline = Clock::now()}) != Wake::ready) return true;
    if (PQconsumeInput(connection_.get()) == 0) break;
  }
  return alive();
}

std::unexpected<Error> Session::gone() {
  if (connection_ == nullptr) {
    return fail(ErrorKind::unavailable, "db_unreachable",
                "The connection to PostgreSQL was given up before.");
  }
  return fail(ErrorKind::unavailable, "db_unreachable",
              without_password(
                  "The connection to PostgreSQL was lost: " + on_one_line(PQerrorMessage(connection_.get())),
                  PQpass(connection_.get())));
}

/// What a call that sends or receives says when it can't.
std::unexpected<Error> Session::failed() {
  if (!alive()) return gone();
  return fail("db_error", "PostgreSQL: " + on_one_line(PQerrorMessage(connection_.get())));
}

std::unexpected<Error> Session::interrupted_error() const {
  if (interrupted_ == Wake::stopped) return stopped(what_.empty() ? "a statement" : what_);
  const auto waited = seconds_text(waited_);
  if (connection_ == nullptr) {
    return fail(ErrorKind::unavailable, "db_unreachable",
                "PostgreSQL does not answer: it was waited for " + waited +
                    ", and it took no request to cancel either: " + what_);
  }
  return fail(ErrorKind::unavailable, "db_timeout",
              "Cancelled, as it took longer than " + waited + ": " + what_);
}

void Session::begin_wait() {
  if (interrupted_) return;
  const auto now = Clock::now();
  const auto longest = std::chrono::hours(24 * 365);
  const auto call = std::clamp<milliseconds>(bounds.call, milliseconds(1), longest);
  limit_ = {.deadline = std::min(now + call, bounds.until), .stop = bounds.stop};
  waited_ = std::max(std::chrono::round<milliseconds>(limit_.deadline - now), milliseconds(0));
}

void Session::interrupt(Wake reason) {
  if (interrupted_) return;
  interrupted_ = reason;
  cancellation_.emplace(connection_.get());
  limit_ = {.deadline = Clock::now() + bounds.grace};
}

/// Also where there is always something to read, the time runs out.
Result<void> Session::wait(short events) {
  for (;;) {
    const auto now = Clock::now();
    auto limit = limit_;
    if (interrupted_) limit.deadline = std::min(limit.deadline, now + kCancelAgain);
    const bool is_late = limit_.deadline <= now;
    const auto wake = is_late ? Wake::late : wait_for(PQsocket(connection_.get()), events, limit);
    if (wake == Wake::ready) return {};
    if (!interrupted_) {
      interrupt(wake);
      return {};  // the answer to the cancellation comes the same way
    }
    if (limit_.deadline <= Clock::now()) break;
    // One that came before its statement has done nothing.
    if (cancellation_->wait(now)) cancellation_.emplace(connection_.get());
  }
  connection_.reset();
  return interrupted_error();
}

Result<void> Session::flush() {
  for (;;) {
    auto* raw = connection_.get();
    const int left = PQflush(raw);
    if (left < 0) return failed();
    if (left == 0) return {};
    if (auto waited = wait(POLLIN | POLLOUT); !waited) return waited;
    // A server that can't send its answer takes nothing more.
    if (PQconsumeInput(raw) == 0) return failed();
  }
}

Result<pg_result*> Session::next_result() {
  if (auto sent = flush(); !sent) return std::unexpected(sent.error());
  auto* raw = connection_.get();
  while (PQisBusy(raw) != 0) {
    if (auto waited = wait(POLLIN); !waited) return std::unexpected(waited.error());
    if (PQconsumeInput(raw) == 0) return failed();
  }
  return PQgetResult(raw);
}

Result<Rows> Session::judged(Rows rows) {
  const auto* result = rows.result_.get();
  const auto status = PQresultStatus(result);
  if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE) return rows;
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string sqlstate = field == nullptr ? "" : field;
  if (sqlstate.empty()) return failed();
  if (sqlstate == "57014" && interrupted_) return interrupted_error();
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  const std::string_view said = primary == nullptr ? "unknown error" : primary;
  if (sqlstate.starts_with("08") && said.contains("statement pooling mode")) {
    return fail(
        ErrorKind::usage, "db_pooling",
        "The database's pooler ends the session with each statement: set its pool_mode to transaction or "
        "session, or give the address of PostgreSQL itself.");
  }
  std::string message = "PostgreSQL: " + std::string(said);
  if (detail != nullptr) message += std::string(" (") + detail + ")";
  message += " [" + sqlstate + "]";
  const auto code = code_of(sqlstate);
  return fail(kind_of(code, sqlstate), std::string(code),
              without_password(std::move(message), connection_ ? PQpass(connection_.get()) : nullptr));
}

Result<Rows> Session::gather() {
  Result<Rows> last = Rows(nullptr);
  for (;;) {
    auto next = next_result();
    if (!next) {
      settle();
      if (last) last = std::unexpected(std::move(next.error()));
      return last;
    }
    if (*next == nullptr) break;
    Rows rows(*next);
    const auto status = PQresultStatus(rows.result_.get());
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
      connection_.reset();
      return fail(ErrorKind::usage, "db_error", "A COPY is not run as other statements are: " + what_);
    }
    if (last) last = judged(std::move(rows));
  }
  settle();
  return last;
}

void Session::settle() {
  if (cancellation_ && connection_ != nullptr && !cancellation_->wait(limit_.deadline)) connection_.reset();
  cancellation_.reset();
}

Result<void> Session::start(const std::string& sql, const std::function<int(pg_conn*)>& send) {
  if (!alive()) return gone();
  interrupted_.reset();
  copied_ = false;
  what_ = shortened(sql);
  begin_wait();
  if (limit_.stop.stop_requested()) return stopped(what_);
  if (limit_.deadline <= Clock::now()) {
    return fail(ErrorKind::unavailable, "db_timeout", "There was no time left for: " + what_);
  }
  if (send(connection_.get()) != 1) return failed();
  return {};
}

Result<void> Session::send(const std::string& sql, std::span<const Parameter> parameters) {
  constexpr std::size_t kMostParameters = 65535;
  if (parameters.size() > kMostParameters) {
    return fail(ErrorKind::usage, "db_error", "A statement has 65535 parameters at most: " + shortened(sql));
  }
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) {
    if (!parameter.can_be_sent()) {
      return fail(ErrorKind::usage, "db_error", "A text with a NUL byte can't be stored: " + shortened(sql));
    }
    values.push_back(parameter.data());
  }
  return start(sql, [&](pg_conn* raw) {
    return PQsendQueryParams(raw, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                             nullptr, nullptr, 0);
  });
}

Result<Rows> Session::run(const std::string& sql) {
  const auto began = Clock::now();
  auto started = start(sql, [&](pg_conn* raw) { return PQsendQuery(raw, sql.c_str()); });
  auto rows = started ? gather() : std::unexpected(std::move(started.error()));
  meters_.query.observe(std::chrono::duration<double>(Clock::now() - began).count());
  if (!rows) meters_.failures.add();
  return rows;
}

Result<Rows> Session::run(const std::string& sql, std::span<const Parameter> parameters) {
  const auto began = Clock::now();
  auto sent = send(sql, parameters);
  auto rows = sent ? gather() : std::unexpected(std::move(sent.error()));
  meters_.query.observe(std::chrono::duration<double>(Clock::now() - began).count());
  if (!rows) meters_.failures.add();
  return rows;
}

void Session::run_anyway(const std::string& sql) {
  if (!alive()) return;
  const auto before = std::exchange(bounds, Bounds{.call = bounds.grace, .grace = bounds.grace});
  if (!run(sql)) connection_.reset();
  bounds = before;
}

Result<void> Session::start_rows(const std::string& sql, std::span<const Parameter> parameters) {
  if (auto sent = send(sql, parameters); !sent) {
    meters_.failures.add();
    return sent;
  }
  PQsetSingleRowMode(connection_.get());
  return {};
}

Result<std::optional<Rows>> Session::next_row() {
  begin_wait();
  for (;;) {
    auto next = next_result();
    if (next && *next == nullptr) {
      settle();
      if (interrupted_) return interrupted_error();
      return std::nullopt;
    }
    auto rows = next ? judged(Rows(*next)) : std::unexpected(std::move(next.error()));
    if (!rows) {
      meters_.failures.add();
      if (connection_ != nullptr) std::ignore = gather();
      return std::unexpected(std::move(rows.error()));
    }
    if (!interrupted_ && PQresultStatus(rows->result_.get()) == PGRES_SINGLE_TUPLE) return *std::move(rows);
  }
}

Result<void> Session::start_copy(const std::string& sql, ExecStatusType kind) {
  auto started = start(sql, [&](pg_conn* raw) { return PQsendQuery(raw, sql.c_str()); });
  if (!started) return started;
  auto next = next_result();
  auto rows = next ? judged(Rows(*next)) : std::unexpected(std::move(next.error()));
  if (rows && PQresultStatus(rows->result_.get()) == kind) return {};
  meters_.failures.add();
  if (connection_ != nullptr) std::ignore = gather();
  if (!rows) return std::unexpected(std::move(rows.error()));
  return fail(ErrorKind::usage, "db_error", "This is not the kind of COPY that was asked for: " + what_);
}

Result<void> Session::put_copy(std::string_view data) {
  if (!alive()) return gone();
  for (; !data.empty(); data.remove_prefix(std::min(kPiece, data.size()))) {
    begin_wait();
    if (limit_.stop.stop_requested()) interrupt(Wake::stopped);
    if (limit_.deadline <= Clock::now()) interrupt(Wake::late);
    const auto piece = data.substr(0, kPiece);
    if (PQputCopyData(connection_.get(), piece.data(), static_cast<int>(piece.size())) != 1) return failed();
    if (auto sent = flush(); !sent) return sent;
    if (!interrupted_) continue;
    auto ended = end_copy("given up");
    return ended ? interrupted_error() : std::unexpected(std::move(ended.error()));
  }
  return {};
}

Result<std::int64_t> Session::end_copy(const char* complaint) {
  if (!alive()) return gone();
  begin_wait();
  if (complaint != nullptr && !interrupted_) limit_ = {.deadline = Clock::now() + bounds.grace};
  if (PQputCopyEnd(connection_.get(), complaint) != 1) return failed();
  auto rows = gather();
  if (rows) return rows->affected();
  if (complaint == nullptr) meters_.failures.add();
  if (interrupted_) return interrupted_error();
  return std::unexpected(std::move(rows.error()));
}

Result<bool> Session::get_copy(std::string& out) {
  if (std::exchange(copied_, false)) return false;
  if (!alive()) return gone();
  begin_wait();
  auto* raw = connection_.get();
  while (out.size() < kPiece) {
    char* row = nullptr;
    const int size = PQgetCopyData(raw, &row, 1);
    const std::unique_ptr<char, decltype(&PQfreemem)> owner(row, &PQfreemem);
    if (size > 0) {
      out.append(row, static_cast<std::size_t>(size));
    } else if (size == 0) {
      if (!out.empty()) return true;
      if (auto waited = wait(POLLIN); !waited) return std::unexpected(waited.error());
      if (PQconsumeInput(raw) == 0) return failed();
    } else {
      auto ended = size == -1 ? gather() : Result<Rows>(failed());
      if (!ended) {
        meters_.failures.add();
        return std::unexpected(std::move(ended.error()));
      }
      copied_ = !out.empty();
      return copied_;
    }
  }
  return true;
}

void Session::abandon() {
  if (connection_ == nullptr || !alive() || PQtransactionStatus(connection_.get()) != PQTRANS_ACTIVE) return;
  interrupt(Wake::stopped);
  for (;;) {
    auto next = next_result();
    if (!next || *next == nullptr) break;
    const Rows rows(*next);
    if (PQresultStatus(rows.result_.get()) != PGRES_COPY_OUT) continue;
    std::string ignored;
    for (auto more = get_copy(ignored); more && *more; more = get_copy(ignored)) ignored.clear();
    break;
  }
  settle();
}

}  // namespace skerry::postgres
