#pragma once

#include <chrono>
#include <optional>
#include <string_view>

/// The words of the archive index. Every generation of the broker's API has its own; input takes their union.
namespace skerry::broker {

enum class Project { riperis, routeviews };
enum class DataType { rib, update };

/// `ris`, `riperis`, `ripe-ris`, `ripe_ris`, `rrc`; `rv`, `routeviews`, `route-views`, `route_views`; any
/// case.
std::optional<Project> parse_project(std::string_view word);
/// `rib`, `ribs`, `r`; `update`, `updates`, `u`; any case.
std::optional<DataType> parse_data_type(std::string_view word);

/// The stored word, which is API v2's: `riperis`, `routeviews`.
std::string_view project_word(Project project);
/// The stored word, which is API v2's: `rib`, `update`.
std::string_view data_type_word(DataType type);
/// API v3's: `rib`, `updates`.
std::string_view data_type_word_v3(DataType type);

/// The time that one file of updates covers: 5 minutes for RIS, 15 for RouteViews. A RIB is of one moment: 0.
std::chrono::seconds file_duration(Project project, DataType type);

}  // namespace skerry::broker
