#include "native-host/cli/serving.hpp"

#include <utility>

namespace skerry::cli {

Serving::Serving(const config::Settings& settings, Report& report, Opened opened)
    : opened_(std::move(opened)),
      events_(settings, *opened_.registry, report),
      database_(settings, report, postgres::Meters::of(*opened_.registry)),
      publication_(settings, *opened_.store, report, *opened_.registry, [this] { return events_.stats(); }),
      origin_({.trouble = [this] { return trouble(); },
               .health = [this] { return publication_.check(database_); },
               .metrics = [this] { return publication_.snapshot(); }}) {}

Result<std::unique_ptr<Serving>> Serving::open(const config::Settings& settings, Report& report) {
  Opened opened{.registry = std::make_unique<metrics::Registry>()};
  auto store = open_store(settings, opened.registry.get());
  if (!store) return std::unexpected(std::move(store).error());
  opened.store = *std::move(store);
  std::unique_ptr<Serving> serving(new Serving(settings, report, std::move(opened)));
  const FrontDoor::Behind behind{.store = *serving->opened_.store,
                                 .events = serving->events_,
                                 .origin = serving->origin_,
                                 .registry = *serving->opened_.registry};
  auto door = FrontDoor::open(settings, behind, report);
  if (!door) return std::unexpected(std::move(door).error());
  serving->door_ = *std::move(door);
  return serving;
}

void Serving::start() {
  publication_.start();
  checks_ = publication_.publish_regularly(database_);
}

void Serving::close() {
  if (door_) door_->close();
}

/// Views are served and events taken; the database may be away.
std::string Serving::trouble() const {
  if (const auto view = opened_.store->get("latest"); !view) return view.error().message;
  if (const auto queue = events_.stats(); queue.trouble) return queue.trouble->message;
  return {};
}

}  // namespace skerry::cli
