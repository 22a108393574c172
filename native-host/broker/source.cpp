#include "native-host/broker/source.hpp"

#include <filesystem>
#include <memory>
#include <utility>

#include "native-host/broker/freshness.hpp"
#include "native-host/broker/settings.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/program/human.hpp"

namespace skerry::broker {
namespace {

/// Whether nothing real was ever read in this data folder: rounds that failed leave a store without a view,
/// or with an empty one. An index of the real archives goes on being served, and is tried again, rather than
/// hidden by made-up rows; so is what can't be known.
bool was_never_read(const program::World& world) {
  const auto path = store_path(world);
  const auto there = program::is_there(path);
  if (!there) return false;
  std::error_code ignored;
  if (std::filesystem::exists(path.string() + ".damaged", ignored)) return false;
  if (!*there) return true;
  const auto store = kv::Store::open({.path = path});
  const auto entry = store ? (*store)->get("latest") : std::unexpected(store.error());
  if (!entry || !*entry) return entry.has_value();
  const auto view = read_freshness((*entry)->value, program::system_now());
  return view && view->rows.empty();
}

bool wants_replica(const program::World& world, const program::Prelude& prelude,
                   std::span<const Collector> collectors) {
  const auto& settings = prelude.loaded.get<Settings>();
  if (settings.archive != "auto") return makes_up(prelude.loaded);
  const bool may = prelude.roles.serves && prelude.roles.works && world.database_url().empty();
  if (!may) return false;
  std::vector<Collector> chosen(collectors.begin(), collectors.end());
  std::erase_if(chosen, [&](const Collector& one) { return !selects(settings, one.id); });
  if (archives_answer(chosen, settings.archive_probe_timeout)) return false;
  const bool use = was_never_read(world);
  prelude.report.warning("archives_unreachable",
                         use ? "No archive host answers: using the archive replica, whose listings are made "
                               "up. Its data is kept "
                               "apart, in " +
                                   world.made_up_dir().string() + "."
                             : "No archive host answers: the last view stays until one does. (archive = "
                               "\"replica\" shows made-up listings meanwhile, which are kept apart.)");
  return use;
}

}  // namespace

bool makes_up(const config::Loaded& loaded) {
  return loaded.get<Settings>().archive == "replica";
}

Result<void> choose_source(program::World& world, const program::Prelude& prelude) {
  auto collectors = load_collectors(prelude.loaded.get<Settings>().collectors_file);
  if (!collectors) return std::unexpected(collectors.error());
  auto source = std::make_shared<Source>();
  source->collectors = *std::move(collectors);
  if (wants_replica(world, prelude, source->collectors)) {
    if (auto made_up = world.make_up("archive = \"replica\""); !made_up) return made_up;
    source->made_up = world.data_dir();
  }
  world.keep(std::move(source));
  return {};
}

Result<void> open_source(program::Host& host) {
  auto& source = *host.world().kept<Source>();
  if (!source.made_up || !host.roles().works) return {};
  if (host.roles().once) {
    auto running = ReplicaRecord::find(*source.made_up);
    if (!running) return std::unexpected(running.error());
    if (*running) {
      source.collectors = with_origin(std::move(source.collectors), **running);
      return {};
    }
  } else {
    auto record = ReplicaRecord::take(*source.made_up);
    if (!record) return std::unexpected(record.error());
    source.record = *std::move(record);
  }
  auto replica = ReplicaProcess::start(host.settings<Settings>().replica_listen);
  if (!replica) return std::unexpected(replica.error());
  if (source.record)
    if (auto told = source.record->tell(replica->origin()); !told) return told;
  host.report().info("replica", "The archive replica listens", {{"address", replica->origin()}});
  source.collectors = with_origin(std::move(source.collectors), replica->origin());
  source.replica = *std::move(replica);
  return {};
}

}  // namespace skerry::broker
