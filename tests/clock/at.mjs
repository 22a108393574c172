// at MOMENT COMMAND [ARGUMENT...]: see `at`.
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';

import { scratchFolder } from '../tools/processes.mjs';
import { makeClock } from './clock.mjs';

const [when, ...command] = process.argv.slice(2);
const relative = /^([+-]\d+)([smhd])$/.exec(when ?? '');
const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const moment = relative ? Date.now() + Number(relative[1]) * units[relative[2]] : Date.parse(when);
if (Number.isNaN(moment) || command.length === 0) {
  console.error('at: error: say a moment (2028-02-28T23:59:50Z, +400d, -90m) and a command');
  process.exit(2);
}
const folder = await scratchFolder();
const clock = await makeClock(folder, moment);
const child = spawn(command[0], command.slice(1), { stdio: 'inherit', env: { ...process.env, ...clock.env } });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const [code, signal] = await new Promise((resolve) => {
  child.once('close', (...how) => resolve(how));
  child.once('error', ({ message }) => (console.error(`at: error: ${message}`), resolve([127])));
});
await rm(folder, { recursive: true, force: true });
process.exit(signal ? 1 : code);
