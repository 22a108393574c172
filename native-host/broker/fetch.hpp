#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "native-host/clock/clock.hpp"
#include "shared/error.hpp"

namespace skerry::broker {

struct FetchOptions {
  std::size_t concurrency = 24;  ///< transfers at once
  std::size_t per_host = 6;      ///< of these to one host
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds total_timeout{60'000};  ///< of one attempt
  std::chrono::seconds silence_timeout{15};       ///< an attempt that gets under 100 bytes/s for so long ends
  int attempts = 3;                               ///< of one request
  std::chrono::milliseconds backoff{1'000};       ///< before the second attempt; doubles, with jitter
  std::chrono::milliseconds max_backoff{30'000};  ///< of a wait; a longer Retry-After ends the request
  std::size_t max_body = 64UL << 20;              ///< bytes after decompression
  std::size_t max_backlog =
      8UL << 20;          ///< bytes of answers that wait for the caller; then nothing new starts
  int host_failures = 3;  ///< so many failures to connect or time-outs in a row give a host up for this run
  std::chrono::seconds run_timeout{240};  ///< of one run; what is left then fails
  std::string user_agent = "skerry/0.1";
  /// Of the waits between attempts and of `run_timeout`. The time-outs of an attempt are libcurl's, by the
  /// system's clock.
  std::shared_ptr<AlarmClock> clock = make_system_clock();
};

/// Hosts (`https://archive.example`) that asked to be left alone, and until when. One stays in it when its
/// time is over, until it has answered as it should.
using Pauses = std::map<std::string, Time>;

struct FetchRequest {
  std::string url;
  std::string etag = {};           ///< of the copy that we have; empty: none
  std::string last_modified = {};  ///< likewise
  std::size_t tag = 0;             ///< the caller's
  bool head = false;               ///< only the head: of a file that is not to be read
};

struct FetchResponse {
  bool not_modified = false;  ///< 304: the copy that we have is current, `body` is empty
  std::string url;            ///< that answered, after redirects
  std::string body;           ///< decompressed
  std::string etag;
  std::string last_modified;
  std::string content_type;
  std::int64_t content_length = -1;  ///< as the head says it; -1: it does not
  std::int64_t wire_bytes = 0;       ///< received: heads, and the body as it was sent
};

/// HTTP GETs and HEADs, many at once, on connections that are kept from run to run (libcurl's multi
/// interface).
///
/// 200 and 304 are success. 408, 429, 5xx, time-outs and broken connections are tried again after a back-off
/// with jitter, or after what `Retry-After` says. A host that can't be reached is given up for the rest of
/// the run: its other requests fail at once, those of other hosts never wait for it. So is one that asks for
/// a longer pause with a 429 or 503, which counts for later runs, too, for a day at most (`pauses`).
/// Redirects (five at most) stay within http and https.
///
/// For one thread, which a run blocks. Answers are called back on that thread while transfers go on; if it
/// takes its time, new ones wait, so that at most twice `concurrency` answers and little more than
/// `max_backlog` bytes are in memory.
///
/// Errors: `http_404` and its like; `timeout`, `connect_failed` (also names that don't resolve, and TLS),
/// `host_given_up`, `delayed` (the host is left alone, as it asked), `body_too_large`, `fetch_failed` (all
/// others, with libcurl's words), `run_timeout`, `stopped`.
class Fetcher {
 public:
  using Done = std::function<void(const FetchRequest& request, Result<FetchResponse> response)>;

  explicit Fetcher(FetchOptions options = {});
  ~Fetcher();
  Fetcher(Fetcher&&) noexcept;
  Fetcher& operator=(Fetcher&&) noexcept;

  /// Queues a request for `run`; may be called from within its callback.
  void add(FetchRequest request);

  /// Of the runs before, or of other processes; between two runs. `pauses` is as of the last one.
  void set_pauses(Pauses pauses);
  [[nodiscard]] const Pauses& pauses() const;

  /// Forgets what was queued and no run has begun with.
  void clear();

  /// Carries out all requests, with one call of `done` for each, in the order in which they end. After `stop`
  /// the rest end with `stopped`. The queue is empty afterwards.
  void run(const Done& done, const std::stop_token& stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skerry::broker
