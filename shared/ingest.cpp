#include "shared/ingest.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

#include "shared/json_cursor.hpp"
#include "shared/secret.hpp"

namespace skerry::ingest {
namespace {

std::string digits_of(Time time) {
  return std::to_string(static_cast<std::int64_t>(time.time_since_epoch().count()));
}

/// Has what comes before the body.
HmacSha256 begun(std::string_view secret, std::string_view time) {
  HmacSha256 hash(secret);
  hash.update("v1\n");
  hash.update(time);
  hash.update("\n");
  return hash;
}

std::string text_of(HmacSha256& hash) {
  return "v1=" + hexadecimal(hash.finish());
}

std::unexpected<Error> not_signed() {
  return fail(ErrorKind::denied, "signature_invalid", "The signature does not fit the time and the body.");
}

bool is_signature(std::string_view text) {
  constexpr std::string_view kVersion = "v1=";
  constexpr std::size_t kDigits = 64;
  return text.size() == kVersion.size() + kDigits && text.starts_with(kVersion) &&
         text.find_first_not_of("0123456789abcdef", kVersion.size()) == std::string_view::npos;
}

/// A whole number, as /ingest writes it; 0 to `most`.
std::optional<std::uint64_t> count_in(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

/// True of the answer of /ingest that it has so many events.
bool says_taken(std::string_view body, std::uint32_t count) {
  bool is_ok = false;
  std::optional<std::uint64_t> accepted;
  std::optional<std::uint64_t> duplicates;
  JsonCursor json(body);
  if (json.enter('{')) {
    while (const auto name = json.member()) {
      const auto value = json.value();
      if (*name == "status") is_ok = value == R"("ok")";
      if (*name == "accepted") accepted = count_in(value, count);
      if (*name == "duplicates") duplicates = count_in(value, count);
    }
  }
  return json.complete() && is_ok && accepted && duplicates && *accepted + *duplicates == count;
}

}  // namespace

std::string sign(std::string_view secret, Time time, std::string_view body) {
  auto hash = begun(secret, digits_of(time));
  hash.update(body);
  return text_of(hash);
}

Request signed_request(std::string_view secret, Time time, std::string batch) {
  Request request;
  request.method = "POST";
  request.target = kPath;
  request.headers.add("Content-Type", kContentType);
  request.headers.add(kTimeHeader, digits_of(time));
  request.headers.add(kSignatureHeader, sign(secret, time, batch));
  request.body = std::move(batch);
  return request;
}

Result<void> verify_head(std::string_view secret, const Headers& headers, Time now) {
  if (secret.empty())
    return fail(ErrorKind::denied, "ingest_closed",
                "No secret is configured, so nothing is taken from an edge.");
  const std::string_view time = headers.get(kTimeHeader).value_or("");
  const std::string_view given = headers.get(kSignatureHeader).value_or("");
  std::int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), milliseconds);
  if (error != std::errc() || end != time.data() + time.size() || !is_signature(given)) return not_signed();
  const std::int64_t from = (now - kWindow).time_since_epoch().count();
  const std::int64_t to = (now + kWindow).time_since_epoch().count();
  if (milliseconds < from || milliseconds > to) {
    return fail(ErrorKind::denied, "signature_expired",
                "The signature is more than five minutes from the clock of this host.");
  }
  return {};
}

Result<Verifier> Verifier::begin(std::string_view secret, const Headers& headers, Time now) {
  if (auto head = verify_head(secret, headers, now); !head) return std::unexpected(std::move(head).error());
  return Verifier(begun(secret, *headers.get(kTimeHeader)), *headers.get(kSignatureHeader));
}

Result<void> Verifier::finish() {
  if (!secret_equals(text_of(hash_), given_)) return not_signed();
  return {};
}

Result<void> read_answer(int status, std::string_view body, std::uint32_t count) {
  const std::string what = "the native host answered " + std::to_string(status);
  if (status >= 200 && status < 300) {
    if (status == 200 && says_taken(body, count)) return {};
    return fail(ErrorKind::unavailable, "events_garbled", what + ", but not that it has these events");
  }
  if (status == 400 || status == 413) return fail(ErrorKind::usage, "events_refused", what);
  if (body.find(R"("events_full")") != std::string_view::npos)
    return fail(ErrorKind::full, "events_full", what);
  return fail(ErrorKind::unavailable, "events_unavailable", what);
}

}  // namespace skerry::ingest
