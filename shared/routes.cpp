#include "shared/routes.hpp"

#include "shared/comma_list.hpp"
#include "shared/negotiation.hpp"

namespace skerry {
namespace {

bool lists_host(CommaList list, std::string_view host) {
  while (const auto piece = list.next()) {
    if (equal_ignoring_case(*piece, host)) return true;
  }
  return false;
}

}  // namespace

std::string_view host_name(const Request& request) {
  const std::string_view host = trim(request.headers.get("Host").value_or(""));
  const auto bracket = host.starts_with('[') ? host.find(']') : 0;
  const auto name = host.substr(0, host.find(':', bracket));
  // The same name, fully qualified (RFC 1034 §3.1).
  return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

std::optional<std::size_t> find_route(const RouteTable& table, const Request& request, const Config& config) {
  if (const std::string_view host = host_name(request); !host.empty()) {
    for (const auto& [setting, function] : table.hosts) {
      if (lists_host(CommaList(config.get(setting).value_or("")), host)) return function;
    }
  }
  const std::string_view path = request.path();
  for (const RouteTable::Path& route : table.html)
    if (route.path == path && prefers_html(request.headers.joined("Accept"))) return route.function;
  const RouteTable::Path* found = nullptr;
  for (const RouteTable::Path& route : table.paths) {
    if (!route.path.ends_with("/*")) {
      if (route.path == path) return route.function;
    } else if (path.starts_with(route.path.substr(0, route.path.size() - 1)) &&
               (found == nullptr || found->path.size() < route.path.size())) {
      found = &route;
    }
  }
  if (found == nullptr) return std::nullopt;
  return found->function;
}

}  // namespace skerry
