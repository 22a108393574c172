#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "shared/http.hpp"
#include "tests/archive/location.hpp"
#include "tests/archive/sim_clock.hpp"

namespace skerry::archive {

/// What goes wrong with answers to paths that begin with `prefix`. A new kind of fault is a member here, a
/// line in `parse_fault`, and its effect in `Replica::answer` (what is said) or in the server (how it is
/// sent).
struct Fault {
  std::string prefix;
  std::optional<int> status;               ///< answer with this status instead
  std::optional<std::size_t> truncate_at;  ///< close the connection after so many bytes of the body
};

/// `{"prefix": "/rrc00/", "status": 503}` or `{"prefix": "/", "truncate_at": 1000}`. Errors: `fault_invalid`.
Result<Fault> parse_fault(std::string_view json);

/// An answer, and how the server is to send it.
struct Delivery {
  Response response;
  std::optional<std::size_t> truncate_at;
};

/// The archives behind HTTP, without the sockets.
///
///   GET, HEAD  a folder: the listing, with ETag, Last-Modified, 304 and gzip
///   HEAD       a file: its size. GET of a file is 501: the replica has listings, not data.
///   GET        /: the addresses of all collectors, one in a line
///   GET, PUT   /_control/clock: an RFC 3339 time
///   PUT        /_control/fault: adds a fault; the last one that fits a path counts. DELETE removes all.
///
/// The control addresses answer a loopback `Request::client` only. Not thread-safe.
class Replica {
 public:
  Replica(std::vector<Collector> collectors, SimClock clock)
      : locator_(std::move(collectors)), clock_(clock) {}

  Delivery answer(const Request& request);

 private:
  /// A rendered listing and for how long it is true.
  struct Page {
    Body plain;
    Body gzip;  ///< made when it is first asked for
    std::string etag;
    Time modified;
    Time since;
    Time until;
  };

  Response control(const Request& request);
  Response serve(const Request& request, Time now);
  Response list(const Request& request, const Location& location, Time now);
  Page& page(const Location& location, Time now);
  [[nodiscard]] const Fault* fault_for(std::string_view path) const;

  Locator locator_;
  SimClock clock_;
  std::vector<Fault> faults_;
  std::unordered_map<std::string, Page> pages_;  ///< by original path
  std::size_t pages_bytes_ = 0;
};

}  // namespace skerry::archive
