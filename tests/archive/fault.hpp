#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::archive {

/// How an answer is sent, where it isn't sent well.
struct Manner {
  enum class Framing {
    length,   ///< with `Content-Length`
    close,    ///< without: the body ends where the connection does
    chunked,  ///< in chunks; the last one is missing where the body is cut
  };
  /// What happens in the middle of the answer.
  struct Ending {
    enum class How { close, reset, stall };
    How how = How::close;
    std::optional<std::size_t> after;  ///< so many bytes of the body; nothing: before the head
  };
  Framing framing = Framing::length;
  std::optional<Ending> ending;
  std::optional<std::size_t> bytes_per_second;
  std::chrono::milliseconds delay{0};  ///< before the first byte
};

/// Something that goes wrong, and with which requests. README.md shows the JSON form; the members are its
/// own.
struct Fault {
  enum class Validator {
    right,
    missing,
    constant,  ///< the same although the content changes, and 304 to who has it
    changing,  ///< ETag: another one with every answer
    future,    ///< Last-Modified: an hour ahead of the clock
  };

  // Which requests.
  std::string prefix;                ///< of their path
  std::string method;                ///< empty: any
  std::optional<Time> from;          ///< by the replica's clock
  std::optional<Time> until;         ///< exclusive
  std::size_t after = 0;             ///< spares so many requests at first
  std::optional<std::size_t> times;  ///< strikes so often
  double chance = 1;  ///< strikes this share of what is left, always the same ones for a `seed`
  std::uint64_t seed = 0;

  // What is answered.
  std::optional<int> status;
  std::optional<Seconds> retry_after;       ///< `Retry-After` in seconds
  std::optional<Seconds> retry_after_date;  ///< `Retry-After` as a date, so long after the replica's clock
  std::string error_page;                   ///< HTML with status 200 or `status`: `plain`, `table`, `pre`
  std::string redirect;                     ///< 302 to this; `loop`: to itself
  Validator etag = Validator::right;
  Validator last_modified = Validator::right;

  // How it is sent.
  Manner manner;
  bool reset_at_accept = false;  ///< the connection is reset before a request is read; any path, any method

  // What the archive holds while `from`…`until`.
  bool hide = false;                  ///< files of this prefix are not there
  std::optional<std::uint64_t> size;  ///< they are this large, in bytes

  [[nodiscard]] bool is_overlay() const { return hide || size; }
};

/// Errors: `fault_invalid`, with what is wrong.
Result<Fault> parse_fault(std::string_view json);

/// The faults in force, and what became of them. The last one that fits and strikes counts.
class Faults {
 public:
  /// Its JSON form is kept for `list`. Errors: `fault_invalid`.
  Result<const Fault*> add(std::string_view json);
  void clear();

  /// The fault that strikes this request, or null.
  const Fault* strike(std::string_view method, std::string_view path, Time now);
  /// True if a new connection is to be reset.
  bool strikes_connection(Time now);
  /// Those that change what the archive holds at or below a path, the last one first, whatever their window.
  [[nodiscard]] std::vector<const Fault*> overlays_of(std::string_view path) const;

  /// A JSON array of the faults as they came, each with `matched` and `struck`: requests so far.
  [[nodiscard]] std::string list() const;

 private:
  struct Entry {
    std::string json;
    Fault fault;
    std::size_t matched = 0;
    std::size_t struck = 0;
    std::unordered_map<std::string, std::size_t> asked;  ///< for the dice: how often, by method and path
  };
  static bool strikes(Entry& entry, std::string_view method, std::string_view path, Time now);

  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace skerry::archive
