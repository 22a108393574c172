#include "native-host/commands/doctor.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/program/human.hpp"
#include "shared/printable.hpp"

namespace skerry::commands {
namespace {

using program::Finding;
using Status = Finding::Status;

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

}  // namespace

Finding judge_settings(const Error* unreadable, std::span<const std::string> warnings) {
  std::string message = unreadable != nullptr ? unreadable->message : std::string();
  for (const auto& warning : warnings) message += (message.empty() ? "" : "\n") + warning;
  if (unreadable != nullptr) {
    return {
        Status::failed, "settings", std::move(message),
        "Correct the line that is named; `skerry config` shows every setting. What is wrong is checked with "
        "its default."};
  }
  if (warnings.empty()) return {Status::ok, "settings", "Every setting is good."};
  return {Status::warning, "settings", std::move(message), "Remove these, or use what takes their place."};
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
    auto message = printable(finding.message, Lines::kept);
    for (auto at = message.find('\n'); at != std::string::npos; at = message.find('\n', at + 1))
      message.insert(at + 1, indent);
    out += fmt::format("{}  {:<{}}  {}\n", status, printable(finding.name), width, message);
    if (!finding.advice.empty()) out += indent + "→ " + printable(finding.advice, Lines::kept) + "\n";
  }
  const auto count = [&](Status status) { return std::ranges::count(findings, status, &Finding::status); };
  out += fmt::format("{} ok, {}, {} failed\n", count(Status::ok),
                     program::counted(count(Status::warning), "warning"), count(Status::failed));
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

}  // namespace skerry::commands
