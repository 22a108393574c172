#include "native-host/cli/self_check.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "native-host/cli/freshness.hpp"
#include "native-host/cli/latest_table.hpp"

namespace skerry::cli {
namespace {

using health::Check;

constexpr std::chrono::milliseconds kPromise = std::chrono::minutes(15);
constexpr std::uint64_t kLittleDisk = std::uint64_t{1} << 30U;
constexpr std::size_t kNamed = 20;

std::string age_text(std::chrono::milliseconds age) {
  return human_delay(static_cast<double>(age.count()) / 1000);
}

std::string with_code(const Error& error) {
  return error.message + " (" + error.code + ")";
}

Check check_queue(const events::Stats& queue) {
  Check check{.name = "queue", .ok = !queue.trouble};
  if (queue.trouble) check.message = with_code(*queue.trouble) + ' ';
  check.message +=
      fmt::format("{} events in {}", queue.records, human_size(static_cast<double>(queue.bytes)));
  if (queue.max_bytes > 0) check.message += " of " + human_size(static_cast<double>(queue.max_bytes));
  check.message += '.';
  return check;
}

Check check_cycle(const Vitals& vitals, std::chrono::milliseconds limit,
                  const std::optional<FreshnessReport>& view) {
  Check check{.name = "cycle"};
  if (!view) {
    check.ok = false;
    check.message = "No cycle has ended yet.";
  } else {
    const auto age = vitals.now - view->last_updated_at;
    check.ok = age <= limit;
    check.message = "The view is " + age_text(age) + " old.";
  }
  if (vitals.cycle_error) {
    check.ok = false;
    check.message += " The last cycle failed: " + with_code(*vitals.cycle_error);
  } else if (vitals.failed_listings > 0) {
    check.message += fmt::format(" In the last cycle {} listings failed.", vitals.failed_listings);
  }
  return check;
}

Check check_freshness(const std::optional<FreshnessReport>& view) {
  Check check{.name = "freshness", .ok = false, .message = "There is no view."};
  if (!view) return check;
  std::vector<std::string> late;
  for (const auto& row : view->rows)
    if (row.late) late.push_back(row.collector + ' ' + std::string(broker::data_type_word(row.type)));
  check.ok = late.size() < view->rows.size();
  check.message = fmt::format("{} of {} are late", late.size(), view->rows.size());
  for (std::size_t i = 0; i < std::min(late.size(), kNamed); ++i)
    check.message += (i == 0 ? ": " : ", ") + late[i];
  check.message += late.size() > kNamed ? ", …" : ".";
  return check;
}

Check check_target(const Vitals::TargetVitals& target, Time now, std::chrono::milliseconds limit,
                   const std::optional<FreshnessReport>& view) {
  Check check{.name = "publish:" + target.name};
  if (target.state.failing_since) {
    check.ok = false;
    check.message = fmt::format("Fails for {}, {} times: {}", age_text(now - *target.state.failing_since),
                                target.state.failures, with_code(target.state.error));
    return check;
  }
  const auto latest = target.state.keys.find("latest");
  if (latest == target.state.keys.end()) {
    check.ok = false;
    check.message = "Nothing was pushed yet.";
    return check;
  }
  check.ok = !view || view->last_updated_at - latest->second.as_of <= limit;
  check.message = "Its copy of the view is " + age_text(now - latest->second.as_of) + " old.";
  return check;
}

}  // namespace

std::vector<Check> self_check(const config::Settings& settings, const Vitals& vitals) {
  std::optional<FreshnessReport> view;
  if (vitals.view) {
    if (auto read = read_freshness(*vitals.view, vitals.now)) view = *std::move(read);
  }
  std::vector<Check> checks;
  checks.push_back({.name = "storage",
                    .ok = !vitals.storage,
                    .message = vitals.storage ? with_code(*vitals.storage)
                                              : "A file was written, read back and deleted."});
  checks.push_back({.name = "database",
                    .ok = !vitals.database,
                    .message = vitals.database ? with_code(*vitals.database) : "PostgreSQL answers."});
  if (vitals.queue) checks.push_back(check_queue(*vitals.queue));
  const auto limit = std::max<std::chrono::milliseconds>(kPromise, settings.update_interval * 3);
  checks.push_back(check_cycle(vitals, limit, view));
  checks.push_back(check_freshness(view));
  for (const auto& target : vitals.targets) checks.push_back(check_target(target, vitals.now, limit, view));
  if (vitals.disk_free) {
    checks.push_back({.name = "disk",
                      .ok = *vitals.disk_free >= kLittleDisk,
                      .message = human_size(static_cast<double>(*vitals.disk_free)) + " are free."});
  }
  return checks;
}

}  // namespace skerry::cli
