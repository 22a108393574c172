#include "native-host/program/readiness.hpp"

#include "shared/query.hpp"

namespace skerry::program {

void Readiness::set(const Findings& findings) {
  std::map<std::string, std::string, std::less<>> troubles;
  for (const Finding& finding : findings) {
    auto& trouble = troubles[finding.part];
    if (finding.status == Finding::Status::failed && trouble.empty()) trouble = finding.message;
  }
  const std::lock_guard lock(mutex_);
  troubles_ = std::move(troubles);
}

std::string Readiness::trouble(const Request& request) const {
  const auto query = Query::parse(request.query());
  const auto part = query.last("capability").value_or("");
  const std::lock_guard lock(mutex_);
  const auto found = troubles_.find(part);
  if (found != troubles_.end()) return found->second;
  return part.empty() ? std::string() : "There is no capability of this name that could be ready.";
}

std::optional<Response> Readiness::refuse(const Request& request) const {
  if (request.path() != "/readyz" || (request.method != "GET" && request.method != "HEAD"))
    return std::nullopt;
  const auto query = Query::parse(request.query());
  const auto part = query.last("capability").value_or("");
  std::string known;
  const std::lock_guard lock(mutex_);
  if (part.empty() || troubles_.contains(part)) return std::nullopt;
  for (const auto& [name, trouble] : troubles_)
    if (!name.empty()) known.append(known.empty() ? "" : ", ").append(name);
  return error_response(400, "unknown_capability",
                        known.empty() ? "No capability is ready for itself here: ask without one."
                                      : "There is no such capability; there are: " + known + ".");
}

std::string Readiness::failed_parts() const {
  std::string failed;
  const std::lock_guard lock(mutex_);
  for (const auto& [part, trouble] : troubles_)
    if (!part.empty() && !trouble.empty()) failed.append(failed.empty() ? "" : ", ").append(part);
  return failed;
}

void name_failed_parts(const Request& request, Response& response, const std::string& failed) {
  if (failed.empty() || response.status != 200 || request.path() != "/readyz" ||
      Query::parse(request.query()).last("capability"))
    return;
  response.body = "ok\nnot ready: " + failed + "\n";
}

}  // namespace skerry::program
