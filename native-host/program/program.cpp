#include "native-host/program/program.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "native-host/files/files.hpp"
#include "native-host/files/owner.hpp"
#include "native-host/program/front_door.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/memory.hpp"
#include "native-host/program/notify.hpp"
#include "native-host/program/probe.hpp"
#include "native-host/program/readiness.hpp"
#include "native-host/program/secrets.hpp"
#include "native-host/program/trunk_checks.hpp"
#include "shared/comma_list.hpp"
#include "shared/health/document.hpp"
#include "shared/metrics/snapshot.hpp"

namespace skerry::program {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes kCheckInterval{1};
constexpr std::chrono::seconds kReadyInterval{1};
constexpr std::chrono::seconds kMemoryInterval{10};
constexpr std::chrono::seconds kFirstRestart{2};
constexpr std::chrono::minutes kLastRestart{1};

std::vector<health::Check> for_health(const Findings& findings) {
  std::vector<health::Check> checks;
  checks.reserve(findings.size());
  for (const Finding& finding : findings)
    checks.push_back(
        {.name = finding.name, .ok = finding.status == Finding::Status::ok, .message = finding.message});
  return checks;
}

/// Who serves from a data folder, and from that of made-up data in it: two would have one event log and one
/// health document between them.
class Serving {
 public:
  /// Error: `already_serving` (busy).
  Result<void> take(const std::filesystem::path& folder) {
    if (locks_.contains(folder)) return {};
    auto lock = files::FileLock::try_take(folder / "serve.lock");
    if (!lock && lock.error().kind == ErrorKind::busy) {
      return fail(ErrorKind::busy, "already_serving",
                  "Another skerry serves from " + folder.string() +
                      ": stop it, or give this one a data_dir of its own.");
    }
    if (!lock) return std::unexpected(std::move(lock).error());
    locks_.emplace(folder, *std::move(lock));
    return {};
  }

 private:
  std::map<std::filesystem::path, files::FileLock> locks_;
};

/// The folder of a PostgreSQL that root starts is that of its user.
Result<void> check_ours(const std::filesystem::path& folder) {
  return files::check_ours(folder, {"postgres"});
}

}  // namespace

std::vector<Schema> schemas_of(std::span<const Capability> capabilities) {
  std::vector<Schema> schemas;
  for (const Capability& capability : capabilities)
    if (capability.migrations != nullptr)
      schemas.push_back({std::string(capability.name), capability.migrations()});
  return schemas;
}

struct Program::State {
  State(const config::Loaded& settings, Options what, Report& to, World where,
        std::unique_ptr<metrics::Registry> counted, std::unique_ptr<kv::Store> keys, Serving held)
      : serving(std::move(held)),
        loaded(settings),
        options(std::move(what)),
        report(to),
        world(std::move(where)),
        registry(std::move(counted)),
        store(std::move(keys)),
        documents(*store),
        lost_lines(registry->counter("skerry_log_lines_lost_total", "Lines that nobody read in time",
                                     {{"log", "events"}}, [&to] { return to.lost_lines(); })),
        lost_passed(registry->counter("skerry_log_lines_lost_total", "Lines that nobody read in time",
                                      {{"log", "access"}}, [&to] { return to.lost_passed(); })),
        schemas(schemas_of(options.capabilities)),
        database(world, schemas, to, postgres::Meters::of(*registry), pool_options(),
                 loaded.get<Settings>().stop_timeout / 2),
        blocking({}),
        routes(*registry),
        loops(to),
        host({.loaded = loaded,
              .roles = options.roles,
              .world = world,
              .report = to,
              .registry = *registry,
              .store = *store,
              .documents = documents,
              .database = database,
              .routes = routes,
              .loops = loops,
              .blocking = blocking,
              .services = services,
              .health = [this] { return health_document(); },
              .metrics = [this] { return metrics_document(); },
              .trouble = [this](const Request& request) { return readiness.trouble(request); },
              .check = [this] { check(); },
              .ready_database = [this](const std::stop_token& stop) { return ready_database(stop); },
              .reloads = reloads}) {}

  ~State() { close(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<void> open() {
    take_probe_code(loaded);
    add_trunk_checks(checks);
    for (const Capability& capability : options.capabilities)
      if (capability.checks != nullptr) capability.checks(checks);
    add_last_checks(checks);
    if (options.roles.works && !options.roles.once)
      checks.add({.name = "database",
                  .shown = Check::ready,
                  .probe = [this](const Inspection&, Findings& findings) { check_database(findings); },
                  .part = "database"});
    for (const Capability& capability : options.capabilities) {
      if (capability.open == nullptr) continue;
      auto opened = capability.open(host);
      if (!opened) return std::unexpected(std::move(opened).error());
      if (*opened) running.push_back(*std::move(opened));
    }
    routes
        .mount("the program", "probe",
               {.respond = [this](const Request& request) { return answer_probe(request); }})
        .path("/livez")
        .path("/readyz");
    if (auto closed = routes.close(); !closed) return closed;
    look_whether_ready();
    return {};
  }

  void add_loops() {
    loops.add({.name = "readiness",
               .interval = kReadyInterval,
               .work = [this](const std::stop_token&) -> Result<void> {
                 if (!options.roles.works) find_database();
                 look_whether_ready();
                 return {};
               },
               .at_once = false});
    if (world.database_url().empty())
      loops.add({.name = "database",
                 .interval = kReadyInterval,
                 .work = [this](const std::stop_token& stop) { return keep_database(stop); },
                 .retry = kFirstRestart,
                 .longest_retry = kLastRestart,
                 .at_once = !options.roles.works});
    loops.add({.name = "memory",
               .interval = kMemoryInterval,
               .work = [](const std::stop_token&) -> Result<void> {
                 give_memory_back();
                 return {};
               },
               .at_once = false});
    loops.add({.name = "self-check",
               .interval = kCheckInterval,
               .work = [this](const std::stop_token&) -> Result<void> {
                 check();
                 return {};
               },
               .at_once = false});
  }

  /// Requests end first, then the loops, then work in the background, then the capabilities, the last one
  /// first.
  void close() {
    if (door) door->close();
    loops.stop();
    blocking.stop();
    while (!running.empty()) running.pop_back();
    door.reset();
  }

  [[nodiscard]] postgres::PoolOptions pool_options() const {
    return {.size = static_cast<std::size_t>(loaded.get<Settings>().database_connections),
            .connect = {.application_name = "skerry", .meters = postgres::Meters::of(*registry)},
            .meters = postgres::PoolMeters::of(*registry)};
  }

  [[nodiscard]] Inspection inspection() {
    return {.loaded = loaded,
            .world = world,
            .now = system_now(),
            .services = &services,
            .store = store.get(),
            .schemas = schemas,
            .connect = [this] { return connect(); }};
  }

  Result<void> ready_database(const std::stop_token& stop) {
    // Of several loops that find it away, one looks for it, and what it finds is the others' answer, too.
    const auto known = times_readied.load();
    const std::lock_guard one_at_a_time(database_mutex);
    if (times_readied != known && database.is_ready()) return {};
    auto ready = database.ensure(stop);
    if (ready) ++times_readied;
    {
      const std::lock_guard lock(mutex);
      unready = ready ? std::nullopt : std::optional(ready.error());
    }
    if (ready || ready.error().kind != ErrorKind::stopped)
      note_database(ready ? std::nullopt : std::optional(ready.error()));
    return ready;
  }

  /// Starts a private cluster again that has ended, not only when the next loop needs it. Who only serves
  /// starts and holds the one that an updater has made: between the updater's rounds nobody else would.
  Result<void> keep_database(const std::stop_token& stop) {
    {
      const std::unique_lock idle(database_mutex, std::try_to_lock);
      if (!idle) return {};
      if (database.has_ended()) {
        constexpr std::string_view kEnded = "PostgreSQL has ended, and is started again";
        if (note_ended())
          report.info("postgres", kEnded);
        else
          report.warning("database_lost", kEnded);
        restarting = true;
      } else if (!options.roles.works && !database.is_ready()) {
        restarting = database.has_been_made();
      } else if (database.is_ready()) {
        restarting = false;
      }
    }
    if (!restarting) return {};
    auto ready = ready_database(stop);
    restarting = !ready && ready.error().kind != ErrorKind::stopped;
    const auto why = ready ? std::string() : ready.error().message;
    if (restarting && why != not_restarted) report.error("database_failed", ready.error());
    not_restarted = why;
    return ready;
  }

  /// That of somebody else, for who only serves.
  void find_database() {
    const std::unique_lock idle(database_mutex, std::try_to_lock);
    if (idle) database.find();
  }

  /// For checks: timed, and told to the metrics.
  Result<postgres::Connection> connect() {
    const auto began = std::chrono::steady_clock::now();
    auto connection = try_to_connect();
    registry->histogram("skerry_db_check_duration_seconds", "Of a connection for a check")
        .observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    registry->gauge("skerry_db_up", "1 while the database answers").set(connection ? 1 : 0);
    note_database(connection ? std::nullopt : std::optional(connection.error()));
    return connection;
  }

  /// Says once that the database went away, and once that it is back. Who only serves needs none.
  void note_database(const std::optional<Error>& error) {
    if (!options.roles.works || options.roles.once) return;
    std::unique_lock lock(mutex);
    const auto was_away = std::exchange(is_away, error.has_value());
    // One that was away from the start has been told of.
    const bool is_lost = error && was_away == false;
    const bool is_back = !error && was_away == true;
    lock.unlock();
    if (is_lost) report.warning("database_lost", *error);
    if (is_back) report.info("database_back", "The database answers again");
  }

  /// True where it has been told that the database is away.
  bool note_ended() {
    if (!options.roles.works) return false;
    const std::lock_guard lock(mutex);
    return std::exchange(is_away, true) == true;
  }

  /// As it was when somebody asked it last: within a minute.
  void check_database(Findings& findings) {
    const std::lock_guard lock(mutex);
    const bool away = is_away.value_or(false);
    findings.push_back({away ? Finding::Status::failed : Finding::Status::ok, "database",
                        away ? "The database does not answer: the last view is served." : "It answers.",
                        away ? "See the check database of /health." : ""});
  }

  Result<postgres::Connection> try_to_connect() {
    {
      const std::lock_guard lock(mutex);
      if (unready) return std::unexpected(*unready);
    }
    const auto conninfo = database.reachable();
    if (conninfo.empty())
      return fail(ErrorKind::unavailable, "db_unreachable", "The private PostgreSQL does not run.");
    return postgres::Connection::open(conninfo, kInspecting);
  }

  std::string health_document() {
    const std::lock_guard one_at_a_time(check_mutex);
    const auto checked = for_health(checks.run(Check::health, inspection()));
    for (const auto& check : checked)
      registry->gauge("skerry_check_ok", "1 where the last self-check was well", {{"check", check.name}})
          .set(check.ok ? 1 : 0);
    const auto previous = store->get("health");
    return health::render(system_now(), checked, previous && *previous ? (*previous)->value : "");
  }

  [[nodiscard]] std::string metrics_document() const {
    return metrics::render_snapshot(system_now(), {}, registry->render());
  }

  void check() {
    if (!options.roles.keeps) return;
    if (auto put = documents.put("health", health_document()); !put)
      report.warning("health_failed", put.error());
    if (options.roles.once) return;
    if (auto put = documents.put("metrics", metrics_document()); !put)
      report.warning("metrics_failed", put.error());
  }

  void reload() {
    const auto fresh = options.reread ? options.reread() : Result<config::Loaded>(loaded);
    if (!fresh) return report.error("reload_failed", fresh.error());
    for (const auto& secret : config::secrets_of(*fresh))
      if (const auto read = read_if_set(*secret.secret); !read)
        return report.error("reload_failed", read.error(), {{"setting", std::string(secret.name)}});
    std::vector<std::string> later;
    for (const auto& [setting, live] : config::differences(loaded, *fresh))
      if (!live) later.push_back(setting);
    report.set_level(fresh->get<Settings>().log_level);
    take_probe_code(*fresh);
    for (const auto& apply : reloads) apply(*fresh);
    if (!door || door->reload(*fresh)) report.info("reloaded", "The settings and secrets were read again");
    if (!later.empty())
      report.warning("restart_needed", "These settings count from the next start on",
                     {{"settings", join_commas(later)}});
  }

  void look_whether_ready() {
    const std::lock_guard lock(ready_mutex);
    readiness.set(checks.run(Check::ready, inspection()));
  }

  [[nodiscard]] Response answer_probe(const Request& request) {
    if (auto refused = readiness.refuse(request)) return *std::move(refused);
    std::string code;
    {
      const std::lock_guard lock(mutex);
      code = probe_code;
    }
    auto response = probe(request, readiness.trouble(request), code);
    name_failed_parts(request, response, readiness.failed_parts());
    return response;
  }

  /// The secret of /health, which tells whose business it is why the program is not ready.
  void take_probe_code(const config::Loaded& settings) {
    std::string code;
    for (const auto& secret : config::secrets_of(settings))
      if (secret.closes == "/health") code = read_if_set(*secret.secret).value_or("");
    const std::lock_guard lock(mutex);
    probe_code = std::move(code);
  }

  Serving serving;
  const config::Loaded loaded;
  const Options options;
  Report& report;
  World world;
  std::unique_ptr<metrics::Registry> registry;
  std::unique_ptr<kv::Store> store;
  Documents documents;
  metrics::Callback lost_lines;
  metrics::Callback lost_passed;
  std::vector<Schema> schemas;
  Database database;
  blocking::Pool blocking;
  Routes routes;
  Loops loops;
  Services services;
  Checks checks;
  std::vector<std::function<void(const config::Loaded&)>> reloads;
  std::mutex mutex;
  std::optional<Error> unready;  ///< why the database could not be made ready
  std::optional<bool> is_away;   ///< the database, as it was told; nothing: it was not looked for yet
  Readiness readiness;
  std::mutex ready_mutex;  ///< of who looks, so that an older look never follows a newer one
  std::string probe_code;
  std::mutex check_mutex;
  std::mutex database_mutex;  ///< of who makes it ready
  std::atomic<std::uint64_t> times_readied = 0;
  Host host;
  std::vector<std::unique_ptr<Running>> running;
  std::unique_ptr<FrontDoor> door;
  // Of a private cluster that has ended; of the loop that keeps it alone.
  bool restarting = false;
  std::string not_restarted;  ///< why, as it was told
};

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::~Program() = default;

Host& Program::host() {
  return state_->host;
}

namespace {

/// What stands where a folder would have to be; empty: nothing does.
std::string file_in_the_way(std::filesystem::path folder) {
  std::error_code ignored;
  while (!std::filesystem::exists(folder, ignored) && folder.has_parent_path() &&
         folder != folder.parent_path())
    folder = folder.parent_path();
  const bool stands = std::filesystem::exists(folder, ignored);
  return stands && !std::filesystem::is_directory(folder, ignored) ? folder.string() : std::string();
}

}  // namespace

Result<std::unique_ptr<Program>> Program::open(const config::Loaded& loaded, Options options,
                                               Report& report) {
  World world(loaded);
  const auto folder = world.data_dir();
  Serving serving;
  // Before anything is asked or started; a folder that is not there yet is nobody's.
  if (std::error_code ignored; options.roles.keeps && std::filesystem::is_directory(folder, ignored)) {
    if (auto ours = check_ours(folder); !ours) return std::unexpected(std::move(ours).error());
    if (options.roles.serves)
      if (auto taken = serving.take(folder); !taken) return std::unexpected(std::move(taken).error());
  }
  for (const Capability& capability : options.capabilities) {
    if (capability.prepare == nullptr) continue;
    if (auto prepared = capability.prepare(world, {loaded, options.roles, report}); !prepared)
      return std::unexpected(std::move(prepared).error());
  }
  if (!options.roles.keeps)
    if (auto borrowed = world.borrow_folder(); !borrowed) return std::unexpected(std::move(borrowed).error());
  if (auto made = files::make_folder(world.data_dir()); !made) {
    if (const auto file = file_in_the_way(world.data_dir()); !file.empty())
      return fail(made.error().kind, "data_dir_failed",
                  file + " is a file, and data_dir has to be a folder: set it to another.");
    return fail(made.error().kind, "data_dir_failed",
                made.error().message + " Run as the user whose folder it is, or set data_dir to another.");
  }
  if (auto ours = check_ours(world.data_dir()); !ours) return std::unexpected(std::move(ours).error());
  if (options.roles.serves)
    for (const auto& place : {folder, world.data_dir()})
      if (auto taken = serving.take(place); !taken) return std::unexpected(std::move(taken).error());
  auto registry = std::make_unique<metrics::Registry>();
  auto store = kv::Store::open({.path = store_path(world),
                                .renew =
                                    [&report](const std::filesystem::path& aside) {
                                      report.warning("store_damaged",
                                                     "The key-value file was damaged: a new one is made, "
                                                     "which the next round fills.",
                                                     {{"aside", aside.string()}});
                                    },
                                .registry = registry.get()});
  if (!store) return std::unexpected(std::move(store).error());
  std::unique_ptr<Program> program(
      new Program(std::make_unique<State>(loaded, std::move(options), report, std::move(world),
                                          std::move(registry), *std::move(store), std::move(serving))));
  if (auto opened = program->state_->open(); !opened) return std::unexpected(std::move(opened).error());
  return program;
}

Result<void> Program::ready_database(const std::stop_token& stop) {
  return state_->ready_database(stop);
}

Result<void> Program::run(StopSignal& stop) {
  State& state = *state_;
  if (state.options.roles.serves) {
    auto door = FrontDoor::open(state.loaded, state.routes, *state.registry, state.report);
    if (!door) return std::unexpected(std::move(door).error());
    state.door = *std::move(door);
    notify_service_manager("READY=1");
  }
  if (state.options.roles.works) {
    if (state.world.database_url().empty())
      state.report.info("postgres",
                        "Starting PostgreSQL in " + (state.world.data_dir() / "postgres").string());
    else
      state.report.info("postgres", "Connecting to " + config::hide_password(state.world.database_url()));
    // A database that is away comes back; the loops look for it. Meanwhile the last view is served.
    Result<void> ready;
    run_until_stopped(stop, [&](const std::stop_token& stopping) { ready = state.ready_database(stopping); });
    if (!ready) {
      const auto kind = ready.error().kind;
      if (kind == ErrorKind::stopped) return {};
      if (kind != ErrorKind::unavailable && kind != ErrorKind::busy) return ready;
      state.report.error("database_failed", ready.error());
    }
  }
  if (!state.options.roles.works) state.find_database();
  state.add_loops();
  state.loops.start();
  using Came = StopSignal::Came;
  for (bool shown = false;;) {
    const auto came = stop.wait_for_any(milliseconds(shown ? 1000 : 50));
    if (!shown && (came == Came::stop || state.loops.have_begun())) {
      state.look_whether_ready();  // whoever reads what follows may ask
      if (state.door) state.door->announce();
      if (state.options.roles.serves && state.options.roles.works)
        state.report.info("ready", "Ctrl-C stops everything.");
      shown = true;
    }
    if (came == Came::stop) break;
    if (came == Came::reload) state.reload();
  }
  if (state.options.roles.serves) notify_service_manager("STOPPING=1");
  state.report.info("stopping", "Stopping");
  state.close();
  return {};
}

bool Program::settle(const std::stop_token& stop) {
  bool settled = true;
  for (const auto& running : state_->running) settled = running->settle(stop) && settled;
  return settled;
}

}  // namespace skerry::program
