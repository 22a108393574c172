#include "shared/metrics/snapshot.hpp"

#include <array>
#include <optional>

#include "shared/metrics/exposition.hpp"

namespace skerry::metrics {
namespace {

constexpr std::string_view kMadeAt = "skerry_snapshot_timestamp_seconds";
constexpr double kLastSecond = 253402300799;  // of the year 9999
constexpr double kMostExact = 9007199254740992;

struct Field {
  std::uint64_t RepositoryReport::* member;
  std::string_view name;
  std::string_view help;
};
constexpr std::array<Field, 7> kFields{{
    {&RepositoryReport::storage_declared_space, "skerry_repository_declared_bytes",
     "What the collections may hold in all."},
    {&RepositoryReport::storage_used_space, "skerry_repository_used_bytes", "What the stored files hold."},
    {&RepositoryReport::users_active_accounts, "skerry_repository_active_accounts", "Users that may log in."},
    {&RepositoryReport::users_active_jwt_keys, "skerry_repository_active_tokens",
     "Tokens that open something."},
    {&RepositoryReport::backup_versions, "skerry_repository_versions", "Stored versions of backups."},
    {&RepositoryReport::backup_collections, "skerry_repository_collections", "Collections of backups."},
    {&RepositoryReport::resources_tags, "skerry_repository_tags", "Tags of stored files."},
}};

}  // namespace

std::string render_snapshot(Time now, const RepositoryReport& report, std::string_view counted) {
  Exposition out;
  out.single(Type::gauge, kMadeAt, "When these numbers were taken.",
             static_cast<double>(now.time_since_epoch().count()) / 1000);
  for (const auto& [member, name, help] : kFields) {
    out.family(Type::gauge, name, help);
    out.sample(name, {}, report.*member);
  }
  return join_expositions(std::move(out).finish(), counted);
}

Result<Snapshot> read_snapshot(std::string text) {
  const auto unreadable = [](std::string what) {
    return fail("metrics_unreadable", "the stored metrics can't be read: " + what);
  };
  if (!is_exposition(text)) return unreadable("they are no whole OpenMetrics text");
  Snapshot snapshot;
  const auto made_at = sample_value(text, kMadeAt);
  if (!made_at || !(*made_at >= 0 && *made_at <= kLastSecond))
    return unreadable("they don't say of when they are");
  snapshot.made_at = Time(std::chrono::milliseconds(static_cast<std::int64_t>(*made_at * 1000 + 0.5)));
  for (const auto& [member, name, help] : kFields) {
    const auto value = sample_value(text, name);
    if (!value || !(*value >= 0 && *value <= kMostExact))
      return unreadable("the repository's numbers are not all there");
    snapshot.report.*member = static_cast<std::uint64_t>(*value);
  }
  snapshot.text = std::move(text);
  return snapshot;
}

}  // namespace skerry::metrics
