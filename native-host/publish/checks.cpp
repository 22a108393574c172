#include "native-host/publish/checks.hpp"

#include <spdlog/fmt/fmt.h>

#include "native-host/program/cadence.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/status.hpp"
#include "native-host/publish/publisher.hpp"
#include "native-host/publish/settings.hpp"
#include "native-host/publish/targets.hpp"
#include "shared/url.hpp"

namespace skerry::publish {
namespace {

using program::Check;
using program::Finding;
using program::human_delay;
using program::human_minute;
using program::Inspection;
using program::with_code;
using Status = Finding::Status;
using Json = nlohmann::ordered_json;

std::optional<Time> view_of(const Inspection& at) {
  const auto entry = at.stored("latest");
  if (!entry) return std::nullopt;
  const auto document = make_document("latest", entry->value);
  return document ? std::optional(document->as_of) : std::nullopt;
}

std::vector<std::unique_ptr<Target>> targets(const Inspection& at) {
  if (at.world.outward() == nullptr) return {};
  return targets_of(at.settings<Settings>(), *at.world.outward());
}

void check_copies(const Inspection& at, program::Findings& findings) {
  const auto* cadence = at.find<program::Cadence>();
  const auto oldest = cadence == nullptr ? program::Cadence().oldest() : cadence->oldest();
  const auto view = view_of(at);
  for (const auto& target : targets(at)) {
    const auto state = remembered(at.world.data_dir(), target->name(), target->address());
    findings.push_back(judge_copy(target->name(), state, at.now, view, oldest));
  }
}

void ask_targets(const Inspection& at, program::Findings& findings) {
  const auto& settings = at.settings<Settings>();
  if (settings.cloudflare_account.empty() != settings.cloudflare_namespace.empty()) {
    const std::string missing = settings.cloudflare_account.empty() ? "account" : "namespace";
    findings.push_back({Status::warning, "cloudflare",
                        "publish.cloudflare." + missing + " is not set: nothing is pushed to Cloudflare.",
                        "Set it, or remove the other one."});
  }
  for (const auto& target : targets(at)) {
    const auto& base = target->name() == "fastly" ? settings.fastly_base : settings.cloudflare_base;
    findings.push_back(judge_target(target->name(), base, target->check({})));
    const auto state = remembered(at.world.data_dir(), target->name(), target->address());
    if (!state.failing_since) continue;
    findings.push_back({Status::warning, target->name(),
                        fmt::format("Pushing fails since {}: {}", format_rfc3339(*state.failing_since),
                                    with_code(state.error)),
                        "It is tried again after " + format_rfc3339(state.not_before) + "."});
  }
}

std::string advice_for(const Failure& failure, const std::string& name) {
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

std::string since(Time then, Time now) {
  return human_delay(std::chrono::duration_cast<std::chrono::milliseconds>(now - then));
}

std::string words_of(const TargetState& state, Time now) {
  if (state.failing_since) {
    return fmt::format("fails since {} ({}, {}): {}; next try {}", human_minute(*state.failing_since),
                       since(*state.failing_since, now), program::counted(state.failures, "time"),
                       with_code(state.error), human_minute(state.not_before));
  }
  const auto latest = state.keys.find("latest");
  if (latest == state.keys.end()) return "nothing pushed yet";
  return fmt::format("has the view of {}, {} old", human_minute(latest->second.as_of),
                     since(latest->second.as_of, now));
}

Json json_of(const std::string& name, const TargetState& state) {
  Json row{{"target", name}, {"ok", !state.failing_since && !state.keys.empty()}, {"keys", Json::object()}};
  for (const auto& [key, copy] : state.keys)
    row["keys"][key] = {{"as_of", format_rfc3339(copy.as_of)}, {"pushed", format_rfc3339(copy.pushed)}};
  if (state.failing_since) {
    row["failing_since"] = format_rfc3339(*state.failing_since);
    row["failures"] = state.failures;
    row["code"] = state.error.code;
    row["message"] = state.error.message;
    row["next_try"] = format_rfc3339(state.not_before);
  }
  return row;
}

}  // namespace

void add_checks(program::Checks& checks) {
  checks.add({.name = "publish", .shown = Check::health, .probe = check_copies});
  checks.add({.name = "targets", .shown = Check::doctor, .probe = ask_targets});
}

void add_status(program::Status& status) {
  auto& publishing = status.json["publishing"] = Json::array();
  for (const auto& target : targets(status.at)) {
    const auto state = remembered(status.at.world.data_dir(), target->name(), target->address());
    status.line(target->name(), words_of(state, status.at.now));
    publishing.push_back(json_of(target->name(), state));
  }
}

Finding judge_copy(const std::string& target, const TargetState& state, Time now, std::optional<Time> view,
                   std::chrono::milliseconds oldest) {
  Finding finding{Status::failed, "publish:" + target};
  if (state.failing_since) {
    finding.message = fmt::format("Fails for {}, {}: {}", since(*state.failing_since, now),
                                  program::counted(state.failures, "time"), with_code(state.error));
    finding.advice = advice_for({.error = state.error}, target);
    return finding;
  }
  const auto latest = state.keys.find("latest");
  if (latest == state.keys.end()) {
    finding.message = "Nothing was pushed yet.";
    finding.advice = "Wait for the first round to end; then see the log.";
    return finding;
  }
  const bool well = !view || *view - latest->second.as_of <= oldest;
  if (well) finding.status = Status::ok;
  finding.message = "Its copy of the view is " + since(latest->second.as_of, now) + " old.";
  if (!well) finding.advice = "See the log for publish_failed.";
  return finding;
}

Finding judge_target(const std::string& name, const std::string& base,
                     const std::optional<Failure>& failure) {
  if (failure) return {Status::failed, name, with_code(failure->error), advice_for(*failure, name)};
  const auto url = Url::parse(base);
  const bool open = url && url->scheme() == "http" && !url->is_loopback();
  if (open)
    return {Status::warning, name, "The token goes over the network in the clear.",
            "Use https in publish." + name + ".base."};
  return {Status::ok, name, "The store is there, and the token may see it."};
}

}  // namespace skerry::publish
