// A crawl cycle over all 85 collectors of the archive replica, and the next one five minutes later, against the original's
// way (rival/update_v2.mjs). Both write to the same PostgreSQL with Debian's settings.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startWorld } from '../tools/world.mjs';
import { median, top } from './harness.mjs';

export const benchmarks = [
  { name: 'update_cycle_first', unit: 's', better: 'lower', goal: 1 },
  { name: 'update_cycle_next', unit: 's', better: 'lower', goal: 5 },
  { name: 'update_cycle_next_bytes', unit: 'kB', better: 'lower', goal: 50 },
  { name: 'update_cycle_memory', unit: 'MB', better: 'lower', goal: 64 },
];

const kBegin = Date.UTC(2026, 10, 21, 8, 0);
const kNext = kBegin + 5 * 60_000;

// Runs a program and says last, on standard error, how much memory it had at most (kB, as wait4 tells).
const kMeasured = `
import os, sys
pid = os.spawnvpe(os.P_NOWAIT, sys.argv[1], sys.argv[1:], dict(os.environ, LD_PRELOAD=os.environ.pop("PRELOAD", "")))
_, status, usage = os.wait4(pid, 0)
print("\\nmaxrss", usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))`;

/** Runs one cycle of either side; seconds, bytes from the replica, and the most memory in MB. */
async function measured(world, command, env) {
  await world.archive.forgetRequests();
  const began = performance.now();
  const { stderr, stdout } = await new Promise((resolve, reject) =>
    execFile('python3', ['-c', kMeasured, ...command], { env, maxBuffer: 1 << 26 }, (error, out, err) =>
      error ? reject(new Error(`${command[0]}: ${err}`)) : resolve({ stdout: out, stderr: err }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  const { head_bytes: heads, body_bytes: bodies, requests } = await world.archive.requests();
  const memory = Number(/maxrss (\d+)/.exec(stderr)[1]) / 1024;
  return { seconds, kB: (heads + bodies) / 1000, requests, memory, stdout };
}

export async function measure(_names, { rounds }) {
  const builtIn = JSON.parse(await readFile(join(top, 'native-host/broker/collectors.json'), 'utf8'));
  const world = await startWorld({ time: kBegin, ids: builtIn.map(({ id }) => id), postgresSettings: ['fsync = on'] });
  const figures = { first: [], next: [], rivalFirst: [], rivalNext: [] };
  const ours = async (place) => {
    const { LD_PRELOAD, ...env } = world.environment(place);
    const program = [world.program, '--config', world.config, 'update', '--once'];
    return measured(world, program, { ...env, PRELOAD: LD_PRELOAD });
  };
  const rival = (place) => {
    const script = join(top, 'tests/bench/rival/update_v2.mjs');
    const args = [process.execPath, script, join(world.folder, 'collectors.json'), world.postgres.place, place.name, String(world.time)];
    return measured(world, args, { ...process.env, no_proxy: '*' });
  };
  const count = Math.min(rounds, 3);
  for (let round = 0; round < count; ++round) {
    const [a, b] = [await world.place(`ours${round}`), await world.place(`rival${round}`)];
    await world.setTime(kBegin);
    figures.first.push(await ours(a));
    figures.rivalFirst.push(await rival(b));
    await world.setTime(kNext);
    figures.next.push(await ours(a));
    figures.rivalNext.push(await rival(b));
    const [[files]] = await world.query(a, 'SELECT count(*) FROM broker.files');
    const [[items]] = await world.query(b, 'SELECT count(*) FROM items');
    figures.files = Number(files);
    if (files !== items) figures.note = `${files} files here, ${items} there`;
    for (const place of [a, b]) await world.drop(place);
  }
  await world.close();

  const middle = (runs, what) => median(runs.map((run) => run[what]));
  const seconds = middle(figures.rivalNext, 'seconds').toPrecision(3);
  const note = `85 collectors, ${figures.files} files${figures.note ? ` (${figures.note})` : ''}; rival: the original's way`;
  return {
    update_cycle_first: {
      ours: middle(figures.first, 'seconds'),
      rival: middle(figures.rivalFirst, 'seconds'),
      note: `empty database, \`update --once\`; ${note}`,
    },
    update_cycle_next: {
      ours: middle(figures.next, 'seconds'),
      note: `five minutes later, \`update --once\`; the original's way takes ${seconds} s`,
    },
    update_cycle_next_bytes: {
      ours: middle(figures.next, 'kB'),
      rival: middle(figures.rivalNext, 'kB'),
      note: `heads and bodies that the archives sent, ${middle(figures.next, 'requests')} requests against ${middle(figures.rivalNext, 'requests')}; ${note}`,
    },
    update_cycle_memory: { ours: middle(figures.first, 'memory'), note: `largest resident size in the first cycle; the original's way in Node: ${middle(figures.rivalFirst, 'memory').toFixed(0)} MB` },
  };
}
