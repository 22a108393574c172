#include "native-host/edge/settings.hpp"

#include "native-host/program/settings.hpp"

namespace skerry::edge {

config::Table settings_table() {
  using S = Settings;
  using config::field;
  auto table = config::Table::of<S>("edge");
  table.rows({{.name = "kv_listen",
               .field = field<&S::kv_listen>,
               .help = "Where to serve the keys to a workerd of your own, as 127.0.0.1:8081; empty: nowhere",
               .fits = program::is_listen_address,
               .wants = program::kListenAddress,
               .distinct = "address",
               .clash = program::listen_addresses_clash}});
  table.secret<&S::kv_token>(
      "kv_token", "kv-token",
      "The bearer token of who may write keys through a network at kv_listen; empty: nobody may");
  table.secret<&S::health_code>(
      "health.code", "health-code",
      "What /health?code= must say; empty: it answers nobody; from the environment alone", "/health");
  table.secret<&S::metrics_code>(
      "metrics.code", "metrics-code",
      "What /metrics?code= must say; empty: it answers nobody; from the environment alone", "/metrics");
  table.foreign({{.name = "HEALTH_CHECK_CODE", .setting = "health.code"},
                 {.name = "METRICS_CODE", .setting = "metrics.code"}});
  return table;
}

}  // namespace skerry::edge
