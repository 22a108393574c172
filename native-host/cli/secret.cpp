#include "native-host/cli/secret.hpp"

namespace skerry::cli {

publish::TokenSource ingest_secret(const config::Settings& settings) {
  return {.setting = "events.ingest_secret",
          .value = settings.events_ingest_secret,
          .file = settings.events_ingest_secret_file,
          .credential = "ingest-secret"};
}

publish::TokenSource health_code(const config::Settings& settings) {
  return {.setting = "health.code",
          .value = settings.health_code,
          .file = settings.health_code_file,
          .credential = "health-code"};
}

publish::TokenSource metrics_code(const config::Settings& settings) {
  return {.setting = "metrics.code",
          .value = settings.metrics_code,
          .file = settings.metrics_code_file,
          .credential = "metrics-code"};
}

std::string read_secret(const publish::TokenSource& source, Report& report) {
  auto token = publish::read_token(source);
  if (token) return *std::move(token);
  if (!source.file.empty() || token.error().code != "token_missing")
    report.warning("secret_unreadable", token.error(), {{"setting", source.setting}});
  return {};
}

}  // namespace skerry::cli
