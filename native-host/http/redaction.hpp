#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skerry::http {

/// Takes out of what clients sent, before it lies about in logs, what opens doors. In its place stands `***`.
///
/// What is taken out, as it is and percent-encoded up to three times:
///
/// * of a target, the values of parameters whose names say that they are secrets, in any case and spelling
///   (`code`, `writeKey`, `api_key`, `X-Amz-Signature`, `user[password]`, …), in its query, its fragment and
///   behind `;`; values that hold such a parameter themselves (`next=https%3A%2F%2Fx%3Ftoken%3Da`); and those
///   that can't be looked through: base64 of JSON, and `data`;
/// * user information: `http://me:open@host/x`;
/// * of any text, the secrets that were given: wherever they stand, those below 6 bytes only as whole words.
class Redaction {
 public:
  Redaction() = default;
  explicit Redaction(std::vector<std::string> secrets);

  [[nodiscard]] std::string target(std::string_view target) const;
  [[nodiscard]] std::string text(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;  // without `+`, which a query has in place of a space
};

}  // namespace skerry::http
