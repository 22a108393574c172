#include <string>

#include "functions/tracker/answer.hpp"
#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/post.hpp"
#include "shared/json_text.hpp"

namespace skerry::functions {
namespace {

constexpr std::string_view kProjects = "/v1/projects/", kSettings = "/settings";

/// The key of a project whose settings are asked for; empty where something else is.
std::string_view project_in(std::string_view path) {
  if (!path.starts_with(kProjects) || !path.ends_with(kSettings)) return {};
  path.remove_prefix(kProjects.size());
  if (path.size() <= kSettings.size()) return {};
  const auto key = path.substr(0, path.size() - kSettings.size());
  return key.contains('/') ? std::string_view() : key;
}

bool has(std::string_view path) {
  constexpr std::array<std::string_view, 16> kCalls{"track", "identify", "page",   "screen", "group", "alias",
                                                    "merge", "batch",    "import", "t",      "i",     "p",
                                                    "s",     "g",        "a",      "b"};
  return path.starts_with("/v1/") && (is_one_of(path.substr(4), kCalls) || !project_in(path).empty());
}

/// Behind a proxy it says so; a page of http could ask https, but not the other way. Without any word it is
/// what SDKs take.
std::string_view scheme_of(const Request& request) {
  if (const auto proto = request.headers.get("X-Forwarded-Proto"))
    return equal_ignoring_case(trim(*proto), "http") ? "http" : "https";
  const auto page = request.headers.get("Origin").value_or(request.headers.get("Referer").value_or(""));
  return page.starts_with("http://") ? "http" : "https";
}

/// What analytics-next fetches before it sends anything: its only destination is this host.
std::optional<Response> settings(const Request& request, std::string_view path) {
  const auto project = project_in(path);
  if (project.empty()) return std::nullopt;
  std::string body = R"({"integrations":{"Segment.io":{"apiKey":)";
  append_json_string(body, project);
  if (const auto host = trim(request.headers.get("Host").value_or("")); !host.empty()) {
    body += R"(,"apiHost":)";
    append_json_string(body, std::string(host) + "/v1");
    body.append(R"(,"protocol":")").append(scheme_of(request)).append("\"");
  }
  body +=
      R"(,"unbundledIntegrations":[],"addBundledMetadata":true}},"plan":{"track":{"__default":{"enabled":true,"integrations":{}}},"identify":{"__default":{"enabled":true}},"group":{"__default":{"enabled":true}}},"edgeFunction":{},"analyticsNextEnabled":true,"middlewareSettings":{},"enabledMiddleware":{},"metrics":{"sampleRate":0},"legacyVideoPluginsEnabled":false,"remotePlugins":[]})";
  return reply(200, "application/json", std::move(body));
}

}  // namespace

constinit const Peer kSegment{.name = "segment",
                              .has = has,
                              .limits = {.body = 500 * kKiB, .event = 32 * kKiB, .events = 2500},
                              .authorization = true,
                              .serve = settings,
                              .sdk = context_library,
                              .answers = {.success = R"({"success":true)"}};

}  // namespace skerry::functions
