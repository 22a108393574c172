#include "shared/metrics/snapshot.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "shared/metrics/exposition.hpp"

namespace skerry::metrics {
namespace {

constexpr std::string_view kMadeAt = "skerry_snapshot_timestamp_seconds";

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

std::optional<std::uint64_t> read_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Seconds since 1970, with up to three decimals.
std::optional<Time> read_time(std::string_view text) {
  constexpr std::uint64_t kLastSecond = 253402300799;  // of the year 9999
  const auto point = text.find('.');
  const auto seconds = read_count(text.substr(0, point));
  std::string decimals(point == std::string_view::npos ? "0" : text.substr(point + 1));
  decimals.resize(std::max<std::size_t>(decimals.size(), 3), '0');
  const auto milliseconds = read_count(decimals);
  if (!seconds || *seconds > kLastSecond || !milliseconds || decimals.size() > 3) return std::nullopt;
  return Time(std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000 + *milliseconds)));
}

}  // namespace

std::string render_snapshot(Time now, const RepositoryReport& report, std::string_view counted) {
  Exposition out;
  out.single(Type::gauge, kMadeAt, "When these numbers were taken.", now.time_since_epoch());
  for (const auto& [member, name, help] : kFields) out.single(Type::gauge, name, help, report.*member);
  return join_expositions(std::move(out).finish(), counted);
}

Result<Snapshot> read_snapshot(std::string text) {
  const auto unreadable = [](const std::string& what) {
    return fail("metrics_unreadable", "the stored metrics can't be read: " + what);
  };
  if (!is_exposition(text)) return unreadable("they are no whole OpenMetrics text");
  Snapshot snapshot;
  const auto made_at = read_time(sample_text(text, kMadeAt).value_or(""));
  if (!made_at) return unreadable("they don't say of when they are");
  snapshot.made_at = *made_at;
  for (const auto& [member, name, help] : kFields) {
    const auto value = read_count(sample_text(text, name).value_or(""));
    if (!value) return unreadable("the repository's numbers are not all there");
    snapshot.report.*member = *value;
  }
  snapshot.text = std::move(text);
  return snapshot;
}

}  // namespace skerry::metrics
