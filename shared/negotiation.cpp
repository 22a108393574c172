#include "shared/negotiation.hpp"

#include <algorithm>

#include "shared/setting.hpp"

namespace skerry {
namespace {

/// A qvalue in thousandths (`0.8` is 800); 0 if it is none.
int weight_in(std::string_view text) {
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

/// Takes what stands before the first `end` outside of quoted strings, and that one, from `text`.
std::string_view take_until(std::string_view& text, char end) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size() && (quoted || text[at] != end); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (quoted && text[at] == '\\') ++at;
  }
  const std::string_view piece = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return piece;
}

}  // namespace

std::optional<WeightedList::Item> WeightedList::next() {
  while (!rest_.empty()) {
    std::string_view member = take_until(rest_, ',');
    Item item{.value = trim(take_until(member, ';')), .weight = 1000};
    while (!member.empty()) {
      std::string_view parameter = take_until(member, ';');
      if (equal_ignoring_case(trim(take_until(parameter, '=')), "q")) {
        item.weight = std::min(item.weight, weight_in(trim(parameter)));
      }
    }
    if (!item.value.empty()) return item;
  }
  return std::nullopt;
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip, any, identity;
  for (WeightedList list(accept_encoding); const auto item = list.next();) {
    if (equal_ignoring_case(item->value, "gzip") || equal_ignoring_case(item->value, "x-gzip")) {
      gzip = item->weight;
    } else if (item->value == "*") {
      any = item->weight;
    } else if (equal_ignoring_case(item->value, "identity")) {
      identity = item->weight;
    }
  }
  const int wanted = gzip.value_or(any.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

bool wants_gzip(const Request& request, const Config& config) {
  return is_on(config, settings::kGzip) && accepts_gzip(request.headers.joined("Accept-Encoding"));
}

Acceptance acceptance_of(std::string_view accept, std::string_view media_type) {
  const std::string_view main_type = media_type.substr(0, media_type.find('/') + 1);
  std::optional<int> exact, of_type, any;
  const auto heed = [](std::optional<int>& best, int weight) { best = std::max(best.value_or(0), weight); };
  for (WeightedList list(accept); const auto item = list.next();) {
    if (equal_ignoring_case(item->value, media_type)) {
      heed(exact, item->weight);
    } else if (item->value == "*/*") {
      heed(any, item->weight);
    } else if (item->value.ends_with("/*") &&
               equal_ignoring_case(item->value.substr(0, item->value.size() - 1), main_type)) {
      heed(of_type, item->weight);
    }
  }
  return {.weight = exact.value_or(of_type.value_or(any.value_or(0))), .named = exact.has_value()};
}

bool prefers_html(std::string_view accept) {
  const Acceptance html = acceptance_of(accept, "text/html");
  return html.named && html.weight > 0 && html.weight >= acceptance_of(accept, "application/json").weight;
}

}  // namespace skerry
