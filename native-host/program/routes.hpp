#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native-host/http/server.hpp"
#include "native-host/metrics/registry.hpp"
#include "native-host/program/request_meter.hpp"
#include "shared/error.hpp"
#include "shared/http.hpp"

namespace skerry::program {

/// The one table of what the program serves, of functions and of capabilities. Filled while the program
/// opens; from `close` on it is only read, by any thread.
///
/// The order is that of shared/routes.hpp: who has the request's host; else who has this path for people;
/// else who has it, compared whole; else who has the longest prefix (`/t/*` is `/t/` and everything below,
/// and not `/t`). So a path of one capability may lie below a prefix of another, and is its own; the same
/// host, path or prefix twice is refused.
class Routes {
 public:
  explicit Routes(metrics::Registry& registry) : registry_(&registry) {}
  Routes(const Routes&) = delete;
  Routes& operator=(const Routes&) = delete;

  /// What is mounted once, and where it is then found.
  class Mounted {
   public:
    Mounted& path(const std::string& path);  ///< a prefix where it ends with `/*`
    /// A path for whoever would rather have HTML, though another has it (shared/routes.hpp).
    Mounted& html_path(const std::string& path);
    Mounted& host(std::string_view name);  ///< every path of this host

   private:
    friend class Routes;
    Routes* routes = nullptr;
    std::string owner;
    std::unique_ptr<RequestMeter> meter;
    http::Handler handler;
  };
  /// `owner` is for messages, `name` of the metric `skerry_http_requests_total{function}`.
  Mounted& mount(std::string_view owner, std::string_view name, http::Handler handler);

  /// A server of its own, on another address, for one handler.
  struct Door {
    std::string address;
    std::string event;  ///< of the log, when it listens: `serving_kv`
    std::string words;  ///< `The key-value store for workerd`
    http::Handler handler;
  };
  void add_door(Door door) { doors_.push_back(std::move(door)); }
  [[nodiscard]] const std::vector<Door>& doors() const { return doors_; }

  /// /// What people should open: `the view`, `/latest`; those of a lower place come first.
  void show(int place, std::string words, std::string path) {
    shown_.emplace(place, std::pair(std::move(words), std::move(path)));
  }
  /// `The view is at http://h:1/latest, the page at http://h:1/status`; without an address `The view, the
  /// page`.
  [[nodiscard]] std::string places(std::string_view address) const;

  /// The table is whole. Error: `route_claimed_twice` (usage), which names what, and both owners.
  [[nodiscard]] Result<void> close() const;

  /// Null where nobody serves this.
  [[nodiscard]] const http::Handler* find(const Request& head) const;

 private:
  using Table = std::map<std::string, const Mounted*, std::less<>>;
  void claim(Table& table, const std::string& what, const Mounted& by, std::string_view end = {});

  metrics::Registry* registry_;
  std::vector<std::unique_ptr<Mounted>> mounted_;
  Table hosts_;  ///< in lower case
  Table html_;
  Table paths_;
  Table prefixes_;  ///< with their last slash
  std::vector<std::string> conflicts_;
  std::vector<Door> doors_;
  std::multimap<int, std::pair<std::string, std::string>> shown_;  ///< words and path
};

}  // namespace skerry::program
