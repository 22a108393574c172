#include "native-host/program/world.hpp"

#include <filesystem>
#include <fstream>
#include <vector>

#include <doctest/doctest.h>
#include <stdlib.h>

#include "native-host/kv/store.hpp"
#include "native-host/program/capability.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::program {
namespace {

config::Loaded settings(std::map<std::string, std::string> environment) {
  auto schema = std::make_shared<config::Schema>();
  schema->tables.push_back(settings_table());
  return config::load(schema,
                      {.file_name = "f", .file = {}, .environment = std::move(environment), .flags = {}})
      .value();
}

TEST_CASE("made-up data has a folder of its own, and no way out") {
  const auto loaded = settings({{"SKERRY_DATA_DIR", "d"}});
  World world(loaded);
  CHECK(world.outward() != nullptr);
  REQUIRE(world.make_up("it"));
  CHECK(world.data_dir() == "d/replica");
  CHECK(world.outward() == nullptr);
  CHECK(world.is_made_up());
}

TEST_CASE("made-up data goes into no database that somebody named") {
  const auto loaded = settings({{"DATABASE_URL", "postgres://h/d"}});
  World world(loaded);
  const auto refused = world.make_up("archive = \"replica\"");
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::usage);
  CHECK(refused.error().message.starts_with("archive = \"replica\" would"));
  CHECK(world.outward() != nullptr);
}

TEST_CASE("who looks, and who changes what is there, goes where the settings say") {
  const std::vector<Capability> asks = {
      {.name = "a"}, {.name = "b", .makes_up = [](const config::Loaded&) { return true; }}};
  const auto loaded = settings({{"SKERRY_DATA_DIR", "d"}});
  CHECK(World::meant(loaded, asks).data_dir() == "d/replica");
  CHECK(World::meant(loaded, asks).outward() == nullptr);
  CHECK(World::meant(loaded, {asks.data(), 1}).data_dir() == "d");
  CHECK(World::to_look_at(loaded, asks).data_dir() == "d/replica");
  const auto named = settings({{"SKERRY_DATA_DIR", "d"}, {"DATABASE_URL", "postgres://h/d"}});
  CHECK(World::meant(named, asks).data_dir() == "d");
}

TEST_CASE("who looks sees made-up data only where there is no other") {
  auto name = (std::filesystem::temp_directory_path() / "skerry-world-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  const std::filesystem::path folder = name;
  const auto loaded = settings({{"SKERRY_DATA_DIR", folder.string()}});
  CHECK(World::to_look_at(loaded, {}).data_dir() == folder);
  std::filesystem::create_directory(folder / "replica");
  std::ofstream(folder / "replica/kv.sqlite3") << "x";
  CHECK(World::to_look_at(loaded, {}).data_dir() == folder / "replica");
  {
    const auto store = kv::Store::open({.path = folder / "kv.sqlite3"});
    REQUIRE(store);
    CHECK(World::to_look_at(loaded, {}).data_dir() == folder / "replica");
    REQUIRE((*store)->put("health", {.value = "{}"}));
  }
  CHECK(World::to_look_at(loaded, {}).data_dir() == folder);
  std::ofstream(folder / "kv.sqlite3") << std::string(5000, 'x');
  CHECK(World::to_look_at(loaded, {}).data_dir() == folder);
  std::filesystem::remove_all(folder);
}

TEST_CASE("what prepare leaves is found by its type") {
  const auto loaded = settings({});
  World world(loaded);
  CHECK(world.kept<int>() == nullptr);
  world.keep(std::make_shared<int>(7));
  const World moved = std::move(world);
  CHECK(*moved.kept<int>() == 7);
}

}  // namespace
TEST_CASE("what is not there, and what may not be known") {
  CHECK(is_there("/").value());
  CHECK_FALSE(is_there("/nothing/of/the/kind").value());
  CHECK_FALSE(is_there("/dev/null/file").value());
  CHECK_FALSE(is_there("").value());
}

}  // namespace skerry::program
