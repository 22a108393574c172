#include "native-host/program/database.hpp"

#include <cerrno>
#include <utility>

#include <unistd.h>

#include "native-host/postgres/postmaster.hpp"
#include "native-host/postgres/programs.hpp"

namespace skerry::program {

Result<void> Database::ensure(const std::stop_token& stop) {
  ready_ = false;
  auto connection = open(stop);
  if (!connection) return std::unexpected(std::move(connection.error()));
  std::optional<Error> failed;
  for (const Schema& schema : schemas_) {
    if (world_->only_looks()) {
      auto state = postgres::schema_state(*connection, schema.owner, schema.migrations);
      if (!state) return std::unexpected(std::move(state.error()));
      if (*state == postgres::SchemaState::current) continue;
      return fail(ErrorKind::usage, "migration_needed",
                  "A dry run changes nothing, and this database lacks a migration of " + schema.owner +
                      ": run `skerry update --once`, or leave database_url out for a dry run in a database "
                      "of its own.");
    }
    const auto applied = postgres::migrate(
        *connection, schema.owner, schema.migrations,
        {.lock = {.say = [this](std::string_view line) { report_->info("postgres", line); }}});
    if (!applied && !failed) failed = applied.error();
    if (!applied) continue;  // the others' schemas are good all the same
    for (const std::string& name : *applied)
      report_->info("migrated", "Migrated the database", {{"migration", name}});
  }
  if (failed) return std::unexpected(*std::move(failed));
  pool_.set_conninfo(conninfo());
  ready_ = true;
  return {};
}

Result<postgres::Connection> Database::open(const std::stop_token& stop) {
  if (!world_->database_url().empty()) {
    remember(world_->database_url());
    return connect(stop);
  }
  // One that answers is not started anew: others work with it.
  if (cluster_) {
    auto connection = connect(stop);
    if (connection || connection.error().kind == ErrorKind::stopped) {
      remember(cluster_->conninfo());
      return connection;
    }
  }
  cluster_.reset();
  auto cluster =
      postgres::Cluster::start({.data_dir = world_->data_dir(),
                                .stop_timeout = stop_timeout_,
                                .stop = stop,
                                .say = [this](std::string_view line) { report_->info("postgres", line); }});
  if (!cluster) return std::unexpected(std::move(cluster.error()));
  cluster_.emplace(*std::move(cluster));
  remember(cluster_->conninfo());
  return connect(stop);
}

void Database::find() {
  auto where = reachable_database(*world_);
  if (!where || *where == conninfo()) return;
  pool_.set_conninfo(*where);
  remember(*std::move(where));
}

bool Database::has_been_made() const {
  return world_->database_url().empty() && postgres::made_by(world_->data_dir() / "postgres/data") != 0;
}

std::string Database::conninfo() const {
  const std::lock_guard lock(mutex_);
  return conninfo_;
}

std::string Database::reachable() const {
  auto known = conninfo();
  return known.empty() ? reachable_database(*world_).value_or("") : known;
}

void Database::remember(std::string conninfo) {
  const std::lock_guard lock(mutex_);
  conninfo_ = std::move(conninfo);
}

namespace {

std::filesystem::path private_data(const World& world) {
  return world.data_dir() / "postgres/data";
}

/// Whether somebody else's folder keeps us from knowing: `errno` of a look at what is there.
bool is_hidden(const std::filesystem::path& path) {
  return access(path.c_str(), R_OK) != 0 && errno == EACCES;
}

}  // namespace

std::optional<std::string> reachable_database(const World& world) {
  if (!world.database_url().empty()) return world.database_url();
  const auto server = postgres::read_pid_file(private_data(world));
  if (!server || server->socket_folder.empty() || !postgres::belongs_to(*server, private_data(world)))
    return std::nullopt;
  return "host='" + server->socket_folder + "' port=" + server->port + " user=skerry dbname=skerry";
}

Result<std::string> find_database(const World& world) {
  auto conninfo = reachable_database(world);
  if (conninfo) return *std::move(conninfo);
  if (is_hidden(private_data(world) / "postmaster.pid")) {
    return fail(
        ErrorKind::denied, "db_hidden",
        "Whether the private PostgreSQL in " + world.data_dir().string() +
            " runs can't be read by this user: run this as the user of the service, as in sudo -u skerry.");
  }
  const auto server = postgres::read_pid_file(private_data(world));
  const bool copied = server && !postgres::belongs_to(*server, private_data(world));
  return fail(ErrorKind::unavailable, "db_unreachable",
              "The private PostgreSQL does not run" +
                  (copied ? " (" + world.data_dir().string() + " is a copy, made while that of " +
                                server->data.string() + " ran)"
                          : "") +
                  "; `skerry up` starts it.");
}

Result<postgres::Connection> connect_to(const World& world, std::string_view application_name,
                                        const postgres::ConnectOptions& options) {
  const auto conninfo = find_database(world);
  if (!conninfo) return std::unexpected(conninfo.error());
  auto named = options;
  named.application_name = application_name;
  return postgres::Connection::open(*conninfo, named);
}

}  // namespace skerry::program
