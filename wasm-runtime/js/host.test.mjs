import assert from 'node:assert/strict';
import test from 'node:test';

import { PortError, create_host, target_of } from './host.mjs';
import { compile_puppet } from './testdata/puppet.mjs';

const puppet = compile_puppet();

class TestKv {
  values = new Map();
  gate = async () => {};

  async get(key) {
    await this.gate(key);
    return this.values.get(key) ?? null;
  }
  get_many = (keys) => Promise.all(keys.map((key) => this.get(key)));
  async put(key, value) {
    await this.gate(key);
    this.values.set(key, value.buffer);
  }
}

function setup(options = {}) {
  const kv = new TestKv();
  kv.values.set('latest', new TextEncoder().encode('the view').buffer);
  const lines = [];
  const log = (level, line) => lines.push(`${level} ${line}`);
  const host = create_host(options.module ?? puppet, { name: 'puppet', kv, log, ...options });
  const ask = async (path, init, context) => host.fetch(new Request(`http://edge.example${path}`, init), context);
  return { kv, lines, host, ask };
}

/// Resolves once every promise that could go on has gone on.
const settled = () => new Promise((resolve) => setImmediate(resolve));
const text_of = (bytes) => Buffer.from(bytes).toString('latin1');
/// The answer record of a kv.get that found something.
const found = (text) => `\0\0\0\0\x01\0\0\0${String.fromCharCode(text.length)}\0\0\0${text}`;

test('a function that needs nothing is answered without a promise', async () => {
  const { host } = setup();
  const response = host.fetch(new Request('http://edge.example/echo/a?b=%zz', { headers: { 'X-A': 'ä' } }), {
    client: '192.0.2.1',
    hints: [['country', 'DE']],
  });
  assert.ok(response instanceof Response);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('X-Run'), '/echo/a?b=%zz');
  const record = Buffer.from(await response.arrayBuffer()).toString('utf8');
  for (const part of ['GET', '/echo/a?b=%zz', '192.0.2.1', 'x-a', 'ä', 'country', 'DE']) assert.ok(record.includes(part), part);
  assert.equal(host.live_runs, 0);
});

test('targets are kept as they were sent', () => {
  const cases = {
    'http://h/': '/',
    'http://h': '/',
    'http://h*': '/',
    'https://h:8080/a/b?c=/d': '/a/b?c=/d',
    'http://h//x': '//x',
  };
  for (const [url, target] of Object.entries(cases)) assert.equal(target_of(url), target, url);
});

test('500 requests overlap, and their answers come in any order', async () => {
  const { kv, host, ask, lines } = setup();
  const gates = [];
  kv.gate = () => new Promise((resolve) => gates.push(resolve));
  const responses = [];
  for (let i = 0; i < 500; ++i) {
    kv.values.set(`key${i}`, new TextEncoder().encode(`value ${i}`).buffer);
    responses.push(ask(`/get/key${i}`));
  }
  await settled();
  assert.equal(host.live_runs, 500);
  assert.equal(gates.length, 500);
  for (let i = gates.length - 1; i > 0; --i) {
    const j = Math.floor(Math.random() * (i + 1));
    [gates[i], gates[j]] = [gates[j], gates[i]];
  }
  for (const open of gates) {
    open();
    if (Math.random() < 0.1) await settled();
    if (Math.random() < 0.1) assert.equal((await ask('/empty')).status, 204);
  }
  for (const [i, response] of (await Promise.all(responses)).entries()) {
    assert.equal(response.headers.get('x-run'), `/get/key${i}`);
    assert.equal(await response.text(), found(`value ${i}`));
  }
  assert.equal(host.live_runs, 0);
  assert.deepEqual(lines, []);
});

test('the KV port: values, misses, many keys, writes, failures', async () => {
  const { kv, host, ask } = setup({ kv_timeout: 50 });
  assert.equal(await (await ask('/get/latest')).text(), found('the view'));
  assert.equal(await (await ask('/get/none')).text(), '\0\0\0\0\0\0\0\0');
  kv.values.set('b', new ArrayBuffer(0));
  assert.equal(text_of(await (await ask('/many')).arrayBuffer()), '\0\0\0\0\x03\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0');
  assert.equal(await (await ask('/put/new', { method: 'POST', body: 'written' })).text(), '\0\0\0\0');
  assert.ok(text_of(kv.values.get('new')).endsWith('written'));

  const failure = async (path) => (await ask(path)).text();
  for (const key of ['', '.', '..', 'k'.repeat(513)]) assert.match(await failure(`/get?${key}`), /kv_key_invalid/);
  assert.match(await failure('/get-raw'), /kv_key_invalid/);
  kv.gate = () => Promise.reject(new Error('KV GET failed: 500 Internal Server Error'));
  for (const path of ['/get/latest', '/many', '/put/x'])
    assert.match(await failure(path), /^\x01.*kv_unavailable.*KV GET failed/s, path);
  kv.gate = () => {
    throw null;
  };
  assert.match(await failure('/get/latest'), /kv_unavailable/);
  kv.gate = () => new Promise(() => {});
  assert.match(await failure('/get/latest'), /kv_unavailable.*no answer within 0.05 s/s);
  assert.equal(host.live_runs, 0);
});

test('the events port: whole batches with their context, and failures with their codes', async () => {
  const { ask } = setup();
  assert.match(await (await ask('/send')).text(), /events_unavailable.*No place for events is configured/s);

  const sent = [];
  let fails = null;
  const send = async (batch, count, context) => {
    if (fails) throw fails;
    sent.push([text_of(batch), count, context.mark]);
  };
  const { host, ask: post } = setup({ events: { send }, events_timeout: 50 });
  const init = { method: 'POST', body: 'an event' };
  assert.equal(await (await post('/send', init, { mark: 7 })).text(), '\0\0\0\0');
  assert.ok(sent[0][0].endsWith('an event'));
  assert.deepEqual(sent[0].slice(1), [3, 7]);

  for (const [error, expected] of [
    [new PortError('events_full', 'come back later'), /^\x01.*events_full.*come back later/s],
    [new Error('gone'), /events_unavailable.*gone/s],
    [Object.assign(new Error('disk'), { code: 'ENOSPC' }), /events_unavailable.*disk/s],
  ]) {
    fails = error;
    assert.match(await (await post('/send', init)).text(), expected);
  }
  const { ask: wait } = setup({ events: { send: () => new Promise(() => {}) }, events_timeout: 50 });
  assert.match(await (await wait('/send')).text(), /events_unavailable.*no answer within 0.05 s/s);

  const large = { method: 'POST', body: 'x'.repeat(8 * 1024 * 1024) };
  const { ask: flood } = setup({ events: { send }, max_body: 9 * 1024 * 1024 });
  assert.match(await (await flood('/send', large)).text(), /events_refused/);
  assert.equal(sent.length, 1);
  assert.equal(host.live_runs, 0);
});

test('the origin port: any answer, and failures', async () => {
  const { ask } = setup();
  assert.match(await (await ask('/origin')).text(), /origin_unconfigured/);
  const asked = [];
  const { ask: fetch_through } = setup({
    origin: {
      async fetch({ body, ...request }) {
        asked.push({ ...request, body: text_of(body) });
        if (asked.length > 1) throw new PortError('origin_too_large', 'too much');
        return { status: 503, headers: [['x', 'y']], body: new TextEncoder().encode('down') };
      },
    },
  });
  assert.equal(
    text_of(await (await fetch_through('/origin/livez?a')).arrayBuffer()),
    '\0\0\0\0\xf7\x01\0\0\x01\0\0\0\x01\0\0\0x\x01\0\0\0y\x04\0\0\0down',
  );
  assert.deepEqual(asked, [{ method: 'PUT', target: '/origin/livez?a', headers: [['X-A', 'b']], body: 'asked' }]);
  assert.match(await (await fetch_through('/origin')).text(), /origin_too_large/);
  const { ask: nobody } = setup({ origin: { fetch: () => Promise.reject(new TypeError('refused')) } });
  assert.match(await (await nobody('/origin')).text(), /origin_unreachable.*refused/s);
});

test('a request whose events are on their way when the instance traps is told to come again', async () => {
  for (const method of ['POST', 'GET']) {
    let stored;
    const events = { send: () => new Promise((resolve) => (stored = resolve)) };
    const { host, ask } = setup({ events });
    const sending = ask('/send', { method });
    await settled();
    await ask('/trap');
    stored();
    const response = await sending;
    assert.equal(response.status, 503, method);
    assert.equal(response.headers.get('retry-after'), '1');
    assert.equal(host.live_runs, 0);
  }
});

test('a module that fails or lies is answered with 500, logged once, and replaced', async () => {
  const paths = [
    ...['/trap', '/exit', '/write-outside', '/trap-later/latest', '/forever/latest', '/state', '/outcome-outside'],
    ...['/record-outside', '/body-outside', '/record-cut', '/record-long', '/many-fields', '/status', '/header'],
    ...['/operation', '/many-101', '/origin-outside/x'],
  ];
  for (const path of paths) {
    const { host, ask, lines } = setup();
    const response = await ask(path);
    assert.equal(response.status, 500, path);
    assert.deepEqual(await response.json(), { error: 'the function failed', code: 'function_trapped', message: 'the function failed' });
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.equal(lines.length, 1, path);
    assert.match(lines[0], /^error puppet: trapped, a new instance takes over: GET \/.*: .+/);
    assert.equal(host.live_runs, 0, path);
    assert.equal((await ask('/empty')).status, 204, path);
  }
});

test('a trap at the end of a run does not spoil its response', async () => {
  const { host, ask, lines } = setup();
  assert.equal(await (await ask('/trap-at-end')).text(), 'ok');
  assert.match(lines.join(), /trapped at a run's end/);
  assert.equal(host.live_runs, 0);
  assert.equal((await ask('/empty')).status, 204);
});

test('runs that wait in a trapped instance are replayed once, or told to come again', async () => {
  const { kv, host, ask, lines } = setup();
  let open;
  const close = () => {
    const gate = new Promise((resolve) => (open = resolve));
    kv.gate = () => gate;
  };
  close();
  const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE'];
  const responses = methods.map((method) => ask('/get/latest', { method }));
  await settled();
  assert.equal((await ask('/trap')).status, 500);
  assert.equal(host.live_runs, 5);
  open();
  const [get, head, options, post, remove] = await Promise.all(responses);
  assert.equal(await get.text(), found('the view'));
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  assert.equal(await options.text(), found('the view'));
  for (const lost of [post, remove]) {
    assert.equal(lost.status, 503);
    assert.equal(lost.headers.get('retry-after'), '1');
    assert.equal((await lost.json()).code, 'instance_lost');
  }
  assert.equal(lines.filter((line) => line.startsWith('warning puppet: replayed')).length, 3);
  assert.equal(lines.filter((line) => line.startsWith('warning puppet: lost')).length, 2);

  close();
  const unlucky = ask('/get/latest');
  await settled();
  await ask('/trap');
  const first = open;
  close();
  first(); // replayed into the second instance, which traps too
  await settled();
  await ask('/trap');
  open();
  assert.equal((await unlucky).status, 503);
  assert.equal(host.live_runs, 0);
});

test('a module of another version, or with imports that nobody has, is refused', async () => {
  const { ask, lines } = setup({ module: compile_puppet(1) });
  const response = await ask('/empty');
  assert.equal(response.status, 500);
  assert.equal((await response.json()).code, 'function_unavailable');
  assert.match(lines[0], /version 1/);

  const wants_more = new WebAssembly.Module(
    Uint8Array.from(Buffer.from('0061736d01000000010401600000020901036e6f7401780000', 'hex')),
  );
  const other = setup({ module: wants_more });
  assert.equal((await other.ask('/empty')).status, 500);
  assert.match(other.lines[0], /can't be started/);
});

test('bodies: echoed, limited by their length, and limited while they come', async () => {
  const { host, ask } = setup({ max_body: 1024 });
  const body = 'x'.repeat(1024);
  assert.ok((await (await ask('/echo', { method: 'POST', body })).text()).endsWith(body));
  const told = await ask('/echo', { method: 'POST', headers: { 'Content-Length': '2147483648' }, body: 'x' });
  assert.equal(told.status, 413);
  assert.equal((await told.json()).code, 'body_too_large');

  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      ++pulled;
      controller.enqueue(new Uint8Array(100));
    },
  });
  const streamed = await ask('/echo', { method: 'POST', body: endless, duplex: 'half' });
  assert.equal(streamed.status, 413);
  assert.ok(pulled < 20);

  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) });
  assert.equal((await ask('/echo', { method: 'POST', body: broken, duplex: 'half' })).status, 400);
  assert.equal(host.live_runs, 0);
});

test('statuses and methods without a body have none', async () => {
  const { ask } = setup();
  assert.equal((await ask('/empty')).body, null);
  assert.equal((await ask('/echo', { method: 'HEAD' })).body, null);
});

test('runs whose client went away are ended by a later one', async () => {
  let now = 0;
  const { kv, host, ask } = setup({ clock: () => now, kv_timeout: 3_600_000 });
  const { gate } = kv;
  const gates = [];
  kv.gate = () => new Promise((resolve) => gates.push(resolve));
  const forgotten = [ask('/get/latest'), ask('/get/latest')];
  now = 30_000;
  const patient = ask('/get/latest');
  await settled();
  assert.equal(host.live_runs, 3);
  kv.gate = gate;
  now = 60_000;
  await ask('/get/latest');
  assert.equal(host.live_runs, 1);
  for (const open of gates) open();
  assert.equal((await patient).status, 200);
  for (const response of await Promise.all(forgotten)) assert.equal(await response.text(), found('the view'));
  assert.equal(host.live_runs, 0);
});

test('what a module writes to its standard error is logged by its level', async () => {
  const { ask, lines } = setup();
  await ask('/log');
  assert.deepEqual(lines, ['info puppet: all is well', 'warning puppet: take care', 'error last words']);
});

test('randomness comes in any amount, and other WASI calls are refused', async () => {
  const { ask } = setup();
  const random = new Uint8Array(await (await ask('/random')).arrayBuffer());
  assert.equal(random.length, 200_000);
  for (const start of [0, 65_536, 131_072, 199_000]) assert.ok(random.subarray(start, start + 1000).some((byte) => byte));
  assert.deepEqual([...new Uint8Array(await (await ask('/socket')).arrayBuffer())], [52]);
});

test('a memory that grew beyond its ceiling is given back', async () => {
  const { host, ask } = setup();
  const body = 'x'.repeat(1_000_000);
  const count = async () => (await ask('/count')).text();
  assert.equal(await count(), '1');
  assert.equal(await count(), '2');
  for (let i = 0; i < 35; ++i) assert.equal((await ask('/echo', { method: 'POST', body })).status, 200);
  assert.equal(await count(), '8');
  for (let i = 0; i < 35; ++i) assert.equal((await ask('/echo', { method: 'POST', body })).status, 200);
  assert.notEqual(await count(), '4'); // 74 runs, but not in one instance
  assert.equal(host.live_runs, 0);
});

test('a body that the module knows by a number is copied once in an instance', async () => {
  const { ask } = setup();
  assert.equal(await (await ask('/kept')).text(), '1');
  assert.equal(await (await ask('/kept')).text(), '1');
  assert.equal(await (await ask('/count')).text(), '3');
  await ask('/trap');
  await ask('/count');
  assert.equal(await (await ask('/kept')).text(), '2');
});
