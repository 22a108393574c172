#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"
#include "shared/time.hpp"

namespace skerry::functions {

/// What the start page says of the view: the head of the KV value `latest` (functions/latest/view.hpp), of
/// which it reads no more.
struct ViewHead {
  Time last_updated_at;
  bool made_up = false;  ///< by the archive replica

  /// Nothing where the text is no view.
  static std::optional<ViewHead> read(std::string_view text);
};

/// The page itself; `view` is null where there is none, which it says, with what to do.
std::string start_html(const ViewHead* view);

/// `/` for people: what this server offers, and of when its view is, looked up for each request. It needs no
/// script, and its style is that of /status. GET and HEAD; headers as those of all pages.
Task<Response> start_page(const Request& request, Platform& platform);

}  // namespace skerry::functions
