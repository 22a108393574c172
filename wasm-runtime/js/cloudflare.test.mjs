import assert from 'node:assert/strict';
import test from 'node:test';

import { kv_port, settings_of } from './cloudflare.mjs';

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
