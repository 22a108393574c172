#include "native-host/program/access.hpp"

#include <string_view>

#include "native-host/program/secrets.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::program {
namespace {

/// A setting of whichever function has it; its fallback where it is not set.
std::string of_function(const config::Loaded& loaded, std::string_view name) {
  for (const auto& [function, settings, paths] : loaded.schema->functions) {
    for (const FunctionSetting& setting : settings) {
      if (setting.name != name) continue;
      const auto set = loaded.functions.find(function);
      if (set == loaded.functions.end()) return std::string(setting.fallback);
      const auto found = set->second.find(name);
      return found == set->second.end() ? std::string(setting.fallback) : found->second;
    }
  }
  return {};
}

std::vector<std::string> secrets_to_hide(const config::Loaded& loaded) {
  auto secrets = config::secret_texts(loaded);
  for (const auto& state : config::secrets_of(loaded))
    if (auto text = read_if_set(*state.secret)) secrets.push_back(*std::move(text));
  return secrets;
}

}  // namespace

AccessPolicy::AccessPolicy(const config::Loaded& loaded)
    : proxies_(proxies_of(loaded.get<Settings>())),
      rules_{.gpc = of_function(loaded, "gpc"),
             .dnt = of_function(loaded, "dnt"),
             .anonymise = of_function(loaded, "anonymise_client") == "on"},
      redaction_(secrets_to_hide(loaded)) {}

void AccessPolicy::append(std::string& out, const Request& request, http::AccessEntry entry,
                          bool json) const {
  const auto privacy = privacy_of(request.headers, rules_);
  // What was refused for its head names nobody but its peer.
  const auto client =
      request.client.empty() ? Address::parse_hop(entry.client) : client_of(request, proxies_);
  const auto shown = privacy.shown(client);
  const bool plain = !client && entry.client == "unix";
  if (!plain) entry.client = shown;
  entry.kept = !privacy.drops();
  append_access_line(out, entry, json, redaction_);
}

bool AccessLog::is_wanted(const config::Loaded& loaded, bool terminal) {
  return loaded.get<Settings>().access_log && (!terminal || loaded.origins.contains("access_log"));
}

}  // namespace skerry::program
