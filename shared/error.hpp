#pragma once

#include <expected>
#include <string>

namespace skerry {

/// An expected failure. `code` is stable and meant for programs (`unknown_project`, `timeout`, …);
/// `message` is one sentence for people that says what is wrong and, where it can, what to do.
struct Error {
  std::string code;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string code, std::string message) {
  return std::unexpected(Error{std::move(code), std::move(message)});
}

}  // namespace skerry
