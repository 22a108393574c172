#include "native-host/broker/filters.hpp"

#include <spdlog/fmt/fmt.h>

#include "native-host/config/config.hpp"

namespace skerry::broker {

void offer_filters(program::Commands& commands, const CLI::Option& project, const CLI::Option& type) {
  commands.offer(
      project, {std::string(project_word(Project::riperis)), std::string(project_word(Project::routeviews))});
  commands.offer(type,
                 {std::string(data_type_word(DataType::rib)), std::string(data_type_word(DataType::update))});
}

std::vector<std::string_view> ids_of(std::span<const Collector> collectors) {
  std::vector<std::string_view> ids;
  ids.reserve(collectors.size());
  for (const auto& collector : collectors) ids.emplace_back(collector.id);
  return ids;
}

std::unexpected<Error> no_such_collector(std::string_view id, std::span<const std::string_view> known) {
  const auto near = config::nearest(id, known);
  return fail(ErrorKind::usage, "unknown_collector",
              near.empty() ? fmt::format("There is no collector \"{}\".", id)
                           : fmt::format("There is no collector \"{}\"; the nearest is \"{}\".", id, near));
}

Result<std::optional<DataType>> wanted_type(std::string_view word) {
  if (word.empty()) return std::nullopt;
  const auto type = parse_data_type(word);
  if (!type)
    return fail(ErrorKind::usage, "unknown_data_type",
                fmt::format("Unknown type {}: use rib or update.", word));
  return type;
}

}  // namespace skerry::broker
