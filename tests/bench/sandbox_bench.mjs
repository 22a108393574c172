// The native sandbox by itself, and the size of the module.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build, median, run, sampleView, scratchFolder } from './harness.mjs';

export const benchmarks = [
  { name: 'sandbox_fresh_instance', unit: 'µs', better: 'lower', goal: 10 },
  { name: 'module_size', unit: 'kB gzip', better: 'lower', goal: 60 },
];

export async function measure(names, { rounds }) {
  const figures = {};
  if (names.includes('sandbox_fresh_instance')) {
    const view = join(await scratchFolder(), 'latest');
    await writeFile(view, sampleView());
    const rows = [];
    for (let i = 0; i < rounds; ++i) rows.push(JSON.parse((await run(join(build, 'sandbox_bench'), [view])).stdout));
    figures.sandbox_fresh_instance = {
      ours: median(rows.map((row) => row.ours)),
      note: 'latest, GET / on a view of 132 rows: instantiate, begin, kv.get, response, free',
    };
  }
  if (names.includes('module_size')) {
    const module = await readFile(join(build, 'wasm', 'latest.reactor.wasm'));
    figures.module_size = {
      ours: gzipSync(module, { level: 9 }).length / 1000,
      note: `latest.reactor.wasm, ${Math.round(module.length / 1000)} kB uncompressed`,
    };
  }
  return figures;
}
