#include <algorithm>
#include <string>

#include "functions/tracker/answer.hpp"
#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/post.hpp"

/// PostHog's own limits (20 MB, 2 MB) are above what a batch and a record take.
namespace skerry::functions {
namespace {

constexpr std::array<std::string_view, 6> kEvents{"/i/v0/e", "/e", "/track", "/engage", "/capture", "/batch"};
constexpr std::array<std::string_view, 2> kFlags{"/flags", "/decide"};

/// What SDKs and the script ask for besides, of which there is none.
struct Nothing {
  std::string_view path;
  std::string_view json;
};
constexpr std::string_view kNoDefinitions = R"({"flags":[],"group_type_mapping":{},"cohorts":{}})";
constexpr std::array kNothing{
    Nothing{"/api/feature_flag/local_evaluation", kNoDefinitions},
    Nothing{"/flags/definitions", kNoDefinitions},
    Nothing{"/api/surveys", R"({"surveys":[]})"},
    Nothing{"/api/early_access_features", R"({"earlyAccessFeatures":[]})"},
    Nothing{"/api/web_experiments", R"({"experiments":[]})"},
};
constexpr std::array<std::string_view, 2> kKeys{"api_key", "token"};

/// What posthog-js waits for before it captures by itself, without what is not here: flags, recordings,
/// surveys, heat maps, plugins of a site.
constexpr std::string_view kConfig =
    R"("supportedCompression":["gzip","gzip-js"],"hasFeatureFlags":false,"captureDeadClicks":false,"capturePerformance":false,"autocapture_opt_out":false,"autocaptureExceptions":false,"analytics":{"endpoint":"/i/v0/e/"},"elementsChainAsString":true,"sessionRecording":false,"heatmaps":false,"surveys":false,"defaultIdentifiedOnly":true,"isAuthenticated":false,"toolbarParams":{},"config":{"enable_collect_everything":true},"siteApps":[]})";

/// What it asks of flags: there are none. Its versions look for them in different members.
constexpr std::string_view kNoFlags =
    R"({"flags":{},"featureFlags":{},"featureFlagPayloads":{},"errorsWhileComputingFlags":false,)";

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Of `/array/<token>/config` and `/array/<token>/config.js`.
struct Asset {
  std::string_view token;  ///< empty: something else is asked for
  bool script = false;
};

Asset asset_of(std::string_view path) {
  constexpr std::string_view kArray = "/array/";
  if (!path.starts_with(kArray)) return {};
  path.remove_prefix(kArray.size());
  const auto slash = path.find('/');
  const auto token = path.substr(0, slash);
  const auto file = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  if (token.empty() || !std::ranges::all_of(token, is_token_char)) return {};
  if (file == "config.js") return {.token = token, .script = true};
  return file == "config" ? Asset{.token = token} : Asset{};
}

/// posthog-js loads its surveys even where its configuration says that there are none, and complains of a
/// 404.
constexpr std::string_view kNoSurveys =
    "(window.__PosthogExtensions__=window.__PosthogExtensions__||{}).generateSurveys=function(){};\n";

/// `/static/surveys.js` and `/static/<version>/surveys.js`.
bool is_surveys(std::string_view path) {
  constexpr std::string_view kStatic = "/static/", kFile = "surveys.js";
  if (!path.starts_with(kStatic) || !path.ends_with(kFile)) return false;
  path.remove_prefix(kStatic.size());
  path.remove_suffix(kFile.size());
  if (path.empty()) return true;
  if (path.size() == 1 || !path.ends_with('/')) return false;
  path.remove_suffix(1);
  return std::ranges::all_of(path, [](char c) { return is_token_char(c) || c == '.'; });
}

std::string_view nothing_at(std::string_view path) {
  for (const auto& nothing : kNothing)
    if (path == nothing.path) return nothing.json;
  return {};
}

bool has(std::string_view path) {
  return is_one_of(path, kEvents) || !nothing_at(path).empty() || is_one_of(path, kFlags) ||
         !asset_of(path).token.empty() || is_surveys(path);
}

std::optional<Response> config(const Request&, std::string_view path) {
  if (is_one_of(path, kFlags)) return reply(200, "application/json", std::string(kNoFlags).append(kConfig));
  if (const auto json = nothing_at(path); !json.empty())
    return reply(200, "application/json", std::string(json));
  if (is_surveys(path)) return reply(200, "application/javascript", std::string(kNoSurveys));
  const auto [token, script] = asset_of(path);
  if (token.empty()) return std::nullopt;
  const auto json = std::string(R"({"token":")").append(token).append("\",").append(kConfig);
  if (!script) return reply(200, "application/json", json);
  std::string text = "(function(){var c=window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{};c[\"";
  text.append(token).append("\"]={config:").append(json).append(",siteApps:[]}})();\n");
  return reply(200, "application/javascript", std::move(text));
}

}  // namespace

Sdk posthog_sdk(const Request& request, const Post& post) {
  if (const auto info = request.headers.get("PostHog-Sdk-Info")) return sdk_in(trim(*info), '/');
  const auto event = post.items.front().body;
  const auto properties = member_of(event, "properties");
  const auto either = [&](std::string_view name) {
    const auto within = member_of(properties, name);
    return short_text(within.empty() ? member_of(event, name) : within);
  };
  return {.name = either("$lib"), .version = either("$lib_version")};
}

constinit const Peer kPosthog{
    .name = "posthog",
    .has = has,
    .with_credentials = true,
    .serve = config,
    .shape = {.packed = true, .keys = kKeys, .key_object = "properties", .key_in_object = "token"},
    .sdk = posthog_sdk,
    .query = {.key = "token"},
    .answers = {.success = R"({"status":"Ok")"}};

}  // namespace skerry::functions
