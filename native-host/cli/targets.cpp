#include "native-host/cli/targets.hpp"

#include <algorithm>

namespace skerry::cli {
namespace {

using publish::TargetOptions;

TargetOptions options(const config::Settings& settings, std::string base, publish::TokenSource token) {
  while (base.ends_with('/')) base.pop_back();
  return {.base = std::move(base),
          .token = std::move(token),
          .client = {.connect_timeout =
                         std::min<config::Duration>(settings.publish_timeout, std::chrono::seconds(5)),
                     .timeout = settings.publish_timeout}};
}

}  // namespace

std::vector<std::unique_ptr<publish::Target>> targets_of(const config::Settings& settings) {
  std::vector<std::unique_ptr<publish::Target>> targets;
  if (!settings.cloudflare_account.empty() && !settings.cloudflare_namespace.empty()) {
    targets.push_back(publish::cloudflare_target(options(settings, settings.cloudflare_base,
                                                         {.setting = "publish.cloudflare.token",
                                                          .value = settings.cloudflare_token,
                                                          .file = settings.cloudflare_token_file,
                                                          .credential = "cloudflare-token"}),
                                                 settings.cloudflare_account, settings.cloudflare_namespace));
  }
  if (!settings.fastly_store.empty()) {
    targets.push_back(publish::fastly_target(options(settings, settings.fastly_base,
                                                     {.setting = "publish.fastly.token",
                                                      .value = settings.fastly_token,
                                                      .file = settings.fastly_token_file,
                                                      .credential = "fastly-token"}),
                                             settings.fastly_store));
  }
  return targets;
}

}  // namespace skerry::cli
