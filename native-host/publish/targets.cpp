#include "native-host/publish/targets.hpp"

#include <algorithm>
#include <utility>

namespace skerry::publish {

std::vector<std::unique_ptr<Target>> targets_of(const Settings& settings, const program::Outward& outward) {
  const auto options = [&](std::string base, const config::Secret& token) -> TargetOptions {
    while (base.ends_with('/')) base.pop_back();
    return {.base = std::move(base),
            .token = token,
            .client = outward.client(
                {.connect_timeout = std::min<config::Duration>(settings.timeout, std::chrono::seconds(5)),
                 .timeout = settings.timeout})};
  };
  std::vector<std::unique_ptr<Target>> targets;
  if (!settings.cloudflare_account.empty() && !settings.cloudflare_namespace.empty()) {
    targets.push_back(cloudflare_target(options(settings.cloudflare_base, settings.cloudflare_token),
                                        settings.cloudflare_account, settings.cloudflare_namespace));
  }
  if (!settings.fastly_store.empty())
    targets.push_back(
        fastly_target(options(settings.fastly_base, settings.fastly_token), settings.fastly_store));
  return targets;
}

}  // namespace skerry::publish
