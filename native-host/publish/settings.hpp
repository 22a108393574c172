#pragma once

#include <string>

#include "native-host/config/settings.hpp"

namespace skerry::publish {

/// Where documents are pushed to.
struct Settings {
  config::Duration refresh = std::chrono::minutes(10);
  config::Duration timeout = std::chrono::seconds(10);
  std::int64_t attempts = 3;
  std::string cloudflare_account;  ///< empty, or no namespace: no such target
  std::string cloudflare_namespace;
  config::Secret cloudflare_token;
  std::string cloudflare_base = "https://api.cloudflare.com/client/v4";
  std::string fastly_store;  ///< empty: no such target
  config::Secret fastly_token;
  std::string fastly_base = "https://api.fastly.com";
};

config::Table settings_table();

}  // namespace skerry::publish
