// Redis goes away, comes back and is emptied behind a tracker under load: what was acknowledged is there, once.
import assert from 'node:assert/strict';

import { installation } from '../e2e/skerry.mjs';
import { answers, scratchFolder, sleep, stop, until } from '../tools/processes.mjs';
import { startRedis } from '../tools/redis.mjs';

const kClients = 8;
const kKills = Number(process.env.SKERRY_REDIS_KILLS ?? 8);

async function prepare() {
  const redis = await startRedis(await scratchFolder());
  const place = await installation(
    `workers = 2\naccess_log = false\nevents.limits.burst = "0s"\nevents.queue = "redis"\nevents.redis_url = "${redis.url}"\n`,
  );
  const world = { redis, place, acknowledged: [], refused: 0 };
  world.serve = async () => {
    world.server = place.start('serve');
    await answers(`${place.url}/livez`, world.server);
  };
  await world.serve();
  return world;
}

/** Clients that post events until `stop()`, each again until it is acknowledged. */
function load(world, prefix) {
  let running = true;
  let next = 0;
  const client = async () => {
    while (running) {
      const id = `${prefix}-${next++}`;
      for (let done = false; !done; ) {
        const status = await fetch(`${world.place.url}/t/w`, { method: 'POST', body: JSON.stringify({ id }) }).then(
          async (response) => (await response.arrayBuffer(), response.status),
          () => 0,
        );
        done = status === 200;
        if (!done) {
          assert.ok(status === 0 || status === 503, `an event is answered with ${status}`);
          ++world.refused;
          await sleep(5);
        }
      }
      world.acknowledged.push(id);
    }
  };
  const clients = Promise.all(Array.from({ length: kClients }, client));
  return {
    more: (count) => {
      const goal = world.acknowledged.length + count;
      return until(`${count} more events`, () => world.acknowledged.length >= goal, { child: world.server });
    },
    async stop() {
      running = false;
      await clients;
    },
  };
}

async function checkAll({ redis, acknowledged, server }) {
  const ids = await until(
    'all events in Redis',
    async () => {
      const there = await redis.eventIds();
      return there.length >= acknowledged.length ? there : null;
    },
    { child: server },
  );
  await sleep(100); // for those that should not come
  const there = await redis.eventIds();
  assert.equal(there.length, ids.length);
  assert.equal(new Set(there).size, there.length, 'an id is there twice');
  assert.deepEqual(there.sort(), acknowledged.sort());
}

export const checks = {
  async 'Redis is stopped for a while, and comes back'() {
    const world = await prepare();
    const clients = load(world, 'a');
    await clients.more(100);
    await world.redis.stop();
    await clients.more(300);
    await world.redis.start();
    await clients.more(100);
    await clients.stop();
    await checkAll(world);
    assert.equal(world.refused, 0, 'the log took over');
    assert.equal(await stop(world.server), 0, world.server.said);
    assert.match(world.server.said, /redis_(away|lost)|Redis/);
    return `${world.acknowledged.length} events`;
  },

  async 'Redis is killed under load, again and again'() {
    const world = await prepare();
    const clients = load(world, 'a');
    for (let i = 0; i < kKills; ++i) {
      await clients.more(20 + 10 * i);
      await world.redis.kill();
      await sleep(10 * (i % 3));
      await world.redis.start();
    }
    await clients.stop();
    await checkAll(world);
    assert.equal(world.refused, 0);
    return `${kKills} kills, ${world.acknowledged.length} events`;
  },

  async 'skerry is killed while it moves the log into Redis'() {
    const world = await prepare();
    const clients = load(world, 'a');
    for (let i = 0; i < kKills; ++i) {
      await world.redis.stop();
      await clients.more(50);
      await world.redis.start();
      await sleep(Math.random() * 60);
      world.server.kill('SIGKILL');
      await world.server.ended;
      await world.serve();
    }
    await clients.stop();
    await checkAll(world);
    return `${kKills} kills, ${world.acknowledged.length} events`;
  },

  async 'Redis is emptied: only what was emptied is gone'() {
    const world = await prepare();
    const before = load(world, 'before');
    await before.more(200);
    await before.stop();
    await world.redis.ask('FLUSHALL');
    world.acknowledged = [];
    const after = load(world, 'after');
    await after.more(200);
    await after.stop();
    await checkAll(world);
    return `${world.acknowledged.length} events afterwards`;
  },

  async 'Redis is full, and has room again'() {
    const world = await prepare();
    const clients = load(world, 'a');
    await clients.more(50);
    await world.redis.ask('CONFIG', 'SET', 'maxmemory', '1');
    await clients.more(100);
    await world.redis.ask('CONFIG', 'SET', 'maxmemory', '0');
    await clients.more(50);
    await clients.stop();
    await checkAll(world);
    assert.equal(world.refused, 0);
  },
};
