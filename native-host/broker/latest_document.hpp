#pragma once

#include <span>
#include <string>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "native-host/broker/store.hpp"

namespace skerry::broker {

/// What a view says beside its rows.
struct ViewNotes {
  std::vector<std::string> projects =
      {};                ///< of one's own, in order: `"projects":["lab"]`, where there are any
  bool made_up = false;  ///< by the archive replica: `"made_up":true`
};
/// The projects that a collectors file has named.
std::vector<std::string> own_projects(std::span<const Collector> collectors);

/// The KV value `latest`, format 1, without white space outside strings:
///
///   {"format":1,"update_duration":12,"rows":1,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[
///    {"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"rrc00","data_type":"rib",
///     "item_url":"…","rough_size":435415200,"exact_size":0,"project":"riperis","collector_url":"…"}]}
///
/// and before "last_updated_at" the notes, where there are any. Keys come in this order, rows by collector
/// and then type, bytewise. `delay` is `last_updated_at` less `timestamp` in seconds, exact to the
/// millisecond, without trailing zeros.
std::string render_latest(std::span<const LatestRow> rows, Seconds update_duration, Time last_updated_at,
                          const ViewNotes& notes = {});

/// The same of these collectors, from the database as it is now.
Result<std::string> latest_document(postgres::Connection& connection, std::span<const Collector> collectors,
                                    Time now, bool made_up = false);

}  // namespace skerry::broker
