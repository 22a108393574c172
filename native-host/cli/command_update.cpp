#include <cstdio>
#include <thread>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "native-host/cli/commands.hpp"
#include "native-host/cli/publish.hpp"
#include "native-host/cli/stop_signal.hpp"

namespace skerry::cli {
namespace {

/// Runs cycles and shows them as the options say.
class UpdateCommand {
 public:
  UpdateCommand(const config::Settings& settings, const UpdateOptions& options, Report& report)
      : settings_(settings), options_(options), report_(report), database_(settings, report) {}

  Result<void> prepare() {
    auto collectors = broker::load_collectors(settings_.collectors_file);
    if (!collectors) return std::unexpected(collectors.error());
    if (auto ready = database_.ensure(); !ready) return ready;
    auto store = open_store(settings_);
    if (!store) return std::unexpected(store.error());
    store_ = *std::move(store);
    auto options = updater_options(settings_, database_.conninfo(), *std::move(collectors));
    options.dry_run = options_.dry_run;
    options.progress = [this](const broker::Progress& progress) { line_.show(progress); };
    updater_.emplace(std::move(options));
    return {};
  }

  /// True if the cycle was good.
  bool cycle(const std::stop_token& stop) {
    const auto report = options_.dry_run ? updater_->run_cycle(system_now, stop)
                                         : update_and_publish(*updater_, database_, *store_, stop);
    line_.clear();
    if (!report) {
      report_.error(report.error());
      return false;
    }
    for (const auto& collector : report->collectors) {
      for (const auto& failure : collector.failures) {
        report_.warning(collector.id + ": " + failure.url + ": " + failure.error.message + " (" +
                        failure.error.code + ")");
      }
    }
    if (options_.json) {
      fmt::print("{}\n", report_json(*report));
      std::fflush(stdout);
    } else if (!options_.once || options_.dry_run || isatty(STDERR_FILENO) == 1) {
      report_.info(summary_line(*report));
    }
    return report->failed_collectors == 0;
  }

 private:
  const config::Settings& settings_;
  const UpdateOptions& options_;
  Report& report_;
  Database database_;
  std::unique_ptr<kv::Store> store_;
  ProgressLine line_;
  std::optional<broker::Updater> updater_;
};

}  // namespace

Exit run_update(const config::Settings& settings, const UpdateOptions& options) {
  StopSignal signals;
  Report report(settings.log_level, settings.log_format);
  UpdateCommand command(settings, options, report);
  if (auto ready = command.prepare(); !ready) {
    report.error(ready.error());
    return exit_for(ready.error());
  }
  bool good = false;
  std::atomic<bool> done = false;
  std::jthread worker([&](const std::stop_token& stop) {
    do {
      const auto began = std::chrono::steady_clock::now();
      good = command.cycle(stop);
      while (!options.once && !stop.stop_requested() &&
             std::chrono::steady_clock::now() < began + settings.update_interval) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    } while (!options.once && !stop.stop_requested());
    done = true;
  });
  while (!done) {
    if (signals.wait(std::chrono::milliseconds(50))) worker.request_stop();
  }
  return good ? Exit::ok : Exit::failed;
}

}  // namespace skerry::cli
