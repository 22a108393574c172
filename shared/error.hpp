#pragma once

#include <expected>
#include <string>

namespace skerry {

/// What sort of failure it is: exit codes and HTTP statuses follow from it, and what is worth trying again.
enum class ErrorKind {
  failed,         ///< any other; nothing follows from it
  usage,          ///< the caller's words can't be: flags, settings, parameters
  denied,         ///< the caller may not
  not_found,      ///< what it is about is not there
  conflict,       ///< what it is about is in another state
  too_large,      ///< of the caller's input
  not_installed,  ///< something that has to be on this machine is not
  busy,           ///< somebody else holds it; worth trying again
  full,           ///< no room; worth trying again when there is
  unavailable,    ///< away or too slow just now; worth trying again
  damaged,        ///< what is stored can't be read
  stopped,        ///< it was asked to end
};

/// An expected failure. `code` is stable and meant for programs (`unknown_project`, `timeout`, …);
/// `message` is one sentence for people that says what is wrong and, where it can, what to do.
struct Error {
  std::string code;
  std::string message;
  ErrorKind kind = ErrorKind::failed;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string code, std::string message) {
  return std::unexpected(Error{std::move(code), std::move(message), kind});
}
inline std::unexpected<Error> fail(std::string code, std::string message) {
  return fail(ErrorKind::failed, std::move(code), std::move(message));
}

}  // namespace skerry
