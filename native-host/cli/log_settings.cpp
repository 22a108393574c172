#include "native-host/cli/log_settings.hpp"

namespace skerry::cli {

void log_settings(const config::Loaded& loaded, Report& report) {
  const bool all = loaded.settings.log_level == "debug";
  Fields fields;
  for (const auto& setting : config::describe(loaded)) {
    if (all || setting.origin != "default") fields.emplace_back(setting.name, setting.value);
  }
  report.info("settings", "Settings", fields);
}

}  // namespace skerry::cli
