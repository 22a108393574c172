// PostgreSQL that goes away in the middle of a cycle.
import assert from 'node:assert/strict';

import { until } from '../tools/processes.mjs';
import { prepare } from './cycles.mjs';

const kRequests = 4; // listings of the small world

/** Runs a cycle in which `strike` happens while the k-th request to the archives waits for its answer; for every k. */
async function strikeAtEveryRequest(cycle, strike) {
  const all = await prepare(cycle);
  const { world } = all;
  let failed = 0;
  for (let k = 1; k <= kRequests; ++k) {
    const place = await all.place(`request${k}`);
    await world.archive.forgetRequests();
    await world.archive.fault({ prefix: '/', delay: 0.6, after: k - 1, times: 1 });
    const ended = all.update(place, { SKERRY_UPDATE_CONCURRENCY: '1', SKERRY_UPDATE_PER_HOST: '1' });
    const arrived = async () => (await world.archive.requests()).requests >= k;
    await Promise.race([ended, until(`request ${k}`, arrived)]);
    assert.ok(await arrived(), `request ${k} never came`);
    await strike(world, place);
    const { code, signal, stderr } = await ended;
    assert.equal(signal, null);
    assert.ok(code === 0 || stderr !== '', 'a cycle that failed says why');
    failed += code === 0 ? 0 : 1;
    await world.archive.heal();
    await all.checkUnfinished(place);
    await all.recover(place);
    await all.checkFinished(place);
  }
  await world.close().catch(() => {});
  assert.ok(failed > 0, 'it struck a cycle');
  return `${failed} of ${kRequests} cycles failed, and the next run went on`;
}

const crash = async (world) => {
  await world.postgres.crash();
  await world.postgres.start();
  world.renewAdmin();
};
const killBackends = (world, { name }) =>
  world.admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`);

export const checks = {
  'PostgreSQL crashes in the middle of a first cycle': () => strikeAtEveryRequest('first', crash),
  'PostgreSQL crashes in the middle of a next cycle': () => strikeAtEveryRequest('next', crash),
  'the connections to PostgreSQL are cut in the middle of a cycle': () => strikeAtEveryRequest('next', killBackends),

  async 'PostgreSQL is down: the run fails at once, and the view stays'() {
    const all = await prepare('next');
    const { world } = all;
    const place = await all.place('down');
    await world.postgres.crash();
    let run;
    all.update(place).then((ended) => (run = ended));
    const { code, stderr } = await until('the end of the run', () => run);
    assert.notEqual(code, 0);
    assert.match(stderr, /db_/);
    assert.deepEqual(await world.view(place), all.viewBefore);
    await world.postgres.start();
    world.renewAdmin();
    await all.recover(place);
    await all.checkFinished(place);
    await world.close();
  },
};
