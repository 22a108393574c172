#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/strip.hpp"

/// What the page shows: the documents `latest` and `history`, joined per collector.
namespace skerry::broker {

/// The newest file of a stream.
struct NewestFile {
  Time timestamp;
  Seconds delay{};  ///< as of the view's last_updated_at
  std::string url;
  std::int64_t size = 0;  ///< the exact one where it is known, else the rough one; 0: unknown
};

/// One data type of a collector.
struct Stream {
  std::optional<NewestFile> newest;
  std::optional<Strip> strip;
  std::optional<Time> late_since;  ///< since when the newest file is late, if it is
};

struct Collector {
  std::string id;
  std::string project;  ///< as in the view
  std::string url;
  std::array<Stream, 2> streams;  ///< by DataType

  [[nodiscard]] const Stream& of(DataType type) const { return streams[static_cast<std::size_t>(type)]; }
  [[nodiscard]] Stream& of(DataType type) { return streams[static_cast<std::size_t>(type)]; }
  [[nodiscard]] bool is_late() const { return streams[0].late_since || streams[1].late_since; }
};

struct Board {
  Time last_updated_at;
  bool made_up = false;               ///< by the archive replica
  std::vector<Collector> collectors;  ///< in natural_order of their ids, each id once
};

/// `rrc2` before `rrc10`: runs of digits compare as numbers, the rest as bytes. A total order.
bool natural_order(std::string_view a, std::string_view b);

/// Reads the document `latest`, as GET /latest answers it. Takes any bytes, at most 20,000 rows. Members and
/// data types that it does not know are ignored; of two rows for one stream the newer counts. Errors:
/// `view_unreadable`.
Result<Board> parse_board(std::string_view json);

/// Gives the streams their strips, in place of any that they had. Series of unknown collectors are ignored.
void join_history(Board& board, const History& history);

}  // namespace skerry::broker
