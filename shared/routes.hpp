#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "shared/http.hpp"
#include "shared/platform.hpp"

namespace skerry {

/// Which function serves a request. functions/bundle.json is the one table, of every platform, and the order
/// is:
///
/// 1. the function whose host setting names the request's host: `tracker_hosts` = `t.example.org,
/// e.example.org`;
/// 2. the function with this path among its `html_routes`, where the request would rather have HTML
/// (prefers_html);
/// 3. the function with this path, compared whole, as it was sent;
/// 4. the function with the longest prefix: `/t/*` is `/t/` and everything below, and not `/t`.
///
/// wasm-runtime/js/router.mjs does the same; both are tested with routes_cases.json.
struct RouteTable {
  struct Path {
    std::string_view path;  ///< a prefix where it ends with `/*`
    std::size_t function;
  };
  struct Hosts {
    std::string_view setting;
    std::size_t function;
  };
  std::span<const Path> paths;
  std::span<const Hosts> hosts;
  std::span<const Path> html = {};  ///< no prefixes
};

/// Whoever has a path of `html_routes` otherwise answers there with `Vary: Accept`, too.
///
/// The index of the function, or nothing. `config` is asked for the host settings.
std::optional<std::size_t> find_route(const RouteTable& table, const Request& request, const Config& config);

/// The name or address in a Host header, without its port; empty where there is none.
std::string_view host_name(const Request& request);

}  // namespace skerry
