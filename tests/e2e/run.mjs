// run.mjs [PATTERN]: runs the checks of every *.e2e.mjs file, one after the other, and counts them.
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cleanUp } from '../tools/processes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const pattern = new RegExp(process.argv[2] ?? '');
const count = { passed: 0, failed: 0, skipped: 0 };

class Skip extends Error {}
const skip = (why) => {
  throw new Skip(why);
};

for (const file of (await readdir(here)).filter((name) => name.endsWith('.e2e.mjs')).sort()) {
  const { checks } = await import(join(here, file));
  for (const [name, check] of Object.entries(checks)) {
    if (!pattern.test(name)) continue;
    const began = Date.now();
    let line;
    try {
      await check({ skip });
      ++count.passed;
      line = `ok    ${name}`;
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
    console.log(`${line}  (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  }
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed > 0 ? 1 : 0);
