#include "shared/conditional.hpp"

namespace skerry {
namespace {

std::string_view opaque(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

}  // namespace

bool etag_listed(std::string_view list, std::string_view etag) {
  list = trim(list);
  if (list == "*") return true;
  for (;;) {
    while (list.starts_with(',')) list = trim(list.substr(1));
    if (list.empty()) return false;
    const std::size_t open = list.starts_with("W/") ? 2 : 0;
    if (list.size() <= open || list[open] != '"') return false;
    const auto close = list.find('"', open + 1);
    if (close == std::string_view::npos) return false;
    if (list.substr(open, close + 1 - open) == opaque(etag)) return true;
    list = trim(list.substr(close + 1));
    if (!list.empty() && list.front() != ',') return false;
  }
}

bool not_modified(const Request& request, const Validators& validators) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  if (request.headers.has("If-None-Match")) {
    return etag_listed(request.headers.joined("If-None-Match"), validators.etag);
  }
  if (!validators.last_modified) return false;
  const auto since = parse_http_date(request.headers.joined("If-Modified-Since"));
  return since && std::chrono::floor<Seconds>(*validators.last_modified) <= *since;
}

}  // namespace skerry
