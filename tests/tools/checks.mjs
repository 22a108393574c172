// Runs the checks of every file in `folders` (or the one) whose name ends in `suffix`, one after the other, and counts
// them. Where SKERRY_TEST_CLAIMS names a folder, several such processes share them: each takes the next that no other has
// taken there.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { rewind } from '../clock/clock.mjs';
import { cleanUp } from './processes.mjs';

class Skip extends Error {}
const skip = (why) => {
  throw new Skip(why);
};

export async function runChecks(folders, suffix, pattern = '') {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const failures = []; // said at the end, where a log that is cut still has them
  let chosen = 0;
  const isOurs = async () => {
    const claims = process.env.SKERRY_TEST_CLAIMS;
    if (claims === undefined) return true;
    return writeFile(join(claims, String(chosen++)), '', { flag: 'wx' }).then(
      () => true,
      (error) => {
        if (error.code !== 'EEXIST') throw error;
        return false;
      },
    );
  };
  const files = [];
  for (const folder of [folders].flat())
    for (const file of (await readdir(folder)).filter((name) => name.endsWith(suffix)).sort()) files.push(join(folder, file));
  for (const file of files) {
    const { checks } = await import(file);
    for (const [name, check] of Object.entries(checks)) {
      if (!new RegExp(pattern).test(name) || !(await isOurs())) continue;
      rewind();
      const began = performance.now();
      let line;
      try {
        const note = await check({ skip });
        ++count.passed;
        line = `ok    ${name}${note ? `: ${note}` : ''}`;
      } catch (error) {
        if (error instanceof Skip) {
          ++count.skipped;
          line = `skip  ${name}: ${error.message}`;
        } else {
          ++count.failed;
          line = `FAIL  ${name}`;
          failures.push(`${line}\n${error.stack}`);
        }
      }
      await cleanUp();
      console.log(`${line}  (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    }
  }
  if (failures.length > 0) console.log(`\n${failures.join('\n\n')}\n`);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return count.failed === 0;
}
