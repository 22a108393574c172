// Every SDK of the table on every runtime, and natively through outages and lost answers: each event is recorded once, as it was
// sent, and nothing but events is recorded. The SDKs of a check's kind run together, and each is a check.
import assert from 'node:assert/strict';

import { sleep, until } from '../tools/processes.mjs';
import { openAll } from './drivers.mjs';
import { hosts } from './hosts.mjs';
import { startLossyProxy } from './lossy_proxy.mjs';
import { clients } from './table.mjs';

const kOutage = 8_000;
const kPatience = 100; // seconds, far above what any of them needs

const kText = 'naïve "quotes", 日本語, 😀, \\, a\nline & <b>';
const kFlat = { text: kText, plan: 'free' };
const kDeep = { ...kFlat, number: 1.5, big: 12_345_678_901, truth: true, list: [1, 'two', { three: null }], deep: { a: { b: 'c' } } };

const readers = new Set(Object.values(clients).map(({ read }) => read));

/** What was recorded: the properties of each event, by its name, and what no reader takes for an event. */
class Log {
  constructor(host) {
    this.host = host;
  }
  async read() {
    const [strange, byName] = [[], new Map()];
    for (const record of await this.host.events()) {
      let said;
      for (const read of readers) {
        try {
          const { name, props } = read(JSON.parse(record.body));
          if (typeof name === 'string' && (!said || /:\d+$/.test(name))) said = { name, props };
        } catch {
          // another SDK's
        }
      }
      if (!said) strange.push(record);
      else byName.set(said.name, [...(byName.get(said.name) ?? []), said.props]);
    }
    Object.assign(this, { strange, byName });
  }
}

const nameOf = (client, number) => `${client}:${number}`;

/**
 * Some clients together. `play` is what each does; it returns the numbers of the events that may be lost, as `mayLack`, or that any may
 * be there twice, as `mayRepeat`. `ended(name)` is called when a client is through, or failed. Returns {client: {error}}, and what was
 * recorded that is no event as `strange`.
 */
async function run(names, host, urlOf, play, ended = () => {}) {
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
        const recorded = (wanted, meanwhile = () => {}) =>
          until(
            `${[wanted].flat().join(', ')} in the log`,
            async () => {
              await meanwhile();
              await sleep(150);
              await fresh();
              return [wanted].flat().every((event) => log.byName.has(event));
            },
            { seconds: kPatience },
          );
        const has = (...numbers) => recorded(numbers.map((number) => nameOf(name, number)));
        try {
          await drivers[name].opened();
          const allowed = await play({ name, driver: drivers[name], track, has, recorded });
          return [name, { mayLack: [], mayRepeat: false, ...allowed }];
        } catch (error) {
          return [name, { error: new Error(`${error.message}\n${drivers[name].said()}`) }];
        } finally {
          ended(name);
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
        if (found.length === 2 && result.mayRepeat) continue;
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

/** All clients send an event, then the host is out for 8 s, in which they send two more, then one after it. */
async function outage(names, kind) {
  const host = await hosts.native();
  const ready = new Set();
  let begin;
  const out = new Promise((resolve) => (begin = resolve)).then(() => host[kind]());
  const over = out.then(() => sleep(kOutage)).then(() => host.go());
  const arrive = (name) => ready.add(name).size === names.length && begin();
  const play = async ({ name, driver, track, has }) => {
    await track(1);
    await has(1);
    arrive(name);
    await out;
    await track(2);
    await sleep(kOutage / 3);
    await track(3);
    await over;
    await track(4);
    const mayLack = kind === 'kill' && clients[name].lost ? [2, 3] : [];
    await has(...[1, 2, 3, 4].filter((number) => !mayLack.includes(number)));
    await driver.close();
    return { mayLack };
  };
  const results = await run(names, host, () => host.url, play, arrive);
  await over;
  return results;
}

const kinds = {
  ...Object.fromEntries(
    Object.keys(hosts).map((runtime) => [
      { native: 'natively', workerd: 'through workerd', wasmtime: 'under wasmtime' }[runtime],
      async (names) => {
        const host = await hosts[runtime]();
        return run(names, host, () => host.url, async ({ name, driver, track, has, recorded }) => {
          await track(1);
          await track(2);
          await has(1, 2);
          const { itself } = clients[name];
          // Until it has its configuration, it does nothing by itself.
          if (itself) await recorded(itself, () => driver.provoke());
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
      return { mayRepeat: clients[name].twice !== undefined };
    });
    for (const proxy of Object.values(proxies)) proxy.close();
    return results;
  },
};

const pattern = new RegExp(process.argv[2] ?? '');

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
