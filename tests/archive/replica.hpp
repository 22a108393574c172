#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "shared/http.hpp"
#include "tests/archive/fault.hpp"
#include "tests/archive/location.hpp"
#include "tests/archive/sim_clock.hpp"

namespace skerry::archive {

/// An answer, and how the server is to send it.
struct Delivery {
  Response response;
  Manner manner = {};
};

/// What was asked for and sent, apart from the control addresses.
struct Traffic {
  std::uint64_t requests = 0;
  std::uint64_t head_bytes = 0;
  std::uint64_t body_bytes = 0;
};

/// The archives behind HTTP, without the sockets.
///
///   GET, HEAD  a folder: the listing, with ETag, Last-Modified, 304 and gzip
///   HEAD       a file: its size. GET of a file is 501: the replica has listings, not data.
///   GET        /: the addresses of all collectors, one in a line
///   GET, PUT   /_control/clock: an RFC 3339 time; a number behind it, `TIME SPEED`, sets the speed
///   PUT        /_control/fault: adds a fault (fault.hpp). DELETE removes all.
///   GET        /_control/faults: those in force, and how often they struck
///   GET        /_control/requests: what was asked for and sent. DELETE begins anew.
///   GET        /_control/truth?collector=rrc00&month=2026.11: the month's files, as they are now
///
/// The control addresses answer a loopback `Request::client` only. Not thread-safe.
class Replica {
 public:
  Replica(std::vector<Collector> collectors, SimClock clock)
      : locator_(std::move(collectors)), clock_(clock) {}

  Delivery answer(const Request& request);

  /// For the server: a connection came in; false: it is to be reset at once.
  bool accept();
  /// For the server: what it sent of an answer.
  void note_sent(const Request& request, int status, std::size_t head_bytes, std::size_t body_bytes);

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
  Response control_clock(const Request& request);
  Response control_fault(const Request& request);
  Response control_requests(const Request& request);
  Response truth(const Request& request);

  Response strike(const Request& request, const Fault& fault, Time now);
  Response serve(const Request& request, const Fault& fault, Time now);
  Response list(const Request& request, const Location& location, const Fault& fault, Time now);
  Response describe_file(const Request& request, const Location& location, const Fault& fault, Time now);
  Page& page(const Location& location, Time now);
  /// The files of a folder with what the overlays make of them.
  Listing files(const Collector& collector, Month month, std::optional<DataType> type, Time now);
  std::string etag(const Fault& fault, std::string right);

  Locator locator_;
  SimClock clock_;
  Faults faults_;
  Time overlaid_{};  ///< when the overlays last changed
  std::uint64_t etags_ = 0;
  std::uint64_t connections_ = 0;
  std::uint64_t arrived_ = 0;
  std::map<std::string, Traffic> by_method_;
  std::map<int, Traffic> by_status_;             ///< 0: no head was sent
  std::unordered_map<std::string, Page> pages_;  ///< by original path
  std::size_t pages_bytes_ = 0;
};

}  // namespace skerry::archive
