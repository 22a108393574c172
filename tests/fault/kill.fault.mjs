// kill -9 at every step of a cycle.
import assert from 'node:assert/strict';

import { differences, viewDifferences, viewSteppedBack } from '../tools/truth.mjs';
import { counting, filesOf, prepare } from './cycles.mjs';

const kWorkers = 2;

/** The program is killed right before and right after each of its effects; then it runs again. */
async function killEverywhere(cycle) {
  const all = await prepare(cycle);
  const { world } = all;
  const whole = await all.place('whole');
  const counter = await counting(world, whole);
  assert.equal((await all.update(whole, counter.environment)).code, 0);
  const kinds = await counter.read();
  for (const kind of 'hpwf') assert.ok(kinds.includes(kind), `no effect of the kind ${kind} in ${kinds}`);
  await all.checkFinished(whole);

  let kills = 0;
  let next = 0;
  const ended = { before: false, after: false };
  const work = async (worker) => {
    const place = await all.place(`worker${worker}`);
    for (;;) {
      const step = next++;
      const when = step % 2 ? 'after' : 'before';
      const moment = `${when}:${1 + (step >> 1)}`;
      if (ended.before && ended.after) return;
      if (ended[when]) continue;
      await all.renew(place);
      const { environment, read } = await counting(world, place, { EFFECTS_KILL: moment });
      try {
        const { code, signal, stderr } = await all.update(place, environment);
        if (signal !== 'SIGKILL') {
          assert.equal(code, 0, stderr);
          assert.ok(step >> 1 > kinds.length * 0.8, `the cycle ended after ${step >> 1} effects, not ${kinds.length}`);
          ended[when] = true;
        } else {
          ++kills;
          await all.checkUnfinished(place);
          await all.recover(place);
        }
        await all.checkFinished(place);
      } catch (error) {
        error.message = `killed ${moment} of ${(await read()).slice(-20)}: ${error.message}`;
        throw error;
      }
      await read();
    }
  };
  await Promise.all(Array.from({ length: kWorkers }, (_, worker) => work(worker)));
  await world.close();
  assert.ok(kills >= 2 * 0.8 * kinds.length);
  const sum = [...'hpwfrut'].map((kind) => `${[...kinds].filter((k) => k === kind).length} ${kind}`).join(', ');
  return `${kills} kills; ${kinds.length} effects: ${sum}`;
}

export const checks = {
  async 'the comparison sees what is wrong'() {
    const all = await prepare('next');
    const { world, truth } = all;
    const place = await all.place('spoilt');
    await all.recover(place);
    await all.checkFinished(place);
    const session = world.postgres.session('spoilt');
    const spoil = async (sql, ...expected) => {
      await session.query(`BEGIN; ${sql}; CREATE TABLE IF NOT EXISTS nothing ()`);
      await session.query('COMMIT');
      const found = differences(truth, await filesOf(world, place));
      assert.equal(found.length, expected.length, found.join('\n'));
      expected.forEach((words, i) => assert.match(found[i], words));
    };
    const one = "(SELECT ctid FROM broker.files WHERE data_type = 'rib' ORDER BY ts_start LIMIT 1)";
    await spoil(`UPDATE broker.files SET rough_size = rough_size + 1 WHERE ctid = ${one}`, /rough size/);
    await spoil(`UPDATE broker.files SET rough_size = rough_size - 1, exact_size = 7 WHERE ctid = ${one}`, /exact size 7/);
    await spoil(`DELETE FROM broker.files WHERE ctid = ${one}`, /missing/);
    await spoil(
      `INSERT INTO broker.files (ts_start, rough_size, first_seen, listing, data_type, collector)
       SELECT ts_start + interval '1 minute', rough_size, first_seen, listing, data_type, collector FROM broker.files WHERE ctid = ${one}`,
      /no such file/,
      /missing/,
    );
    await session.close();

    const view = await world.view(place);
    assert.deepEqual(viewDifferences(truth, view), []);
    const spoilt = (change) => {
      const copy = structuredClone(view);
      change(copy);
      return copy;
    };
    const older = spoilt(({ latest }) => (latest[0].timestamp = '2026-11-01T00:00:00'));
    assert.equal(viewDifferences(truth, older).length, 1);
    assert.equal(viewSteppedBack(view, older).length, 1);
    assert.equal(viewDifferences(truth, spoilt(({ latest }) => latest.pop())).length, 1);
    assert.equal(viewDifferences(truth, spoilt(({ latest }) => latest.push(latest[0]))).length, 1);
    assert.equal(viewDifferences(truth, spoilt(({ latest }) => (latest[1].rough_size += 1))).length, 1);
    assert.equal(viewSteppedBack(view, spoilt((v) => (v.last_updated_at = '2026-11-01T00:00:00.000Z'))).length, 1);
    assert.deepEqual(viewSteppedBack(view, view), []);
    await world.close();
  },

  'kill -9 at every step of a first cycle': () => killEverywhere('first'),
  'kill -9 at every step of a next cycle': () => killEverywhere('next'),
};
