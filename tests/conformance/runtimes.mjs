// Starts the five runtimes, each the real one, on free ports, with a group's values, settings and clock.

import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { makeClock } from '../clock/clock.mjs';
import { startNativeHost } from '../doubles/native_host.mjs';
import { read_batch } from '../tools/events.mjs';
import { freePort } from '../tools/processes.mjs';

const kRoot = fileURLToPath(new URL('../..', import.meta.url));
const kStartPatience = 30_000;
const kStopPatience = 5_000;
const kSecret = 'known to both'; // of /ingest
const kNobody = 'http://127.0.0.1:9'; // where no native host is

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function until(what, condition) {
  for (const end = performance.now() + kStartPatience; performance.now() < end; ) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} is not there after ${kStartPatience / 1000} s`);
}

/// A process of ours, with its output for when something goes wrong.
class Program {
  output = '';

  constructor(command, args, clock) {
    this.name = command.split('/').at(-1);
    this.child = spawn(command, args, {
      env: { ...process.env, TZ: 'UTC', ...clock.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => {
      this.child.on('exit', resolve);
      this.child.on('error', (error) => {
        this.output += error.message;
        resolve();
      });
    });
    this.ended.then(() => (this.gone = true));
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (text) => (this.output += text));
  }

  ready(condition) {
    return until(this.name, async () => {
      if (this.gone) throw new Error(`${this.name} ended at once: ${this.output}`);
      return condition();
    });
  }

  async stop() {
    if (this.gone) return;
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), kStopPatience);
    await this.ended;
    clearTimeout(late);
  }
}

const build = process.env.SKERRY_BUILD ?? join(kRoot, 'build', 'native');
/// The files that the function `pages` serves.
export const kPages = join(build, 'pages');
const module_file = (kind) => join(build, 'wasm', `skerry.${kind}.wasm`);
const kFunctions = JSON.parse(readFileSync(join(kRoot, 'functions', 'bundle.json'), 'utf8')).map(({ name }) => name);
const variables = (settings) =>
  Object.entries(settings).map(([name, value]) => [`SKERRY_${name.toUpperCase()}`, value]);

/// Keys as file names, as wasm-runtime/guest/wasi_http.cpp reads them.
const file_name = (key) => encodeURIComponent(key).replace(/[!'()*~]|^\./g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

async function put_all(port, kv) {
  for (const [key, value] of kv) {
    const url = `http://127.0.0.1:${port}/${encodeURIComponent(key)}?urlencoded=true`;
    const response = await fetch(url, { method: 'PUT', headers: { Authorization: 'Bearer kv' }, body: value });
    if (!response.ok) throw new Error(`the value of ${key} can't be stored: ${response.status}`);
  }
}

/// The functions compiled natively, and their store's wire port.
async function start_reference({ kv, settings, origin }, folder, launch) {
  const sent = join(folder, 'events');
  const args = [join(folder, 'kv.sqlite'), sent, origin, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)];
  const program = launch(join(build, 'tests', 'conformance', 'conformance-native'), args);
  const port_of = (what) => Number(new RegExp(`^${what} 127\\.0\\.0\\.1:(\\d+)`, 'm').exec(program.output)?.[1]);
  await program.ready(() => port_of('kv'));
  await put_all(port_of('kv'), kv);
  const events = async () => (existsSync(sent) ? read_batch(await readFile(sent)) : []);
  return { port: port_of('http'), kv_port: port_of('kv'), events };
}

/// The settings that each function declares: the program takes no others.
let declared;
async function settings_of(name, settings) {
  declared ??= promisify(execFile)(join(build, 'skerry'), ['config', '--json'], { cwd: tmpdir() }).then(({ stdout }) => JSON.parse(stdout));
  const known = await declared;
  return Object.entries(settings)
    .filter(([setting]) => `functions.${name}.${setting}` in known)
    .map(([setting, value]) => `${setting} = ${JSON.stringify(value)}\n`);
}

async function start_skerry({ kv, settings }, folder, launch) {
  const [port, kv_port] = [await freePort(), await freePort()];
  const tables = await Promise.all(kFunctions.map(async (name) => `[functions.${name}]\n${(await settings_of(name, settings)).join('')}`));
  const config = join(folder, 'skerry.toml');
  await writeFile(
    config,
    `data_dir = "${folder}/data"\nlisten = "127.0.0.1:${port}"\nkv_listen = "127.0.0.1:${kv_port}"\n` +
      `access_log = false\n` +
      tables.join(''),
  );
  // The program's own secrets, which it gives to its functions.
  const secrets = [['kv_token', 'kv']];
  for (const [setting, secret] of [['health_code', 'health.code'], ['metrics_code', 'metrics.code']]) if (settings[setting]) secrets.push([secret, settings[setting]]);
  for (const [name, value] of secrets) await writeFile(join(folder, name), value, { mode: 0o600 });
  const files = secrets.flatMap(([name]) => ['--set', `${name}_file=${join(folder, name)}`]);
  const program = launch(join(build, 'skerry'), ['serve', '--config', config, ...files]);
  await program.ready(async () => (await accepts(port)) && (await accepts(kv_port)));
  await put_all(kv_port, kv);
  return { port };
}

async function start_wasmtime({ kv, settings, origin }, folder, launch) {
  const port = await freePort();
  const values = join(folder, 'kv');
  await mkdir(values);
  for (const [key, value] of kv) await writeFile(join(values, file_name(key)), value);
  const sent = join(folder, 'events');
  await mkdir(sent);
  if (origin === 'down') settings = { ...settings, ingest_secret: kSecret }; // else they go to the folder
  const env = variables(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const folders = ['--dir', `${values}::/kv`, '--dir', `${sent}::/events`];
  const args = [...folders, '--addr', `127.0.0.1:${port}`, ...env, module_file('component')];
  const program = launch(process.env.SKERRY_WASMTIME ?? 'wasmtime', ['serve', '-S', 'cli', ...args]);
  await program.ready(() => accepts(port));
  const events = async () => {
    const names = await readdir(sent);
    if (!names.every((name) => name.endsWith('.events'))) throw new Error(`what is this? ${names}`);
    return (await Promise.all(names.map((name) => readFile(join(sent, name))))).flatMap(read_batch);
  };
  return { port, events };
}

async function start_workerd(group, folder, launch) {
  const [port, store] = [await freePort(), await start_reference(group, folder, launch)];
  const settings = group.origin === 'none' ? group.settings : { ...group.settings, ingest_secret: kSecret };
  const bindings = variables(settings).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`);
  const config = join(folder, 'workerd.capnp');
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
using Bundle = import "${relative(folder, join(build, 'wasm', 'worker.capnp'))}";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "kv", external = (address = "127.0.0.1:${store.kv_port}", http = ())),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "edge")],
);
const edge :Workerd.Worker = (
  compatibilityDate = "2026-11-17",
  modules = Bundle.modules,
  bindings = [${['(name = "KV", kvNamespace = "kv")', ...bindings].join(', ')}],
);
`,
  );
  const program = launch(process.env.SKERRY_WORKERD ?? 'workerd', ['serve', config]);
  await program.ready(() => accepts(port));
  return { port };
}

async function start_viceroy({ kv, settings, origin }, folder, launch) {
  const port = await freePort();
  const links = [];
  for (const [i, [key, value]] of [...kv].entries()) {
    await writeFile(join(folder, `value${i}`), value);
    links.push(`{ key = ${JSON.stringify(key)}, file = "${folder}/value${i}" }`);
  }
  const backend =
    origin === 'none'
      ? ''
      : `[local_server.backends.origin]\nurl = "${settings.origin_url}"\n` +
        `[local_server.secret_stores]\nskerry = [{ key = "ingest_secret", data = "${kSecret}" }]\n`;
  const contents = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  await writeFile(
    join(folder, 'fastly.toml'),
    `manifest_version = 3
name = "conformance"
language = "other"
[local_server.geolocation]
use_default_loopback = false
format = "inline-toml"
[local_server.geolocation.addresses]
${backend}[local_server.kv_stores]
skerry = [${links.join(', ')}]
[local_server.config_stores.skerry]
format = "inline-toml"
[local_server.config_stores.skerry.contents]
${contents.join('')}`,
  );
  const args = ['-C', join(folder, 'fastly.toml'), '--addr', `127.0.0.1:${port}`, module_file('fastly')];
  const program = launch(process.env.SKERRY_VICEROY ?? 'viceroy', args);
  await program.ready(() => accepts(port));
  return { port };
}

const kStarters = {
  native: start_reference,
  skerry: start_skerry,
  wasmtime: start_wasmtime,
  workerd: start_workerd,
  viceroy: start_viceroy,
};
export const kRuntimes = Object.keys(kStarters);

/// The native host for a group that names one: a double, since what it took is to be told apart by runtime.
async function with_origin(group, use) {
  if (group.origin === 'none') return use(group, null);
  const host = group.origin === 'up' ? await startNativeHost({ secret: kSecret, now: () => group.clock }) : null;
  try {
    const settings = { ...group.settings, origin_url: host?.origin ?? kNobody };
    return await use({ ...group, settings }, host);
  } finally {
    host?.close();
  }
}

/// Runs `use(port, output, events)` while a runtime serves `group`. `output()` is what it said; `events()` what was sent
/// and arrived, or null where that can't be read. Throws where it does not start.
export async function with_runtime(name, group, use) {
  const folder = await mkdtemp(join(tmpdir(), `skerry-${name}-`));
  const programs = [];
  const clock = await makeClock(folder, group.clock, { runs: false });
  const launch = (command, args) => {
    programs.unshift(new Program(command, args, clock));
    return programs[0];
  };
  try {
    return await with_origin(group, async (whole_group, host) => {
      const { port, events } = await kStarters[name](whole_group, folder, launch);
      const kept = name === 'workerd' || name === 'viceroy' ? () => host.events : events;
      return await use(port, () => programs[0].output, kept);
    });
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}
