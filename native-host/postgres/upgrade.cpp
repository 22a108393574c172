#include "native-host/postgres/upgrade.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spdlog/fmt/fmt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native-host/files/files.hpp"
#include "native-host/postgres/cluster.hpp"
#include "native-host/postgres/connection.hpp"
#include "native-host/postgres/postmaster.hpp"
#include "native-host/postgres/process.hpp"
#include "native-host/postgres/programs.hpp"

namespace skerry::postgres {
namespace {

namespace fs = std::filesystem;
using process::Clock;
using namespace std::chrono_literals;

constexpr auto kPause = 20ms;
constexpr std::uintmax_t kSpareBytes = 64UL << 20;
/// Of one statement: to count a large table, or to analyze it.
constexpr std::chrono::hours kLongStatement{24};
/// initdb has made it.
constexpr std::string_view kOwnRole = "\nCREATE ROLE skerry;\n";

/// Where an upgrade works: the new cluster, and the word that it is whole.
fs::path workplace(const fs::path& folder) {
  return folder / "upgrade";
}
fs::path fresh_data(const fs::path& folder) {
  return workplace(folder) / "postgres/data";
}
/// Holds the old version, once the new cluster has all that the old one has.
fs::path ready_mark(const fs::path& folder) {
  return workplace(folder) / "ready";
}

fs::path place_to_keep(const fs::path& folder, int version) {
  const auto name = "data." + std::to_string(version);
  std::error_code ignored;
  for (int i = 1;; ++i) {
    auto place = folder / (i == 1 ? name : name + "-" + std::to_string(i));
    if (!fs::exists(fs::symlink_status(place, ignored))) return place;
  }
}

std::unexpected<Error> failed(std::string message) {
  return fail("postgres_failed", std::move(message));
}

Result<void> move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    return failed("Can't rename " + from.string() + " to " + to.string() + ": " + error.message() + ".");
  return {};
}

std::uintmax_t size_of(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error); entry != fs::end(entry);
       entry.increment(error)) {
    std::error_code gone;
    if (entry->is_regular_file(gone)) bytes += entry->file_size(gone);
    if (error) break;
  }
  return bytes;
}

/// Stops what works in a PGDATA that nobody else knows of. False where it does not end.
bool end_server(const fs::path& data, std::chrono::seconds timeout) {
  const auto file = read_pid_file(data);
  if (!file || !works_in(std::to_string(file->pid), data)) return !anybody_works_in(data);
  for (const int signal : {SIGINT, SIGQUIT}) {
    kill(file->pid, signal);
    for (const auto end = Clock::now() + timeout; Clock::now() < end; std::this_thread::sleep_for(kPause))
      if (!anybody_works_in(data)) return true;
  }
  return false;
}

Result<void> clear_workplace(const fs::path& folder, std::chrono::seconds timeout) {
  std::error_code error;
  if (!fs::exists(workplace(folder), error)) return {};
  if (!end_server(fresh_data(folder), timeout))
    return failed("A server that an interrupted upgrade has left in " + fresh_data(folder).string() +
                  " does not stop.");
  fs::remove_all(workplace(folder), error);
  if (error) return failed("Can't remove " + workplace(folder).string() + ": " + error.message() + ".");
  return {};
}

/// The old cluster and the new one change places.
Result<void> exchange(const fs::path& folder, int from) {
  const auto data = folder / "data";
  const auto fresh = fresh_data(folder);
  if (renameat2(AT_FDCWD, data.c_str(), AT_FDCWD, fresh.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno != EINVAL && errno != ENOSYS)
      return failed("Can't exchange " + data.string() + " and " + fresh.string() + ": " +
                    std::strerror(errno) + ".");
    // A file system that can't: between the two there is no `data`, and `settle_upgrade` finishes it.
    if (auto moved = move(data, place_to_keep(folder, from)); !moved) return moved;
  }
  return settle_upgrade(folder);
}

// ---- the content ----

/// Of one database of a cluster.
std::string conninfo_of(const Cluster& cluster, std::string_view database) {
  std::string quoted;
  for (const char c : database) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return cluster.conninfo() + " dbname='" + quoted + "'";
}

Result<Connection> connect(const Cluster& cluster, std::string_view database, const std::stop_token& stop) {
  return Connection::open(
      conninfo_of(cluster, database),
      {.application_name = "skerry db upgrade", .statement_timeout = kLongStatement, .stop = stop});
}

Result<std::vector<std::string>> column(Connection& connection, const std::string& query) {
  auto rows = connection.exec(query);
  if (!rows) return std::unexpected(std::move(rows).error());
  std::vector<std::string> values;
  values.reserve(static_cast<std::size_t>(rows->size()));
  for (int i = 0; i < rows->size(); ++i) values.emplace_back(rows->text(i, 0));
  return values;
}

Result<std::vector<std::string>> databases(const Cluster& cluster, const std::stop_token& stop) {
  auto connection = connect(cluster, "postgres", stop);
  if (!connection) return std::unexpected(std::move(connection).error());
  return column(*connection, "SELECT datname FROM pg_database WHERE datallowconn AND datname <> 'template0'");
}

/// What an extension keeps is its own affair: its next version may have more.
constexpr const char* kTables = R"(
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated)
  AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))";

/// How many rows each table has, and how many roles and large objects there are: `database table` → count.
using Content = std::map<std::string, std::int64_t>;

Result<Content> content(const Cluster& cluster, const std::stop_token& stop) {
  Content found;
  auto names = databases(cluster, stop);
  if (!names) return std::unexpected(std::move(names).error());
  const auto count = [&found](Connection& connection, const std::string& name,
                              const std::string& from) -> Result<void> {
    auto rows = connection.exec("SELECT count(*) FROM " + from);
    if (!rows) return std::unexpected(std::move(rows).error());
    found[name] = rows->integer(0, 0);
    return {};
  };
  for (const std::string& name : *names) {
    auto connection = connect(cluster, name, stop);
    if (!connection) return std::unexpected(std::move(connection).error());
    auto tables = column(*connection, kTables);
    if (!tables) return std::unexpected(std::move(tables).error());
    for (const std::string& table : *tables)
      if (auto counted = count(*connection, fmt::format("{} {}", name, table), "ONLY " + table); !counted)
        return std::unexpected(std::move(counted).error());
    if (auto counted = count(*connection, name + " large objects", "pg_largeobject_metadata"); !counted)
      return std::unexpected(std::move(counted).error());
  }
  auto connection = connect(cluster, "postgres", stop);
  if (!connection) return std::unexpected(std::move(connection).error());
  if (auto counted = count(*connection, "roles", "pg_roles WHERE rolname NOT LIKE 'pg\\_%'"); !counted)
    return std::unexpected(std::move(counted).error());
  return found;
}

Result<void> compare(const Content& old, const Content& fresh) {
  for (const auto& [name, rows] : old) {
    const auto found = fresh.find(name);
    if (found != fresh.end() && found->second == rows) continue;
    return fail(
        "postgres_differs",
        fmt::format("The new cluster has {} rows of {}, the old one {}: the old one stays in its place.",
                    found == fresh.end() ? 0 : found->second, name, rows));
  }
  return {};
}

/// For the planner, which knows nothing of rows that were copied.
Result<void> analyze(const Cluster& cluster, const std::stop_token& stop) {
  auto names = databases(cluster, stop);
  if (!names) return std::unexpected(std::move(names).error());
  for (const std::string& name : *names) {
    auto connection = connect(cluster, name, stop);
    if (!connection) return std::unexpected(std::move(connection).error());
    if (auto done = connection->exec("ANALYZE"); !done) return std::unexpected(std::move(done).error());
  }
  return {};
}

/// Whether a folder has what copies a cluster.
bool has_clients(const fs::path& folder) {
  return std::ranges::all_of(std::array{"pg_dumpall", "pg_dump", "psql"},
                             [&](const char* name) { return access((folder / name).c_str(), X_OK) == 0; });
}

/// All that pg_dumpall says of one cluster to psql for the other; it is never on the disk.
class Copy {
 public:
  Copy(const Programs& clients, const ServerUser& user, fs::path log, std::stop_token stop)
      : clients_(clients), user_(user), log_(std::move(log)), stop_(std::move(stop)) {}

  Result<void> run(const Cluster& from, const Cluster& to) const {
    auto dumping = command(to, {"pg_dumpall", "--dbname=" + from.conninfo(), "--database=postgres"});
    dumping.output = {.kind = process::Stream::Kind::pipe};
    dumping.error = {.kind = process::Stream::Kind::append, .path = log_};
    auto restoring = command(to, {"psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
                                  "--dbname=" + conninfo_of(to, "postgres")});
    restoring.input = {.kind = process::Stream::Kind::pipe};
    auto dump = process::Child::start(dumping);
    if (!dump) return std::unexpected(std::move(dump).error());
    auto restore = process::Child::start(restoring);
    if (!restore) return std::unexpected(std::move(restore).error());
    const auto pumped = pump(*dump, *restore);
    if (!pumped && pumped.error().kind == ErrorKind::stopped) return pumped;
    restore->close_input();
    const auto restored = restore->wait({.stop = stop_});
    if (!restored) return std::unexpected(restored.error());
    if (!restored->ok())
      return failed("The new cluster does not take what the old one has:" + last_lines(log_));
    const auto dumped = dump->wait({.stop = stop_});
    if (!dumped) return std::unexpected(dumped.error());
    if (!dumped->ok()) return failed("The old cluster can't be read:" + last_lines(log_));
    return pumped;
  }

 private:
  [[nodiscard]] process::Command command(const Cluster& to, std::vector<std::string> arguments) const {
    arguments.front() = (clients_.folder / arguments.front()).string();
    auto made = server_command(user_, std::move(arguments), to.folder(), log_);
    made.with_parent = true;
    return made;
  }

  Result<void> pump(process::Child& dump, process::Child& restore) const {
    std::array<char, 1UL << 16> room{};
    std::string held;
    bool found = false;
    for (;;) {
      const auto size = dump.read_output(room, {.stop = stop_});
      if (!size) return std::unexpected(size.error());
      held.append(room.data(), *size);
      if (const auto at = found ? std::string::npos : held.find(kOwnRole); at != std::string::npos) {
        held.erase(at + 1, kOwnRole.size() - 1);
        found = true;
      }
      // What may be the beginning of that line waits for the rest of it.
      const auto ready =
          found || *size == 0 ? held.size() : held.size() - std::min(held.size(), kOwnRole.size());
      if (auto written = restore.write_input(std::string_view(held).substr(0, ready), {.stop = stop_});
          !written)
        return written;
      held.erase(0, ready);
      if (*size == 0) return {};
    }
  }

  Programs clients_;
  ServerUser user_;
  fs::path log_;
  std::stop_token stop_;
};

/// What an upgrade needs, found and checked.
struct Plan {
  fs::path folder;
  ServerUser user;
  Programs from, to, clients;
  Upgraded result;
};

Result<Plan> make_plan(const UpgradeOptions& options) {
  Plan plan;
  std::error_code error;
  plan.folder = fs::canonical(options.data_dir / "postgres", error);
  const int from = error ? 0 : made_by(plan.folder / "data");
  if (from == 0) {
    return fail(ErrorKind::not_found, "postgres_none",
                "There is no private database in " + (options.data_dir / "postgres").string() + ".");
  }
  auto user = ServerUser::find();
  if (!user) return std::unexpected(std::move(user).error());
  plan.user = *std::move(user);

  const auto installed = installed_programs();
  const int newest = choose(installed, 0).version;
  const int to = options.to == 0 ? std::max(newest, from) : options.to;
  plan.result = {.from = from, .to = to};
  if (to < from) {
    return fail(
        ErrorKind::usage, "postgres_older",
        fmt::format("The database is PostgreSQL {}'s already; it can't be carried back to {}.", from, to));
  }
  plan.from = choose(installed, from);
  plan.to = choose(installed, to);
  if (plan.from.version == 0) return std::unexpected(foreign_version(from, newest));
  if (to == from) return plan;
  if (plan.to.version == 0) {
    return fail(
        ErrorKind::not_installed, "postgres_version",
        fmt::format("PostgreSQL {0} is not installed. Install it (Debian: apt install postgresql-{0}).", to));
  }
  for (const Programs& each : installed)
    if (each.version >= std::max(from, plan.clients.version + 1) && each.version <= to &&
        has_clients(each.folder))
      plan.clients = each;
  if (plan.clients.version == 0) {
    return fail(
        ErrorKind::not_installed, "postgres_version",
        fmt::format("pg_dumpall and psql of PostgreSQL {0} are not installed. Install them (Debian: apt "
                    "install postgresql-client-{0}).",
                    to));
  }
  plan.result.bytes = size_of(plan.folder / "data");
  plan.result.free = fs::space(plan.folder, error).available;
  plan.result.kept = place_to_keep(plan.folder, from);
  return plan;
}

Result<void> check_space(const Plan& plan) {
  // The new one is no larger; beside it there is its write-ahead log, until its end.
  const auto wanted = 2 * plan.result.bytes + kSpareBytes;
  if (plan.result.free >= wanted) return {};
  return fail(ErrorKind::full, "postgres_space",
              fmt::format("The old cluster and the new one lie side by side for a while: {} MB are wanted in "
                          "{}, {} are free.",
                          wanted >> 20U, plan.folder.string(), plan.result.free >> 20U));
}

Result<void> carry_over(const UpgradeOptions& options, Plan& plan) {
  std::error_code error;
  const auto place = workplace(plan.folder);
  if (!fs::create_directory(place, error) ||
      (plan.user.drop && chown(place.c_str(), plan.user.uid, plan.user.drop->gid) != 0) ||
      chmod(place.c_str(), 0700) != 0)
    return failed("Can't make the folder " + place.string() + ".");

  const auto open = [&](const fs::path& data_dir, const Programs& programs) {
    return Cluster::start({.data_dir = data_dir,
                           .timeout = options.timeout,
                           .stop_timeout = options.timeout,
                           .stop = options.stop,
                           .bin_dir = programs.folder,
                           .alone = true,
                           .say = options.say});
  };
  auto old = open(options.data_dir, plan.from);
  if (!old) return std::unexpected(std::move(old).error());
  auto fresh = open(place, plan.to);
  if (!fresh) return std::unexpected(std::move(fresh).error());
  auto had = content(*old, options.stop);
  if (!had) return std::unexpected(std::move(had).error());
  options.say("Copying all databases");
  if (auto copied = Copy(plan.clients, plan.user, place / "copy.log", options.stop).run(*old, *fresh);
      !copied)
    return copied;
  options.say("Comparing the two");
  auto has = content(*fresh, options.stop);
  if (!has) return std::unexpected(std::move(has).error());
  if (auto same = compare(*had, *has); !same) return same;
  if (auto analyzed = analyze(*fresh, options.stop); !analyzed) return analyzed;
  if (auto stopped = fresh->stop(); !stopped) return stopped;
  if (auto stopped = old->stop(); !stopped) return stopped;
  if (anybody_works_in(plan.folder / "data"))
    return fail(
        ErrorKind::busy, "postgres_in_use",
        "A server that somebody else has started works in " + (plan.folder / "data").string() + ". Stop it.");
  for (const auto& [name, rows] : *had) {
    if (!name.contains(' ') || name.ends_with(" large objects")) continue;
    ++plan.result.tables;
    plan.result.rows += static_cast<std::uint64_t>(rows);
  }
  return files::write_atomically(ready_mark(plan.folder), std::to_string(plan.result.from) + "\n",
                                 {.mode = 0644});
}

}  // namespace

Result<void> settle_upgrade(const fs::path& folder) {
  const auto mark = files::read_whole(ready_mark(folder));
  if (!mark) return {};
  int from = 0;
  std::from_chars(mark->data(), mark->data() + mark->size(), from);
  const auto data = folder / "data";
  const auto fresh = fresh_data(folder);
  const int here = made_by(data);
  const int there = made_by(fresh);
  if (from == 0 || here == from) return {};  // nothing was exchanged: it is thrown away by the next upgrade
  if (here == 0 && there > from)
    if (auto moved = move(fresh, data); !moved) return moved;
  if (here > from && there == from)
    if (auto moved = move(fresh, place_to_keep(folder, from)); !moved) return moved;
  if (auto synced = files::sync_folder(folder); !synced) return synced;
  std::error_code kept;
  fs::remove_all(workplace(folder), kept);
  return {};
}

Result<Upgraded> upgrade(const UpgradeOptions& options) {
  std::error_code error;
  const auto folder = fs::canonical(options.data_dir / "postgres", error);
  std::optional<files::FileLock> lock;
  if (!error) {
    auto taken = files::FileLock::try_take(folder / kUsersLock);
    if (!taken && taken.error().kind == ErrorKind::busy) {
      return fail(
          ErrorKind::busy, "postgres_in_use",
          "The database in " + folder.string() + " is in use. Stop skerry first (systemctl stop skerry).");
    }
    if (!taken) return std::unexpected(std::move(taken).error());
    lock = *std::move(taken);
    if (!options.dry_run)
      if (auto settled = settle_upgrade(folder); !settled) return std::unexpected(settled.error());
  }
  auto plan = make_plan(options);
  if (!plan) return std::unexpected(std::move(plan).error());
  if (plan->result.to == plan->result.from) return plan->result;
  if (auto enough = check_space(*plan); !enough) return std::unexpected(std::move(enough).error());
  if (options.dry_run) return plan->result;

  if (auto cleared = clear_workplace(folder, options.timeout); !cleared)
    return std::unexpected(cleared.error());
  auto carried = carry_over(options, *plan);
  if (!carried) {
    std::ignore = clear_workplace(folder, options.timeout);
    return std::unexpected(std::move(carried).error());
  }
  if (auto exchanged = exchange(folder, plan->result.from); !exchanged)
    return std::unexpected(std::move(exchanged).error());
  plan->result.done = true;
  return plan->result;
}

}  // namespace skerry::postgres
