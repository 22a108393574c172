#include "native-host/publish/capability.hpp"

#include "native-host/program/cadence.hpp"
#include "native-host/program/host.hpp"
#include "native-host/publish/checks.hpp"
#include "native-host/publish/publisher.hpp"
#include "native-host/publish/settings.hpp"
#include "native-host/publish/targets.hpp"
#include "shared/comma_list.hpp"

namespace skerry::publish {
namespace {

/// Pushes what changes in the store, whoever changed it: in `skerry serve`, too.
class Publishing final : public program::Running {
 public:
  explicit Publishing(program::Host& host)
      : report_(host.report()),
        registry_(host.registry()),
        attempts_(static_cast<int>(host.settings<Settings>().attempts)),
        publisher_(options(host), host.store()) {
    host.documents().go_through(
        [this](const std::string& key, std::string value) { return publisher_.put(key, std::move(value)); });
    if (!host.roles().once && host.roles().keeps) publisher_.start();
  }

  bool settle(const std::stop_token& stop) override { return publisher_.push_now(attempts_, stop); }

 private:
  PublisherOptions options(program::Host& host) {
    const auto* cadence = host.services().find<program::Cadence>();
    PublisherOptions options{
        .data_dir = host.data_dir(),
        .targets = {},
        .rules = {.refresh = std::chrono::ceil<Seconds>(host.settings<Settings>().refresh),
                  .interval = std::chrono::ceil<Seconds>((cadence ? *cadence : program::Cadence()).interval)},
        .on_event = [this](const Event& event) { say(event); }};
    if (const auto* outward = host.outward(); outward != nullptr)
      options.targets = targets_of(host.settings<Settings>(), *outward);
    return options;
  }

  void say(const Event& event) {
    using Kind = Event::Kind;
    registry_
        .counter("skerry_publish_pushes_total", "Pushes to a target; a failure counts once for each reason",
                 {{"target", event.target}, {"result", event.kind == Kind::failed ? "error" : "ok"}})
        .add();
    const program::Field target{"target", event.target};
    switch (event.kind) {
      case Kind::published:
        report_.debug("published", "Published", {target, {"keys", join_commas(event.keys)}});
        break;
      case Kind::failed:
        report_.warning("publish_failed", event.state.error,
                        {target, {"next_try", format_rfc3339(event.state.not_before)}});
        break;
      case Kind::recovered:
        report_.info("publish_recovered", "Publishing works again",
                     {target,
                      {"failing_since", format_rfc3339(event.state.failing_since.value_or(Time()))},
                      {"failures", event.state.failures},
                      {"code", event.state.error.code}});
        break;
    }
  }

  program::Report& report_;
  metrics::Registry& registry_;
  int attempts_;
  Publisher publisher_;
};

Result<std::unique_ptr<program::Running>> open(program::Host& host) {
  return std::make_unique<Publishing>(host);
}

}  // namespace

program::Capability capability() {
  return {.name = "publish",
          .settings = settings_table,
          .checks = add_checks,
          .status = add_status,
          .open = open};
}

}  // namespace skerry::publish
