import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';

import { create_worker, hints_of, kv_port, settings_of } from './cloudflare.mjs';
import { compile_puppet } from './testdata/puppet.mjs';

/// A namespace as the runtime hands it to a worker: a bulk read gives a Map of texts.
class Namespace {
  values = new Map();
  calls = [];

  async get(key, options) {
    this.calls.push([key, options]);
    if (!Array.isArray(key)) return this.values.get(key)?.buffer ?? null;
    return new Map(key.map((one) => [one, this.values.has(one) ? new TextDecoder().decode(this.values.get(one)) : null]));
  }
  async put(key, value) {
    this.calls.push([key, 'put']);
    this.values.set(key, value);
  }
}

const text = (value) => value && Buffer.from(value).toString('latin1');

test('single reads are binary, and kept by the platform for as short as it can', async () => {
  const namespace = new Namespace();
  namespace.values.set('a', Uint8Array.of(0xff, 0));
  const port = kv_port(namespace);
  assert.equal(text(await port.get('a')), '\xff\0');
  assert.equal(await port.get('b'), null);
  assert.deepEqual(namespace.calls[0], ['a', { type: 'arrayBuffer', cacheTtl: 30 }]);
});

test('many keys are read in one call, and once more where text loses bytes', async () => {
  const namespace = new Namespace();
  const port = kv_port(namespace);
  await port.put('a', Uint8Array.from(Buffer.from('ä')));
  await port.put('bytes', Uint8Array.of(0x66, 0xff));
  const values = await port.get_many(['bytes', 'a', 'none', 'a']);
  assert.deepEqual(values.map(text), ['f\xff', 'Ã¤', null, 'Ã¤']);
  assert.deepEqual(
    namespace.calls.slice(2).map(([key]) => key),
    [['bytes', 'a', 'none'], 'bytes'],
  );
  assert.deepEqual(await port.get_many([]), []);
  assert.deepEqual((await port.get_many(['a'])).map(text), ['Ã¤']);
});

test('settings are what is named so', () => {
  const env = { KV: {}, SKERRY_GZIP: 'off', SKERRY_VIEW_PROMISE_SECONDS: 60, OTHER: 'x', skerry_x: 'y' };
  assert.deepEqual(settings_of(env), { gzip: 'off', view_promise_seconds: '60' });
});

test('hints are what Cloudflare knows', () => {
  assert.deepEqual(hints_of({ country: 'DE', region: 'Bavaria', city: 'München', asn: 64500, colo: 'MUC' }), [
    ['country', 'DE'],
    ['region', 'Bavaria'],
    ['city', 'München'],
    ['asn', '64500'],
  ]);
  for (const country of [undefined, null, '', 'XX', 'T1', 'de', 'DEU']) assert.deepEqual(hints_of({ country }), []);
});

const kTaken = '{"status":"ok","accepted":3,"duplicates":0}';

/// A worker of the puppet, and the native host behind it.
async function deploy(env, answer = (response) => response.end(kTaken)) {
  const posts = [];
  const origin = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    posts.push({ url: request.url, body: Buffer.concat(chunks) });
    answer(response);
  });
  await new Promise((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const worker = create_worker([{ name: 'puppet', routes: ['/send', '/echo', '/origin'], module: compile_puppet() }]);
  const waited = [];
  const context = { waitUntil: (promise) => waited.push(promise) };
  const full_env = { KV: new Namespace(), SKERRY_ORIGIN_URL: `http://127.0.0.1:${origin.address().port}/`, ...env };
  const ask = async (path, init = {}) => {
    const request = new Request(`http://edge.example${path}`, init);
    if (init.cf) Object.defineProperty(request, 'cf', { value: init.cf });
    return (await worker.fetch(request, full_env, context)).text();
  };
  return { worker, env: full_env, ask, posts, waited, close: () => origin.close() };
}
const done = '\0\0\0\0';
const post = { method: 'POST', body: 'an event' };

test('events go to the native host, and are acknowledged when they are there', async () => {
  const { ask, posts, close } = await deploy({ SKERRY_INGEST_SECRET: 's' });
  assert.equal(await ask('/send', post), done);
  assert.deepEqual(posts.map(({ url }) => url), ['/ingest']);
  assert.match(await ask('/origin'), /^\0\0\0\0/);
  assert.equal(posts[1].url, '/origin');
  close();

  const bound = await deploy({ SKERRY_INGEST_SECRET: 's', SKERRY_ORIGIN_URL: '', ORIGIN: { fetch: async () => new Response(kTaken) } });
  assert.equal(await bound.ask('/send', post), done);
  bound.close();

  for (const env of [{}, { SKERRY_INGEST_SECRET: '' }, { SKERRY_INGEST_SECRET: 's', SKERRY_ORIGIN_URL: '' }]) {
    const { ask: nowhere, close: end } = await deploy(env);
    assert.match(await nowhere('/send', post), /events_unavailable.*No place for events/s);
    end();
  }
  const full = await deploy({ SKERRY_INGEST_SECRET: 's' }, (response) => response.writeHead(503).end('{"code":"events_full"}'));
  assert.match(await full.ask('/send', post), /events_full/);
  full.close();
  const other = await deploy({ SKERRY_INGEST_SECRET: 's' }, (response) => response.end('<!doctype html>'));
  assert.match(await other.ask('/send', post), /events_garbled/);
  other.close();
});

test('events go into the queue where one is bound, and from there to the native host', async () => {
  const sent = [];
  const EVENTS = { send: async (body) => sent.push(body) };
  const { worker, env, ask, posts, close } = await deploy({ SKERRY_INGEST_SECRET: 's', EVENTS }, (response) => response.end('{"status":"ok","accepted":1,"duplicates":0}'));
  assert.equal(await ask('/send', post), done);
  assert.ok(text(sent[0]).endsWith('an event'));
  assert.equal(posts.length, 0);

  const record = Uint8Array.of(2, 0, 0, 0, 7, 7);
  let acknowledged = 0;
  await worker.queue({ messages: [{ body: record.buffer, ack: () => ++acknowledged }] }, env);
  assert.equal(acknowledged, 1);
  assert.deepEqual([...posts[0].body], [...record]);
  assert.throws(() => create_worker([]).queue({ messages: [] }, {}), /SKERRY_INGEST_SECRET is missing/);
  close();
});

test('fire and forget is answered at once, and told to the platform', async () => {
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  const env = { SKERRY_INGEST_SECRET: 's', SKERRY_EVENTS_FIRE_AND_FORGET: 'on' };
  const { ask, posts, waited, close } = await deploy(env, (response) => gate.then(() => response.end(kTaken)));
  assert.equal(await ask('/send', post), done);
  assert.equal(waited.length, 1);
  go();
  await Promise.all(waited);
  assert.equal(posts.length, 1);
  close();
});

test('functions see no client whom nobody vouches for', async () => {
  const env = { SKERRY_GZIP: 'off' };
  const headers = { 'cf-connecting-ip': '192.0.2.7' };
  const client_of = (record) => record.slice(record.indexOf('/echo') + 5).replaceAll('\0', '').slice(1, 10);
  const own = await deploy(env);
  assert.notEqual(client_of(await own.ask('/echo', { headers })), '192.0.2.7');
  own.close();
  const theirs = await deploy(env);
  const record = await theirs.ask('/echo', { headers, cf: { country: 'DE' } });
  assert.equal(client_of(record), '192.0.2.7');
  assert.match(record, /country\x02\0\0\0DE/);
  theirs.close();
});

test('the address of the example, and what is none, is refused in clear words', async () => {
  const kv = { get: async () => null };
  for (const [url, refused] of [
    ['https://replace-with-your-native-host.invalid', true],
    ['https://REPLACE-ME.workers.dev', true],
    ['https://skerry.example', true],
    ['https://skerry.example/', true],
    ['https://skerry.example.:8443/x', true],
    ['https://data.example.org', true],
    ['http://EXAMPLE.COM', true],
    ['skerry.net', true],
    ['https://', true],
    ['ftp://skerry.net', true],
    ['https://skerry.net', false],
    ['http://127.0.0.1:8080', false],
    ['http://localhost:8080/', false],
    ['https://examples.net', false],
    ['', false],
    [undefined, false],
  ]) {
    const env = { KV: kv, SKERRY_ORIGIN_URL: url, SKERRY_INGEST_SECRET: 's' };
    const worker = create_worker([]);
    const response = await worker.fetch(new Request('https://edge.example/latest'), env, { waitUntil() {} });
    assert.equal(response.status, refused ? 503 : 404, url);
    const { code, error } = await response.json();
    assert.equal(code, refused ? 'origin_unset' : 'not_found', url);
    if (!refused) continue;
    assert.match(error, /SKERRY_ORIGIN_URL .*native host/, url);
    assert.ok(response.headers.has('retry-after'), url);
    assert.throws(() => worker.queue({ messages: [] }, env), /SKERRY_ORIGIN_URL/, url);
  }
  // A binding needs no address.
  const bound = await create_worker([]).fetch(new Request('https://e.example/'), { KV: kv, ORIGIN: {}, SKERRY_ORIGIN_URL: 'https://skerry.example' }, { waitUntil() {} });
  assert.equal(bound.status, 404);
});
