// From `./run` in a clean clone to the first served view: with an empty cache for tools and compilers (the apt
// packages are there), and again in the same clone.
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import { freePort, run, scratchFolder, start, stop, top } from './harness.mjs';

export const benchmarks = [
  { name: 'first_page', unit: 's', better: 'lower', goal: 300 },
  { name: 'first_page_warm', unit: 's', better: 'lower', goal: 5 },
];

/** Seconds from the start of ./run until the view has rows. */
async function firstView(clone, cache) {
  const [port, kvPort] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    SKERRY_CACHE: cache,
    CCACHE_DIR: join(cache, 'ccache'),
    SKERRY_LISTEN: `127.0.0.1:${port}`,
    SKERRY_KV_LISTEN: `127.0.0.1:${kvPort}`,
  };
  const began = performance.now();
  const child = start('./run', [], { cwd: clone, env });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`./run ended\n${child.printed}`);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/latest`);
      if (response.status === 200 && (await response.json()).latest.length > 0) break;
      await response.arrayBuffer().catch(() => {});
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (performance.now() - began) / 1000;
  await stop(child);
  return seconds;
}

export async function measure(names) {
  const folder = await scratchFolder();
  const clone = join(folder, 'skerry');
  const cache = join(folder, 'cache');
  await run('git', ['clone', '-q', top, clone]);
  const note = 'archive replica where no archive answers';
  const figures = { first_page: { ours: await firstView(clone, cache), note: `empty cache; ${note}` } };
  if (names.includes('first_page_warm')) {
    figures.first_page_warm = { ours: await firstView(clone, cache), note: `warm cache and database; ${note}` };
  }
  return figures;
}
