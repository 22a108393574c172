#include "native-host/cli/doctor.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/cli/latest_table.hpp"
#include "shared/url.hpp"

namespace skerry::cli {
namespace {

using Status = Finding::Status;

constexpr std::uint64_t kLittleDisk = std::uint64_t{1} << 30U;
constexpr std::uint64_t kNoDisk = std::uint64_t{100} << 20U;
constexpr std::chrono::minutes kPromise{15};
constexpr std::uint64_t kOtherFiles = 256;  ///< descriptors for all but connections

const char* word(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::warning: return "warning";
    case Status::failed: break;
  }
  return "failed";
}

const char* colour_of(Status status) {
  switch (status) {
    case Status::ok: return "32";
    case Status::warning: return "33";
    case Status::failed: break;
  }
  return "31";
}

std::string age_text(std::chrono::milliseconds age) {
  return human_delay(std::chrono::duration<double>(age).count());
}

std::string advice_for(const publish::Failure& failure, const std::string& name) {
  const auto& code = failure.error.code;
  if (code == "publish_denied")
    return "Make a new token that may write to the store, and put it into publish." + name + ".token_file.";
  if (code == "publish_unknown_store") return "Check the ids under publish." + name + ".";
  if (code.starts_with("token_"))
    return "Put the token into a file of mode 600 and name it in publish." + name + ".token_file.";
  if (code == "publish_limited") return "Wait; pushing goes on by itself.";
  if (code == "timeout" || code == "connect_failed" || code == "connection_lost")
    return "Check the network, HTTPS_PROXY, and publish." + name + ".base.";
  return "Look at the platform's status page; pushing goes on by itself when it is back.";
}

}  // namespace

Finding judge_settings(const Result<config::Loaded>& loaded) {
  if (!loaded) {
    return {Status::failed, "settings", loaded.error().message,
            "Correct the line that is named; `skerry config` shows every setting. The rest is checked with "
            "defaults."};
  }
  if (loaded->warnings.empty()) return {Status::ok, "settings", "Every setting is good."};
  std::string message;
  for (const auto& warning : loaded->warnings) message += (message.empty() ? "" : "\n") + warning;
  return {Status::warning, "settings", std::move(message), "Remove these, or use what takes their place."};
}

Finding judge_disk(std::uint64_t free) {
  const auto message = human_size(static_cast<double>(free)) + " are free.";
  if (free >= kLittleDisk) return {Status::ok, "disk", message};
  return {free < kNoDisk ? Status::failed : Status::warning, "disk", message,
          "Make room, or move data_dir: the database grows by about 100 MB a month."};
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

Finding judge_clock(Time now, std::span<const Time> theirs, std::optional<bool> synchronised) {
  const Finding sync{Status::failed, "clock", "", "Turn on time synchronisation: timedatectl set-ntp true."};
  std::vector<double> offsets;
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

Finding judge_port(const std::string& setting, const std::string& address,
                   const std::optional<Error>& error) {
  if (!error) return {Status::ok, setting, address + " is free."};
  if (error->code == "address_in_use" && error->message.find("skerry (pid") != std::string::npos)
    return {Status::ok, setting, address + " is served by skerry."};
  return {Status::failed, setting, error->message,
          "Stop what holds it, or set " + setting + " to another address."};
}

Finding judge_target(const std::string& name, const std::string& base,
                     const std::optional<publish::Failure>& failure) {
  if (failure) {
    return {Status::failed, name, failure->error.message + " (" + failure->error.code + ")",
            advice_for(*failure, name)};
  }
  const auto url = Url::parse(base);
  const bool open = url && url->scheme() == "http" && !url->is_loopback();
  if (open)
    return {Status::warning, name, "The token goes over the network in the clear.",
            "Use https in publish." + name + ".base."};
  return {Status::ok, name, "The store is there, and the token may see it."};
}

Finding judge_secret(const std::string& secret, const std::string& closed, const Result<std::string>& read) {
  if (read) return {Status::ok, secret, "It can be read."};
  if (read.error().code == "token_missing")
    return {Status::ok, secret, "It is not set: " + closed + " is closed."};
  return {Status::failed, secret, read.error().message,
          "Put it into a file of mode 600: " + secret + "_file."};
}

Finding judge_redis(const Result<events::RedisFacts>& facts) {
  if (!facts) {
    return {Status::warning, "events", facts.error().message + " (" + facts.error().code + ")",
            "Start Redis, or correct events.redis_url; meanwhile the log of the disk takes the events."};
  }
  std::string advice;
  for (const auto& line : facts->advice) advice += (advice.empty() ? "" : "\n") + line;
  return {advice.empty() ? Status::ok : Status::warning, "events",
          "Redis " + facts->version + " answers. " + facts->durable, advice};
}

Finding judge_proxies(std::size_t count, const std::string& bad) {
  if (!bad.empty()) {
    return {Status::failed, "trusted_proxies", "\"" + bad + "\" is no address and no prefix.",
            "Write them as 127.0.0.1 or 10.0.0.0/8."};
  }
  if (count == 0)
    return {Status::ok, "trusted_proxies", "None: clients are named by their connections alone."};
  return {Status::ok, "trusted_proxies", fmt::format("{} may name clients.", count)};
}

Finding judge_view(std::optional<std::chrono::milliseconds> age, std::chrono::milliseconds interval) {
  if (!age)
    return {Status::warning, "view", "There is none yet.",
            "Start `skerry up`, or `skerry update --once` from a timer."};
  const auto limit = std::max<std::chrono::milliseconds>(kPromise, interval * 3);
  const auto message = "It is " + age_text(*age) + " old.";
  if (*age <= limit) return {Status::ok, "view", message};
  return {Status::failed, "view", message,
          "See why no cycle ends well: `skerry status`, and the updater's log."};
}

Finding judge_descriptors(std::uint64_t limit, std::int64_t max_connections) {
  const auto wanted = static_cast<std::uint64_t>(max_connections) + kOtherFiles;
  const auto message = fmt::format("{} may be open, {} are wanted for limits.connections.", limit, wanted);
  if (limit >= wanted) return {Status::ok, "open files", message};
  return {Status::warning, "open files", message,
          "Raise LimitNOFILE= in the unit (ulimit -n), or lower limits.connections."};
}

bool is_well(std::span<const Finding> findings) {
  return std::ranges::none_of(findings,
                              [](const Finding& finding) { return finding.status == Status::failed; });
}

std::string doctor_text(std::span<const Finding> findings, bool colour) {
  std::size_t width = 0;
  for (const auto& finding : findings) width = std::max(width, finding.name.size());
  const std::string indent(width + 11, ' ');
  std::string out;
  for (const auto& finding : findings) {
    auto status = fmt::format("{:<7}", word(finding.status));
    if (colour) status = fmt::format("\x1b[{}m{}\x1b[0m", colour_of(finding.status), status);
    auto message = finding.message;
    for (auto at = message.find('\n'); at != std::string::npos; at = message.find('\n', at + 1))
      message.insert(at + 1, indent);
    out += fmt::format("{}  {:<{}}  {}\n", status, finding.name, width, message);
    if (!finding.advice.empty()) out += indent + "→ " + finding.advice + "\n";
  }
  const auto count = [&](Status status) { return std::ranges::count(findings, status, &Finding::status); };
  out += fmt::format("{} ok, {} warnings, {} failed\n", count(Status::ok), count(Status::warning),
                     count(Status::failed));
  return out;
}

std::string doctor_json(std::span<const Finding> findings) {
  nlohmann::ordered_json out{{"ok", is_well(findings)}, {"findings", nlohmann::ordered_json::array()}};
  for (const auto& finding : findings) {
    out["findings"].push_back({{"name", finding.name},
                               {"status", word(finding.status)},
                               {"message", finding.message},
                               {"advice", finding.advice}});
  }
  return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace skerry::cli
