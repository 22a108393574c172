#include "native-host/publish/document.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "shared/json_slice.hpp"
#include "shared/metrics/snapshot.hpp"

namespace skerry::publish {
namespace {

constexpr std::array<std::string_view, 2> kTimes = {"last_updated_at", "checked_at"};

class Digest {
 public:
  void add(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  [[nodiscard]] std::string text() const {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += kHex[(hash_ >> shift) & 15U];
    return out;
  }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

bool add_row(Digest& digest, std::string_view row) {
  JsonSlicer members(row);
  if (!members.enter('{')) {
    digest.add(row);
    return true;
  }
  while (const auto member = members.next()) {
    if (member->key == "delay" || member->key == "message") continue;
    digest.add(member->key);
    digest.add(member->value);
  }
  digest.add("}");
  return members.complete();
}

bool add_member(Digest& digest, const JsonSlicer::Part& member) {
  digest.add(member.key);
  JsonSlicer rows(member.value);
  if (!rows.enter('[')) {
    digest.add(member.value);
    return true;
  }
  while (const auto row = rows.next())
    if (!add_row(digest, row->value)) return false;
  digest.add("]");
  return rows.complete();
}

}  // namespace

Result<Document> make_document(std::string key, std::string value) {
  if (key == "metrics") {
    auto snapshot = metrics::read_snapshot(std::move(value));
    if (!snapshot) return fail(ErrorKind::damaged, "document_invalid", snapshot.error().message);
    return Document{std::move(key), std::move(snapshot->text), snapshot->made_at, "metrics"};
  }
  Digest digest;
  std::optional<Time> as_of;
  JsonSlicer members(value);
  bool good = members.enter('{');
  while (const auto member = good ? members.next() : std::nullopt) {
    if (std::ranges::find(kTimes, member->key) != kTimes.end()) {
      if (const auto text = plain_string(member->value)) as_of = parse_rfc3339(*text);
    } else if (member->key != "update_duration") {
      good = add_member(digest, *member);
    }
  }
  if (!good || !members.complete() || !as_of) {
    return fail(ErrorKind::damaged, "document_invalid",
                "The document \"" + key + "\" is no JSON object with the time that it describes.");
  }
  return Document{std::move(key), std::move(value), *as_of, digest.text()};
}

}  // namespace skerry::publish
