# A self-hosted edge: workerd with the bundle, and the native host's KV.
#
#   cmake --build build/native --target skerry_modules
#   skerry --set kv_listen=127.0.0.1:8081 serve    (on 127.0.0.1:8080, its KV on 127.0.0.1:8081)
#   SKERRY_EVENTS_INGEST_SECRET=… workerd serve wrangler/workerd.capnp

using Workerd = import "/workerd/workerd.capnp";
using Bundle = import "../build/native/wasm/worker.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "kv", external = (address = "127.0.0.1:8081", http = ())),
    (name = "origin", external = (address = "127.0.0.1:8080", http = ())),
  ],
  sockets = [(name = "http", address = "*:8787", http = (), service = "edge")],
);

const edge :Workerd.Worker = (
  compatibilityDate = "2026-11-17",
  modules = Bundle.modules,
  bindings = [
    (name = "KV", kvNamespace = "kv"),
    (name = "ORIGIN", service = "origin"),
    (name = "SKERRY_INGEST_SECRET", fromEnvironment = "SKERRY_EVENTS_INGEST_SECRET"),
    # The functions' settings: SKERRY_<NAME IN UPPER CASE>.
    (name = "SKERRY_VIEW_PROMISE_SECONDS", text = "900"),
    (name = "SKERRY_RESIDENT_SECONDS", text = "30"),
  ],
);
