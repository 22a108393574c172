#include "shared/negotiation.hpp"

#include <algorithm>
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

/// The weight among an item's parameters; 1000 where none says one.
int weight_of(std::string_view parameters) {
  for (std::size_t at = 0; at < parameters.size();) {
    const auto end = std::min(parameters.find(';', at), parameters.size());
    const std::string_view parameter = trim(parameters.substr(at, end - at));
    if (parameter.starts_with("q=") || parameter.starts_with("Q=")) return weight(parameter.substr(2));
    at = end + 1;
  }
  return 1000;
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

bool prefers_html(std::string_view accept) {
  int html = 0;
  std::optional<int> json, application, any;
  for (CommaList list(accept); const auto item = list.next();) {
    const auto semicolon = std::min(item->find(';'), item->size());
    const std::string_view type = trim(item->substr(0, semicolon));
    const int q = weight_of(item->substr(std::min(semicolon + 1, item->size())));
    if (equal_ignoring_case(type, "text/html")) html = q;
    if (equal_ignoring_case(type, "application/json")) json = q;
    if (equal_ignoring_case(type, "application/*")) application = q;
    if (type == "*/*") any = q;
  }
  return html > 0 && html >= json.value_or(application.value_or(any.value_or(0)));
}

}  // namespace skerry
