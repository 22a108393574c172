# Ours and the rivals in one process each (`workerd serve config.capnp NAME`), alike but for the worker.
using Workerd = import "/workerd/workerd.capnp";
using Bundle = import "../../../build/native/wasm/worker.capnp";

const ours :Workerd.Config = (services = [(name = "edge", worker = .oursWorker), .kv], sockets = .sockets);
const rival :Workerd.Config = (services = [(name = "edge", worker = .rivalWorker), .kv], sockets = .sockets);
const filtered :Workerd.Config = (services = [(name = "edge", worker = .filteredWorker), .kv], sockets = .sockets);

const sockets :List(Workerd.Socket) = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")];
const bindings :List(Workerd.Worker.Binding) = [(name = "KV", kvNamespace = "kv")];
const date :Text = "2026-11-17";

const kv :Workerd.Service = (name = "kv", worker = (
  compatibilityDate = .date,
  modules = [(name = "kv", esModule = embed "kv.mjs"), (name = "view.json", text = embed "../../../build/native/bench/view.json")],
));

const oursWorker :Workerd.Worker = (compatibilityDate = .date, modules = Bundle.modules, bindings = .bindings);
const rivalWorker :Workerd.Worker = (
  compatibilityDate = .date, modules = [(name = "worker", esModule = embed "rival.mjs")], bindings = .bindings);
const filteredWorker :Workerd.Worker = (
  compatibilityDate = .date, modules = [(name = "worker", esModule = embed "rival_filtered.mjs")], bindings = .bindings);
