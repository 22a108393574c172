#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native-host/config/config.hpp"
#include "native-host/http/server.hpp"
#include "native-host/program/access.hpp"
#include "native-host/program/report.hpp"
#include "native-host/program/routes.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::program {

/// What listens: a server for the table of routes, and one for each of its doors.
class FrontDoor {
 public:
  /// Errors: `address_in_use` (names the process), `bad_address`, `tls_*` and the others of http::Server;
  /// `config_invalid` (usage) for settings of TLS that don't go together.
  static Result<std::unique_ptr<FrontDoor>> open(const config::Loaded& loaded, const Routes& routes,
                                                 metrics::Registry& registry, Report& report);
  ~FrontDoor() { close(); }
  FrontDoor(const FrontDoor&) = delete;
  FrontDoor& operator=(const FrontDoor&) = delete;

  /// Says where everything is: the events `serving` and those of the doors.
  void announce() const;
  /// Takes what the access log follows from other settings, and reads the files of TLS again. False where
  /// that failed, which is reported: what was there stays.
  bool reload(const config::Loaded& loaded);
  /// Lets running requests end, within half of `stop_timeout` altogether: the rest is for what comes then.
  void close();

 private:
  FrontDoor(const config::Loaded& loaded, const Routes& routes, metrics::Registry& registry, Report& report);
  Result<void> secure(http::Options& options);
  Result<std::unique_ptr<http::Server>> listen(const std::string& where, unsigned connections,
                                               http::Options options, http::Router router);
  [[nodiscard]] std::vector<unsigned> connections() const;
  void tell_certificate() const;

  const Settings& settings_;
  const Routes& routes_;
  Report& report_;
  AccessLog access_log_;
  bool logs_access_;
  RequestMeter other_meter_;
  std::vector<std::unique_ptr<http::Server>> servers_;  ///< the routes' one first
  metrics::Callback connections_;
  metrics::Callback certificate_end_;
  bool secure_ = false;  ///< the server of the routes
};

}  // namespace skerry::program
