#include "native-host/postgres/cluster.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native-host/files/files.hpp"
#include "native-host/files/owner.hpp"
#include "native-host/postgres/connection.hpp"
#include "native-host/postgres/postmaster.hpp"
#include "native-host/postgres/process.hpp"
#include "native-host/postgres/programs.hpp"
#include "native-host/postgres/upgrade.hpp"

namespace skerry::postgres {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kLongestSocketPath = 107;  // sun_path less its final zero
constexpr std::string_view kSocketName = "/.s.PGSQL.5432";
// Of a server that hangs the kernel still takes the connection.
constexpr const char* kPingTimeout = " connect_timeout=2";
constexpr auto kQuitTimeout = 5s;
constexpr std::uintmax_t kLongestLog = 8UL << 20;

std::string read_text(const fs::path& path) {
  return files::read_whole(path).value_or("");
}

/// For the server's user to read, in a folder that nobody else enters.
Result<void> write_text(const fs::path& path, std::string_view text) {
  return files::write_atomically(path, text, {.mode = 0644});
}

std::unexpected<Error> folder_error(const fs::path& folder, std::string_view what) {
  return fail("postgres_folder", "The folder " + folder.string() + " " + std::string(what) + ".");
}

std::unexpected<Error> as_postgres_error(const Error& error) {
  return fail(error.kind, "postgres_failed", error.message);
}

/// `wanted` is the version that made the cluster, 0 for a new one.
Result<Programs> find_programs(const ClusterOptions& options, int wanted) {
  const auto installed = installed_programs(options.bin_dir);
  auto found = choose(installed, wanted);
  const bool is_left = options.alone && wanted != 0;  // for a newer one
  if (found.version >= (is_left ? 1 : kOldestVersion)) return found;
  if (wanted != 0) return std::unexpected(foreign_version(wanted, choose(installed, 0).version));
  return fail(
      ErrorKind::not_installed, "postgres_not_installed",
      "No PostgreSQL " + std::to_string(kOldestVersion) +
          " or newer was found. Install it (Debian: apt install postgresql), or set DATABASE_URL to a "
          "server that runs elsewhere.");
}

// ---- folders ----

bool make_private(const fs::path& folder, const ServerUser& user) {
  return chmod(folder.c_str(), 0700) == 0 &&
         (!user.drop || chown(folder.c_str(), user.uid, user.drop->gid) == 0);
}

/// `<data_dir>/postgres` as a folder that the server's user can work in, links resolved.
Result<fs::path> prepare_folder(const ClusterOptions& options, const ServerUser& user) {
  std::error_code error;
  fs::create_directories(options.data_dir, error);
  if (error) return folder_error(options.data_dir, "can't be made: " + error.message());
  auto link = fs::canonical(options.data_dir, error) / "postgres";
  if (error) return folder_error(options.data_dir, "can't be read: " + error.message());

  if (fs::is_symlink(fs::symlink_status(link, error))) {
    auto target = fs::canonical(link, error);
    if (error || !process::can_use_folder(user.drop, target)) {
      return folder_error(link, "is a link to a folder that is not there or that the user " + user.name +
                                    " can't use; remove the link to start anew");
    }
    return target;
  }
  const bool is_new = fs::create_directory(link, error);
  if (error) return folder_error(link, "can't be made: " + error.message());
  if (make_private(link, user) && process::can_use_folder(user.drop, link)) return link;
  if (!user.drop) return folder_error(link, "does not belong to this user");
  if (!is_new && !fs::is_empty(link, error)) {
    return folder_error(link, "can't be reached by the user " + user.name + ", as whom PostgreSQL runs");
  }

  fs::create_directories("/var/lib/skerry", error);
  std::string target = "/var/lib/skerry/postgres-XXXXXX";
  if (error || mkdtemp(target.data()) == nullptr || !make_private(target, user) ||
      !process::can_use_folder(user.drop, target)) {
    return folder_error(link, "can't be reached by the user " + user.name +
                                  ", as whom PostgreSQL runs, and /var/lib/skerry can't be used instead");
  }
  fs::remove(link, error);
  fs::create_directory_symlink(target, link, error);
  if (error) return folder_error(link, "can't be made a link: " + error.message());
  options.say("The user " + user.name + " can't enter " + link.string() + ": the database lies in " + target);
  return target;
}

/// What an earlier program left there as root: from now on all there is the server's user's.
void hand_over_files(const fs::path& folder, const ServerUser& user) {
  if (!user.drop) return;
  for (const char* name : {"transition.lock", "users.lock", "started", "server.log", "initdb.log"})
    files::hand_over(folder / name, user.uid, user.drop->gid);
}

/// Within it the folder's user may lay links wherever it likes: root works there with that user's rights.
void act_as(std::optional<files::ActingAs>& acting, const ServerUser& user) {
  acting.reset();
  if (user.drop) acting.emplace(user.uid, user.drop->gid);
}

/// A folder for the socket whose path fits into a socket address, and into a configuration file.
Result<fs::path> prepare_socket_folder(const fs::path& folder, const ServerUser& user) {
  auto place = folder / "socket";
  const bool plain = place.string().find_first_of(",\"'\\\n") == std::string::npos;
  if (!plain || place.string().size() + kSocketName.size() > kLongestSocketPath) {
    const auto name = "skerry-" + std::to_string(user.uid) + "-" +
                      std::to_string(std::hash<std::string>()(folder.string()));
    const char* runtime = getenv("XDG_RUNTIME_DIR");
    place = fs::path(user.drop ? "/run" : runtime != nullptr && *runtime == '/' ? runtime : "/tmp") / name;
    if (place.string().size() + kSocketName.size() > kLongestSocketPath) place = fs::path("/tmp") / name;
  }
  const bool within = place.parent_path() == folder;
  std::optional<files::ActingAs> acting;
  if (within) act_as(acting, user);
  if (mkdir(place.c_str(), 0700) != 0 && errno != EEXIST) {
    return folder_error(place, std::string("can't be made: ") + std::strerror(errno));
  }
  // In /tmp anybody may have been there first.
  struct stat status{};
  if (lstat(place.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      (status.st_uid != user.uid && (within || status.st_uid != geteuid())) ||
      !(within ? chmod(place.c_str(), 0700) == 0 : make_private(place, user))) {
    return folder_error(place, "belongs to somebody else");
  }
  return place;
}

// ---- server ----

std::string conninfo_of(const std::string& socket_folder, std::string_view database) {
  return "host='" + socket_folder + "' port=5432 user=skerry dbname=" + std::string(database);
}

Result<void> create_cluster(const Programs& programs, const ServerUser& user, const fs::path& folder,
                            const process::Wait& wait) {
  const auto data = folder / "data";
  const auto fresh = folder / "data.new";  // left behind where initdb was interrupted
  const auto log = folder / "initdb.log";
  std::error_code error;
  fs::remove_all(fresh, error);
  fs::remove(log, error);
  const auto created =
      process::run(server_command(user,
                                  {(programs.folder / "initdb").string(), "--pgdata=" + fresh.string(),
                                   "--username=skerry", "--auth=trust", "--encoding=UTF8", "--locale=C",
                                   "--data-checksums", "--no-instructions"},
                                  folder, log),
                   {.wait = wait});
  if (!created) return as_postgres_error(created.error());
  if (!created->status.ok()) {
    return fail("postgres_failed", "The database can't be created; initdb says:" + last_lines(log));
  }
  const auto settings = fresh / "postgresql.conf";
  if (auto written = write_text(settings, read_text(settings) + "\ninclude 'skerry.conf'\n"); !written)
    return written;
  fs::rename(fresh, data, error);
  if (error) return folder_error(data, "can't be made: " + error.message());
  return files::sync_folder(folder);
}

Result<void> configure(const fs::path& data, const fs::path& socket_folder) {
  const std::string settings =
      "# Written anew at every start.\n"
      "listen_addresses = ''\n"
      "unix_socket_directories = '" +
      socket_folder.string() +
      "'\n"
      "unix_socket_permissions = 0700\n"
      "port = 5432\n"
      "max_connections = 50\n"
      "shared_buffers = 128MB\n"
      "effective_cache_size = 1GB\n"
      "maintenance_work_mem = 128MB\n"
      "max_wal_size = 2GB\n"
      "wal_compression = on\n"
      "random_page_cost = 1.1\n"
      "jit = off\n"
      "fsync = on\n"
      "timezone = 'UTC'\n"
      "log_timezone = 'UTC'\n"
      "logging_collector = off\n"
      "log_checkpoints = off\n"
      "log_line_prefix = '%m [%p] '\n";
  return write_text(data / "skerry.conf", settings);
}

void rotate_log(const fs::path& log) {
  std::error_code error;
  if (fs::file_size(log, error) > kLongestLog && !error) fs::rename(log, log.string() + ".old", error);
}

}  // namespace

struct Cluster::State {
  fs::path folder;
  std::string socket_folder;  ///< of the running server
  std::string conninfo;
  ServerUser acts_as;
  std::optional<files::FileLock> user;  ///< shared: this process uses the cluster
  bool alone = false;                   ///< whoever called us holds that lock for itself
  std::optional<process::Child> child;  ///< the server, if this process started it
  std::chrono::seconds timeout{};
  std::chrono::milliseconds stop_timeout{};
  std::stop_token stop;  ///< of the start
  std::function<void(std::string_view)> say;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  /// A server goes on for whoever uses it, and is stopped in its own way alone.
  ~State() { let_go(); }
  void let_go() {
    if (!child) return;
    if (!child->poll()) child->release();
    child.reset();
  }

  [[nodiscard]] fs::path data() const { return folder / "data"; }
  [[nodiscard]] fs::path log() const { return folder / "server.log"; }
  /// Names the server that one of our processes started.
  [[nodiscard]] fs::path mark() const { return folder / "started"; }

  /// Held while the server is started or stopped.
  Result<files::FileLock> lock_transition(Clock::time_point end) const {
    const auto path = folder / "transition.lock";
    for (Pauses pauses; Clock::now() < end; std::this_thread::sleep_for(pauses.next())) {
      if (auto lock = files::FileLock::try_take(path)) return std::move(*lock);
      if (stop.stop_requested()) return stopped();
    }
    return fail("postgres_failed", "Another process has been starting or stopping the database in " +
                                       folder.string() + " for too long.");
  }

  Result<void> run_server(const Programs& programs, const ServerUser& user,
                          const fs::path& wanted_socket_folder);
  Result<void> create_database() const;
  static std::unexpected<Error> stopped() {
    return fail(ErrorKind::stopped, "stopped", "Stopped while PostgreSQL was being started.");
  }
  /// That of the file, where it runs.
  [[nodiscard]] std::optional<PidFile> running() const {
    auto file = read_pid_file(data());
    if (file && !works_in(std::to_string(file->pid), data())) file.reset();
    return file;
  }
};

Result<void> Cluster::State::run_server(const Programs& programs, const ServerUser& server_user,
                                        const fs::path& wanted_socket_folder) {
  Pauses pauses;
  for (const auto end = Clock::now() + timeout; Clock::now() < end && !stop.stop_requested();
       std::this_thread::sleep_for(pauses.next())) {
    const auto pid_file = read_pid_file(data());
    const bool runs = pid_file && works_in(std::to_string(pid_file->pid), data());
    if (runs && !pid_file->socket_folder.empty()) {
      socket_folder = pid_file->socket_folder;
      conninfo = conninfo_of(socket_folder, "skerry");
      if (PQping((conninfo_of(socket_folder, "postgres") + kPingTimeout).c_str()) == PQPING_OK) {
        return child ? write_text(mark(), pid_file->identity()) : Result<void>();
      }
    }
    if (child) {
      if (!child->poll()) continue;
      child.reset();
      // Of a server that was killed, some processes take a moment to notice.
      if (last_lines(log()).contains("is still in use") || anybody_works_in(data())) continue;
      return fail("postgres_failed", "PostgreSQL did not start. Its log ends with:" + last_lines(log()));
    }
    if (runs) continue;
    if (pid_file && kill(pid_file->pid, 0) == 0) {
      // The number in the file is another program's now, but PostgreSQL would believe that it is a server's.
      if (anybody_works_in(data())) continue;
      std::error_code error;
      fs::remove(data() / "postmaster.pid", error);
      fs::remove(wanted_socket_folder.string() + std::string(kSocketName) + ".lock", error);
    }
    if (auto configured = configure(data(), wanted_socket_folder); !configured) return configured;
    rotate_log(log());
    auto command = server_command(
        server_user, {(programs.folder / "postgres").string(), "-D", data().string()}, folder, log());
    command.session = true;
    auto started = process::Child::start(command);
    if (!started) return as_postgres_error(started.error());
    child = *std::move(started);
  }
  if (child) {
    child->signal(SIGQUIT);
    std::ignore = child->wait({.deadline = Clock::now() + kQuitTimeout});
  }
  if (stop.stop_requested()) return stopped();
  return fail("postgres_failed", "PostgreSQL was not ready within " + std::to_string(timeout.count()) +
                                     " s. Its log ends with:" + last_lines(log()));
}

Result<void> Cluster::State::create_database() const {
  auto connection = Connection::open(conninfo_of(socket_folder, "postgres"));
  if (!connection) return std::unexpected(connection.error());
  auto found = connection->query("SELECT 1 FROM pg_database WHERE datname = 'skerry'");
  if (found && found->size() == 0) found = connection->exec("CREATE DATABASE skerry");
  if (!found) return std::unexpected(found.error());
  return {};
}

Cluster::Cluster(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cluster::Cluster(Cluster&&) noexcept = default;
Cluster& Cluster::operator=(Cluster&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
Cluster::~Cluster() {
  if (!state_) return;
  const auto say = state_->say;
  if (const auto stopped = stop(); !stopped) say(stopped.error().message);
}

const std::string& Cluster::conninfo() const {
  return state_->conninfo;
}
const fs::path& Cluster::folder() const {
  return state_->folder;
}
bool Cluster::runs() const {
  if (state_->child && state_->child->poll()) return false;
  return state_->running().has_value();
}
bool Cluster::started() const {
  return state_->child.has_value();
}

Result<Cluster> Cluster::start(const ClusterOptions& options) {
  auto user = ServerUser::find();
  if (!user) return std::unexpected(user.error());
  auto folder = prepare_folder(options, *user);
  if (!folder) return std::unexpected(folder.error());

  auto state = std::make_unique<State>();
  state->folder = *folder;
  state->acts_as = *user;
  hand_over_files(*folder, *user);
  std::optional<files::ActingAs> acting;
  act_as(acting, *user);
  state->timeout = options.timeout;
  state->stop_timeout = options.stop_timeout;
  state->stop = options.stop;
  state->say = options.say;
  auto locked = state->lock_transition(Clock::now() + options.timeout);
  if (!locked) return std::unexpected(locked.error());
  std::optional transition(std::move(*locked));
  for (const auto& place : {state->folder, state->data()}) std::ignore = files::sweep_drafts(place);

  if (!options.alone) {
    auto user_lock = files::FileLock::try_take(*folder / kUsersLock, files::FileLock::Mode::shared);
    if (!user_lock && user_lock.error().kind == ErrorKind::busy) {
      return fail(ErrorKind::busy, "postgres_upgrading",
                  "The database in " + folder->string() +
                      " is being carried over to another PostgreSQL by `skerry db upgrade`. It is back when "
                      "that ends.");
    }
    if (user_lock) state->user = *std::move(user_lock);
    if (auto settled = settle_upgrade(*folder); !settled) return std::unexpected(settled.error());
  }

  const int version = made_by(state->data());
  auto programs = find_programs(options, version);
  if (!programs) return std::unexpected(programs.error());
  if (version == 0) {
    options.say("Creating a PostgreSQL " + std::to_string(programs->version) + " database in " +
                folder->string());
    if (auto created = create_cluster(*programs, *user, *folder,
                                      {.deadline = Clock::now() + options.timeout, .stop = options.stop});
        !created) {
      return std::unexpected(created.error());
    }
  }

  acting.reset();
  auto socket_folder = prepare_socket_folder(*folder, *user);
  if (!socket_folder) return std::unexpected(socket_folder.error());
  act_as(acting, *user);
  if (auto running = state->run_server(*programs, *user, *socket_folder); !running) {
    return std::unexpected(running.error());
  }
  state->alone = options.alone;
  auto created = options.alone ? Result<void>() : state->create_database();
  state->stop = {};
  transition.reset();
  Cluster cluster(std::move(state));
  if (!created) return std::unexpected(created.error());
  options.say("PostgreSQL " + std::to_string(programs->version) +
              (cluster.started() ? " started in " : " was running already in ") + folder->string());
  return cluster;
}

Result<void> Cluster::stop() {
  if (!state_) return {};
  const auto state = std::move(state_);
  const auto end = Clock::now() + state->stop_timeout;
  std::optional<files::ActingAs> acting;
  act_as(acting, state->acts_as);
  const auto transition = state->lock_transition(end);
  if (!transition) return std::unexpected(transition.error());
  state->user.reset();
  const auto last = state->alone ? Result<files::FileLock>(std::unexpected(Error{}))
                                 : files::FileLock::try_take(state->folder / kUsersLock);
  const auto server = state->running();
  if ((!last && !state->alone) || !server || server->identity() != read_text(state->mark())) return {};
  kill(server->pid, SIGINT);  // "fast": ends sessions, then writes a checkpoint
  for (Pauses pauses; Clock::now() < end; std::this_thread::sleep_for(pauses.next())) {
    if (works_in(std::to_string(server->pid), state->data())) continue;
    if (state->child && state->child->pid() == server->pid)
      std::ignore = state->child->wait({.deadline = end});
    acting.reset();
    std::error_code kept;
    fs::remove(state->socket_folder, kept);  // a short one, elsewhere; only if it is empty
    return {};
  }
  return fail(ErrorKind::unavailable, "postgres_failed",
              "PostgreSQL (process " + std::to_string(server->pid) + ") has not stopped within " +
                  std::to_string(state->stop_timeout.count()) +
                  " ms. It has been told to, and is left to end by itself; its log is " +
                  state->log().string() + ".");
}

}  // namespace skerry::postgres
