#include "shared/broker/vocabulary.hpp"

#include <array>
#include <utility>

#include "shared/http.hpp"

namespace skerry::broker {
namespace {

constexpr std::array<std::pair<std::string_view, Project>, 9> kProjects{{
    {"riperis", Project::riperis},
    {"ris", Project::riperis},
    {"ripe-ris", Project::riperis},
    {"ripe_ris", Project::riperis},
    {"rrc", Project::riperis},
    {"routeviews", Project::routeviews},
    {"rv", Project::routeviews},
    {"route-views", Project::routeviews},
    {"route_views", Project::routeviews},
}};

constexpr std::array<std::pair<std::string_view, DataType>, 6> kDataTypes{{
    {"rib", DataType::rib},
    {"ribs", DataType::rib},
    {"r", DataType::rib},
    {"update", DataType::update},
    {"updates", DataType::update},
    {"u", DataType::update},
}};

template <class T, std::size_t N>
std::optional<T> find(const std::array<std::pair<std::string_view, T>, N>& words, std::string_view word) {
  for (const auto& [name, value] : words) {
    if (equal_ignoring_case(name, word)) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Project> parse_project(std::string_view word) {
  return find(kProjects, word);
}

std::optional<DataType> parse_data_type(std::string_view word) {
  return find(kDataTypes, word);
}

std::string_view project_word(Project project) {
  return project == Project::riperis ? "riperis" : "routeviews";
}

std::string_view data_type_word(DataType type) {
  return type == DataType::rib ? "rib" : "update";
}

std::string_view data_type_word_v3(DataType type) {
  return type == DataType::rib ? "rib" : "updates";
}

std::chrono::seconds file_duration(Project project, DataType type) {
  if (type == DataType::rib) return std::chrono::seconds{0};
  return project == Project::riperis ? std::chrono::minutes{5} : std::chrono::minutes{15};
}

}  // namespace skerry::broker
