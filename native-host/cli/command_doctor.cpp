#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <future>

#include <spdlog/fmt/fmt.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "native-host/broker/collectors.hpp"
#include "native-host/broker/schema.hpp"
#include "native-host/cli/archive.hpp"
#include "native-host/cli/commands.hpp"
#include "native-host/cli/doctor.hpp"
#include "native-host/cli/freshness.hpp"
#include "native-host/cli/secret.hpp"
#include "native-host/cli/targets.hpp"
#include "native-host/http/client.hpp"
#include "native-host/http/listener.hpp"
#include "shared/address.hpp"

namespace skerry::cli {
namespace {

namespace fs = std::filesystem;
using Status = Finding::Status;
using Findings = std::vector<Finding>;

constexpr Seconds kPatience{5};

/// The folder itself, or the nearest above it that is there.
fs::path existing(fs::path path) {
  std::error_code ignored;
  path = fs::absolute(path, ignored);
  while (!fs::exists(path, ignored) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  return path;
}

/// Whatever the mode says: a file system may be read-only, or not for files at all.
bool can_write(const fs::path& folder) {
  auto name = (folder / ".skerry-doctor-XXXXXX").string();
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) return false;
  close(descriptor);
  unlink(name.c_str());
  return true;
}

void check_folder(const config::Settings& settings, Findings& findings) {
  const auto folder = existing(settings.data_dir);
  struct stat info{};
  const bool there = stat(folder.c_str(), &info) == 0;
  const bool writable = there && S_ISDIR(info.st_mode) && can_write(folder);
  // A sticky folder such as /tmp is not ours to judge.
  const bool ours = folder == existing(fs::path(settings.data_dir) / ".");
  findings.push_back(
      judge_folder(folder.string(), writable, ours && (info.st_mode & S_ISVTX) == 0 ? info.st_mode : 0));
  std::error_code error;
  if (const auto space = fs::space(folder, error); !error) findings.push_back(judge_disk(space.available));
}

bool is_installed() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored))
    if (fs::exists(entry.path() / "bin/initdb", ignored) && std::atoi(entry.path().filename().c_str()) >= 15)
      return true;
  return false;
}

Finding check_migrations(postgres::Connection& connection, const std::string& version) {
  const auto state = postgres::schema_state(connection, broker::kSchema, broker::migrations());
  if (!state) {
    return {Status::failed, "database", state.error().message + " (" + state.error().code + ")",
            "See the log of PostgreSQL."};
  }
  if (*state == postgres::SchemaState::behind) {
    return {Status::warning, "database", version + " answers; its schema is not this program's.",
            "Nothing to do: the next `skerry up` or `skerry update` migrates it."};
  }
  if (*state == postgres::SchemaState::ahead) {
    return {Status::failed, "database", version + " answers; its schema is newer than this program.",
            "Install the newest skerry on this machine, too."};
  }
  return {Status::ok, "database", version + " answers, and its schema is this program's."};
}

Finding check_database(const config::Settings& settings) {
  const bool own = settings.database_url.empty();
  const auto conninfo = reachable_database(settings);
  auto connection = conninfo ? postgres::Connection::open(*conninfo, {.timeout = kPatience,
                                                                      .application_name = "skerry doctor",
                                                                      .statement_timeout = kPatience})
                             : fail("db_unreachable", "The private PostgreSQL does not run.");
  if (!connection && own && !is_installed()) {
    return {Status::failed, "database", "PostgreSQL is not installed.",
            "apt install postgresql (15 or newer), or set database_url to one elsewhere."};
  }
  if (!connection && own) {
    return {Status::warning, "database", connection.error().message,
            "`skerry up` and `skerry update` start it; its log is " + settings.data_dir +
                "/postgres/server.log."};
  }
  if (!connection) {
    return {Status::failed, "database", connection.error().message + " (" + connection.error().code + ")",
            "Start it, or correct database_url; `skerry config` shows it."};
  }
  const auto version = connection->exec("SHOW server_version");
  const auto number = connection->exec("SHOW server_version_num");
  if (!version || !number) return {Status::failed, "database", "PostgreSQL does not answer.", "See its log."};
  const auto name = "PostgreSQL " + std::string(version->text(0, 0));
  if (number->integer(0, 0) < 150'000) {
    return {Status::failed, "database", name + " is too old.", "Use PostgreSQL 15 or newer."};
  }
  return check_migrations(*connection, name);
}

void check_port(const std::string& setting, const std::string& text, Findings& findings) {
  if (text.empty()) return;
  const auto address = http::parse_address(text);
  const auto listener = address ? http::Listener::open(*address) : std::unexpected(address.error());
  findings.push_back(judge_port(setting, text, listener ? std::nullopt : std::optional(listener.error())));
}

struct HostAnswer {
  Finding finding;
  std::optional<Time> date;
};

HostAnswer ask_host(const std::string& url) {
  const auto host = url.substr(0, url.find('/', url.find("://") + 3));
  http::Client client({.connect_timeout = kPatience, .timeout = kPatience * 2});
  const auto answer = client.send({.method = "HEAD", .url = url});
  if (!answer) {
    return {
        {Status::failed, "archive", host + ": " + answer.error().message + " (" + answer.error().code + ")",
         "Check the network, DNS, HTTPS_PROXY and the CA certificates; the others go on meanwhile."},
        {}};
  }
  const auto date = answer->headers.get("date");
  const auto time = date ? parse_http_date(*date) : std::nullopt;
  if (answer->status >= 500) {
    return {{Status::warning, "archive", fmt::format("{} answers with status {}.", host, answer->status),
             "Nothing to do here: it is tried again each round."},
            time};
  }
  return {{Status::ok, "archive", host + " answers."}, time};
}

void check_archives(const config::Settings& settings, Findings& findings, std::vector<Time>& dates) {
  const auto collectors = broker::load_collectors(settings.collectors_file);
  if (!collectors) {
    findings.push_back(
        {Status::failed, "collectors", collectors.error().message, "Correct collectors_file."});
    return;
  }
  if (settings.archive == "replica") {
    findings.push_back({Status::ok, "archive", "The replica is used; no archive is asked."});
    return;
  }
  std::vector<std::future<HostAnswer>> answers;
  for (const auto& url : probe_urls(*collectors)) {
    if (url.starts_with("http")) answers.push_back(std::async(std::launch::async, ask_host, url));
  }
  for (auto& pending : answers) {
    auto answer = pending.get();
    findings.push_back(std::move(answer.finding));
    if (answer.date) dates.push_back(*answer.date);
  }
}

std::optional<bool> clock_synchronised() {
  timex state{};
  const int result = adjtimex(&state);
  if (result < 0) return std::nullopt;
  return result != TIME_ERROR;
}

void check_targets(const config::Settings& settings, Findings& findings) {
  if (settings.cloudflare_account.empty() != settings.cloudflare_namespace.empty()) {
    const std::string missing = settings.cloudflare_account.empty() ? "account" : "namespace";
    findings.push_back({Status::warning, "cloudflare",
                        "publish.cloudflare." + missing + " is not set: nothing is pushed to Cloudflare.",
                        "Set it, or remove the other one."});
  }
  for (const auto& target : targets_of(settings)) {
    const auto& base = target->name() == "fastly" ? settings.fastly_base : settings.cloudflare_base;
    findings.push_back(judge_target(target->name(), base, target->check({})));
    const auto state = publish::remembered(settings.data_dir, target->name(), target->address());
    if (!state.failing_since) continue;
    findings.push_back({Status::warning, target->name(),
                        fmt::format("Pushing fails since {}: {} ({})", format_rfc3339(*state.failing_since),
                                    state.error.message, state.error.code),
                        "It is tried again after " + format_rfc3339(state.not_before) + "."});
  }
}

void check_events(const config::Settings& settings, Findings& findings) {
  if (settings.events_queue == "redis") findings.push_back(judge_redis(events::inspect_redis(settings)));
  findings.push_back(
      judge_secret("events.ingest_secret", "/ingest", publish::read_token(ingest_secret(settings))));
  findings.push_back(judge_secret("health.code", "/health", publish::read_token(health_code(settings))));
  findings.push_back(judge_secret("metrics.code", "/metrics", publish::read_token(metrics_code(settings))));
  const auto bad = std::ranges::find_if_not(
      settings.trusted_proxies, [](const std::string& text) { return Prefix::parse(text).has_value(); });
  findings.push_back(judge_proxies(settings.trusted_proxies.size(),
                                   bad == settings.trusted_proxies.end() ? std::string() : *bad));
}

void check_store(const config::Settings& settings, Findings& findings) {
  std::optional<std::chrono::milliseconds> age;
  if (fs::exists(fs::path(settings.data_dir) / "kv.sqlite3")) {
    const auto store = open_store(settings);
    const auto latest = store ? (*store)->get("latest") : std::unexpected(store.error());
    if (!latest) {
      findings.push_back({Status::failed, "key-value store", latest.error().message,
                          "If the file is damaged, move " + settings.data_dir +
                              "/kv.sqlite3 away: the next cycle makes a new one."});
      return;
    }
    findings.push_back({Status::ok, "key-value store", "It can be read."});
    const auto view = *latest ? read_freshness((*latest)->value, system_now()) : fail("view_missing", "");
    if (view) age = system_now() - view->last_updated_at;
  }
  findings.push_back(judge_view(age, settings.update_interval));
}

Finding check_units() {
  std::error_code ignored;
  if (!fs::exists("/run/systemd/system", ignored))
    return {Status::ok, "systemd", "It does not run here; README.md shows the line for cron."};
  for (const char* folder : {"/etc/systemd/system", "/usr/local/lib/systemd/system",
                             "/usr/lib/systemd/system", "/lib/systemd/system"}) {
    if (fs::exists(fs::path(folder) / "skerry.service", ignored))
      return {Status::ok, "systemd", std::string(folder) + "/skerry.service is installed."};
  }
  return {Status::warning, "systemd", "No unit is installed.",
          "cmake --install build/native puts them there."};
}

}  // namespace

Exit run_doctor(const Result<config::Loaded>& loaded, bool json) {
  const auto settings = to_look_at(loaded ? loaded->settings : config::Settings());
  Findings findings{judge_settings(loaded)};
  check_folder(settings, findings);
  findings.push_back(check_database(settings));
  check_store(settings, findings);
  check_port("listen", settings.listen, findings);
  check_port("kv_listen", settings.kv_listen, findings);
  std::vector<Time> dates;
  check_archives(settings, findings, dates);
  findings.push_back(judge_clock(system_now(), dates, clock_synchronised()));
  check_targets(settings, findings);
  check_events(settings, findings);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  findings.push_back(judge_descriptors(files.rlim_cur, settings.max_connections));
  findings.push_back(check_units());
  if (json)
    fmt::print("{}\n", doctor_json(findings));
  else
    fmt::print("{}", doctor_text(findings, isatty(STDOUT_FILENO) == 1));
  return is_well(findings) ? Exit::ok : Exit::failed;
}

}  // namespace skerry::cli
