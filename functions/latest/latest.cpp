#include "functions/latest/latest.hpp"

#include <cstdint>

#include "functions/latest/broker_health.hpp"
#include "functions/latest/history.hpp"
#include "functions/latest/published.hpp"
#include "functions/latest/view.hpp"

namespace skerry::functions {
namespace {

constexpr Publication kView{.key = "latest", .noun = "view"};
constexpr Publication kHistory{.key = "history", .noun = "history"};

std::optional<Form> form_of(std::string_view path) {
  if (path == "/" || path == "/latest") return Form::document;
  if (path == "/v2/latest") return Form::array;
  if (path == "/v3/broker/latest") return Form::envelope;
  return std::nullopt;
}

/// FNV-1a, 64 bits.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return value;
}

std::string etag_of(const View& view, Form form, const Filter& filter) {
  std::string etag = "W/\"" + view.identity();
  if (form == Form::array) etag += "-v2";
  if (form == Form::envelope) etag += "-v3";
  if (!filter.selects_all()) etag += '-' + std::to_string(hash(filter.canonical()));
  return etag + '"';
}

Task<Response> serve_view(const Request& request, Platform& platform, Form form) {
  Result<Filter> filter = Filter::parse(Query::parse(request.query()));
  if (!filter) co_return failure(400, filter.error());
  const auto open = co_await current<View>(kView, platform);
  if (!open) co_return failure(503, open.error());

  const View& view = (*open)->document;
  if (const auto settled = view.settle(*filter); !settled) co_return failure(400, settled.error());
  const auto render = [&]() -> Result<Body> {
    const auto whole = filter->selects_all() ? view.whole(form) : std::nullopt;
    if (whole) return Body(*whole, *open);
    Result<std::string> rendered = view.render(form, *filter);
    if (!rendered) return std::unexpected(std::move(rendered.error()));
    return Body(*std::move(rendered));
  };
  Response response = respond(request, platform, kView,
                              {.etag = etag_of(view, form, *filter),
                               .last_updated_at = view.last_updated_at(),
                               .bodies = (*open)->bodies,
                               .document = *open,
                               .render = render});
  if (view.made_up()) response.headers.add("Skerry-Data", "made-up");
  co_return response;
}

Task<Response> serve_history(const Request& request, Platform& platform) {
  const auto open = co_await current<History>(kHistory, platform);
  if (!open) co_return failure(503, open.error());
  const History& history = (*open)->document;
  co_return respond(request, platform, kHistory,
                    {.etag = "W/\"" + history.identity() + '"',
                     .last_updated_at = history.last_updated_at(),
                     .bodies = (*open)->bodies,
                     .document = *open,
                     .render = [&] { return Body(history.text(), *open); }});
}

Task<Response> serve_health(const Request& request, Platform& platform) {
  const auto open = co_await current<View>(kView, platform);
  if (!open) co_return broker_not_healthy(open.error());
  co_return broker_health(Query::parse(request.query()), (*open)->document, platform.clock.now());
}

}  // namespace

Task<Response> latest(const Request& request, Platform& platform) {
  const std::string_view path = request.path();
  const auto form = form_of(path);
  const bool health = path == "/v2/health" || path == "/v3/broker/health";
  if (!form && !health && path != "/history")
    co_return error_response(404, "not_found", "There is nothing here.");
  if (auto answer = answer_method(request)) co_return *std::move(answer);
  if (form) {
    Response response = co_await serve_view(request, platform, *form);
    if (path == "/")
      response.headers.set("Vary", "Accept, Accept-Encoding");  // people get a page there (bundle.json)
    co_return response;
  }
  co_return health ? co_await serve_health(request, platform) : co_await serve_history(request, platform);
}

}  // namespace skerry::functions
