#include <cstdio>

#include <spdlog/fmt/fmt.h>

#include "native-host/broker/gaps.hpp"
#include "native-host/cli/commands.hpp"
#include "native-host/cli/gap_report.hpp"
#include "native-host/cli/publication.hpp"

namespace skerry::cli {
namespace {

Exit complain(const Error& error) {
  fmt::print(stderr, "skerry: {} ({})\n", error.message, error.code);
  return error.code.starts_with("unknown_") || error.code == "bad_time" ? Exit::usage : exit_for(error);
}

Result<std::string> gaps(const config::Settings& settings, const GapOptions& options) {
  const auto now = system_now();
  const auto since = parse_moment(options.since, now);
  if (!since) return std::unexpected(since.error());
  const auto until = options.until.empty() ? Result<Time>(now) : parse_moment(options.until, now);
  if (!until) return std::unexpected(until.error());
  auto known = broker::load_collectors(settings.collectors_file);
  if (!known) return std::unexpected(known.error());
  const auto chosen = choose_collectors(*std::move(known), settings.collectors, options.project);
  if (!chosen) return std::unexpected(chosen.error());

  const auto conninfo = reachable_database(settings);
  if (!conninfo) return fail("db_unreachable", "The private PostgreSQL does not run; `skerry up` starts it.");
  auto connection = postgres::Connection::open(*conninfo, {.application_name = "skerry gaps"});
  if (!connection) return std::unexpected(connection.error());
  auto found = broker::find_gaps(*connection, *chosen, *since, *until, now);
  if (!found) return std::unexpected(found.error());
  if (!options.data_type.empty()) {
    const auto type = broker::parse_data_type(options.data_type);
    if (!type) return fail("unknown_data_type", "A type is rib or update.");
    std::erase_if(*found, [&](const broker::Gap& gap) { return gap.data_type != *type; });
  }
  return options.json ? gaps_json(*found) : gaps_table(*found);
}

}  // namespace

Exit run_gaps(const config::Settings& settings, const GapOptions& options) {
  const auto text = gaps(to_look_at(settings), options);
  if (!text) return complain(text.error());
  fmt::print("{}", *text);
  return Exit::ok;
}

}  // namespace skerry::cli
