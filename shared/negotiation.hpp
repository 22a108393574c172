#pragma once

#include <optional>
#include <string_view>

#include "shared/http.hpp"
#include "shared/platform.hpp"

namespace skerry {

/// The members of a list with weights (RFC 9110 §12.4.2): `Accept`, `Accept-Encoding`, all fields of the name
/// joined. Empty members are skipped, other parameters than `q` passed over; a comma or semicolon in a quoted
/// string divides nothing.
///
///     for (WeightedList list(header); auto item = list.next();) use(item->value, item->weight);
class WeightedList {
 public:
  struct Item {
    std::string_view value;  ///< what stands before the parameters: `gzip`, `text/plain`
    int weight;              ///< in thousandths, 1000 where none is given, 0 where it can't be read
  };

  explicit WeightedList(std::string_view text) : rest_(text) {}
  std::optional<Item> next();

 private:
  std::string_view rest_;
};

/// True if an `Accept-Encoding` value takes gzip at least as gladly as the bare bytes (RFC 9110 §12.5.3). An
/// absent or empty header does not.
bool accepts_gzip(std::string_view accept_encoding);
/// Whether an answer is to be compressed: the setting `gzip` is on, and the client takes it.
bool wants_gzip(const Request& request, const Config& config);

/// What an `Accept` value (RFC 9110 §12.5.1) says of a media type.
struct Acceptance {
  int weight = 0;  ///< of the most specific range that meets it, in thousandths; 0: it is refused, or not met
  bool named = false;  ///< it is met by its own name, not by `*/*` or `text/*` alone
};
Acceptance acceptance_of(std::string_view accept, std::string_view media_type);

/// True if an `Accept` value (all of its fields, joined) names `text/html` (RFC 9110 §12.5.1), and with a
/// weight that is not below that of JSON, as browsers do. An absent or empty header does not, nor `*/*`,
/// which every program sends.
bool prefers_html(std::string_view accept);

}  // namespace skerry
