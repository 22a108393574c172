#include "native-host/publish/settings.hpp"

#include "native-host/program/settings.hpp"

namespace skerry::publish {

config::Table settings_table() {
  using S = Settings;
  using config::field;
  auto table = config::Table::of<S>("publish");
  table.rows({
      {"publish.refresh", field<&S::refresh>,
       "An unchanged view is pushed again before a target's copy gets older than this", program::kSecond,
       program::kDay},
      {"publish.timeout", field<&S::timeout>, "For one attempt to push", 100, program::kHour},
      {"publish.attempts", field<&S::attempts>, "To push in one `skerry update --once`; the next run goes on",
       1, 100},
      {"publish.cloudflare.account", field<&S::cloudflare_account>,
       "Id of the Cloudflare account; empty: no push to Cloudflare"},
      {"publish.cloudflare.namespace", field<&S::cloudflare_namespace>,
       "Id of the KV namespace; empty: no push to Cloudflare"},
  });
  table.secret<&S::cloudflare_token>(
      "publish.cloudflare.token", "cloudflare-token",
      "API token with the permission Workers KV Storage Write; from the environment alone");
  table.rows({
      {.name = "publish.cloudflare.base",
       .field = field<&S::cloudflare_base>,
       .help = "Where Cloudflare's API is",
       .fits = config::is_web_address,
       .wants = config::kWebAddress},
      {"publish.fastly.store", field<&S::fastly_store>, "Id of the KV store; empty: no push to Fastly"},
  });
  table.secret<&S::fastly_token>("publish.fastly.token", "fastly-token",
                                 "API token that may write to the store; from the environment alone");
  table.rows({{.name = "publish.fastly.base",
               .field = field<&S::fastly_base>,
               .help = "Where Fastly's API is",
               .fits = config::is_web_address,
               .wants = config::kWebAddress}});
  table.foreign({{.name = "CLOUDFLARE_ACCOUNT_ID", .setting = "publish.cloudflare.account"},
                 {.name = "CLOUDFLARE_API_TOKEN", .setting = "publish.cloudflare.token"},
                 {.name = "FASTLY_API_TOKEN", .setting = "publish.fastly.token"}});
  return table;
}

}  // namespace skerry::publish
