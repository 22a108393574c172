// The clock of a check and of everything that it starts: README.md.
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { copyFile, chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { build } from '../tools/processes.mjs';

const kBuilt = join(build, 'tests/clock/moving_clock.so');

/** What the file says: that the clock shows `moment` (ms since 1970) now, and runs on from there, or stands. */
function content(moment, runs) {
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64LE(runs ? 1n : 0n, 0);
  bytes.writeBigInt64LE(BigInt(moment) * 1_000_000n - (runs ? process.hrtime.bigint() : 0n), 8);
  return bytes;
}

/** Only the second number is written: whoever reads meanwhile sees the old time or the new one. */
const mover = (file, runs) => (moment) => {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, content(moment, runs), 8, 8, 8);
  closeSync(descriptor);
};

/** A clock in `folder`, which other users may enter (PostgreSQL is one's): `env` for programs, and `set(moment)`. */
export async function makeClock(folder, moment, { runs = true } = {}) {
  if (!existsSync(kBuilt)) throw new Error(`${kBuilt} is not built: the target is moving_clock`);
  const [library, file] = [join(folder, 'moving_clock.so'), join(folder, 'clock')];
  await copyFile(kBuilt, library); // the build folder may be closed to them
  await writeFile(file, content(moment, runs));
  await Promise.all([chmod(library, 0o755), chmod(file, 0o644)]);
  return { library, file, env: { LD_PRELOAD: library, MOVING_CLOCK: file }, set: mover(file, runs) };
}

/** The clock under which this process runs (at.mjs), or null. */
export const ownClock = process.env.MOVING_CLOCK ? { set: mover(process.env.MOVING_CLOCK, true) } : null;

const kStarted = Date.now();
/** Every check begins at the same moment, whatever those before it did to the clock. */
export const rewind = () => ownClock?.set(kStarted);

/** Moves the clock of this process, and of all that it started. */
export function moveClock(moment) {
  if (!ownClock) throw new Error('Without a clock of its own this is another time than that of the programs: start it with tests/clock/at');
  ownClock.set(moment);
}
