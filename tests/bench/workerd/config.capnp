# Ours and the rivals (`workerd serve config.capnp NAME`), alike but for the worker. The KV namespace is the native
# host's, as in wrangler/workerd.capnp: --external-addr=kv=ADDRESS.
using Workerd = import "/workerd/workerd.capnp";
using Bundle = import "../../../build/native/wasm/worker.capnp";

const ours :Workerd.Config = (services = [(name = "edge", worker = .oursWorker), .kv], sockets = .sockets);
const rival :Workerd.Config = (services = [(name = "edge", worker = .rivalWorker), .kv], sockets = .sockets);
const filtered :Workerd.Config = (services = [(name = "edge", worker = .filteredWorker), .kv], sockets = .sockets);

const sockets :List(Workerd.Socket) = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")];
const kv :Workerd.Service = (name = "kv", external = (address = "127.0.0.1:8081", http = ()));
const bindings :List(Workerd.Worker.Binding) = [(name = "KV", kvNamespace = "kv")];
const date :Text = "2026-11-17";

const oursWorker :Workerd.Worker = (compatibilityDate = .date, modules = Bundle.modules, bindings = .bindings);
const rivalWorker :Workerd.Worker = (
  compatibilityDate = .date, modules = [(name = "worker", esModule = embed "rival.mjs")], bindings = .bindings);
const filteredWorker :Workerd.Worker = (
  compatibilityDate = .date, modules = [(name = "worker", esModule = embed "rival_filtered.mjs")], bindings = .bindings);
