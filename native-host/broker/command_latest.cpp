#include <filesystem>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "functions/latest/view.hpp"
#include "native-host/broker/capability.hpp"
#include "native-host/broker/fetch.hpp"
#include "native-host/broker/filters.hpp"
#include "native-host/broker/latest_table.hpp"
#include "native-host/broker/settings.hpp"
#include "native-host/config/masking.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/program/commands.hpp"
#include "native-host/program/terminal.hpp"
#include "native-host/program/world.hpp"
#include "shared/url.hpp"

namespace skerry::broker {
namespace {

using program::Exit;
using program::Invocation;

struct LatestOptions {
  TableOptions table;
  std::string url;      ///< of a server or of its view; empty: the local store
  bool json = false;    ///< the document as it is
  bool stored = false;  ///< the value as it is stored, for another KV store
};

/// The view of a server: its own URL, or that of the server.
Result<std::string> fetch_view(std::string url) {
  const auto parsed = Url::parse(url, "http");
  if (!parsed) return std::unexpected(parsed.error());
  url = (parsed->rest().empty() ? parsed->with_path("/latest") : *parsed).text();
  Fetcher fetcher;
  fetcher.add({.url = url});
  Result<std::string> body = fail(ErrorKind::unavailable, "fetch_failed", "No answer.");
  fetcher.run([&](const FetchRequest&, Result<FetchResponse> response) {
    if (response) {
      body = std::move(response->body);
    } else {
      body = fail(response.error().kind, response.error().code,
                  "Can't read " + config::mask_urls(url).shown + ": " + response.error().message);
    }
  });
  return body;
}

/// The view that this data folder's updater published last.
Result<std::string> local_view(const Invocation& invocation) {
  const auto world = program::World::to_look_at(invocation.loaded, invocation.capabilities);
  const auto store = program::open_store(world);
  if (!store) return std::unexpected(store.error());
  if (*store) {
    const auto entry = (*store)->get("latest");
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return (*entry)->value;
  }
  return fail(
      ErrorKind::not_found, "view_missing",
      "There is no view in " + world.data_dir().string() + " yet: start `skerry up` or `skerry update`.");
}

/// Those of the settings: one without files is no slip of the pen.
std::vector<std::string> known_collectors(const Invocation& invocation) {
  std::vector<std::string> ids;
  if (const auto collectors = load_collectors(invocation.loaded.get<Settings>().collectors_file))
    for (const auto id : ids_of(*collectors)) ids.emplace_back(id);
  return ids;
}

Result<Exit> run(const Invocation& invocation, const LatestOptions& options) {
  // It is JSON as it is.
  if (options.stored && options.table.selects())
    return fail(ErrorKind::usage, "bad_usage", "--stored is the whole value, and goes with no filter.");
  auto text = options.url.empty() ? local_view(invocation) : fetch_view(options.url);
  if (!text) return std::unexpected(text.error());
  if (options.stored) {
    // For a pipe byte by byte, as it is stored.
    if (isatty(STDOUT_FILENO) == 1)
      program::say_json(*text);
    else
      program::put(*text);
    return Exit::ok;
  }
  if (options.url.empty()) {
    const auto view = functions::View::open(*std::move(text));
    if (!view) return std::unexpected(view.error());
    text = std::string(*view->whole(functions::Form::document));
  }
  TableOptions table = options.table;
  if (options.url.empty()) table.known_collectors = known_collectors(invocation);
  if (options.json) {
    auto document = latest_json(*std::move(text), table);
    if (!document) return std::unexpected(document.error());
    program::say_json(*document + "\n");
    return Exit::ok;
  }
  table.colour = program::takes_colour(STDOUT_FILENO);
  const auto rendered = latest_table(*text, table);
  if (!rendered) return std::unexpected(rendered.error());
  program::put(*rendered);
  return Exit::ok;
}

}  // namespace

void add_latest_command(program::Commands& commands) {
  CLI::App& latest = commands.add("latest", "Shows the latest view as a table");
  const auto options = std::make_shared<LatestOptions>();
  latest.add_option("--collector", options->table.collector_id, "A comma list of collectors");
  offer_filters(commands, *latest.add_option("--project", options->table.project, kProjectHelp),
                *latest.add_option("--type", options->table.data_type, kTypeHelp));
  latest.add_flag("--late", options->table.late_only, "Only what is late");
  latest.add_option("--url", options->url, "Ask this server instead of the local store");
  latest.add_flag("--json", options->json, "The document as it is served, with the rows that are asked for");
  latest.add_flag("--stored", options->stored, "The value as it is stored, to copy it to another KV store");
  commands.data_dir(latest);
  commands.on(latest, [options](const Invocation& invocation) { return run(invocation, *options); });
  commands.example("skerry latest --project ris --late", "what is late at RIPE RIS");
  commands.example("skerry latest --url https://example.org", "the view of another server");
}

}  // namespace skerry::broker
