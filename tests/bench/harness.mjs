// What every benchmark uses: processes that end with the run, free ports, load from wrk, medians, records.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const build = join(top, 'build', 'native');
export const run = promisify(execFile);

const running = new Set();
const folders = new Set();

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export async function scratchFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-bench-'));
  folders.add(folder);
  return folder;
}

/** Starts a program; what it prints is kept for the error message. It is stopped at the end at the latest. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  child.printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => (child.printed = (child.printed + text).slice(-10_000)));
  }
  child.ended = new Promise((resolve) => child.once('exit', resolve));
  child.once('error', (error) => (child.printed += error.message));
  running.add(child);
  child.ended.then(() => running.delete(child));
  return child;
}

export async function stop(child) {
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await child.ended;
  clearTimeout(late);
}

export async function cleanUp() {
  await Promise.all([...running].map(stop));
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

/** Waits until GET url answers 200. */
export async function answers(url, child, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (child.exitCode !== null) break;
    try {
      const response = await fetch(url);
      await response.arrayBuffer();
      if (response.status === 200) return;
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${url} does not answer with 200\n${child.printed}`);
}

/** Requests per second at one address: wrk with one thread and 16 connections. */
export async function load(url, { seconds, headers = {}, status = 200 }) {
  const args = ['-t1', '-c16', `-d${seconds}s`];
  for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`);
  const check = await fetch(url, { headers });
  await check.arrayBuffer();
  if (check.status !== status) throw new Error(`${url} answers ${check.status}, not ${status}`);
  const { stdout } = await run('wrk', [...args, url]);
  const errors = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  if (errors) throw new Error(`${url}: ${errors[1]} error answers under load`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
}

/** Ours and the rival under the same load, alternating; the medians of the rounds. */
export async function duel(ours, rival, options) {
  const figures = { ours: [], rival: [] };
  for (const target of [ours, rival]) await load(target, { ...options, seconds: 1 });
  for (let round = 0; round < options.rounds; ++round) {
    figures.ours.push(await load(ours, options));
    figures.rival.push(await load(rival, options));
  }
  return { ours: median(figures.ours), rival: median(figures.rival) };
}

const rounded = (value) => (value === null ? null : Number(value.toPrecision(4)));

/** The record of results.json: see design and README.md. */
export function record({ name, unit, better, goal }, { ours, rival = null, note = '' }) {
  const ratio = rival === null ? null : better === 'higher' ? ours / rival : rival / ours;
  const judged = ratio ?? ours;
  const met = ratio === null && better === 'lower' ? judged <= goal : judged >= goal;
  return {
    name,
    unit,
    better,
    ours: rounded(ours),
    rival: rounded(rival),
    ratio: rounded(ratio),
    goal,
    met,
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    note: [note, `${Math.round(totalmem() / 2 ** 30)} GB memory`].filter(Boolean).join('; '),
  };
}

/** A view of 132 rows, as large as the real one: the value of the KV key `latest`. */
export function sampleView(now = new Date()) {
  const rows = [];
  for (let i = 0; i < 66; ++i) {
    const ris = i < 23;
    const id = ris ? `rrc${String(i).padStart(2, '0')}` : `route-views.${String(i).padStart(4, 'x')}`;
    const base = ris ? `https://data.ris.ripe.net/${id}` : `https://archive.routeviews.org/${id}/bgpdata`;
    for (const type of ['rib', 'update']) {
      const name = type === 'rib' ? (ris ? 'bview' : 'RIBS/rib') : ris ? 'updates' : 'UPDATES/updates';
      rows.push({
        timestamp: '2026-11-21T08:00:00',
        delay: 312.345,
        collector_id: id,
        data_type: type,
        item_url: `${base}/2026.11/${name}.20261121.0800.${ris ? 'gz' : 'bz2'}`,
        rough_size: 435415200 + i,
        exact_size: 0,
        project: ris ? 'riperis' : 'routeviews',
        collector_url: base,
      });
    }
  }
  const head = { format: 1, update_duration: 2, rows: rows.length, last_updated_at: now.toISOString() };
  return JSON.stringify({ ...head, latest: rows });
}
