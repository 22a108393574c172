#include "shared/negotiation.hpp"

#include <optional>

#include "shared/comma_list.hpp"
#include "shared/http.hpp"

namespace skerry {
namespace {

/// A qvalue in thousandths (`0.8` is 800); 0 if it is none.
int weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int value = (text[0] - '0') * 1000;
  if (text.size() == 1) return value;
  if (text[1] != '.') return 0;
  for (int scale = 100; const char c : text.substr(2)) {
    if (c < '0' || c > '9') return 0;
    value += (c - '0') * scale;
    scale /= 10;
  }
  return value <= 1000 ? value : 0;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip, any, identity;
  for (CommaList list(accept_encoding); const auto item = list.next();) {
    const auto semicolon = item->find(';');
    const std::string_view coding = trim(item->substr(0, semicolon));
    int q = 1000;
    if (semicolon != std::string_view::npos) {
      const std::string_view parameter = trim(item->substr(semicolon + 1));
      const bool is_q = parameter.starts_with("q=") || parameter.starts_with("Q=");
      q = is_q ? weight(parameter.substr(2)) : 0;
    }
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
      gzip = q;
    } else if (coding == "*") {
      any = q;
    } else if (equal_ignoring_case(coding, "identity")) {
      identity = q;
    }
  }
  const int wanted = gzip.value_or(any.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

}  // namespace skerry
