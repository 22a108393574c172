# The tracker and its rival (`workerd serve tracker.capnp NAME`), alike but for the worker. Both post signed batches to
# the same receiver: --external-addr=origin=ADDRESS.
using Workerd = import "/workerd/workerd.capnp";
using Bundle = import "../../../build/native/wasm/worker.capnp";

const ours :Workerd.Config = (services = [(name = "edge", worker = .oursWorker), .origin], sockets = .sockets);
const rival :Workerd.Config = (services = [(name = "edge", worker = .rivalWorker), .origin], sockets = .sockets);

const sockets :List(Workerd.Socket) = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")];
const origin :Workerd.Service = (name = "origin", external = (address = "127.0.0.1:8080", http = ()));
const bindings :List(Workerd.Worker.Binding) = [
  (name = "ORIGIN", service = "origin"), (name = "KV", kvNamespace = "origin"),
  (name = "SKERRY_INGEST_SECRET", text = "known to both")];
const date :Text = "2026-11-17";

const oursWorker :Workerd.Worker = (compatibilityDate = .date, modules = Bundle.modules, bindings = .bindings);
const rivalWorker :Workerd.Worker = (
  compatibilityDate = .date, modules = [(name = "worker", esModule = embed "rival_tracker.mjs")], bindings = .bindings);
