#include "native-host/events/trim.hpp"

#include <algorithm>
#include <cerrno>

#include <spdlog/fmt/fmt.h>

#include "native-host/program/human.hpp"

namespace skerry::events {
namespace {

bool wants(const TrimGoal& goal, const Segment& segment, std::uint64_t bytes_left) {
  return (goal.before && segment.next <= *goal.before) || (goal.bytes && bytes_left > *goal.bytes);
}

Error behind(std::span<const Position> readers, const TrimPlan& plan) {
  std::string who;
  for (const auto& reader : readers)
    who += fmt::format("{}{} ({})", who.empty() ? "" : ", ", reader.reader,
                       program::counted(plan.end - std::max(reader.sequence, plan.first), "record"));
  return {
      "reader_behind",
      "These readers have not read all of it: " + who +
          ". Let them go on, forget a reader that is gone (`skerry events readers --forget NAME`), or say "
          "--force, and they never get it.",
      ErrorKind::conflict};
}

}  // namespace

Result<TrimPlan> plan_trim(std::span<const Segment> segments, std::span<const Position> readers,
                           const TrimGoal& goal) {
  if (!goal.before && !goal.bytes)
    return fail(ErrorKind::usage, "bad_usage",
                "Say what should go: --before with a number, a time or an age, or --to-size.");
  TrimPlan plan;
  std::uint64_t left = 0;
  for (const auto& segment : segments) left += segment.file_bytes;
  if (!segments.empty()) plan.first = plan.end = segments.front().first;
  for (std::size_t i = 0; i + 1 < segments.size() && wants(goal, segments[i], left); ++i) {
    plan.segments.push_back(segments[i]);
    plan.bytes += segments[i].file_bytes;
    plan.end = segments[i].next;
    left -= segments[i].file_bytes;
  }
  for (const auto& reader : readers)
    if (!plan.segments.empty() && reader.sequence < plan.end) plan.held.push_back(reader);
  if (!plan.held.empty() && !goal.force) return std::unexpected(behind(plan.held, plan));
  return plan;
}

Result<void> trim(Storage& storage, const std::filesystem::path& folder, const TrimPlan& plan) {
  for (const auto& segment : plan.segments)
    if (const auto removed = storage.remove(segment.path); !removed && removed.error() != ENOENT)
      return std::unexpected(storage_error(segment.path, removed.error()));
  if (const auto synced = storage.sync_folder(folder); !synced)
    return std::unexpected(storage_error(folder, synced.error()));
  return {};
}

}  // namespace skerry::events
