// What one slow or greedy thing costs the others: a frozen Redis, pipelines without end, bodies that trickle.
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';

import { startRedis } from '../tools/redis.mjs';
import { sleep } from '../tools/processes.mjs';
import { answers, sampleView, scratchFolder, startSkerry, stop } from './harness.mjs';

export const benchmarks = [
  { name: 'frozen_redis_p99', unit: 'ms', better: 'lower', goal: 20 },
  { name: 'pipelining_neighbour_p99', unit: 'ms', better: 'lower', goal: 50 },
  { name: 'slow_bodies_memory', unit: 'MB', better: 'lower', goal: 256 },
];

const kPatience = 60_000;
const kBodies = 150;
const kWhole = 8 << 20;
/** What does not need Redis. */
const kRoutes = ['/livez', '/latest', '/v2/latest?project=ris', '/v3/broker/latest', '/status/', '/t.js', '/no/such/place'];

const p99 = (times) => [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1];
const memory = async ({ pid }, name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** The native host with two workers; `more` is TOML. */
async function serve(more = '') {
  const { child, port } = await startSkerry(await scratchFolder(), sampleView(), { workers: 2, more });
  return { child, port, url: `http://127.0.0.1:${port}` };
}

/** How long a GET on a connection of its own takes, in ms. */
const ask = (port, target) =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`));
    socket.setTimeout(kPatience, () => socket.destroy(new Error(`${target}: no answer within a minute`)));
    let first = null;
    socket.on('data', () => (first ??= performance.now() - began));
    socket.on('error', reject);
    socket.on('close', () => (first === null ? reject(new Error(`${target}: no answer`)) : resolve(first)));
  });

async function frozenRedis(seconds) {
  const redis = await startRedis(await scratchFolder());
  const { child, port, url } = await serve(`[events]\nqueue = "redis"\nredis_url = "${redis.url}"\n`);
  await fetch(`${url}/t/before`);
  redis.child.kill('SIGSTOP');
  const times = [];
  let asked = 0;
  const aside = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    // Twenty times a second, whether or not there was an answer.
    for (const path of ['/readyz', '/sink-health'])
      aside.push(fetch(url + path, { signal: AbortSignal.timeout(kPatience) }).then((answer) => answer.arrayBuffer(), () => {}));
    if (asked++ % 10 === 0) aside.push(fetch(`${url}/t/frozen`, { signal: AbortSignal.timeout(kPatience) }).then((answer) => answer.arrayBuffer(), () => {}));
    const next = sleep(50);
    for (const route of kRoutes) times.push(await ask(port, route));
    await next;
  }
  redis.child.kill('SIGCONT');
  await Promise.all(aside);
  await stop(child);
  await stop(redis.child);
  return {
    ours: p99(times),
    note: `${times.length} requests to ${kRoutes.length} routes that don't need Redis, each on a connection of its own, Redis stopped with SIGSTOP; /readyz and /sink-health 20 times a second beside; the slowest ${Math.max(...times).toFixed(1)} ms`,
  };
}

async function pipelines(seconds) {
  const { child, port } = await serve();
  const many = Buffer.from('HEAD /v3/broker/latest HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1000));
  let answered = 0;
  const greedy = Array.from({ length: 2 }, () => {
    const socket = connect(port, '127.0.0.1');
    const more = () => {
      while (!socket.destroyed && socket.write(many)) {
        // until the buffer is full
      }
    };
    socket.on('connect', more).on('drain', more).on('error', () => {});
    socket.on('data', (data) => (answered += data.length));
    return socket;
  });
  await sleep(300);
  const times = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(5)) times.push(await ask(port, '/livez'));
  for (const socket of greedy) socket.destroy();
  await stop(child);
  return {
    ours: p99(times),
    note: `/livez on a connection of its own, ${times.length} times, beside two that pipeline HEAD /v3/broker/latest without end (${Math.round(answered / 2 ** 20 / seconds)} MB/s of answers), two workers; the slowest ${Math.max(...times).toFixed(1)} ms`,
  };
}

async function slowBodies(seconds) {
  const { child, port, url } = await serve();
  const before = await memory(child, 'VmRSS');
  const nearly = Buffer.alloc(kWhole - 4096, 'x');
  let refused = 0;
  const slow = Array.from({ length: kBodies }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: ${kWhole}\r\n\r\n`);
    socket.write(nearly);
    socket.once('data', (data) => (refused += data.toString('latin1').startsWith('HTTP/1.1 503') ? 1 : 0));
    return socket.on('error', () => {});
  });
  for (const end = performance.now() + Math.max(seconds, 10) * 1000; performance.now() < end; await sleep(1000)) {
    for (const socket of slow) if (!socket.destroyed) socket.write('x');
    await answers(`${url}/livez`, child);
  }
  const most = await memory(child, 'VmHWM');
  for (const socket of slow) socket.destroy();
  await stop(child);
  return {
    ours: most,
    note: `largest resident size with ${kBodies} connections that send 8 MiB less 4 KiB of a body and then a byte a second; ${refused} were told 503; ${before.toFixed(0)} MB before`,
  };
}

export async function measure(names, { rounds, seconds }) {
  const of = { frozen_redis_p99: frozenRedis, pipelining_neighbour_p99: pipelines, slow_bodies_memory: slowBodies };
  const figures = {};
  for (const name of names) figures[name] = await of[name](rounds * seconds);
  return figures;
}
