#include "shared/events/event.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace skerry::events {
namespace {

constexpr char kPlain = 1;  // versions
constexpr char kFurther = 2;
constexpr std::size_t kSizeBytes = 4;

/// The further fields of version 2: the first has number 1.
constexpr std::string Event::* kFurtherFields[] = {&Event::key, &Event::sdk, &Event::sdk_version,
                                                   &Event::outer, &Event::method};

template <class Number>
void append_number(std::string& out, Number value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

/// Reads a record from the left; after the first item that does not fit, everything is empty.
class Reader {
 public:
  explicit Reader(std::string_view record) : rest_(record) {}

  template <class Number>
  Number number() {
    Number value = 0;
    const auto bytes = take(sizeof value);
    if (ok_) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::string_view text() { return take(number<std::uint32_t>()); }
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (rest_.size() < size) {
      fail();
      return {};
    }
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::unexpected<Error> invalid() {
  return fail("event_invalid", "This is no event record of version 1 or 2.");
}

bool is_version(char version) {
  return version == kPlain || version == kFurther;
}

/// Reads the further fields, in their order and each once.
template <class Take>
void read_further(Reader& reader, Take take) {
  std::uint8_t last = 0;
  for (auto count = reader.number<std::uint32_t>(); count > 0 && reader.ok(); --count) {
    const auto which = reader.number<std::uint8_t>();
    const auto value = reader.text();
    if (which <= last || value.empty()) return reader.fail();
    last = which;
    take(which, value);
  }
}

}  // namespace

bool is_event_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId &&
         std::ranges::none_of(id, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
}

BatchWriter::BatchWriter(const Event& common) {
  std::uint32_t further = 0;
  for (const auto field : kFurtherFields) further += (common.*field).empty() ? 0 : 1;
  head_ += further == 0 ? kPlain : kFurther;
  append_number(head_, std::int64_t{common.received.time_since_epoch().count()});
  append_text(middle_, common.client);
  append_text(middle_, common.host);
  append_text(middle_, common.path);
  append_text(middle_, common.query);
  append_text(middle_, common.user_agent);
  append_number(tail_, static_cast<std::uint32_t>(common.hints.size()));
  for (const auto& [name, value] : common.hints) {
    append_text(tail_, name);
    append_text(tail_, value);
  }
  if (further == 0) return;
  append_number(tail_, further);
  for (std::uint8_t which = 1; const auto field : kFurtherFields) {
    if (!(common.*field).empty()) {
      append_number(tail_, which);
      append_text(tail_, common.*field);
    }
    ++which;
  }
}

std::size_t BatchWriter::size(std::string_view id, std::string_view body) const {
  return kSizeBytes + head_.size() + kSizeBytes + id.size() + middle_.size() + kSizeBytes + body.size() +
         tail_.size();
}

Result<void> BatchWriter::append(std::string& batch, std::string_view id, std::string_view body) const {
  const auto record_size = size(id, body) - kSizeBytes;
  if (record_size > kMaxRecord) {
    return fail("event_too_large", "An event has at most " + std::to_string(kMaxRecord) + " bytes.");
  }
  append_number(batch, static_cast<std::uint32_t>(record_size));
  batch += head_;
  append_text(batch, id);
  batch += middle_;
  append_text(batch, body);
  batch += tail_;
  return {};
}

Result<void> append_event(std::string& batch, const Event& event) {
  return BatchWriter(event).append(batch, event.id, event.body);
}

Result<Event> decode_event(std::string_view record) {
  Reader reader(record);
  const auto version = reader.number<char>();
  if (!is_version(version)) return invalid();
  Event event;
  event.received = Time(std::chrono::milliseconds(reader.number<std::int64_t>()));
  event.id = reader.text();
  event.client = reader.text();
  event.host = reader.text();
  event.path = reader.text();
  event.query = reader.text();
  event.user_agent = reader.text();
  event.body = reader.text();
  const auto hints = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < hints && reader.ok(); ++i) {
    const auto name = reader.text();
    event.hints.push_back({std::string(name), std::string(reader.text())});
  }
  if (version == kFurther) {
    read_further(reader, [&](std::uint8_t which, std::string_view value) {
      if (which <= std::size(kFurtherFields)) event.*kFurtherFields[which - 1] = value;
    });
  }
  if (!reader.finished() || !is_event_id(event.id)) return invalid();
  return event;
}

Result<std::string_view> event_id(std::string_view record) {
  Reader reader(record);
  const auto version = reader.number<char>();
  reader.number<std::int64_t>();
  const auto id = reader.text();
  if (!reader.ok() || !is_version(version) || !is_event_id(id)) return invalid();
  return id;
}

Result<EventName> event_name(std::string_view record) {
  constexpr int kTextsBehindId = 6;
  Reader reader(record);
  const auto version = reader.number<char>();
  reader.number<std::int64_t>();
  EventName name{.id = reader.text(), .key = {}};
  if (version == kFurther) {
    for (int i = 0; i < kTextsBehindId; ++i) reader.text();
    for (auto hints = reader.number<std::uint32_t>(); hints > 0 && reader.ok(); --hints) {
      reader.text();
      reader.text();
    }
    read_further(reader, [&](std::uint8_t which, std::string_view value) {
      if (which == 1) name.key = value;
    });
  }
  if (!reader.ok() || !is_version(version) || !is_event_id(name.id)) return invalid();
  return name;
}

std::optional<std::string_view> BatchReader::next() {
  if (rest_.size() < kSizeBytes) return std::nullopt;
  std::uint32_t size = 0;
  std::memcpy(&size, rest_.data(), kSizeBytes);
  if (size > kMaxRecord || size > rest_.size() - kSizeBytes) return std::nullopt;
  const auto record = rest_.substr(kSizeBytes, size);
  rest_.remove_prefix(kSizeBytes + size);
  return record;
}

Result<std::uint32_t> check_batch(std::string_view batch) {
  if (batch.size() > kMaxBatch) {
    return fail(ErrorKind::too_large, "batch_too_large",
                "A batch has at most " + std::to_string(kMaxBatch) + " bytes.");
  }
  std::uint32_t count = 0;
  BatchReader reader(batch);
  while (const auto record = reader.next()) {
    if (const auto event = decode_event(*record); !event)
      return fail(ErrorKind::usage, "batch_invalid", event.error().message);
    ++count;
  }
  if (!reader.complete() || count == 0)
    return fail(ErrorKind::usage, "batch_invalid", "This is no batch of event records.");
  if (count > kMaxRecords) {
    return fail(ErrorKind::too_large, "batch_too_large",
                "A batch has at most " + std::to_string(kMaxRecords) + " records.");
  }
  return count;
}

}  // namespace skerry::events
