#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "native-host/program/commands.hpp"

/// What a command was told to leave out, which is the same for all of them: a word that names nothing is
/// refused, never a table without rows.
namespace skerry::broker {

inline constexpr const char* kProjectHelp = "riperis, routeviews, or one of your own";
inline constexpr const char* kTypeHelp = "rib or update";

/// Shells offer the words of these two flags.
void offer_filters(program::Commands& commands, const CLI::Option& project, const CLI::Option& type);

std::vector<std::string_view> ids_of(std::span<const Collector> collectors);

/// `unknown_collector` (usage), with the nearest of those that are known.
std::unexpected<Error> no_such_collector(std::string_view id, std::span<const std::string_view> known);

/// By any of its words; nothing for an empty text. Error: `unknown_data_type` (usage).
Result<std::optional<DataType>> wanted_type(std::string_view word);

}  // namespace skerry::broker
