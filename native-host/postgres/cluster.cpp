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
#include "native-host/postgres/connection.hpp"
#include "native-host/postgres/process.hpp"

namespace skerry::postgres {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kOldestVersion = 15;
constexpr std::size_t kLongestSocketPath = 107;  // sun_path less its final zero
constexpr std::string_view kSocketName = "/.s.PGSQL.5432";
// Of a server that hangs the kernel still takes the connection.
constexpr const char* kPingTimeout = " connect_timeout=2";
constexpr auto kVersionTimeout = 20s;
constexpr auto kQuitTimeout = 5s;
constexpr std::uintmax_t kLongestLog = 8UL << 20;

std::string read_text(const fs::path& path) {
  return files::read_whole(path).value_or("");
}

/// For the server's user to read, in a folder that nobody else enters.
Result<void> write_text(const fs::path& path, std::string_view text) {
  return files::write_atomically(path, text, {.mode = 0644});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string last_lines(const fs::path& log) {
  const auto lines = lines_of(read_text(log));
  std::string tail;
  for (auto i = lines.size() < 12 ? 0 : lines.size() - 12; i < lines.size(); ++i) tail += "\n  " + lines[i];
  return tail;
}

std::unexpected<Error> folder_error(const fs::path& folder, std::string_view what) {
  return fail("postgres_folder", "The folder " + folder.string() + " " + std::string(what) + ".");
}

std::unexpected<Error> as_postgres_error(const Error& error) {
  return fail(error.kind, "postgres_failed", error.message);
}

// ---- programs ----

struct Programs {
  fs::path folder;
  int version = 0;
};

/// The major version of the `postgres` in a folder, or 0.
int version_of(const fs::path& folder) {
  const auto program = folder / "postgres";
  if (access(program.c_str(), X_OK) != 0 || access((folder / "initdb").c_str(), X_OK) != 0) return 0;
  const auto finished = process::run({.arguments = {program.string(), "--version"},
                                      .environment = {{"LC_ALL=C"}},
                                      .output = {.kind = process::Stream::Kind::pipe}},
                                     {.wait = {.deadline = Clock::now() + kVersionTimeout}});
  const auto output = finished ? finished->output : std::string();
  const auto digits = output.find_first_of("0123456789");  // postgres (PostgreSQL) 15.20 (Debian …)
  int version = 0;
  if (digits != std::string::npos)
    std::from_chars(output.data() + digits, output.data() + output.size(), version);
  return version;
}

std::vector<fs::path> program_folders() {
  std::vector<fs::path> folders;
  for (const auto* parent : {"/usr/lib/postgresql", "/usr/pgsql", "/opt/postgresql"}) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(parent, ignored)) folders.push_back(entry.path() / "bin");
  }
  const char* path = getenv("PATH");
  const std::string search = path == nullptr ? "" : path;
  for (std::size_t begin = 0; begin < search.size();) {
    const auto end = std::min(search.find(':', begin), search.size());
    folders.emplace_back(search.substr(begin, end - begin));
    begin = end + 1;
  }
  return folders;
}

/// `wanted` is the version that made the cluster, 0 for a new one.
Result<Programs> find_programs(const fs::path& bin_dir, int wanted) {
  Programs best;
  for (const auto& folder : bin_dir.empty() ? program_folders() : std::vector{bin_dir}) {
    const int version = version_of(folder);
    if (wanted == 0 ? version > best.version : version == wanted) best = {folder, version};
  }
  if (best.version >= kOldestVersion) return best;
  if (wanted != 0) {
    return fail("postgres_version", "The database was made by PostgreSQL " + std::to_string(wanted) +
                                        ", which is not installed. Install it, or remove the data folder to "
                                        "start anew.");
  }
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
  if (mkdir(place.c_str(), 0700) != 0 && errno != EEXIST) {
    return folder_error(place, std::string("can't be made: ") + std::strerror(errno));
  }
  // In /tmp anybody may have been there first.
  struct stat status{};
  if (lstat(place.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      (status.st_uid != user.uid && status.st_uid != geteuid()) || !make_private(place, user)) {
    return folder_error(place, "belongs to somebody else");
  }
  return place;
}

// ---- server ----

/// What a server writes into postmaster.pid (PostgreSQL: miscadmin.h, LOCK_FILE_LINE_*).
struct PidFile {
  pid_t pid = 0;
  std::string started;
  std::string socket_folder;

  /// Tells one server from another, even where a process number comes again.
  [[nodiscard]] std::string identity() const { return std::to_string(pid) + " " + started; }
};

std::optional<PidFile> read_pid_file(const fs::path& data) {
  const auto lines = lines_of(read_text(data / "postmaster.pid"));
  PidFile file;
  if (lines.empty()) return std::nullopt;
  std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), file.pid);
  if (file.pid <= 0) return std::nullopt;
  if (lines.size() > 4) {
    file.started = lines[2];
    file.socket_folder = lines[4];
  }
  return file;
}

/// All processes of a server have its data folder as their working directory.
bool works_in(const std::string& pid, const fs::path& data) {
  std::error_code error;
  return fs::read_symlink("/proc/" + pid + "/cwd", error) == data && !error;
}

bool anybody_works_in(const fs::path& data) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && works_in(name, data)) return true;
  }
  return false;
}

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
  std::optional<files::FileLock> user;  ///< shared: this process uses the cluster
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
  state->timeout = options.timeout;
  state->stop_timeout = options.stop_timeout;
  state->stop = options.stop;
  state->say = options.say;
  auto locked = state->lock_transition(Clock::now() + options.timeout);
  if (!locked) return std::unexpected(locked.error());
  std::optional transition(std::move(*locked));
  for (const auto& place : {state->folder, state->data()}) std::ignore = files::sweep_drafts(place);

  int made_by = 0;
  const auto version = read_text(state->data() / "PG_VERSION");
  std::from_chars(version.data(), version.data() + version.size(), made_by);
  auto programs = find_programs(options.bin_dir, made_by);
  if (!programs) return std::unexpected(programs.error());
  if (made_by == 0) {
    options.say("Creating a PostgreSQL " + std::to_string(programs->version) + " database in " +
                folder->string());
    if (auto created = create_cluster(*programs, *user, *folder,
                                      {.deadline = Clock::now() + options.timeout, .stop = options.stop});
        !created) {
      return std::unexpected(created.error());
    }
  }

  auto socket_folder = prepare_socket_folder(*folder, *user);
  if (!socket_folder) return std::unexpected(socket_folder.error());
  if (auto running = state->run_server(*programs, *user, *socket_folder); !running) {
    return std::unexpected(running.error());
  }
  if (auto lock = files::FileLock::try_take(*folder / "users.lock", files::FileLock::Mode::shared)) {
    state->user = *std::move(lock);
  }
  auto created = state->create_database();
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
  const auto transition = state->lock_transition(end);
  if (!transition) return std::unexpected(transition.error());
  state->user.reset();
  const auto alone = files::FileLock::try_take(state->folder / "users.lock");
  const auto server = state->running();
  if (!alone || !server || server->identity() != read_text(state->mark())) return {};
  kill(server->pid, SIGINT);  // "fast": ends sessions, then writes a checkpoint
  for (Pauses pauses; Clock::now() < end; std::this_thread::sleep_for(pauses.next())) {
    if (works_in(std::to_string(server->pid), state->data())) continue;
    if (state->child && state->child->pid() == server->pid)
      std::ignore = state->child->wait({.deadline = end});
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
