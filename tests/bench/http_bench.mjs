// The server alone: what streams through it, and what a connection costs that does nothing.
import { join } from 'node:path';

import { build, run } from './harness.mjs';

// SKERRY_BENCH_UPLOAD_GB: for a slow machine.
const kGigabytes = Number(process.env.SKERRY_BENCH_UPLOAD_GB ?? 4);
const kConnections = 10000;

export const benchmarks = [
  { name: 'upload_sink', unit: 'GB/s', better: 'higher', goal: 0.9 },
  { name: 'connections_idle', unit: 'MB', better: 'lower', goal: 60 },
];

export async function measure(names, { rounds }) {
  const program = join(build, 'tests', 'bench', 'http_bench');
  const measured = async (...args) => JSON.parse((await run(program, args.map(String))).stdout);
  const figures = {};
  if (names.includes('upload_sink')) {
    const { ours, rival, ours_cpu: cpu, rival_cpu: rivalCpu } = await measured('upload', kGigabytes, rounds);
    const note = `a body of ${kGigabytes} GiB into a handler that drops it, one connection; rival: recv(2) into one buffer of 256 KiB; processor time of the reader: ${cpu} and ${rivalCpu} s/GB`;
    figures.upload_sink = { ours, rival, note };
  }
  if (names.includes('connections_idle')) {
    const { MB, KB_each: each } = await measured('idle', kConnections);
    const note = `resident memory of a server with ${kConnections} connections that had one request each; ${each} kB a connection`;
    figures.connections_idle = { ours: MB, note };
  }
  return figures;
}
