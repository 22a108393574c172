// What keeping `latest_times` up to date costs after a crawl cycle, by the number of files in the index.
import { join } from 'node:path';

import { build, run } from './harness.mjs';

const kFiles = { 'latest_times_upkeep_0.4M': 400_000, 'latest_times_upkeep_4.2M': 4_200_000 };

export const benchmarks = Object.keys(kFiles).map((name) => ({ name, unit: 'ms', better: 'lower', goal: 10 }));

export async function measure(names, { rounds }) {
  const figures = {};
  for (const name of names) {
    const program = join(build, 'tests', 'bench', 'upkeep_bench');
    const { stdout } = await run(program, [String(kFiles[name]), String(rounds)]);
    figures[name] = {
      ...JSON.parse(stdout),
      note: '85 collectors with a new file each; rival: REFRESH MATERIALIZED VIEW over the tables of broker v2',
    };
  }
  return figures;
}
