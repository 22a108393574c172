// Clients that send nothing, send half, and read nothing, while others send events.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';

import { installation } from '../e2e/skerry.mjs';
import { answers, stop, until } from '../tools/processes.mjs';

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
  await Promise.all(Array.from({ length: 8 }, sender));
  agent.destroy();
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

  async 'beyond the limit of connections there is 503, and the others go on'() {
    const { child, port } = await serve('[limits]\nconnections = 50\n');
    const idle = Array.from({ length: 40 }, () => stall(port));
    await Promise.all(idle.map((socket) => socket.opened));
    await sendEvents(port, 'first');
    const more = Array.from({ length: 40 }, () => stall(port));
    await until('refusals', () => more.filter((socket) => socket.received.startsWith('HTTP/1.1 503')).length >= 20);
    for (const socket of [...idle, ...more]) socket.destroy();
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
