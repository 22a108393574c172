// Clients that send nothing, send half, and read nothing, while others send events.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { get as getSecurely } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';

import { installation, program } from '../e2e/skerry.mjs';
import { answers, run, start, stop, until } from '../tools/processes.mjs';

const kIdle = 10_000;
const kEvents = 500;

/** Posts an event and returns the status. */
const post = (port, agent, id) =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, agent, method: 'POST', path: '/t', timeout: 60_000 }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error(`no answer to ${id} within a minute`)));
    asked.end(JSON.stringify({ id, type: 'page' }));
  });

/** Sends so many events, eight at a time, and returns how long the slowest took, in ms. */
async function sendEvents(port, prefix) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let next = 0;
  let slowest = 0;
  const sender = async () => {
    while (next < kEvents) {
      const began = performance.now();
      assert.equal(await post(port, agent, `${prefix}-${next++}`), 200);
      slowest = Math.max(slowest, performance.now() - began);
    }
  };
  try {
    await Promise.all(Array.from({ length: 8 }, sender));
  } finally {
    // Where one is refused the others end too, or they would be in the way of who tries again.
    next = kEvents;
    agent.destroy();
  }
  return slowest;
}

/** A connection that says `text` and then nothing; `received` is what came, `closed` whether it ended. */
function stall(port, text = '') {
  const socket = connect(port, '127.0.0.1');
  socket.received = '';
  socket.on('data', (data) => (socket.received += data));
  socket.on('error', () => {});
  socket.on('close', () => (socket.ended = true));
  socket.opened = new Promise((resolve) => {
    socket.once('close', resolve);
    socket.once('connect', () => (text === '' ? resolve() : socket.write(text, resolve)));
  });
  return socket;
}

async function serve(more) {
  const place = await installation(`workers = 2\naccess_log = false\n${more}`);
  place.env.SKERRY_METRICS_CODE = 'code';
  const child = place.start('serve');
  await answers(`${place.url}/livez`, child);
  return { ...place, child };
}

const count = async (url, name) =>
  Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await (await fetch(`${url}/metrics?code=code`)).text())[1]);
const memory = async ({ pid }) => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** What a server with a certificate of its own answers. */
const asked = (port, path) =>
  new Promise((resolve, reject) => {
    getSecurely({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false }, (answer) => {
      let body = '';
      answer.on('data', (data) => (body += data));
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
    }).on('error', reject);
  });

const kHalfBody = 'POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"id":"half';
const kHalfHead = 'POST /t HTTP/1.1\r\nHost: a\r\nConte';
const kUnread = 'GET /status/table.wasm HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100);

export const checks = {
  async '10,000 connections that send nothing hold up nobody'() {
    const { child, port, url } = await serve('[limits]\nconnections = 11000\n');
    const quiet = await sendEvents(port, 'quiet');
    const idle = [];
    for (let i = 0; i < kIdle; i += 500) {
      const some = Array.from({ length: 500 }, () => stall(port));
      await Promise.all(some.map((socket) => socket.opened));
      idle.push(...some);
    }
    await until('all connections', async () => (await count(url, 'skerry_http_connections')) >= kIdle);
    const slowest = await sendEvents(port, 'busy');
    assert.ok(idle.every((socket) => !socket.ended), 'they are still open');
    await until('all events', async () => (await count(url, 'skerry_events_accepted_total')) === 2 * kEvents);
    const megabytes = await memory(child);
    assert.ok(megabytes < 400, `${megabytes} MB`);
    for (const socket of idle) socket.destroy();
    assert.equal(await stop(child), 0);
    return `${kEvents} events beside them, the slowest in ${slowest.toFixed(0)} ms (without them ${quiet.toFixed(0)} ms), ${megabytes.toFixed(0)} MB`;
  },

  async 'beyond the limit of connections who is idle makes room; where all are busy there is 503, and the others go on'() {
    const { child, port } = await serve('[limits]\nconnections = 50\nrequest_timeout = "10m"\n');
    const idle = Array.from({ length: 60 }, () => stall(port));
    await Promise.all(idle.map((socket) => socket.opened));
    await until('room', () => sendEvents(port, 'idle').then(() => true, () => false));
    const busy = Array.from({ length: 40 }, () => stall(port, kHalfBody));
    await Promise.all(busy.map((socket) => socket.opened));
    await until('room beside them', () => sendEvents(port, 'first').then(() => true, () => false));
    const more = Array.from({ length: 40 }, () => stall(port, kHalfBody));
    await until('refusals', () => more.filter((socket) => socket.received.startsWith('HTTP/1.1 503')).length >= 20);
    for (const socket of [...idle, ...busy, ...more]) socket.destroy();
    await until('room', () => sendEvents(port, 'second').then(() => true, () => false));
    assert.equal(await stop(child), 0);
    return 'refused with 503';
  },

  async 'half bodies, half heads and unread answers are cut off, and no half event is kept'() {
    const { child, port, url } = await serve('[limits]\nrequest_timeout = "1s"\nidle_timeout = "1s"\n');
    const halves = Array.from({ length: 200 }, () => stall(port, kHalfBody));
    const heads = Array.from({ length: 200 }, () => stall(port, kHalfHead));
    const unread = Array.from({ length: 50 }, () => stall(port, kUnread).pause());
    await Promise.all([...halves, ...heads].map((socket) => socket.opened));
    const slowest = await sendEvents(port, 'real');
    await until('their end', () => [...halves, ...heads].every((socket) => socket.ended));
    assert.ok([...halves, ...heads].every((socket) => socket.received.startsWith('HTTP/1.1 408')), 'each was told');
    await until('the end of the rest', async () => (await count(url, 'skerry_http_connections')) <= 10);
    await until('the events', async () => (await count(url, 'skerry_events_accepted_total')) >= kEvents);
    assert.equal(await count(url, 'skerry_events_accepted_total'), kEvents);
    for (const socket of unread) socket.destroy();
    assert.equal(await stop(child), 0);
    return `${kEvents} events beside 450 of them, the slowest in ${slowest.toFixed(0)} ms`;
  },

  async 'bodies that are nearly whole and then trickle: some wait, the others are told, and the memory comes back'() {
    const { child, port, url } = await serve('[limits]\nrequest_timeout = "5s"\n');
    await sendEvents(port, 'before');
    const before = await memory(child);
    const kWhole = 8 << 20;
    const head = `POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: ${kWhole}\r\n\r\n`;
    const nearly = Buffer.alloc(kWhole - 4096, 'x');
    const slow = Array.from({ length: 150 }, () => stall(port, head));
    await Promise.all(slow.map((socket) => socket.opened));
    let most = 0;
    const look = async () => {
      most = Math.max(most, await memory(child));
    };
    for (const socket of slow) socket.write(nearly, () => {});
    const refused = () => slow.filter((socket) => socket.received.startsWith('HTTP/1.1 503'));
    await until('refusals', async () => (await look(), refused().length >= 100), { child });
    // Bytes that come one by one are no reason to wait longer.
    const drip = setInterval(() => {
      for (const socket of slow) if (!socket.ended) socket.write('x', () => {});
    }, 1000);
    await sendEvents(port, 'beside');
    await until('the end of all', async () => (await look(), slow.every((socket) => socket.ended)), { child });
    clearInterval(drip);
    for (const socket of refused()) {
      assert.match(socket.received, /\r\nRetry-After: \d+\r\n/);
      assert.match(socket.received, /too_many_bodies/);
    }
    assert.ok(slow.every((socket) => /^(HTTP\/1.1 (408|503) |$)/.test(socket.received)), 'each was told why, or cut off');
    assert.ok(most < before + 256, `${most} MB`);
    await until('the memory', async () => (await memory(child)) < before + 48, { child });
    assert.equal(await stop(child), 0, child.said);
    return `${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most, ${refused().length} refused`;
  },

  async 'half of a ClientHello costs no memory, however large it is to be'() {
    const place = await installation('workers = 2\naccess_log = false\n[tls]\ncertificate = "site.crt"\nkey = "site.key"\n');
    place.env.SKERRY_METRICS_CODE = 'code';
    const { port, folder } = place;
    const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(folder, 'site.key'), '-out', join(folder, 'site.crt')];
    await run('openssl', ['req', '-x509', ...pair, '-days', '3650', '-subj', '/CN=site']);
    const child = place.start('serve');
    await until('the server', () => asked(port, '/livez').then(({ status }) => status === 200, () => false), { child });
    for (let i = 0; i < 20; ++i) assert.equal((await asked(port, '/livez')).status, 200);
    const before = await memory(child);
    const half = Buffer.alloc(16_000, 'a');
    half.write('160301400001003ffc0303', 'hex');
    const kEach = 700;
    const crowd = [];
    for (const said of ['', half.subarray(0, 3), half]) {
      const some = Array.from({ length: kEach }, () => stall(port, said));
      await Promise.all(some.map((socket) => socket.opened));
      crowd.push(...some);
    }
    const open = async () => Number(/^skerry_http_connections (\d+)/m.exec((await asked(port, '/metrics?code=code')).body)[1]);
    await until('all connections', async () => (await open()) >= crowd.length, { child });
    assert.equal((await asked(port, '/livez')).status, 200);
    const after = await memory(child);
    assert.ok(after < before + 32, `${before} MB, then ${after} MB`);
    for (const socket of crowd) socket.destroy();
    assert.equal(await stop(child), 0, child.said);
    return `${before.toFixed(0)} MB before, ${after.toFixed(0)} MB with ${crowd.length} of them`;
  },

  async 'the memory of a crowd of requests comes back'() {
    const { child, port } = await serve('events.limits.burst = "0s"\n');
    await sendEvents(port, 'before');
    const before = await memory(child);
    const body = JSON.stringify(Array.from({ length: 3000 }, (_, i) => ({ type: 'page', properties: { text: `${i}`.repeat(400) } })));
    const batch = `POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const view = 'GET /status/table.wasm HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50);
    const crowd = [...Array.from({ length: 60 }, () => stall(port, batch)), ...Array.from({ length: 500 }, () => stall(port, view).pause())];
    await Promise.all(crowd.map((socket) => socket.opened));
    await sendEvents(port, 'beside');
    for (const socket of crowd) socket.destroy();
    await until('the memory', async () => (await memory(child)) < before + 64, { child });
    assert.equal(await stop(child), 0, child.said);
  },

  async 'few descriptors: the soft limit is raised, clients are told, and the log opens its next segments'() {
    const place = await installation('workers = 2\naccess_log = false\n[events]\nsegment_bytes = 65536\n');
    place.env.SKERRY_METRICS_CODE = 'code';
    const limits = 'ulimit -Sn 64 && ulimit -Hn 800 && exec "$@"';
    const child = start('bash', ['-c', limits, 'bash', program, '--config', place.config, 'serve'], { cwd: place.folder, env: place.env });
    await answers(`${place.url}/livez`, child);
    assert.match(child.said, /warning .*limits\.connections/);
    const idle = Array.from({ length: 900 }, () => stall(place.port));
    await Promise.all(idle.map((socket) => socket.opened));
    const told = () => idle.filter((socket) => socket.received.startsWith('HTTP/1.1 503') || socket.ended).length;
    await until('an answer to all that are too many', () => told() >= 450, { child });
    assert.ok(told() < 800, `${told()} were told`);
    for (const socket of idle.splice(0, 450)) socket.destroy();
    const kLarge = 20_000;
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const large = (i) =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port: place.port, agent, method: 'POST', path: '/t' }, (answer) => {
          answer.resume();
          answer.on('end', () => resolve(answer.statusCode));
        });
        asked.on('error', reject);
        asked.end(JSON.stringify({ id: `large-${i}`, text: 'x'.repeat(kLarge) }));
      });
    await until('room', () => large('first').then((status) => status === 200, () => false), { child });
    for (let i = 0; i < 40; ++i) assert.equal(await large(i), 200);
    agent.destroy();
    for (const socket of idle) socket.destroy();
    assert.equal(await stop(child), 0, child.said);
  },

  async 'a stop under load answers what it took, and keeps it'() {
    const { child, port, url, start } = await serve('stop_timeout = "5s"\n');
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    let accepted = 0;
    let stopping = false;
    const sender = async (i) => {
      for (let n = 0; ; ++n) {
        try {
          const status = await post(port, agent, `stop-${i}-${n}`);
          accepted += status === 200 ? 1 : 0;
        } catch (error) {
          assert.ok(stopping, error.message);
          return;
        }
      }
    };
    const senders = Array.from({ length: 32 }, (_, i) => sender(i));
    await until('some events', () => accepted > 200);
    stopping = true;
    const code = await stop(child);
    await Promise.all(senders);
    agent.destroy();
    assert.equal(code, 0);
    const again = start('serve');
    await answers(`${url}/livez`, again);
    const kept = await count(url, 'skerry_events_queue_records');
    assert.equal(kept, accepted);
    assert.equal(await stop(again), 0);
    return `${accepted} events were acknowledged, and are kept`;
  },
};
