#include "native-host/program/log_settings.hpp"

#include "native-host/program/settings.hpp"

namespace skerry::program {

void log_settings(const config::Loaded& loaded, Report& report) {
  const bool all = loaded.get<Settings>().log_level == "debug";
  Fields fields;
  for (const auto& setting : config::describe(loaded)) {
    if (all || setting.origin != "default") fields.emplace_back(setting.name, setting.value);
  }
  report.info("settings", "Settings", fields);
}

}  // namespace skerry::program
