#include "native-host/events/segment.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <utility>

#include "native-host/events/crc32c.hpp"

namespace skerry::events {
namespace {

constexpr std::string_view kMagic = "SKERRYEV";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kMark = 0x314d5246;  // FRM1
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kCopy = 4096;
constexpr std::size_t kWindow = std::size_t{1} << 20U;

template <class Number>
void put(std::string& out, Number value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class Number>
Number get(std::string_view bytes, std::size_t offset) {
  Number value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::uint32_t frame_sum(std::uint32_t salt, std::string_view fields) {
  char bytes[sizeof salt];
  std::memcpy(bytes, &salt, sizeof salt);
  return crc32c(fields, crc32c({bytes, sizeof bytes}));
}

std::optional<SegmentHeader> parse_copy(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || get<std::uint32_t>(bytes, 8) != kVersion) return std::nullopt;
  if (get<std::uint32_t>(bytes, kHeaderBytes - 4) != crc32c(bytes.substr(0, kHeaderBytes - 4)))
    return std::nullopt;
  return SegmentHeader{.salt = get<std::uint32_t>(bytes, 12),
                       .number = get<std::uint64_t>(bytes, 16),
                       .first = get<std::uint64_t>(bytes, 24),
                       .created = Time(std::chrono::milliseconds(get<std::int64_t>(bytes, 32))),
                       .previous = get<std::uint64_t>(bytes, 40),
                       .previous_end = get<std::uint64_t>(bytes, 48)};
}

}  // namespace

bool is_segment(std::string_view bytes) {
  return bytes.starts_with(kMagic) || (bytes.size() > kCopy && bytes.substr(kCopy).starts_with(kMagic));
}

std::string encode_header(const SegmentHeader& header) {
  std::string bytes(kMagic);
  put(bytes, kVersion);
  put(bytes, header.salt);
  put(bytes, header.number);
  put(bytes, header.first);
  put(bytes, std::int64_t{header.created.time_since_epoch().count()});
  put(bytes, header.previous);
  put(bytes, header.previous_end);
  put(bytes, std::uint32_t{0});
  put(bytes, crc32c(bytes));
  std::string block(kSegmentHeader, '\0');
  bytes.copy(block.data(), kHeaderBytes);
  bytes.copy(block.data() + kCopy, kHeaderBytes);
  return block;
}

std::optional<SegmentHeader> parse_header(std::string_view bytes) {
  for (const std::size_t place : {std::size_t{0}, kCopy}) {
    if (bytes.size() < place + kHeaderBytes) return std::nullopt;
    if (auto header = parse_copy(bytes.substr(place, kHeaderBytes))) return header;
  }
  return std::nullopt;
}

void append_frame(std::string& out, std::uint32_t salt, const FrameHeader& header, std::string_view batch) {
  assert(header.count > 0 && batch.size() <= std::numeric_limits<std::uint32_t>::max());
  const auto start = out.size();
  put(out, kMark);
  put(out, std::uint32_t{0});
  put(out, crc32c(batch));
  put(out, static_cast<std::uint32_t>(batch.size()));
  put(out, header.count);
  put(out, header.commit);
  put(out, header.sequence);
  put(out, std::int64_t{header.appended.time_since_epoch().count()});
  const auto sum = frame_sum(salt, std::string_view(out).substr(start + 8));
  std::memcpy(out.data() + start + 4, &sum, sizeof sum);
  out += batch;
}

FrameReader::FrameReader(const File& file, std::uint32_t salt, std::uint64_t first, std::uint64_t end,
                         bool proven)
    : file_(file), salt_(salt), sequence_(first), end_(end), proven_(proven) {}

void FrameReader::set_end(std::uint64_t end, bool proven) {
  if (end == end_ && proven == proven_ && proven) return;
  end_ = end;
  proven_ = proven;
  // What was read behind the old end may have been written since.
  window_.clear();
}

std::optional<std::string_view> FrameReader::load(std::uint64_t offset, std::size_t size) {
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - std::min(offset, end_)));
  if (offset < window_offset_ || offset + size > window_offset_ + window_.size()) {
    const auto kept = offset >= window_offset_ && offset < window_offset_ + window_.size()
                          ? window_offset_ + window_.size() - offset
                          : 0;
    if (kept > 0) std::memmove(window_.data(), window_.data() + (offset - window_offset_), kept);
    const auto wanted = std::min<std::uint64_t>(std::max(size, kWindow), end_ - offset);
    window_offset_ = offset;
    window_.resize(wanted);
    for (std::size_t filled = kept; filled < wanted;) {
      const auto count = file_.read(offset + filled, std::span(window_).subspan(filled));
      if (!count) {
        window_.clear();
        error_ = count.error();
        return std::nullopt;
      }
      if (*count == 0) {  // The file is shorter than it should be: what isn't there is no frame.
        std::fill(window_.begin() + static_cast<std::ptrdiff_t>(filled), window_.end(), '\0');
        break;
      }
      filled += *count;
    }
  }
  return std::string_view(window_).substr(offset - window_offset_, size);
}

std::optional<FrameReader::Candidate> FrameReader::frame_at(std::uint64_t offset) {
  const auto bytes = load(offset, kFrameHeader);
  if (!bytes || bytes->size() < kFrameHeader || get<std::uint32_t>(*bytes, 0) != kMark ||
      get<std::uint32_t>(*bytes, 4) != frame_sum(salt_, bytes->substr(8)))
    return std::nullopt;
  const Candidate found{
      .header = {.count = get<std::uint32_t>(*bytes, 16),
                 .commit = get<std::uint32_t>(*bytes, 20),
                 .sequence = get<std::uint64_t>(*bytes, 24),
                 .appended = Time(std::chrono::milliseconds(get<std::int64_t>(*bytes, 32)))},
      .size = get<std::uint32_t>(*bytes, 12),
      .batch_sum = get<std::uint32_t>(*bytes, 8)};
  if (found.header.sequence < sequence_ || found.size > kMaxBatch || found.header.count == 0)
    return std::nullopt;
  return found;
}

std::optional<std::uint64_t> FrameReader::find_frame(std::uint64_t from) {
  char mark[sizeof kMark];
  std::memcpy(mark, &kMark, sizeof mark);
  while (from + kFrameHeader <= end_) {
    const auto bytes = load(from, kWindow);
    if (!bytes) return std::nullopt;
    const auto place = bytes->find(std::string_view(mark, sizeof mark));
    if (place == std::string_view::npos) {
      from += bytes->size() - (sizeof mark - 1);
      continue;
    }
    from += place;
    if (frame_at(from)) return from;
    if (error_ != 0) return std::nullopt;
    ++from;
  }
  return std::nullopt;
}

bool FrameReader::is_damage(std::uint64_t hole, std::uint64_t found) {
  if (proven_) return true;
  for (std::optional<std::uint64_t> offset = found; offset;) {
    const auto frame = frame_at(*offset);
    if (!frame) {
      if (error_ != 0) return false;
      offset = find_frame(*offset + 1);
      continue;
    }
    if (frame->header.commit > hole) return true;
    *offset += kFrameHeader + frame->size;
  }
  return false;
}

FrameReader::Step FrameReader::skip_hole(std::uint64_t trusted) {
  // Where the frame's own header is whole, the next one begins where it says.
  const auto behind = trusted > offset_ && (trusted == end_ || frame_at(trusted)) ? std::optional(trusted)
                                                                                  : find_frame(offset_ + 1);
  Step step{.kind = Step::Kind::end, .offset = offset_, .next = end_};
  if (behind && (proven_ || *behind < end_) && is_damage(offset_, *behind)) {
    step.kind = Step::Kind::damage;
    step.next = *behind;
  } else if (proven_) {
    step.kind = Step::Kind::damage;
  }
  if (error_ != 0) return {.kind = Step::Kind::failed, .offset = offset_, .error = error_};
  if (step.kind == Step::Kind::damage) offset_ = step.next;
  return step;
}

FrameReader::Step FrameReader::next() {
  error_ = 0;
  if (offset_ >= end_) return {.kind = Step::Kind::end, .offset = offset_, .next = offset_};
  const auto found = frame_at(offset_);
  if (error_ != 0) return {.kind = Step::Kind::failed, .offset = offset_, .error = error_};
  std::uint64_t trusted = 0;
  if (found && offset_ + kFrameHeader + found->size <= end_) {
    const auto next = offset_ + kFrameHeader + found->size;
    const auto batch = load(offset_ + kFrameHeader, found->size);
    if (!batch) return {.kind = Step::Kind::failed, .offset = offset_, .error = error_};
    if (crc32c(*batch) == found->batch_sum) {
      sequence_ = found->header.sequence + found->header.count;
      return {.kind = Step::Kind::frame,
              .offset = std::exchange(offset_, next),
              .next = next,
              .header = found->header,
              .batch = *batch};
    }
    trusted = next;
  }
  return skip_hole(trusted);
}

}  // namespace skerry::events
