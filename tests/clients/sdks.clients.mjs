// Every SDK of the table on every runtime, and natively through outages and lost answers: each event is recorded once, as it was
// sent, and nothing but events is recorded. The SDKs of a check's kind run together, and each is a check.
import assert from 'node:assert/strict';

import { sleep, until } from '../tools/processes.mjs';
import { openAll } from './drivers.mjs';
import { hosts } from './hosts.mjs';
import { startLossyProxy } from './lossy_proxy.mjs';
import { clients } from './table.mjs';

const kOutage = 8_000;
const kPatience = 100; // seconds; the longest pause of an SDK between attempts is half of it

const kText = 'naïve "quotes", 日本語, 😀, \\, a\nline & <b>';
const kFlat = { text: kText, plan: 'free' };
const kDeep = { ...kFlat, number: 1.5, big: 12_345_678_901, truth: true, list: [1, 'two', { three: null }], deep: { a: { b: 'c' } } };

/** What clients say of themselves in what was recorded, by the name of the event: [{client, props}]. */
class Log {
  constructor(host) {
    this.host = host;
  }
  async read() {
    this.strange = [];
    this.byName = new Map();
    for (const record of await this.host.events()) {
      let said;
      const readers = new Set(Object.values(clients).map(({ read }) => read));
      for (const read of readers) {
        try {
          const { name, props } = read(JSON.parse(record.body));
          if (typeof name === 'string' && (!said || /:\d+$/.test(name))) said = { name, props };
        } catch {
          // another SDK's
        }
      }
      if (!said) this.strange.push(record);
      else this.byName.set(said.name, [...(this.byName.get(said.name) ?? []), said.props]);
    }
    return this;
  }
}

const nameOf = (client, number) => `${client}:${number}`;

/** One kind of run for some clients together. `play(name, driver, has)` acts; it returns the numbers of the events that may be lost. */
async function run(names, host, urlOf, play) {
  const log = new Log(host);
  let reading;
  const fresh = () => (reading ??= log.read().finally(() => (reading = null)));
  const { drivers, close } = await openAll(clients, names, urlOf);
  const sent = new Map(names.map((name) => [name, new Map()]));
  const results = Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const props = clients[name].flat ? kFlat : kDeep;
        const track = async (number) => {
          sent.get(name).set(number, props);
          await drivers[name].track(nameOf(name, number), props);
          await drivers[name].flush();
        };
        const has = (...numbers) =>
          until(
            `events ${numbers} of ${name}`,
            async () => {
              await sleep(150);
              await fresh();
              return numbers.every((number) => log.byName.has(nameOf(name, number)));
            },
            { seconds: kPatience },
          );
        try {
          await drivers[name].opened();
          return [name, { mayLack: (await play({ name, driver: drivers[name], track, has })) ?? [] }];
        } catch (error) {
          return [name, { error: new Error(`${error.message}\n${drivers[name].said()}`) }];
        }
      }),
    ),
  );
  await close();
  await log.read();
  for (const name of names) {
    const result = results[name];
    if (result.error) continue;
    try {
      for (const [number, props] of sent.get(name)) {
        const found = log.byName.get(nameOf(name, number)) ?? [];
        if (found.length === 0 && result.mayLack.includes(number)) continue;
        assert.equal(found.length, 1, `event ${number} is there ${found.length} times\n${drivers[name].said()}`);
        const own = Object.fromEntries(Object.keys(props).map((key) => [key, found[0]?.[key]]));
        assert.deepEqual(own, props, `event ${number}`);
      }
    } catch (error) {
      result.error = error;
    }
  }
  results.strange = log.strange;
  return results;
}

/** Waits for all of `count` clients; the last one opens. A client that failed before must not hold up the others. */
function rendezvous(count, action) {
  let opened;
  const gate = new Promise((resolve) => (opened = resolve));
  let here = 0;
  return {
    async arrive() {
      if (++here === count) opened(action());
      return gate;
    },
  };
}

/** All clients do `before`, then the host is out for a while, in which they do `meanwhile`, then `after`. */
async function outage(names, kind) {
  const host = await hosts.native();
  const out = rendezvous(names.length, () => host[kind]());
  let back;
  const again = new Promise((resolve) => (back = resolve));
  out.arrive = ((arrive) => async () => {
    await arrive();
    return undefined;
  })(out.arrive);
  let ended = false;
  const timer = (async () => {
    while (!host.go && !ended) await sleep(50);
    if (ended) return;
    await sleep(kOutage);
    await host.go();
    back();
  })();
  const results = await run(names, host, () => host.url, async ({ name, driver, track, has }) => {
    let arrived = false;
    try {
      await track(1);
      await has(1);
      arrived = true;
    } finally {
      if (!arrived) out.arrive(); // without waiting
    }
    await out.arrive();
    await track(2);
    await sleep(3_000);
    await track(3);
    await again;
    await track(4);
    const lost = kind === 'kill' && clients[name].lost ? [2, 3] : [];
    await has(...[1, 2, 3, 4].filter((number) => !lost.includes(number)));
    await driver.close();
    return lost;
  });
  ended = true;
  await timer;
  return results;
}

const kinds = {
  ...Object.fromEntries(
    Object.keys(hosts).map((runtime) => [
      { native: 'natively', workerd: 'through workerd', wasmtime: 'under wasmtime' }[runtime],
      async (names) => {
        const host = await hosts[runtime]();
        return run(names, host, () => host.url, async ({ driver, track, has }) => {
          await track(1);
          await track(2);
          await has(1, 2);
          await driver.close();
        });
      },
    ]),
  ),
  'the host is frozen for 8 s': (names) => outage(names, 'stop'),
  'the host is killed, and back after 8 s': (names) => outage(names, 'kill'),
  'every fourth answer is lost': async (names) => {
    const host = await hosts.native();
    const proxies = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await startLossyProxy(host.url)])));
    const results = await run(names, host, (name) => proxies[name].url, async ({ name, driver, track, has }) => {
      for (let number = 1; number <= 6; ++number) {
        await track(number);
        await has(number);
      }
      await driver.close();
      assert.ok(proxies[name].lost > 0, proxies[name].requests.join('\n'));
    });
    for (const proxy of Object.values(proxies)) proxy.close();
    return results;
  },
};

const pattern = new RegExp(process.argv[2] ?? '');
const titles = (kind) => Object.keys(clients).map((name) => `${name}: ${kind}`);

export const checks = {};
for (const [kind, play] of Object.entries(kinds)) {
  const names = Object.keys(clients).filter((name) => pattern.test(`${name}: ${kind}`));
  let results;
  const all = async () => (results ??= await play(names));
  for (const name of Object.keys(clients)) {
    checks[`${name}: ${kind}`] = async () => {
      const result = (await all())[name];
      if (result.error) throw result.error;
    };
  }
  checks[`nothing else is recorded ${kind}`] = async () => {
    const { strange } = names.length > 0 ? await all() : await play(Object.keys(clients));
    assert.deepEqual(strange.map(({ path, query, body }) => `${path}?${query} ${body}`.slice(0, 300)), []);
  };
}
