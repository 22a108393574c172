#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/error.hpp"

namespace skerry {

/// A URL with an authority (RFC 3986): `scheme://[user[:password]@]host[:port][/path][?query][#fragment]`.
///
/// Of the usual looseness nothing is taken: no control bytes, spaces, backslashes or bytes above 127, one
/// `@` at most, a port from 1 to 65535 where there is a colon, an IPv6 address in brackets without a zone.
/// The host of http, https, ws and wss is not empty, is made of letters, digits, `-`, `.` and `_`, and where
/// its last label is a number it is a plain IPv4 address: `127.1` and `0x7f000001` are none. Other hosts may
/// be empty, and percent-encoded. In a path, query or fragment a `%` need not begin a `%XX`.
///
/// All parts are as they were written, percent-encoding included; only the scheme is in lower case.
class Url {
 public:
  /// Error: `bad_url` (kind `usage`), whose message holds nothing of the URL, for it may hold a password.
  static Result<Url> parse(std::string_view text);
  /// As people write it on a command line: `host:8080/x` gets `scheme` in front.
  static Result<Url> parse(std::string_view text, std::string_view scheme);

  [[nodiscard]] const std::string& scheme() const { return scheme_; }
  [[nodiscard]] const std::optional<std::string>& user() const { return user_; }
  [[nodiscard]] const std::optional<std::string>& password() const { return password_; }
  /// An IPv6 address is without its brackets.
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::optional<std::uint16_t> port() const { return port_; }
  /// With the usual one of http, https, ws, wss, redis, rediss, postgres and postgresql; nothing where a
  /// scheme has none.
  [[nodiscard]] std::optional<std::uint16_t> port_or_usual() const;
  /// Empty, or with its first slash.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::optional<std::string>& query() const { return query_; }
  [[nodiscard]] const std::optional<std::string>& fragment() const { return fragment_; }

  /// All of it.
  [[nodiscard]] std::string text() const;
  /// For people: a password is `***`.
  [[nodiscard]] std::string shown() const;
  /// `https://host:8443`, the part that one server answers for: host in lower case, without the usual port.
  [[nodiscard]] std::string origin() const;
  /// `host:8443` of the origin: what a Host header says.
  [[nodiscard]] std::string authority() const;
  /// `/path?query` as a request names it; at least `/`.
  [[nodiscard]] std::string target() const;
  /// What follows the authority: `/path?query#fragment`.
  [[nodiscard]] std::string rest() const;
  /// True for `localhost`, 127.0.0.0/8 and ::1.
  [[nodiscard]] bool is_loopback() const;

  /// With another path, and without query and fragment. The path is `/…`, percent-encoded.
  [[nodiscard]] Url with_path(std::string_view path) const;
  [[nodiscard]] Url without_user_info() const;

  friend bool operator==(const Url&, const Url&) = default;

 private:
  Url() = default;
  static std::optional<std::string_view> fault_in_authority(std::string_view text, Url& url);
  [[nodiscard]] std::string host_and_port() const;

  std::string scheme_;
  std::optional<std::string> user_;
  std::optional<std::string> password_;
  std::string host_;
  std::optional<std::uint16_t> port_;
  std::string path_;
  std::optional<std::string> query_;
  std::optional<std::string> fragment_;
};

/// Any text cut behind what would be the authority of a URL: `https://host` and `/path?query`. Without `://`
/// all of it is the rest.
struct CutUrl {
  std::string_view origin;
  std::string_view rest;
};
CutUrl cut_url(std::string_view text);

/// Any text, with the password of what may be a URL replaced by `***`. What is odd hides too much rather than
/// too little.
std::string hide_url_password(std::string_view text);

/// `a b/ü` → `a%20b%2F%C3%BC`: one segment of a path (RFC 3986 §2.3: all but the unreserved are encoded).
std::string encode_segment(std::string_view text);
/// The bytes of a segment; nothing where a `%` begins no `%XX`.
std::optional<std::string> decode_segment(std::string_view text);

}  // namespace skerry
