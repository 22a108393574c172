#include "functions/pages/start.hpp"

#include "functions/pages/files.hpp"
#include "shared/json_slice.hpp"

namespace skerry::functions {
namespace {

constexpr std::string_view kPlace = "<!--state-->";

/// Whether there is a view, of when, and whose.
std::string state_of(const ViewHead* view) {
  if (view == nullptr)
    return "<p class=warn>There is no view yet: the updater has not published one. On the server, "
           "<code>skerry "
           "doctor</code> says what is in the way.</p>";
  std::string time = format_naive(view->last_updated_at);
  time[10] = ' ';
  std::string out = "<p>The view is of <time>" + time + "</time> UTC.</p>";
  if (view->made_up)
    out +=
        "<p class=warn><b>Made up.</b> These listings are the archive replica’s, not those of RouteViews and "
        "RIPE "
        "RIS: no archive could be reached, or none was to be.</p>";
  return out;
}

}  // namespace

std::optional<ViewHead> ViewHead::read(std::string_view text) {
  JsonSlicer members(text);
  ViewHead head;
  for (members.enter('{'); const auto member = members.next();) {
    if (member->key == "made_up") head.made_up = member->value == "true";
    if (member->key != "last_updated_at") continue;
    const auto time = parse_rfc3339(plain_string(member->value).value_or(""));
    if (!time) return std::nullopt;
    head.last_updated_at = *time;
    return head;
  }
  return std::nullopt;
}

std::string start_html(const ViewHead* view) {
  std::string page(start_files().front().second);
  page.replace(page.find(kPlace), kPlace.size(), state_of(view));
  return page;
}

Task<Response> start_page(const Request& request, Platform& platform) {
  if (request.method != "GET" && request.method != "HEAD") {
    Response refused = error_response(405, "method_not_allowed", "use GET or HEAD");
    refused.headers.add("Allow", "GET, HEAD");
    co_return refused;
  }
  const auto value = co_await platform.kv.get("latest");
  const auto view = value && *value ? ViewHead::read(**value) : std::nullopt;
  Response response;
  response.headers.add("Vary", "Accept, Accept-Encoding");
  if (view && view->made_up) response.headers.add("Skerry-Data", "made-up");
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.body = Body(start_html(view ? &*view : nullptr));
  co_return response;
}

}  // namespace skerry::functions
