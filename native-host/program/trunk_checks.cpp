#include "native-host/program/trunk_checks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "native-host/files/files.hpp"
#include "native-host/files/owner.hpp"
#include "native-host/http/listener.hpp"
#include "native-host/http/port_holder.hpp"
#include "native-host/http/tls.hpp"
#include "native-host/postgres/programs.hpp"
#include "native-host/program/descriptors.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::program {
namespace {

namespace fs = std::filesystem;
using Status = Finding::Status;

constexpr std::uint64_t kLittleDisk = std::uint64_t{1} << 30U;
constexpr std::uint64_t kNoDisk = std::uint64_t{100} << 20U;

/// Whatever the mode says: a file system may be read-only, or not for files at all.
bool can_write(const fs::path& folder) {
  auto name = (folder / ".skerry-doctor-XXXXXX").string();
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) return false;
  close(descriptor);
  unlink(name.c_str());
  return true;
}

void check_folder(const Inspection& at, Findings& findings) {
  const auto folder = files::nearest_folder(at.world.data_dir());
  struct stat info{};
  const bool there = stat(folder.c_str(), &info) == 0;
  if (there && !S_ISDIR(info.st_mode)) return findings.push_back(judge_no_folder(folder.string()));
  const bool writable = there && can_write(folder);
  const bool ours = folder == files::nearest_folder(at.world.data_dir() / ".");
  if (ours) {
    for (const auto& each : {fs::path(at.settings<Settings>().data_dir), at.world.data_dir()}) {
      const auto kept = files::check_ours(each, {"postgres"});
      if (kept || !writable) continue;
      findings.push_back({Status::failed, "data folder", kept.error().message,
                          "`skerry up`, `serve` and `update` do not start so."});
      return;
    }
  }
  // A sticky folder such as /tmp is not ours to judge.
  findings.push_back(
      judge_folder(folder.string(), writable, ours && (info.st_mode & S_ISVTX) == 0 ? info.st_mode : 0));
}

std::optional<Error> storage_error(const fs::path& folder) {
  const auto path = folder / ("self_check." + std::to_string(::getpid()));
  const auto text = format_rfc3339(system_now());
  if (auto written = files::write_atomically(path, text); !written) return written.error();
  const bool same = files::read_whole(path) == text;
  std::error_code error;
  fs::remove(path, error);
  if (!same) return Error{"file_failed", "What was written can't be read back."};
  if (error) return Error{"file_failed", "A file can't be deleted: " + error.message()};
  return std::nullopt;
}

void check_storage(const Inspection& at, Findings& findings) {
  const auto error = storage_error(at.world.data_dir());
  findings.push_back({error ? Status::failed : Status::ok, "storage",
                      error ? with_code(*error) : "A file was written, read back and deleted.",
                      error ? "Look at the disk of " + at.world.data_dir().string() + "." : ""});
}

void check_disk(const Inspection& at, Findings& findings) {
  std::error_code error;
  if (const auto space = fs::space(files::nearest_folder(at.world.data_dir()), error); !error)
    findings.push_back(judge_disk(space.available));
}

/// Of the private cluster, where nothing is started.
Finding look_at_cluster(const Inspection& at) {
  std::vector<int> versions;
  for (const auto& programs : postgres::installed_programs()) versions.push_back(programs.version);
  return judge_cluster_version(postgres::made_by(at.world.data_dir() / "postgres/data"), versions);
}

std::string names_of(std::span<const Schema> schemas) {
  std::string names = "('skerry')";
  for (const Schema& schema : schemas) names += ", ('" + schema.owner + "')";
  return names;
}

/// The migrations that are applied against those of this program.
Finding judge_schemas(postgres::Connection& connection, std::span<const Schema> schemas,
                      const std::string& version) {
  for (const Schema& schema : schemas) {
    const auto state = postgres::schema_state(connection, schema.owner, schema.migrations);
    if (!state) return {Status::failed, "database", with_code(state.error()), "See the log of PostgreSQL."};
    if (*state == postgres::SchemaState::behind) {
      const auto may = connection.exec(
          "SELECT bool_and(CASE WHEN nspname IS NULL "
          "THEN has_database_privilege(current_database(), 'CREATE') "
          "ELSE has_schema_privilege(nspname, 'CREATE') END) "
          "FROM (VALUES " +
          names_of(schemas) + ") AS wanted(name) LEFT JOIN pg_namespace ON nspname = name");
      if (!may) return {Status::failed, "database", with_code(may.error()), "See the log of PostgreSQL."};
      return judge_rights(version, may->text(0, 0) == "t");
    }
    if (*state == postgres::SchemaState::ahead) {
      return {Status::failed, "database", version + " answers; its schema is newer than this program.",
              "Install the newest skerry on this machine, too."};
    }
  }
  return {Status::ok, "database", version + " answers, and its schema is this program's."};
}

Finding look_at_database(const Inspection& at) {
  const bool own = at.world.database_url().empty();
  auto connection = at.connect();
  auto cluster = own && at.from_outside() ? look_at_cluster(at) : Finding{};
  if (cluster.status == Status::failed) return cluster;
  if (!connection && connection.error().kind == ErrorKind::denied && own)
    return {Status::failed, "database", with_code(connection.error()),
            "Run this as the user of the service: sudo -u skerry."};
  if (!connection && own) {
    return {at.from_outside() ? Status::warning : Status::failed, "database", with_code(connection.error()),
            "`skerry up` and `skerry update` start it; its log is " +
                (at.world.data_dir() / "postgres/server.log").string() + "."};
  }
  if (!connection) return judge_database_elsewhere(connection.error());
  const auto version =
      connection->exec("SELECT current_setting('server_version'), current_setting('server_version_num')");
  if (!version) return {Status::failed, "database", with_code(version.error()), "See PostgreSQL's log."};
  const auto name = "PostgreSQL " + std::string(version->text(0, 0));
  if (version->integer(0, 1) < 150'000)
    return {Status::failed, "database", name + " is too old.", "Use PostgreSQL 15 or newer."};
  if (!at.from_outside()) return {Status::ok, "database", name + " answers."};
  auto schemas = judge_schemas(*connection, at.schemas, name);
  return schemas.status == Status::ok && cluster.status == Status::warning ? cluster : schemas;
}

void check_store(const Inspection& at, Findings& findings) {
  if (at.store == nullptr) return;
  if (const auto latest = at.store->get("latest"); !latest) {
    findings.push_back(judge_store(store_path(at.world).string(), latest.error()));
    return;
  }
  findings.push_back({Status::ok, "key-value store", "It can be read."});
}

/// The service of this data folder, or what it has started.
Holder holder_of(const http::Address& address, const fs::path& data_dir) {
  const auto holder = address.is_unix() ? http::path_holder(address.path) : http::port_holder(address.port);
  if (!holder) return Holder::other;
  if (http::works_in(holder->pid, data_dir)) return Holder::service;
  if (holder->name == "skerry") return Holder::others_service;
  const auto parent = http::parent_of(holder->pid);
  if (!parent || parent->name != "skerry") return Holder::other;
  return http::works_in(parent->pid, data_dir) ? Holder::service : Holder::others_service;
}

/// Rows of any table that name an address are tried.
void check_ports(const Inspection& at, Findings& findings) {
  for (const auto& [setting, text] : config::values_of(at.loaded, "address")) {
    if (text.empty()) continue;
    const auto address = http::parse_address(text);
    const auto listener = address ? http::Listener::open(*address) : std::unexpected(address.error());
    const auto error = listener ? std::nullopt : std::optional(listener.error());
    const bool is_held = error && address && error->code == "address_in_use";
    findings.push_back(
        judge_port(setting, text, error,
                   is_held ? holder_of(*address, at.settings<Settings>().data_dir) : Holder::other));
  }
}

void check_tls(const Inspection& at, Findings& findings) {
  const auto& settings = at.settings<Settings>();
  if (settings.tls_certificate.empty() || settings.tls_key.empty()) return;
  const auto opened =
      http::TlsKeeper::open({.certificate = settings.tls_certificate, .key = settings.tls_key});
  if (!opened) {
    findings.push_back({Status::failed, "tls", opened.error().message,
                        "Correct tls.certificate and tls.key; `skerry up` does not start so."});
    return;
  }
  struct stat key{};
  if (stat(settings.tls_key.c_str(), &key) == 0 && (key.st_mode & 077U) != 0) {
    findings.push_back({Status::warning, "tls", "Others can read the key " + settings.tls_key + ".",
                        "chmod 600 " + settings.tls_key});
    return;
  }
  findings.push_back(judge_certificate(at.now, (*opened)->end()));
}

void check_secrets(const Inspection& at, Findings& findings) {
  for (const auto& secret : config::secrets_of(at.loaded)) {
    if (secret.closes.empty() && !secret.secret->is_set()) continue;
    findings.push_back(judge_secret(std::string(secret.name), std::string(secret.closes),
                                    secret.secret->is_set(), secret.secret->read()));
  }
}

/// Where secrets stand among other settings.
void check_files_of_secrets(const Inspection& at, Findings& findings) {
  for (const auto& [secret, file] : config::secrets_in_files(at.loaded)) {
    struct stat info{};
    if (stat(file.c_str(), &info) == 0 && (info.st_mode & 07U) != 0) {
      findings.push_back({Status::warning, secret, "Everyone on this machine can read it in " + file + ".",
                          "chmod o= " + file});
    }
  }
}

void check_proxies(const Inspection& at, Findings& findings) {
  findings.push_back(judge_proxies(at.settings<Settings>().trusted_proxies.size()));
}

void check_descriptors(const Inspection& at, Findings& findings) {
  findings.push_back(judge_descriptors(most_descriptors(), at.settings<Settings>().max_connections));
}

std::optional<bool> clock_synchronised() {
  timex state{};
  const int result = adjtimex(&state);
  if (result < 0) return std::nullopt;
  return result != TIME_ERROR;
}

void check_units(const Inspection&, Findings& findings) {
  std::error_code ignored;
  if (!fs::exists("/run/systemd/system", ignored)) {
    findings.push_back(
        {Status::ok, "systemd", "It does not run here; native-host/README.md shows the line for cron."});
    return;
  }
  for (const char* folder : {"/etc/systemd/system", "/usr/local/lib/systemd/system",
                             "/usr/lib/systemd/system", "/lib/systemd/system"}) {
    if (!fs::exists(fs::path(folder) / "skerry.service", ignored)) continue;
    findings.push_back({Status::ok, "systemd", std::string(folder) + "/skerry.service is installed."});
    return;
  }
  findings.push_back(
      {Status::warning, "systemd", "No unit is installed.", "cmake --install build/native puts them there."});
}

}  // namespace

void add_trunk_checks(Checks& checks) {
  checks.add({.name = "data folder", .shown = Check::doctor, .probe = check_folder});
  checks.add({.name = "storage", .shown = Check::health, .probe = check_storage});
  checks.add(
      {.name = "database",
       .shown = Check::health | Check::doctor,
       .probe = [](const Inspection& at, Findings& findings) { findings.push_back(look_at_database(at)); }});
  checks.add({.name = "key-value store", .shown = Check::doctor | Check::ready, .probe = check_store});
  checks.add({.name = "addresses", .shown = Check::doctor, .probe = check_ports});
  checks.add({.name = "tls", .shown = Check::doctor, .probe = check_tls});
  checks.add({.name = "secrets", .shown = Check::doctor, .probe = check_secrets});
  checks.add({.name = "secrets in files", .shown = Check::doctor, .probe = check_files_of_secrets});
  checks.add({.name = "trusted_proxies", .shown = Check::doctor, .probe = check_proxies});
  checks.add({.name = "open files", .shown = Check::doctor, .probe = check_descriptors});
}

void add_last_checks(Checks& checks) {
  checks.add({.name = "disk", .shown = Check::health | Check::doctor, .probe = check_disk});
  checks.add({.name = "clock", .shown = Check::doctor, .probe = [](const Inspection& at, Findings& findings) {
                const std::span<const Time> seen =
                    at.clocks == nullptr ? std::span<const Time>() : std::span<const Time>(*at.clocks);
                findings.push_back(judge_clock(system_now(), seen, clock_synchronised()));
              }});
  checks.add({.name = "systemd", .shown = Check::doctor, .probe = check_units});
}

Finding judge_disk(std::uint64_t free) {
  const auto message = human_size(static_cast<double>(free)) + " are free.";
  if (free >= kLittleDisk) return {Status::ok, "disk", message};
  return {free < kNoDisk ? Status::failed : Status::warning, "disk", message,
          "Make room, or move data_dir: the database grows by about 100 MB a month."};
}

Finding judge_certificate(Time now, Time end) {
  const auto until = "until " + format_rfc3339(end);
  if (end <= now)
    return {Status::failed, "tls", "The certificate was valid " + until + ": no client takes it.",
            "Put a new pair in its place: it is taken within seconds."};
  if (end - now < kCertificateEnds)
    return {Status::warning, "tls", "The certificate is valid " + until + " only.",
            "Renew it; a new pair is taken within seconds."};
  return {Status::ok, "tls", "Certificate and key can be read, and belong together, " + until + "."};
}

Finding judge_store(const std::string& path, const Error& error) {
  Finding finding{Status::failed, "key-value store", error.message,
                  "If the file is damaged, move " + path + " away: the next round makes a new one."};
  if (error.kind == ErrorKind::damaged) finding.advice = "Start the service, or run `skerry update --once`.";
  if (error.kind == ErrorKind::denied)
    finding.advice =
        "The file is somebody else's: run this as the user of the service, as in sudo -u skerry.";
  return finding;
}

Finding judge_cluster_version(int made_by, std::span<const int> installed) {
  const int newest = installed.empty() ? 0 : std::ranges::max(installed);
  if (made_by == 0 && newest < postgres::kOldestVersion) {
    return {Status::failed, "database", "PostgreSQL is not installed.",
            fmt::format("apt install postgresql ({} or newer), or set database_url to one elsewhere.",
                        postgres::kOldestVersion)};
  }
  if (made_by != 0 && std::ranges::find(installed, made_by) == installed.end()) {
    return {Status::failed, "database", fmt::format("PostgreSQL {} made it, and is not installed.", made_by),
            postgres::foreign_version(made_by, newest).message};
  }
  if (made_by != 0 && newest > made_by) {
    return {Status::warning, "database",
            fmt::format("PostgreSQL {} has it, and {} is installed.", made_by, newest),
            "When it suits: stop skerry, then `skerry db upgrade` carries it over; the old one is kept."};
  }
  return {Status::ok, "database", "The PostgreSQL that made it is installed."};
}

Finding judge_database_elsewhere(const Error& error) {
  const char* advice = "Start it, or correct database_url; `skerry config database_url` shows it.";
  if (error.code == "db_refused") {
    advice =
        "It runs, and knows no such user, password or database, or doesn't let this machine in: correct "
        "database_url (`skerry config database_url` shows where it stands), or make them there.";
  }
  if (error.code == "db_settings") advice = "Correct database_url; `skerry config database_url` shows it.";
  return {Status::failed, "database", with_code(error), advice};
}

Finding judge_folder(const std::string& path, bool writable, unsigned mode) {
  if (!writable) {
    return {Status::failed, "data folder", "Can't write to " + path + ".",
            "Run as the user whose folder it is (sudo -u), or set data_dir to another."};
  }
  if ((mode & 02U) != 0) {
    return {Status::warning, "data folder", "Everyone may write to " + path + ".", "chmod o-w " + path};
  }
  return {Status::ok, "data folder", path + " is writable."};
}

Finding judge_no_folder(const std::string& path) {
  return {Status::failed, "data folder", path + " is a file, and data_dir has to be a folder.",
          "Set data_dir to a folder (or --data-dir); it is made where it is not there."};
}

Finding judge_clock(Time now, std::span<const Time> theirs, std::optional<bool> synchronised) {
  const Finding sync{Status::failed, "clock", "", "Turn on time synchronisation: timedatectl set-ntp true."};
  std::vector<double> offsets;
  offsets.reserve(theirs.size());
  for (const Time their : theirs) offsets.push_back(std::chrono::duration<double>(now - their).count());
  std::ranges::sort(offsets);
  if (!offsets.empty()) {
    const double offset = offsets[offsets.size() / 2];
    if (std::abs(offset) > 60) {
      auto finding = sync;
      finding.message = fmt::format("It is {:.0f} s {} the archives' clocks.", std::abs(offset),
                                    offset > 0 ? "ahead of" : "behind");
      return finding;
    }
  }
  if (now < Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1))) {
    auto finding = sync;
    finding.message = "It says " + format_rfc3339(now) + ".";
    return finding;
  }
  if (synchronised == false) {
    auto finding = sync;
    finding.status = Status::warning;
    finding.message = "The kernel says that nothing synchronises it.";
    return finding;
  }
  return {Status::ok, "clock", offsets.empty() ? "It looks right." : "It agrees with the archives' clocks."};
}

Finding judge_port(const std::string& setting, const std::string& address, const std::optional<Error>& error,
                   Holder holder) {
  if (!error) return {Status::ok, setting, address + " is free."};
  if (error->code == "address_in_use" && holder == Holder::service)
    return {Status::ok, setting, address + " is served by skerry."};
  if (error->code == "address_in_use" && holder == Holder::others_service) {
    return {Status::failed, setting, error->message + " It serves another data folder than this one.",
            "Give this one the data_dir of that, stop that, or set " + setting + " to another address."};
  }
  const auto parsed = http::parse_address(address);
  const auto advice = parsed ? http::listen_advice(*parsed, *error) : std::string();
  return {Status::failed, setting, error->message,
          advice.empty() ? "Set " + setting + " to another address." : advice};
}

Finding judge_secret(const std::string& secret, const std::string& closes, bool is_set,
                     const Result<std::string>& read) {
  if (read) return {Status::ok, secret, "It can be read."};
  if (!is_set && !closes.empty()) return {Status::ok, secret, "It is not set: " + closes + " is closed."};
  auto message = read.error().message;
  if (!closes.empty()) message += " Until then " + closes + " is closed.";
  return {Status::failed, secret, message,
          "Put it into a file of mode 600, and name that in " + secret + "_file; it must be this user's."};
}

Finding judge_rights(const std::string& version, bool may_make_schemas) {
  if (may_make_schemas) {
    return {Status::warning, "database", version + " answers; its schema is not this program's.",
            "Nothing to do: the next `skerry up` or `skerry update` migrates it."};
  }
  return {
      Status::failed, "database",
      version + " answers; its schema is not this program's, and the user may not make it so.",
      "As the owner of the database: GRANT CREATE ON DATABASE … TO that user, who must own the schemas that "
      "are there."};
}

Finding judge_proxies(std::size_t count) {
  if (count == 0)
    return {Status::ok, "trusted_proxies", "None: clients are named by their connections alone."};
  return {Status::ok, "trusted_proxies", fmt::format("{} may name clients.", count)};
}

Finding judge_descriptors(std::uint64_t limit, std::int64_t max_connections) {
  const auto wanted = static_cast<std::uint64_t>(max_connections) + kOwnFiles;
  const auto message = fmt::format("{} may be open, {} are wanted for limits.connections.", limit, wanted);
  if (limit >= wanted) return {Status::ok, "open files", message};
  return {Status::warning, "open files", message,
          "Raise LimitNOFILE= in the unit (ulimit -n), or lower limits.connections."};
}

}  // namespace skerry::program
