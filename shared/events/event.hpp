#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/time.hpp"

/// An event on its way, from the tracker at the edge to whoever reads the queue: the same bytes all the way.
///
/// A record is flat; numbers are little-endian, `str` is a `u32` length with the bytes behind it. Version 1:
///
///     u8 version (1) · i64 received, ms since 1970 · str id · str client · str host · str path · str query ·
///     str user_agent · str body · u32 number of hints, each: str name · str value
///
/// Version 2 is the same with 2 before it and behind it
///
///     u32 number of further fields, each: u8 which one · str value, not empty
///
/// in the order of their numbers, each once: 1 key, 2 sdk, 3 sdk_version, 4 outer, 5 method. Numbers that are
/// not known are for later versions of Skerry, and passed over. An event that has none of these is written as
/// version 1, which every Skerry reads: so a host must be upgraded before the edges that send to it.
///
/// A batch is records one behind the other, each with its `u32` size before it.
namespace skerry::events {

inline constexpr std::size_t kMaxId = 200;
/// Of a record. Kafka's default message limit, with room for what enrichment adds.
inline constexpr std::size_t kMaxRecord = 1'000'000;
/// Of a batch, and of the records in it.
inline constexpr std::size_t kMaxBatch = std::size_t{8} << 20U;
inline constexpr std::uint32_t kMaxRecords = 10'000;

struct Event {
  std::string id;          ///< the client's or a UUIDv7; 1 to 200 bytes without control characters
  Time received;           ///< by the server's clock
  std::string client;      ///< address in text form; empty: unknown, or not kept
  std::string host;        ///< that the request was for, without a port
  std::string path;        ///< as it was sent, undecoded
  std::string query;       ///< as it was sent, undecoded; empty where there is none
  std::string user_agent;  ///< as it was sent
  std::string body;        ///< what was posted of this event, as it was sent; empty where nothing was
  std::vector<Headers::Field> hints = {};  ///< what the platform knows, lower-case names: `country` = `DE`
  std::string key = {};  ///< that the request showed, and it is one that counts; ids count once for each
  std::string sdk = {};  ///< what sent it: `posthog-node`
  std::string sdk_version = {};  ///< of that: `5.1.0`
  std::string outer = {};   ///< a JSON object: the other members of the batch that it came in (`sentAt`, …)
  std::string method = {};  ///< of the request, where it was neither GET nor POST

  friend bool operator==(const Event&, const Event&) = default;
};

/// True for what an id may be.
bool is_event_id(std::string_view id);

/// Writes events that differ in nothing but id and body, as one request brings them: all else is laid out
/// once. Nothing else has a limit of its own; all of a record together has `kMaxRecord`.
class BatchWriter {
 public:
  /// `common.id` and `common.body` don't count.
  explicit BatchWriter(const Event& common);
  /// What the event takes in a batch: its record with the size before it.
  [[nodiscard]] std::size_t size(std::string_view id, std::string_view body) const;
  /// Error: `event_too_large`; the batch is as it was then.
  Result<void> append(std::string& batch, std::string_view id, std::string_view body) const;

 private:
  std::string head_;    ///< before the id
  std::string middle_;  ///< between id and body
  std::string tail_;    ///< behind the body
};

/// Appends the event to a batch. Error: `event_too_large`; the batch is as it was then.
Result<void> append_event(std::string& batch, const Event& event);

/// Reads one record. Error: `event_invalid`.
Result<Event> decode_event(std::string_view record);

/// The id of a record, without reading the rest of it. Error: `event_invalid`.
Result<std::string_view> event_id(std::string_view record);

/// What an event is known by when it comes again: the same id under another key is another event.
struct EventName {
  std::string_view id;
  std::string_view key;  ///< empty: none was shown

  friend bool operator==(const EventName&, const EventName&) = default;
};
/// Of a record, copying nothing. Error: `event_invalid`, where it is not whole up to there.
Result<EventName> event_name(std::string_view record);

/// Goes through the records of a batch:
///
///     for (BatchReader reader(batch); auto record = reader.next();) use(*record);
///     if (!reader.complete()) …the batch is damaged
class BatchReader {
 public:
  explicit BatchReader(std::string_view batch) : rest_(batch) {}
  /// The next record, without its size; nothing at the end and at the first damage.
  std::optional<std::string_view> next();
  /// True if the batch ended where a record ended.
  [[nodiscard]] bool complete() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// The number of a batch's records. Errors: `batch_invalid` (damaged, empty, or with a record that has no
/// valid id), `batch_too_large`.
Result<std::uint32_t> check_batch(std::string_view batch);

}  // namespace skerry::events
