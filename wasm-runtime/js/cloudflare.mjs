// What Cloudflare Workers and a self-hosted workerd add to the router: the bindings, the settings, the client.

import { log, problem } from './host.mjs';
import { create_ingest, origin_port } from './origin.mjs';
import { create_consumer, queue_port } from './queue.mjs';
import { create_router } from './router.mjs';

const kSettingPrefix = 'SKERRY_';
const kCacheTtl = 30; // seconds; Cloudflare's least

/// A KV namespace as the port of a host.
export function kv_port(namespace) {
  const get = (key) => namespace.get(key, { type: 'arrayBuffer', cacheTtl: kCacheTtl });
  const encoder = new TextEncoder();
  return {
    get,
    // A bulk read is one operation, but hands out text: a value in which bytes were lost is read alone.
    async get_many(keys) {
      if (keys.length < 2) return Promise.all(keys.map(get));
      const texts = await namespace.get([...new Set(keys)], { type: 'text', cacheTtl: kCacheTtl });
      return Promise.all(
        keys.map((key) => {
          const text = texts.get(key) ?? null;
          if (text === null) return null;
          return text.includes('\uFFFD') ? get(key) : encoder.encode(text).buffer;
        }),
      );
    },
    put: (key, value) => namespace.put(key, value),
  };
}

/// `SKERRY_VIEW_PROMISE_SECONDS` is the setting `view_promise_seconds`.
export function settings_of(env) {
  const settings = {};
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith(kSettingPrefix)) settings[name.slice(kSettingPrefix.length).toLowerCase()] = String(value);
  }
  return settings;
}

/// What Cloudflare vouches for about a client: `[name, value]` by the names of `skerry::Request::hints`.
export function hints_of({ country, region, city, asn }) {
  const hints = { country: /^(?!XX)[A-Z]{2}$/.test(country) ? country : '', region, city, asn };
  return Object.entries(hints)
    .filter(([, value]) => value)
    .map(([name, value]) => [name, String(value)]);
}

/// The native host, if one is named: by the binding `ORIGIN` (a service), or by the setting `origin_url`.
function origin_of(env, { origin_url }) {
  if (env.ORIGIN) return { url: 'http://origin', fetch: (url, init) => env.ORIGIN.fetch(url, init) };
  return origin_url ? { url: origin_url.replace(/\/+$/, ''), fetch: (url, init) => fetch(url, init) } : null;
}

/// What is wrong with the address of the native host: that it is none, or still the example's (wrangler.jsonc), which
/// would send events into nowhere. Names that are reserved for examples are nobody's (RFC 2606).
export function problem_of_origin(origin_url) {
  if (!origin_url) return null;
  const what = 'set it to the address of your native host, or to nothing where there is none';
  if (!/^https?:\/\/[^/?#\s]+/i.test(origin_url) || !URL.canParse(origin_url)) return `SKERRY_ORIGIN_URL is no address (https://…): ${what}.`;
  const { hostname } = new URL(origin_url);
  const reserved = /(^|\.)(example|invalid|example\.(com|net|org))\.?$/i.test(hostname) || /replace/i.test(hostname);
  return reserved ? `SKERRY_ORIGIN_URL is still the example's: ${what}.` : null;
}

/// The ports of a worker, from its bindings and settings.
function create_ports(env) {
  const { ingest_secret, ...settings } = settings_of(env); // the secret is no function's business
  const origin = origin_of(env, settings);
  if (origin !== null) settings.origin_url ??= origin.url; // functions look whether there is one
  const ingest = origin && ingest_secret ? create_ingest({ ...origin, secret: ingest_secret }) : null;
  const direct = ingest && { send: (batch, count) => ingest([batch], count) };
  const durable = env.EVENTS ? queue_port(env.EVENTS, ingest) : direct;
  const forgetful = {
    async send(batch, count, { wait_until }) {
      const sending = durable.send(batch, count);
      wait_until(sending.catch((error) => log('error', `events: ${count} are lost: ${error.message}`)));
    },
  };
  return {
    settings,
    ingest,
    kv: kv_port(env.KV),
    events: durable && settings.events_fire_and_forget === 'on' ? forgetful : durable,
    origin: origin && origin_port(origin),
  };
}

/// The worker's default export. Bindings: `KV`; perhaps `EVENTS`, a queue whose consumer this worker is too, and `ORIGIN`.
/// With the address of the example it answers everything with 503 `origin_unset`, which says what to set.
export function create_worker(bundle) {
  let ports; // made by the first request: bindings and randomness are not there before
  let router;
  let on_cloudflare = false;
  let unusable;
  const refusal_of = (env) => (unusable ??= { message: env.ORIGIN ? null : problem_of_origin(env.SKERRY_ORIGIN_URL) }).message;
  return {
    fetch(request, env, context) {
      if (refusal_of(env)) return problem(request.method, 503, 'origin_unset', refusal_of(env), { 'Retry-After': '300' });
      if (router === undefined) {
        ports ??= create_ports(env);
        router = create_router(bundle, ports);
        // Only Cloudflare vouches for the client's header; a self-hosted workerd has no `cf` and passes on what
        // clients send.
        on_cloudflare = Boolean(request.cf);
      }
      const wait_until = (promise) => context.waitUntil(promise);
      if (!on_cloudflare) return router.fetch(request, { wait_until });
      const client = request.headers.get('cf-connecting-ip') ?? '';
      return router.fetch(request, { client, hints: hints_of(request.cf), wait_until });
    },
    queue(batch, env) {
      if (refusal_of(env)) throw new Error(`events: ${refusal_of(env)}`);
      ports ??= create_ports(env);
      if (ports.ingest === null) throw new Error('events: SKERRY_ORIGIN_URL or SKERRY_INGEST_SECRET is missing');
      return create_consumer(ports.ingest, log)(batch);
    },
  };
}
