#include <cstdio>
#include <filesystem>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "functions/latest/view.hpp"
#include "native-host/broker/fetch.hpp"
#include "native-host/cli/commands.hpp"
#include "native-host/cli/publication.hpp"
#include "shared/url.hpp"

namespace skerry::cli {
namespace {

/// The view of a server: its own URL, or that of the server.
Result<std::string> fetch_view(std::string url) {
  const auto parsed = Url::parse(url, "http");
  if (!parsed) return std::unexpected(parsed.error());
  url = (parsed->rest().empty() ? parsed->with_path("/latest") : *parsed).text();
  broker::Fetcher fetcher;
  fetcher.add({.url = url});
  Result<std::string> body = fail("fetch_failed", "No answer.");
  fetcher.run([&](const broker::FetchRequest&, Result<broker::FetchResponse> response) {
    if (response) {
      body = std::move(response->body);
    } else {
      body = fail(response.error().code, "Can't read " + url + ": " + response.error().message);
    }
  });
  return body;
}

/// The view that this data folder's updater published last.
Result<std::string> local_view(const config::Settings& given) {
  const auto settings = to_look_at(given);
  if (std::filesystem::exists(std::filesystem::path(settings.data_dir) / "kv.sqlite3")) {
    auto store = open_store(settings);
    if (!store) return std::unexpected(store.error());
    const auto entry = (*store)->get("latest");
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return (*entry)->value;
  }
  return fail("view_missing",
              "There is no view in " + settings.data_dir + " yet: start `skerry up` or `skerry update`.");
}

Exit complain(const Error& error) {
  fmt::print(stderr, "skerry: {} ({})\n", error.message, error.code);
  return error.code.starts_with("unknown_") ? Exit::usage : exit_for(error);
}

}  // namespace

Exit run_latest(const config::Settings& settings, const LatestOptions& options) {
  auto text = options.url.empty() ? local_view(settings) : fetch_view(options.url);
  if (!text) return complain(text.error());
  if (options.stored) {
    fmt::print("{}", *text);
    return Exit::ok;
  }
  if (options.url.empty()) {
    const auto view = functions::View::open(*std::move(text));
    if (!view) return complain(view.error());
    text = std::string(*view->whole(functions::Form::document));
  }
  if (options.json) {
    fmt::print("{}\n", *text);
    return Exit::ok;
  }
  TableOptions table = options.table;
  table.colour = isatty(STDOUT_FILENO) == 1;
  const auto rendered = latest_table(*text, table);
  if (!rendered) return complain(rendered.error());
  fmt::print("{}", *rendered);
  return Exit::ok;
}

}  // namespace skerry::cli
