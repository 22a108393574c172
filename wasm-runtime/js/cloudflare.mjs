// What Cloudflare Workers and a self-hosted workerd add to the router: the KV binding, the settings, the client.

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

/// The worker's default export. The KV binding is named `KV`.
export function create_worker(bundle) {
  let router; // made by the first request: bindings and randomness are not there before
  let on_cloudflare = false;
  return {
    fetch(request, env) {
      if (router === undefined) {
        router = create_router(bundle, { settings: settings_of(env), kv: kv_port(env.KV) });
        // Only Cloudflare vouches for the client's header; a self-hosted workerd has no `cf` and passes on what
        // clients send.
        on_cloudflare = Boolean(request.cf);
      }
      const client = on_cloudflare ? (request.headers.get('cf-connecting-ip') ?? '') : '';
      return router.fetch(request, { client });
    },
  };
}
