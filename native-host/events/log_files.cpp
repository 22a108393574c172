#include "native-host/events/log_files.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "native-host/events/crc32c.hpp"
#include "native-host/files/files.hpp"
#include "native-host/program/human.hpp"

namespace skerry::events {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".events";
constexpr std::size_t kDigits = 16;
constexpr std::string_view kNumbersTitle = "skerry events numbers 1\n";

Result<std::map<std::uint64_t, fs::path>> find_files(const fs::path& folder) {
  std::map<std::uint64_t, fs::path> found;
  std::error_code error;
  for (const auto& entry : files::entries_of(folder, error))
    if (const auto number = segment_number(entry.path())) found.emplace(*number, entry.path());
  if (error) return std::unexpected(storage_error(folder, error.value()));
  return found;
}

/// The batch without its first records.
std::string_view without_first(std::string_view batch, std::uint64_t count) {
  BatchReader reader(batch);
  std::string_view last;
  for (; count > 0; --count) last = reader.next().value_or(std::string_view());
  return last.data() == nullptr ? batch : batch.substr(static_cast<std::size_t>(last.end() - batch.begin()));
}

}  // namespace

fs::path segment_path(const fs::path& folder, std::uint64_t number) {
  return folder / fmt::format("{:016x}{}", number, kExtension);
}

std::optional<std::uint64_t> segment_number(const fs::path& path) {
  const auto name = path.filename().string();
  if (name.size() != kDigits + kExtension.size() || !name.ends_with(kExtension)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, number, 16);
  if (error != std::errc() || end != name.data() + kDigits) return std::nullopt;
  return number;
}

Error storage_error(const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  if (error == ENXIO || error == EISDIR || error == ELOOP)
    return {"events_unavailable", path.string() + " is no regular file: move it away.",
            ErrorKind::unavailable};
  return {full ? "events_full" : "events_unavailable",
          fmt::format("{}: {}.", path.string(), std::strerror(error)),
          full ? ErrorKind::full : ErrorKind::unavailable};
}

Error over_max_bytes(std::uint64_t max_bytes) {
  return {"events_full",
          fmt::format("The event log has reached events.max_bytes ({}): let its readers go on, make room "
                      "with `skerry events trim`, or raise it.",
                      max_bytes),
          ErrorKind::full};
}

Error under_min_free(const fs::path& folder, std::uint64_t min_free) {
  return {
      "events_full",
      fmt::format("The disk of {} has less than events.min_free ({} bytes) left.", folder.string(), min_free),
      ErrorKind::full};
}

Result<Listing> list_segments(Storage& storage, const fs::path& folder) {
  const auto files = find_files(folder);
  if (!files) return std::unexpected(files.error());
  Listing listing;
  std::map<std::uint64_t, SegmentHeader> sealing;  // by the number of the segment before
  for (const auto& [number, path] : *files) {
    const auto file = storage.open(path, false);
    if (!file && file.error() == ENOENT) continue;  // deleted since
    if (!file) return std::unexpected(storage_error(path, file.error()));
    const auto size = (*file)->size();
    std::string bytes(kSegmentHeader, '\0');
    std::size_t filled = 0;
    while (size && filled < bytes.size()) {
      const auto count = (*file)->read(filled, std::span(bytes).subspan(filled));
      if (!count) return std::unexpected(storage_error(path, count.error()));
      if (*count == 0) break;
      filled += *count;
    }
    if (!size) return std::unexpected(storage_error(path, size.error()));
    listing.last_number = number;
    const auto header = parse_header(std::string_view(bytes).substr(0, filled));
    if (!header || header->number != number) {
      listing.headless.push_back(path);
      continue;
    }
    listing.segments.push_back({.path = path,
                                .number = number,
                                .salt = header->salt,
                                .previous = header->previous,
                                .created = header->created,
                                .first = header->first,
                                .end = std::max(*size, kSegmentHeader),
                                .file_bytes = *size});
    sealing.insert_or_assign(header->previous, *header);
  }
  for (std::size_t i = 0; i < listing.segments.size(); ++i) {
    auto& segment = listing.segments[i];
    if (const auto by = sealing.find(segment.number); by != sealing.end()) {
      segment.end = by->second.previous_end;
      segment.next = by->second.first;
      segment.proven = true;
    } else if (i + 1 < listing.segments.size()) {
      segment.next = listing.segments[i + 1].first;
    }
  }
  return listing;
}

fs::path numbers_path(const fs::path& folder) {
  return folder / "numbers";
}

std::string encode_numbers(const Numbers& numbers) {
  auto text = fmt::format("{}{} {} {}\n", kNumbersTitle, numbers.segment, numbers.given, numbers.free);
  return text + fmt::format("{:08x}\n", crc32c(text));
}

std::optional<Numbers> parse_numbers(std::string_view text) {
  constexpr auto kMost = std::uint64_t{1}
                         << 62U;  // nobody comes so far; what is added to it is still a number
  if (!text.starts_with(kNumbersTitle)) return std::nullopt;
  Numbers numbers;
  const char* at = text.data() + kNumbersTitle.size();
  const char* const end = text.data() + text.size();
  for (auto* number : {&numbers.segment, &numbers.given, &numbers.free}) {
    const auto [rest, error] = std::from_chars(at, end, *number);
    if (error != std::errc() || rest == end || *number > kMost) return std::nullopt;
    at = rest + 1;
  }
  if (numbers.given == 0 || numbers.free < numbers.given || text != encode_numbers(numbers))
    return std::nullopt;
  return numbers;
}

Cursor::Cursor(std::shared_ptr<Storage> storage, Locate locate, std::uint64_t sequence)
    : storage_(std::move(storage)), locate_(std::move(locate)), sequence_(sequence) {}

Cursor::Item Cursor::lost(std::uint64_t next) {
  Damage damage{.sequence = sequence_,
                .records = next - sequence_,
                .segment = segment_,
                .offset = std::exchange(hole_, 0),
                .end = std::exchange(hole_end_, 0)};
  sequence_ = next;
  return damage;
}

std::optional<Cursor::Records> Cursor::take(const FrameReader::Step& step) {
  hole_ = 0;
  const auto next = step.header.sequence + step.header.count;
  if (next <= sequence_) return std::nullopt;
  const auto skipped = sequence_ - step.header.sequence;
  Records records{.sequence = sequence_,
                  .appended = step.header.appended,
                  .count = static_cast<std::uint32_t>(step.header.count - skipped),
                  .batch = without_first(step.batch, skipped)};
  sequence_ = next;
  return records;
}

Result<Cursor::Item> Cursor::next() {
  if (waiting_) return *take(*std::exchange(waiting_, std::nullopt));
  for (;;) {
    const auto segment = locate_(sequence_);
    if (!segment) return std::monostate();
    if (segment->number != segment_) {
      auto file = storage_->open(segment->path, false);
      if (!file) return std::unexpected(storage_error(segment->path, file.error()));
      frames_.reset();
      file_ = std::move(*file);
      frames_.emplace(*file_, segment->salt, segment->first, segment->end, segment->proven);
      segment_ = segment->number;
      hole_ = 0;
      if (segment->first > sequence_) return lost(segment->first);
    } else {
      frames_->set_end(segment->end, segment->proven);
    }
    const auto step = frames_->next();
    switch (step.kind) {
      case FrameReader::Step::Kind::failed: return std::unexpected(storage_error(segment->path, step.error));
      case FrameReader::Step::Kind::damage:
        if (hole_ == 0) hole_ = step.offset;
        hole_end_ = step.next;
        break;
      case FrameReader::Step::Kind::end:
        if (segment->next == kUnknown || sequence_ >= segment->next) return std::monostate();
        return lost(segment->next);
      case FrameReader::Step::Kind::frame:
        if (step.header.sequence > sequence_) {
          waiting_ = step;
          return lost(step.header.sequence);
        }
        if (const auto records = take(step)) return *records;
    }
  }
}

Cursor::Locate locate_in(std::vector<Segment> segments) {
  return [segments = std::move(segments)](std::uint64_t sequence) -> std::optional<Segment> {
    const auto found = std::ranges::find_if(segments, [&](const Segment& s) { return sequence < s.next; });
    if (found == segments.end()) return std::nullopt;
    return *found;
  };
}

Error describe(const Cursor::Damage& damage) {
  const auto place = damage.offset == damage.end ? fmt::format("before segment {:x}", damage.segment)
                                                 : fmt::format("in segment {:x}, bytes {} to {}",
                                                               damage.segment, damage.offset, damage.end);
  return {"event_damaged", fmt::format("{} from number {} on can't be read: damage {}.",
                                       program::counted(damage.records, "record"), damage.sequence, place)};
}

Result<Verified> verify(const std::shared_ptr<Storage>& storage, const fs::path& folder) {
  // First: who writes is never behind it.
  const auto numbers =
      parse_numbers(files::read_whole(numbers_path(folder)).value_or("")).value_or(Numbers{});
  const auto listing = list_segments(*storage, folder);
  if (!listing) return std::unexpected(listing.error());
  Verified verified{.segments = listing->segments.size(), .headless = listing->headless};
  // What it had can't be known any more, where the log was not closed.
  if (numbers.segment > listing->last_number && numbers.free > numbers.given)
    verified.headless.push_back(segment_path(folder, numbers.segment));
  Cursor cursor(storage, locate_in(listing->segments),
                listing->segments.empty() ? 1 : listing->segments.front().first);
  for (;;) {
    const auto item = cursor.next();
    if (!item) return std::unexpected(item.error());
    if (const auto* records = std::get_if<Cursor::Records>(&*item)) verified.records += records->count;
    if (const auto* damage = std::get_if<Cursor::Damage>(&*item)) verified.damage.push_back(*damage);
    if (std::holds_alternative<std::monostate>(*item)) break;
  }
  if (cursor.sequence() < numbers.given) {
    verified.damage.push_back({.sequence = cursor.sequence(),
                               .records = numbers.given - cursor.sequence(),
                               .segment = numbers.segment + 1});
  }
  for (const auto& segment : listing->segments) verified.bytes += segment.end;
  return verified;
}

}  // namespace skerry::events
