// Each thing that the program depends on is frozen in turn (SIGSTOP): what does not need it keeps answering, and a stop ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import { archive, installation, program, ready } from '../e2e/skerry.mjs';
import { answers, scratchFolder, stop, until } from '../tools/processes.mjs';
import { startRedis } from '../tools/redis.mjs';

const kPatience = 60_000;
const kRounds = 15;
/** Every route that needs neither the database nor the queue, and its status. */
const kRoutes = [
  ['/livez', 200],
  ['/latest', 200],
  ['/v2/latest?project=ris', 200],
  ['/v3/broker/latest', 200],
  ['/status/', 200],
  ['/status/table.wasm', 200],
  ['/demo/', 200],
  ['/t.js', 200],
  ['/no/such/place', 404],
];
/** Those that look at it may say what they find, but say it. */
const kLooking = ['/readyz', '/health', '/metrics?code=code', '/sink-health'];

const status = (url, options = {}) =>
  fetch(url, { signal: AbortSignal.timeout(kPatience), ...options }).then(
    async (response) => (await response.arrayBuffer(), response.status),
    (error) => error.message,
  );

async function started(more) {
  const { folder } = await installation();
  const source = await archive(folder, ['rrc00', 'rrc01'], { stands: true });
  const skerry = await installation(
    `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ["rrc00", "rrc01"]\naccess_log = false\nworkers = 2\n${more}`,
  );
  skerry.env.SKERRY_METRICS_CODE = 'code';
  const child = skerry.start('up');
  await ready(child);
  return { skerry, source, child };
}

/** Clients of every route at once, and of `others` besides, whose answers nobody waits for. */
async function askAll({ skerry }, others) {
  const aside = [];
  for (let round = 0; round < kRounds; ++round) {
    for (const ask of others) aside.push(ask(round));
    for (let i = 0; i < 4; ++i) aside.push(status(skerry.url + '/readyz'), status(skerry.url + '/sink-health'));
    const found = await Promise.all(kRoutes.map(async ([path]) => [path, await status(skerry.url + path)]));
    assert.deepEqual(found, kRoutes);
    for (const path of kLooking) assert.equal(typeof (await status(skerry.url + path)), 'number', path);
  }
  return aside;
}

/** The processes of the private PostgreSQL, the first one first. */
async function postgresOf(data) {
  const first = Number((await readFile(join(data, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);
  const all = [first];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const about = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (Number(about.slice(about.lastIndexOf(')') + 2).split(' ')[1]) === first) all.push(Number(pid));
  }
  return all;
}
const signal = (pids, name) => {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended.
    }
  }
};

/** `skerry` with a standard error that nobody reads, once that is full. */
async function unread(skerry, ...args) {
  const child = spawn(program, ['--config', skerry.config, ...args], { cwd: skerry.folder, env: skerry.env, stdio: ['ignore', 'ignore', 'pipe'] });
  child.over = new Promise((resolve) => child.once('exit', (code, name) => resolve(code ?? name)));
  await answers(`${skerry.url}/livez`, child);
  // A line of some 200 bytes for each; a pipe and what is read ahead hold 128 KiB.
  for (let i = 0; i < 40; ++i) await Promise.all(Array.from({ length: 50 }, () => status(`${skerry.url}/livez?${'x'.repeat(200)}`)));
  return child;
}

export const checks = {
  async 'Redis is frozen: what does not need it keeps answering, under load'() {
    const redis = await startRedis(await scratchFolder());
    const world = await started(`stop_timeout = "5s"\n[events]\nqueue = "redis"\nredis_url = "${redis.url}"\n`);
    const post = (i) => status(`${world.skerry.url}/t/frozen`, { method: 'POST', body: JSON.stringify({ id: `frozen-${i}` }) });
    assert.equal(await post('before'), 200);
    redis.child.kill('SIGSTOP');
    let aside;
    try {
      aside = await askAll(world, Array.from({ length: 4 }, (_, i) => (round) => post(`${round}-${i}`)));
    } finally {
      redis.child.kill('SIGCONT');
    }
    for (const answer of await Promise.all(aside)) assert.ok([200, 503].includes(answer), String(answer));
    assert.equal(await stop(world.child), 0, world.child.said);
    await stop(redis.child);
    await stop(world.source.child);
  },

  async 'Redis is frozen while the program stops: it ends'() {
    const redis = await startRedis(await scratchFolder());
    const skerry = await installation(`stop_timeout = "4s"\naccess_log = false\n[events]\nqueue = "redis"\nredis_url = "${redis.url}"\n`);
    const child = skerry.start('serve');
    await answers(`${skerry.url}/livez`, child);
    redis.child.kill('SIGSTOP');
    const posts = Array.from({ length: 8 }, (_, i) => status(`${skerry.url}/t/x`, { method: 'POST', body: `{"id":"${i}"}` }));
    await status(`${skerry.url}/livez`);
    const code = await stop(child);
    assert.ok(code === 0 || code === 1, `${code} ${child.said}`);
    await Promise.all(posts);
    redis.child.kill('SIGCONT');
    await stop(redis.child);
  },

  async 'PostgreSQL is frozen: what does not need it keeps answering, and a stop ends'() {
    const world = await started('stop_timeout = "4s"\n');
    const frozen = await postgresOf(world.skerry.data);
    assert.ok(frozen.length > 3, 'its processes were found');
    signal(frozen, 'SIGSTOP');
    try {
      const post = (i) => status(`${world.skerry.url}/t/frozen`, { method: 'POST', body: JSON.stringify({ id: `frozen-${i}` }) });
      for (const answer of await Promise.all(await askAll(world, [post]))) assert.ok([200, 503].includes(answer), String(answer));
      const code = await stop(world.child);
      assert.ok(code === 0 || code === 1, `${code} ${world.child.said}`);
    } finally {
      signal(frozen, 'SIGCONT');
    }
    const again = world.skerry.start('up');
    await ready(again);
    assert.equal(await stop(again), 0, again.said);
    await stop(world.source.child);
  },

  async 'the archive is frozen: what is served keeps answering, and a stop ends'() {
    const world = await started('stop_timeout = "4s"\n');
    world.source.child.kill('SIGSTOP');
    try {
      await askAll(world, []);
      assert.equal(await stop(world.child), 0, world.child.said);
    } finally {
      world.source.child.kill('SIGCONT');
    }
    await stop(world.source.child);
  },

  async 'nobody reads standard error: requests go on, a stop ends, and a second signal ends at once'() {
    const skerry = await installation('stop_timeout = "4s"\naccess_log = true\n');
    let child = await unread(skerry, 'serve');
    try {
      assert.equal(await status(`${skerry.url}/livez`), 200);
      child.kill('SIGTERM');
      assert.equal(await child.over, 0);

      child = await unread(skerry, '--set', 'stop_timeout=1h', 'serve');
      // A request that doesn't end keeps the program from ending.
      const half = connect(skerry.port, '127.0.0.1');
      half.on('error', () => {});
      await new Promise((resolve) => half.write('POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{', resolve));
      await status(`${skerry.url}/livez`);
      child.kill('SIGTERM');
      // It has come where no connection is taken any more.
      await until('the first stop', () => fetch(`${skerry.url}/livez`, { signal: AbortSignal.timeout(5000) }).then(() => false, () => true));
      const again = setInterval(() => child.kill('SIGTERM'), 200);
      assert.equal(await child.over, 128 + 15);
      clearInterval(again);
      half.destroy();
    } finally {
      child.kill('SIGKILL');
    }
  },
};
