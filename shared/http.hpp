#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry {

/// True if two ASCII strings differ in case at most. Bytes above 127 compare exactly.
bool equal_ignoring_case(std::string_view a, std::string_view b);
/// ASCII lower case.
std::string to_lower(std::string_view text);
/// Without leading and trailing spaces and tabs (RFC 9110 OWS).
std::string_view trim(std::string_view text);

/// Header fields in the order in which they came. Names compare without case; a name may occur many times.
class Headers {
 public:
  struct Field {
    std::string name;
    std::string value;
    friend bool operator==(const Field&, const Field&) = default;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  /// Appends a field, whether or not the name occurs already.
  void add(std::string_view name, std::string_view value);
  /// Makes `value` the only one of `name`, at the place of the first.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  /// The first value, or nothing.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }
  /// All values of a list header, joined with `, ` (RFC 9110 §5.3); empty where there is none.
  [[nodiscard]] std::string joined(std::string_view name) const;

  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  void reserve(std::size_t count) { fields_.reserve(count); }

  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<Field> fields_;
};

/// True for a token of RFC 9110 §5.6.2: what a method or a field name may be.
bool is_token(std::string_view text);
/// True where a field value has no byte that could end or forge a field (CR, LF, NUL).
bool is_field_value(std::string_view text);

/// The bytes of a response: owned, or a view into something that it keeps alive. Copies share.
class Body {
 public:
  Body() = default;
  Body(std::string bytes)  // NOLINT(google-explicit-constructor): a string is a body
      : Body(std::make_shared<const std::string>(std::move(bytes))) {}
  Body(const char* text) : Body(std::string(text)) {}
  explicit Body(std::shared_ptr<const std::string> bytes) : view_(*bytes), owner_(std::move(bytes)) {}
  /// `view` lies inside what `owner` keeps alive.
  Body(std::string_view view, std::shared_ptr<const void> owner) : view_(view), owner_(std::move(owner)) {}

  [[nodiscard]] std::string_view view() const { return view_; }
  [[nodiscard]] std::size_t size() const { return view_.size(); }
  [[nodiscard]] bool empty() const { return view_.empty(); }
  /// What keeps the bytes alive; while it lives, they don't change.
  [[nodiscard]] const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::string_view view_;
  std::shared_ptr<const void> owner_;
};

struct Request {
  std::string method = "GET";
  /// Origin form as it was sent, undecoded: `/v2/latest?project=ris`.
  std::string target = "/";
  Headers headers;
  std::string body;
  /// The peer's address in text form, as far as the platform vouches for it; empty where unknown.
  std::string client;
  /// What the platform itself knows about the client, by lower-case names: `country` (ISO 3166-1 alpha-2),
  /// `region`, `city`, `asn`. Never what the client says.
  std::vector<Headers::Field> hints = {};

  /// The target up to `?`.
  [[nodiscard]] std::string_view path() const;
  /// The target after `?`, without a fragment; empty where there is none.
  [[nodiscard]] std::string_view query() const;
};

struct Response {
  int status = 200;
  Headers headers;
  Body body;
};

/// The reason phrase of a status code (RFC 9110 §15, and 429, 431 and 507), "Unknown" for others.
std::string_view reason_phrase(int status);

/// `{"error": message, "code": code}` with its content type, for any origin to read. `error` is a string, as
/// the clients of the broker API expect it (Rust SDK: `error: Option<String>`).
Response error_response(int status, std::string_view code, std::string_view message);

/// What an error's kind is in HTTP: 400 usage, 403 denied, 404 not_found, 409 conflict, 413 too_large, 503
/// what is worth trying again (busy, full, unavailable, stopped), else 500.
int status_of(ErrorKind kind);
/// With that status, and Retry-After where it is 503: `retry_after` seconds.
Response error_response(const Error& error, int retry_after = 5);

}  // namespace skerry
