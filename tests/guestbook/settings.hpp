#pragma once

#include <string>

#include "native-host/config/settings.hpp"

namespace skerry::guestbook {

struct Settings {
  std::string greeting = "Welcome.";
  std::string path = "/guestbook";
  config::Secret key;  ///< without it nobody writes
  std::int64_t max_upload = std::int64_t{64} << 30U;
  config::Duration count_every = std::chrono::minutes(1);
};

config::Table settings_table();

}  // namespace skerry::guestbook
