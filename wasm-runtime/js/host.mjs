// Runs one function of the bundle: a reactor module behind the fetch API of workerd and Node.

import {
  Operation,
  State,
  Violation,
  decode_call,
  decode_outcome,
  decode_response,
  encode_done,
  encode_failure,
  encode_kv_get,
  encode_kv_get_many,
  encode_origin_fetch,
  encode_request,
  encode_settings,
  kVersion,
} from './abi.mjs';
import { wasi_imports } from './wasi.mjs';

const kMaxKey = 512;
const kMaxValue = 25 * 1024 * 1024;
const kMaxBatch = 8 * 1024 * 1024; // shared/events/event.hpp
const kMaxCalls = 1000; // of one run: what Cloudflare allows an invocation
const kForgotten = 60_000; // no run waits longer: its client went away, and its promise with it
const kMemoryCeiling = 64 * 1024 * 1024; // a memory never shrinks
const kKnownHeads = 16;
const kMostKept = 8 * 1024 * 1024; // bytes of bodies that came more than once
const kSafeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
const kBodilessStatus = new Set([204, 205, 304]);
const kConsole = { info: console.log, warning: console.warn, error: console.error };
/// A line for operators.
export const log = (level, line) => kConsole[level](`${level} ${line}`);
const kDefaults = {
  name: 'function',
  settings: {},
  log,
  clock: Date.now,
  max_body: 1024 * 1024,
  kv_timeout: 10_000,
  events_timeout: 20_000,
  origin_timeout: 10_000,
};

const encoder = new TextEncoder();

const same_bytes = (a, b) => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) return false;
  return true;
};

/// A response of the host itself, in the form of `skerry::refusal_response`; a path that is no function's needs no
/// `message`, as no event goes there.
export function problem(method, status, code, message, headers = {}) {
  const body = method === 'HEAD' ? null : JSON.stringify({ error: message, code, message: status === 404 ? undefined : message });
  return new Response(body, {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'Access-Control-Allow-Origin': '*',
      ...headers,
    },
  });
}

/// The origin form of a request's URL, as it was sent: workerd and Node keep the text after the authority.
export function target_of(url) {
  const path = url.indexOf('/', url.indexOf('//') + 2);
  return path === -1 ? '/' : url.slice(path);
}

/// One started module. Whatever it throws ends it: `dead` is true from then on.
class Instance {
  dead = false;
  #exports;
  #bodies = new Map(); // by their number in the module
  #kept_bytes = 0;

  constructor(module, settings, log) {
    const imports = wasi_imports(module, { memory: () => this.#exports.memory, log });
    this.#exports = new WebAssembly.Instance(module, imports).exports;
    this.#exports._initialize?.();
    const version = this.#exports.skerry_abi();
    if (version !== kVersion) throw new Violation(`the module speaks version ${version} of the boundary`);
    if (this.#exports.skerry_configure) {
      const run = this.open();
      this.#send(run, encode_settings(settings));
      this.#exports.skerry_configure(run);
      this.end(run);
    }
  }

  get memory_size() {
    return this.#exports.memory.buffer.byteLength;
  }

  open() {
    return this.#guard(() => this.#exports.skerry_open());
  }

  begin(run, chunks, now) {
    return this.#guard(() => {
      this.#send(run, chunks);
      return decode_outcome(this.#exports.memory, this.#exports.skerry_begin(run, now) >>> 0);
    });
  }

  resume(run, chunks, now) {
    return this.#guard(() => {
      this.#send(run, chunks);
      return decode_outcome(this.#exports.memory, this.#exports.skerry_resume(run, now) >>> 0);
    });
  }

  /// The body of a run that is done, copied out of the memory; one that comes again and again, once.
  body(run, bytes) {
    const id = this.#exports.skerry_body_id?.(run) ?? 0;
    if (id === 0) return bytes.slice();
    let kept = this.#bodies.get(id);
    if (kept === undefined) {
      this.#kept_bytes += bytes.length;
      if (this.#kept_bytes > kMostKept) {
        this.#bodies.clear();
        this.#kept_bytes = bytes.length;
      }
      kept = bytes.slice().buffer; // workerd sends a whole buffer faster than a view
      this.#bodies.set(id, kept);
    }
    return kept;
  }

  end(run) {
    if (!this.dead) this.#guard(() => this.#exports.skerry_end(run));
  }

  #send(run, chunks) {
    let size = 0;
    for (const chunk of chunks) size += chunk.length;
    let at = this.#exports.skerry_buffer(run, size) >>> 0;
    const bytes = new Uint8Array(this.#exports.memory.buffer);
    if (at + size > bytes.length) throw new Violation('a buffer lies outside the memory');
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
  }

  #guard(turn) {
    try {
      return turn();
    } catch (error) {
      this.dead = true;
      throw error;
    }
  }
}

const is_key = (key) =>
  key !== null && key !== '' && key !== '.' && key !== '..' && encoder.encode(key).length <= kMaxKey;

/// A failure with a code that functions know; ports reject with it. Any other error is `…_unavailable`.
export class PortError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function call_kv({ kv }, { operation, keys, value }) {
  if (!keys.every(is_key)) throw new PortError('kv_key_invalid', `a key is 1 to ${kMaxKey} bytes of UTF-8`);
  switch (operation) {
    case Operation.kv_get: {
      const found = await kv.get(keys[0]);
      return () => encode_kv_get(found);
    }
    case Operation.kv_get_many: {
      const found = await kv.get_many(keys);
      return () => encode_kv_get_many(found);
    }
    default:
      if (value.length > kMaxValue) throw new PortError('kv_value_too_large', 'a value has 25 MiB at most');
      await kv.put(keys[0], value);
      return encode_done;
  }
}

async function call_events({ events, context }, { batch, count }) {
  if (!events) throw new PortError('events_unavailable', 'No place for events is configured.');
  if (batch.length > kMaxBatch) throw new PortError('events_refused', 'a batch has 8 MiB at most');
  await events.send(batch, count, context);
  return encode_done;
}

async function call_origin({ origin }, { request }) {
  if (!origin) throw new PortError('origin_unconfigured', 'No native host is configured.');
  const response = await origin.fetch(request);
  return () => encode_origin_fetch(response);
}

/// What performs a call, the option with its patience, and the code where it fails without one.
function port_of({ operation }) {
  if (operation === Operation.events_send) return [call_events, 'events_timeout', 'events_unavailable'];
  if (operation === Operation.origin_fetch) return [call_origin, 'origin_timeout', 'origin_unreachable'];
  return [call_kv, 'kv_timeout', 'kv_unavailable'];
}

/// Does what a run waits for. The result encodes the answer. Never rejects: a failure is an answer too.
async function perform(ports, call, options) {
  const [perform_call, patience, code] = port_of(call);
  let timer;
  const late = new Promise((_, reject) => {
    const message = `no answer within ${options[patience] / 1000} s`;
    timer = setTimeout(() => reject(new Error(message)), options[patience]);
  });
  try {
    return await Promise.race([perform_call(ports, call), late]);
  } catch (error) {
    const known = error instanceof PortError;
    return () => encode_failure(known ? error.code : code, String(error?.message ?? error));
  } finally {
    clearTimeout(timer);
  }
}

/// The whole of a body; null where it is larger than `limit`. Throws where it breaks off.
export async function read_stream(stream, limit) {
  const chunks = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) return null;
    chunks.push(chunk);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/// One function for many overlapping requests. They share an instance, so that what is resident in it serves
/// them all; a run that waits for a port holds up no other.
class Host {
  #module;
  #options;
  #instance = null;
  #live_runs = 0;
  #waiting = new Set(); // {instance, run, since, ended}, oldest first
  #heads = []; // {record, head}, newest first: the same few response records come again and again

  constructor(module, options) {
    this.#module = module;
    this.#options = { ...kDefaults, ...options };
  }

  /// Runs that were opened and not ended yet.
  get live_runs() {
    return this.#live_runs;
  }

  /// Answers a request: with a Response, or the promise of one where the function waits for something. Never
  /// throws, never rejects.
  fetch(request, context = {}) {
    const { kv = this.#options.kv, client = '', hints = [], target = target_of(request.url) } = context;
    const { method, headers } = request; // asked for once: in workerd each look at a request costs
    const { events, origin } = this.#options;
    const ports = { kv, events, origin, context };
    const input = { request, method, target, client, headers, hints, ports, body: null };
    input.repeatable = kSafeMethods.has(method);
    const bodiless = method === 'GET' || method === 'HEAD' || request.body === null;
    return bodiless ? this.#serve(input) : this.#serve_body(input);
  }

  async #serve_body(input) {
    try {
      input.body = await this.#read_body(input);
    } catch {
      return problem(input.method, 400, 'body_broken', 'the request breaks off in its body');
    }
    if (input.body !== null) return this.#serve(input);
    return problem(input.method, 413, 'body_too_large', 'The body is too large.');
  }

  async #read_body({ request, headers }) {
    const limit = this.#options.max_body;
    const told = headers.get('content-length');
    if (told === null) return read_stream(request.body, limit);
    if (Number(told) > limit) return null;
    return new Uint8Array(await request.arrayBuffer()); // in workerd much faster than its stream; as long as it was told
  }

  #serve(input) {
    let instance;
    try {
      instance = this.#instance ??= this.#start();
    } catch (error) {
      this.#log('error', `the module can't be started: ${error.message}`);
      return problem(input.method, 500, 'function_unavailable', 'the function cannot be started');
    }
    let run = 0;
    let waits = false;
    try {
      run = instance.open();
      ++this.#live_runs;
      const outcome = instance.begin(run, encode_request(input), this.#options.clock());
      if (outcome.state === State.done) return this.#respond(input, instance, run, outcome);
      const call = decode_call(outcome);
      waits = true;
      return this.#wait(input, instance, run, call);
    } catch (error) {
      return this.#trapped(input, instance, error);
    } finally {
      if (run !== 0 && !waits) this.#end(instance, run);
    }
  }

  async #wait(input, instance, run, call) {
    const { clock } = this.#options;
    this.#sweep();
    const waiting = { instance, run, since: clock(), ended: false };
    this.#waiting.add(waiting);
    try {
      for (let calls = 1; ; ++calls) {
        if (call.operation === Operation.events_send) input.repeatable = false; // it would double them
        const encode_answer = await perform(input.ports, call, this.#options);
        if (instance.dead || waiting.ended) return this.#lost(input);
        const outcome = instance.resume(run, encode_answer(), clock());
        if (outcome.state === State.done) return this.#respond(input, instance, run, outcome);
        if (calls === kMaxCalls) throw new Violation(`more than ${kMaxCalls} calls in one run`);
        call = decode_call(outcome);
      }
    } catch (error) {
      return this.#trapped(input, instance, error);
    } finally {
      this.#waiting.delete(waiting);
      if (!waiting.ended) this.#end(instance, run);
    }
  }

  #respond({ method }, instance, run, { record, body }) {
    const head = this.#head(record);
    const bodiless = method === 'HEAD' || kBodilessStatus.has(head.status);
    return new Response(bodiless ? null : instance.body(run, body), head);
  }

  #head(record) {
    const known = this.#heads.find((entry) => same_bytes(entry.record, record));
    if (known !== undefined) return known.head;
    const { status, headers } = decode_response(record);
    const head = { status, headers: new Headers(headers) };
    // What the function compressed is sent as it is (workerd would compress it again).
    if (head.headers.has('content-encoding')) head.encodeBody = 'manual';
    this.#heads.unshift({ record: record.slice(), head });
    if (this.#heads.length > kKnownHeads) this.#heads.pop();
    return head;
  }

  #trapped({ method, target }, instance, error) {
    instance.dead = true;
    this.#drop(instance);
    this.#log('error', `trapped, a new instance takes over: ${method} ${target}: ${error.message}`);
    return problem(method, 500, 'function_trapped', 'the function failed');
  }

  /// The instance ended while this run waited in it, through no fault of its own.
  #lost(input) {
    const { method, target, repeatable } = input;
    this.#log('warning', `${repeatable ? 'replayed' : 'lost'} with its instance: ${method} ${target}`);
    if (repeatable) return this.#serve({ ...input, repeatable: false });
    return problem(method, 503, 'instance_lost', 'the function was restarted meanwhile: try again', {
      'Retry-After': '1',
    });
  }

  #end(instance, run) {
    --this.#live_runs;
    try {
      instance.end(run);
    } catch (error) {
      this.#drop(instance);
      this.#log('error', `trapped at a run's end, a new instance takes over: ${error.message}`);
    }
    if (instance.memory_size > kMemoryCeiling) this.#drop(instance);
  }

  /// Ends runs that nobody waits for any more: where a client goes away, workerd drops the promise of its
  /// response, and no `finally` runs.
  #sweep() {
    const now = this.#options.clock();
    for (const waiting of this.#waiting) {
      if (now - waiting.since < kForgotten) return;
      waiting.ended = true;
      this.#waiting.delete(waiting);
      this.#end(waiting.instance, waiting.run);
    }
  }

  #start() {
    return new Instance(this.#module, this.#options.settings, (level, line) => this.#options.log(level, line));
  }

  /// Whatever still waits in it may go on, unless it is dead.
  #drop(instance) {
    if (this.#instance === instance) this.#instance = null;
  }

  #log(level, line) {
    this.#options.log(level, `${this.#options.name}: ${line}`);
  }
}

/// Options: `name` for log lines; `settings`, the function's, by plain names; `log(level, line)`; `clock()`,
/// milliseconds since 1970; `max_body`, bytes; and the ports, which reject where they fail, each with a timeout in
/// milliseconds:
///   `kv`      `{get(key), get_many(keys), put(key, bytes)}`, values are ArrayBuffers and null; `kv_timeout`
///   `events`  `{send(bytes, count, context)}`, resolves once the batch is durable; `events_timeout`
///   `origin`  `{fetch({method, target, headers, body})}` gives `{status, headers, body}`, headers are lists of
///             pairs, bodies Uint8Arrays; `origin_timeout`
/// The last two may be missing. A request's context has `client`, `hints` (pairs), perhaps a `kv` of its own, and
/// what the platform's ports want to find there.
export function create_host(module, options) {
  return new Host(module, options);
}
