#include "shared/credentials.hpp"

#include <algorithm>
#include <utility>

#include "shared/base64.hpp"

namespace skerry {

std::optional<Credentials> Credentials::parse(std::string_view value) {
  value = trim(value);
  const auto gap = value.find_first_of(" \t");
  if (gap == std::string_view::npos) return std::nullopt;
  const auto scheme = value.substr(0, gap);
  const auto rest = trim(value.substr(gap));
  if (equal_ignoring_case(scheme, "Bearer")) return Credentials{Scheme::bearer, {}, std::string(rest)};
  if (!equal_ignoring_case(scheme, "Basic")) return std::nullopt;
  auto pair = base64_decode(rest);
  if (!pair) return std::nullopt;
  const auto colon = std::min(pair->find(':'), pair->size());
  return Credentials{Scheme::basic, pair->substr(0, colon), pair->substr(std::min(colon + 1, pair->size()))};
}

std::optional<Credentials> Credentials::of(const Request& request) {
  const auto is_it = [](const Headers::Field& field) {
    return equal_ignoring_case(field.name, "Authorization");
  };
  if (std::ranges::count_if(request.headers, is_it) != 1) return std::nullopt;
  return parse(request.headers.get("Authorization").value_or(""));
}

}  // namespace skerry
