// The updater as a process that keeps running, cycle by cycle at the moments that standard input names:
//
//   soak_updater DATABASE COLLECTORS_FILE IDS KV_FILE
//
//   cycle 1793491200000     one cycle at that moment (ms since 1970), then the view into the KV store
//   -> ok {"listings":3,…}  or: failed CODE MESSAGE
//
// Time-outs and back-offs are short, so that a month with faults passes in minutes.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <string>

#include <fmt/format.h>

#include "native-host/broker/collectors.hpp"
#include "native-host/broker/latest_document.hpp"
#include "native-host/broker/schema.hpp"
#include "native-host/broker/updater.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/postgres/connection.hpp"

using namespace skerry;
using namespace std::chrono_literals;

namespace {

struct Soak {
  broker::Updater updater;
  kv::Store& store;
  std::string database;
  std::vector<broker::Collector> collectors;

  Result<broker::CycleReport> cycle(Time now) {
    auto report = updater.run_cycle([now] { return now; });
    if (!report) return report;
    auto connection = postgres::Connection::open(database);
    if (!connection) return std::unexpected(connection.error());
    auto document = broker::latest_document(*connection, collectors, now);
    if (!document) return std::unexpected(document.error());
    if (auto stored = store.put("latest", {.value = *std::move(document)}); !stored) {
      return std::unexpected(stored.error());
    }
    return report;
  }
};

broker::UpdaterOptions make_options(const std::string& database, const char* collectors_file,
                                    std::string ids) {
  broker::UpdaterOptions options;
  options.database = database;
  options.collectors = broker::load_collectors(collectors_file).value();
  for (std::size_t comma = 0; comma != std::string::npos; ids.erase(0, comma + 1)) {
    comma = ids.find(',');
    options.only.push_back(ids.substr(0, comma));
    if (comma == std::string::npos) break;
  }
  options.exact_sizes = 5;
  options.fetch.connect_timeout = 500ms;
  options.fetch.total_timeout = 1500ms;
  options.fetch.silence_timeout = 1s;
  options.fetch.attempts = 2;
  options.fetch.backoff = 5ms;
  options.fetch.max_backoff = 50ms;
  options.fetch.run_timeout = 20s;
  return options;
}

std::string describe(const broker::CycleReport& report) {
  const auto& total = report.total;
  return fmt::format(
      R"(ok {{"listings":{},"probes":{},"unchanged":{},"failed":{},"added":{},"changed":{},"sized":{},"ms":{}}})",
      total.listings, total.probes, total.unchanged, report.failed_listings, total.files_added,
      total.files_changed, total.files_sized, report.duration.count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: soak_updater DATABASE COLLECTORS_FILE IDS KV_FILE\n";
    return 2;
  }
  const std::string database = argv[1];
  {
    auto connection = postgres::Connection::open(database).value();
    broker::migrate(connection).value();
  }
  const auto store = kv::Store::open({.path = argv[4]}).value();
  Soak soak{broker::Updater(make_options(database, argv[2], argv[3])), *store, database,
            broker::load_collectors(argv[2]).value()};
  for (std::string word, text; std::cin >> word >> text;) {
    std::int64_t moment = 0;
    std::from_chars(text.data(), text.data() + text.size(), moment);
    const auto report = soak.cycle(Time(std::chrono::milliseconds(moment)));
    if (report) {
      fmt::print("{}\n", describe(*report));
    } else {
      auto message = report.error().message;
      std::ranges::replace(message, '\n', ' ');
      fmt::print("failed {} {}\n", report.error().code, message);
    }
    std::fflush(stdout);
  }
}
