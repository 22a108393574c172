#include "shared/broker/vocabulary.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace skerry::broker;

TEST_CASE("a project's words, of every generation and in any case") {
  for (const auto* word : {"ris", "riperis", "ripe-ris", "ripe_ris", "rrc", "RIS", "Ripe-RIS"}) {
    CAPTURE(word);
    CHECK(parse_project(word) == Project::riperis);
  }
  for (const auto* word : {"rv", "routeviews", "route-views", "route_views", "RV"}) {
    CAPTURE(word);
    CHECK(parse_project(word) == Project::routeviews);
  }
  for (const auto* word : {"", " ris", "ris ", "ripe", "rrc00", "route views", "\xff"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_project(word));
  }
}

TEST_CASE("a data type's words") {
  for (const auto* word : {"rib", "ribs", "r", "RIBS"}) CHECK(parse_data_type(word) == DataType::rib);
  for (const auto* word : {"update", "updates", "u", "U"}) CHECK(parse_data_type(word) == DataType::update);
  for (const auto* word : {"", "mrt", "ri", "upd"}) CHECK_FALSE(parse_data_type(word));
}

TEST_CASE("what is stored reads back, and API v3 has a word of its own") {
  for (const auto project : {Project::riperis, Project::routeviews})
    CHECK(parse_project(project_word(project)) == project);
  for (const auto type : {DataType::rib, DataType::update}) {
    CHECK(parse_data_type(data_type_word(type)) == type);
    CHECK(parse_data_type(data_type_word_v3(type)) == type);
  }
  CHECK(data_type_word(DataType::update) == "update");
  CHECK(data_type_word_v3(DataType::update) == "updates");
}

TEST_CASE("what one file covers") {
  using namespace std::chrono;
  CHECK(file_duration(Project::riperis, DataType::update) == 300s);
  CHECK(file_duration(Project::routeviews, DataType::update) == 900s);
  CHECK(file_duration(Project::riperis, DataType::rib) == 0s);
}
