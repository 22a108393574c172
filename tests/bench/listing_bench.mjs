// Reading a listing, against the same work with a regular-expression library.
import { join } from 'node:path';

import { build, run } from './harness.mjs';

export const benchmarks = [{ name: 'parse_listing', unit: 'MB/s', better: 'higher', goal: 20 }];

export async function measure(_names, { seconds }) {
  const { stdout } = await run(join(build, 'tests', 'bench', 'listing_bench'), [String(seconds / 4)]);
  const { ours, rival, std_regex: std, files, kB } = JSON.parse(stdout);
  return {
    parse_listing: {
      ours,
      rival,
      note: `a month of RIS and of RouteViews, ${files} files in ${kB} kB; rival: PCRE2 10.42 with JIT, one pattern for a row; std::regex ${std} MB/s`,
    },
  };
}
