#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "native-host/config/config.hpp"
#include "native-host/http/access_log.hpp"
#include "native-host/program/report.hpp"
#include "shared/client.hpp"
#include "shared/privacy.hpp"

namespace skerry::program {

/// What the settings decide about the access log: who a client is behind the proxies, what may be written
/// down of it, and which secrets never are.
class AccessPolicy {
 public:
  explicit AccessPolicy(const config::Loaded& loaded);

  /// `entry` is of the server, its client the peer. The address is cut, or left out, as that of an event is,
  /// on any path: by `gpc`, `dnt` and `anonymise_client` of the function that has them.
  void append(std::string& out, const Request& request, http::AccessEntry entry, bool json) const;

 private:
  Proxies proxies_;
  PrivacyRules rules_;
  http::Redaction redaction_;
};

/// The access log, as the settings say now. Thread-safe.
class AccessLog {
 public:
  AccessLog(const config::Loaded& loaded, Report& report) : report_(report) { take(loaded); }

  /// Takes other settings over.
  void take(const config::Loaded& loaded) { policy_.store(std::make_shared<const AccessPolicy>(loaded)); }
  /// Appends a line, unless `log.level` is above it.
  void append(std::string& out, const Request& request, const http::AccessEntry& entry) const {
    if (report_.shows(Report::Severity::info)) policy_.load()->append(out, request, entry, report_.is_json());
  }

  /// `access_log`; where it is not set, a terminal is spared.
  static bool is_wanted(const config::Loaded& loaded, bool terminal);

 private:
  Report& report_;
  std::atomic<std::shared_ptr<const AccessPolicy>> policy_;
};

}  // namespace skerry::program
