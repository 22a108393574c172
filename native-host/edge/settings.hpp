#pragma once

#include <string>

#include "native-host/config/settings.hpp"

namespace skerry::edge {

/// What the functions of the bundle are told, besides their own settings, and the store's door.
struct Settings {
  std::string kv_listen = "127.0.0.1:8081";  ///< empty: no key-value server
  config::Secret health_code;                ///< without it /health answers nobody
  config::Secret metrics_code;               ///< likewise /metrics
};

config::Table settings_table();

}  // namespace skerry::edge
