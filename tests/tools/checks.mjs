// Runs the checks of every file in `folders` (or the one) whose name ends in `suffix`, one after the other, and counts them.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { rewind } from '../clock/clock.mjs';
import { cleanUp } from './processes.mjs';

class Skip extends Error {}
const skip = (why) => {
  throw new Skip(why);
};

export async function runChecks(folders, suffix, pattern = '') {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const files = [];
  for (const folder of [folders].flat())
    for (const file of (await readdir(folder)).filter((name) => name.endsWith(suffix)).sort()) files.push(join(folder, file));
  for (const file of files) {
    const { checks } = await import(file);
    for (const [name, check] of Object.entries(checks)) {
      if (!new RegExp(pattern).test(name)) continue;
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
          line = `FAIL  ${name}\n${error.stack}`;
        }
      }
      await cleanUp();
      console.log(`${line}  (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    }
  }
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return count.failed === 0;
}
