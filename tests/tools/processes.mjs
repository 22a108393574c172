// Processes, ports and folders for tests and benchmarks: whatever is started or made here ends with the run.
import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const top = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const build = process.env.SKERRY_BUILD ?? join(top, 'build', 'native');
export const run = promisify(execFile);
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const running = new Set();
const folders = new Set();

const kPortsOfBlock = 64;
const portsLeft = [];
/** Listens at `port`, or gives null where somebody else does. */
const listen = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

/** A block of ports for this process alone: it listens at the first of them as long as it lives. */
async function claimPorts() {
  for (;;) {
    const first = 16_000 + kPortsOfBlock * randomInt(250);
    const claim = await listen(first);
    claim?.unref();
    if (claim) return Array.from({ length: kPortsOfBlock - 1 }, (_, n) => first + 1 + n);
  }
}

/**
 * A port at which nobody listens, each once. The system would give it to no connection meanwhile, and no other process of
 * the tests takes it before who asked for it listens there, or while that is not up.
 */
export async function freePort() {
  for (;;) {
    if (portsLeft.length === 0) portsLeft.push(...(await claimPorts()));
    const port = portsLeft.shift();
    const server = await listen(port);
    if (server) return new Promise((resolve) => server.close(() => resolve(port)));
  }
}

export async function scratchFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-'));
  await chmod(folder, 0o755); // or root's PostgreSQL, which is another user's, would lie outside of it
  folders.add(folder);
  return folder;
}

/** Starts a program; `printed` and `said` keep what came from stdout and stderr. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  child.printed = '';
  child.said = '';
  child.stdout.on('data', (text) => (child.printed = (child.printed + text).slice(-1_000_000)));
  child.stderr.on('data', (text) => (child.said = (child.said + text).slice(-1_000_000)));
  child.ended = new Promise((resolve) => child.once('close', resolve));
  child.once('error', (error) => (child.said += error.message));
  running.add(child);
  child.ended.then(() => running.delete(child));
  return child;
}

/** Asks a program to end and returns its exit code; after 20 s it is killed. */
export async function stop(child, signal = 'SIGTERM') {
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const code = await child.ended;
  clearTimeout(late);
  return code;
}

/** Tells it to stop again and again, until it ends. */
export async function insist(child, signal = 'SIGTERM') {
  const again = setInterval(() => child.kill(signal), 200);
  try {
    return await stop(child, signal);
  } finally {
    clearInterval(again);
  }
}

export async function cleanUp() {
  await Promise.all([...running].map((child) => stop(child)));
  // What a program left to others, like a container's, may still write there for a moment.
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  folders.clear();
}

/** Waits until `condition` gives something true, and returns it. */
export async function until(what, condition, { child, seconds = 60 } = {}) {
  // Not by the wall clock, which a check may move.
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(30)) {
    const value = await condition();
    if (value) return value;
    if (child && (child.exitCode !== null || child.signalCode !== null)) break;
  }
  throw new Error(`${what} did not come to pass${child ? `\n${child.printed}${child.said}` : ''}`);
}

/** Waits until GET `url` answers 200. */
export const answers = (url, child, seconds = 60) =>
  until(
    `an answer of ${url}`,
    () =>
      fetch(url).then(
        async (response) => (await response.arrayBuffer(), response.status === 200),
        () => false, // not listening yet
      ),
    { child, seconds },
  );
