// Disks that are full.
import assert from 'node:assert/strict';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../tools/processes.mjs';
import { counting, prepare } from './cycles.mjs';

const kSpare = [0, 256, 640, 704, 768, 1024]; // kilobytes that are left before the cycle

/** From the program's n-th effect on its disk is full, for every n at which it writes. */
async function fullAtEveryWrite(cycle) {
  const all = await prepare(cycle);
  const { world } = all;
  const whole = await all.place('whole');
  const counter = await counting(world, whole);
  assert.equal((await all.update(whole, counter.environment)).code, 0);
  const kinds = await counter.read();
  const writes = [...kinds].flatMap((kind, i) => (kind === 'w' ? [i + 1] : []));
  const place = await all.place('filled');
  let failed = 0;
  for (const n of writes) {
    await all.renew(place);
    const { environment, read } = await counting(world, place, { EFFECTS_FULL: String(n) });
    const { code, signal, stderr } = await all.update(place, environment);
    await read();
    assert.equal(signal, null, stderr);
    assert.ok(code === 0 || stderr !== '', 'a run that failed says why');
    failed += code === 0 ? 0 : 1;
    await all.checkUnfinished(place);
    await all.recover(place);
    await all.checkFinished(place);
  }
  await world.close();
  assert.ok(failed > 0);
  return `${failed} of ${writes.length} runs failed, and the next run went on`;
}

/** PostgreSQL's disk is full at several points of a cycle: a tablespace on a small file system of its own. */
async function fullDatabase({ skip }) {
  const all = await prepare('first');
  const { world } = all;
  const disk = join(world.folder, 'disk');
  await mkdir(disk);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=32m,mode=755', 'tmpfs', disk]);
  } catch (error) {
    await world.close();
    skip(`no file system can be mounted here: ${error.message.split('\n')[1] ?? error.message}`);
  }
  try {
    const space = join(disk, 'space');
    await mkdir(space);
    if (process.getuid() === 0) {
      const { stdout } = await run('id', ['-u', 'postgres']);
      await chown(space, Number(stdout), -1);
    }
    await world.admin.query(`CREATE TABLESPACE small LOCATION '${space}'`);
    let failed = 0;
    const ballast = join(disk, 'ballast');
    for (const spare of kSpare) {
      const place = await all.place(`full${spare}`);
      await world.admin.query(`ALTER DATABASE ${place.name} SET TABLESPACE small`);
      await all.checkUnfinished(place); // also makes the files that a first session makes
      const { stdout } = await run('df', ['--output=avail', '-k', disk]);
      await writeFile(ballast, Buffer.alloc(Math.max(0, Number(stdout.split('\n')[1]) - spare) * 1024));
      const { code, signal, stderr } = await all.update(place);
      assert.equal(signal, null, stderr);
      if (code !== 0) assert.match(stderr, /No space left on device/);
      failed += code === 0 ? 0 : 1;
      await all.checkUnfinished(place);
      await rm(ballast);
      await all.recover(place);
      await all.checkFinished(place);
      await world.drop(place);
    }
    assert.ok(failed > 1, `the disk was full ${failed} times`);
    await world.admin.query('DROP TABLESPACE small');
    await world.close();
    await world.postgres.crash();
    return `${failed} of ${kSpare.length} cycles failed, and the next run went on`;
  } finally {
    await run('umount', ['-l', disk]);
  }
}

export const checks = {
  "the program's disk is full from any write of a first cycle on": () => fullAtEveryWrite('first'),
  "the program's disk is full from any write of a next cycle on": () => fullAtEveryWrite('next'),
  "PostgreSQL's disk is full": fullDatabase,
};
