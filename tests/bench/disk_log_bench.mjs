// The event log: what group commit brings, and what opening a large log costs.
import { join } from 'node:path';

import { build, run, scratchFolder } from './harness.mjs';

// SKERRY_BENCH_LOG_GB: for a small or slow disk; the log is written once, and read from the disk in each round.
const kGigabytes = Number(process.env.SKERRY_BENCH_LOG_GB ?? 10);

export const benchmarks = [
  { name: 'disk_log_append', unit: 'appends/s', better: 'higher', goal: 20 },
  { name: 'disk_log_recovery', unit: 'GB/s', better: 'higher', goal: 0.5 },
];

export async function measure(names, { rounds, seconds }) {
  const program = join(build, 'tests', 'bench', 'disk_log_bench');
  const folder = await scratchFolder();
  const measured = async (...args) => JSON.parse((await run(program, args.map(String))).stdout);
  const figures = {};
  if (names.includes('disk_log_append')) {
    const { ours, rival, overlapping, cpu_us: microseconds } = await measured('append', folder, seconds / 2, rounds);
    const note =
      `64 writers, each with one event of 0.3 kB on its way; rival: a write and an fdatasync for each append in its turn; ` +
      `64 threads that write and sync one file at once, without being a log: ${overlapping}; ` +
      `processor time for an event, without the kernel's: ${microseconds} us`;
    figures.disk_log_append = { ours, rival, note };
  }
  if (names.includes('disk_log_recovery')) {
    const { ours, rival, verify, GB } = await measured('recovery', folder, kGigabytes, Math.min(rounds, 3));
    const note = `opening a log of ${GB} GB, nothing of it in the page cache; rival: cat; verifying all of it: ${verify}`;
    figures.disk_log_recovery = { ours, rival, note };
  }
  return figures;
}
