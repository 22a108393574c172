#pragma once

#include <string>

#include "native-host/config/settings.hpp"

namespace skerry::edge {

/// What the functions of the bundle are told, besides their own settings, and the store's door.
struct Settings {
  std::string kv_listen;        ///< empty: no key-value server
  config::Secret kv_token;      ///< without it nothing can be changed there through a network
  config::Secret health_code;   ///< without it /health answers nobody
  config::Secret metrics_code;  ///< likewise /metrics
};

config::Table settings_table();

}  // namespace skerry::edge
