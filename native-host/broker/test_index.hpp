#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/broker/schema.hpp"
#include "native-host/broker/store.hpp"
#include "native-host/postgres/test_cluster.hpp"

namespace skerry::broker {

/// A migrated database of its own, with collectors and the files that a test puts into it.
struct TestIndex {
  explicit TestIndex(std::vector<Collector> known) : collectors(std::move(known)) {
    migrate(connection).value();
    store.sync_collectors(collectors).value();
  }

  /// Files at `times` (naive), first seen at `seen`.
  void put(const Collector& collector, DataType type, const std::vector<std::string>& times,
           std::string_view seen) {
    for (const auto& text : times) {
      const auto time = parse_naive(text).value();
      auto name = usual_name(collector.layout, type, time);
      const ListedFile file{.name = name, .time = time, .data_type = type, .rough_size = 1};
      const auto listings = month_listings(collector, month_of(time));
      const ListingResult result{.listing = type == DataType::rib ? listings.front() : listings.back(),
                                 .checked = parse_naive(seen).value(),
                                 .outcome = ListingResult::Outcome::probed,
                                 .validators = {},
                                 .files = {&file, 1}};
      store.write(collector, {&result, 1}).value();
    }
  }

  std::vector<Collector> collectors;
  postgres::Connection connection =
      postgres::Connection::open(postgres::TestCluster::instance().new_database()).value();
  Store store{connection};
};

}  // namespace skerry::broker
