// The tracker of the native host, one worker, each event fsynced before its answer, against an Express tracker that
// answers first and pushes into a Redis list afterwards; bare Node, without Express, is in the note.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { answers, build, freePort, median, run, scratchFolder, start, top } from './harness.mjs';

export const benchmarks = [
  { name: 'tracker_native', unit: 'requests/s', better: 'higher', goal: 10 },
  { name: 'tracker_native_p99', unit: 'ms', better: 'lower', goal: 10 },
  { name: 'tracker_batch', unit: 'events/s', better: 'higher', goal: 300_000 },
];

const folderOfScripts = join(top, 'tests', 'bench', 'tracker');
const connections = 64;
let runs = 0;

/** Posts events with wrk: `{rate, p99}`, requests per second and milliseconds. */
export async function post(url, seconds, events = 1) {
  const { stdout } = await run(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', join(folderOfScripts, 'post.lua'), url],
    { env: { ...process.env, EVENTS: String(events), RUN: `${process.pid}-${++runs}` } },
  );
  const errors = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  if (errors) throw new Error(`${url}: ${errors[1]} error answers under load`);
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    p99: Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit],
  };
}

export async function megabytes(...children) {
  let pages = 0;
  for (const { pid } of children) pages += Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]);
  return `${Math.round(pages / 1024)} MB`;
}

/** The native host with one worker: `{url, child}`. */
export async function startTracker(folder, more = '') {
  const port = await freePort();
  const config = join(folder, 'skerry.toml');
  await writeFile(
    config,
    `data_dir = "${folder}/data"\nlisten = "127.0.0.1:${port}"\nkv_listen = ""\nworkers = 1\naccess_log = false\nevents.limits.burst = "0s"\n${more}`,
  );
  const child = start(join(build, 'skerry'), ['--config', config, 'serve']);
  await answers(`http://127.0.0.1:${port}/livez`, child);
  return { url: `http://127.0.0.1:${port}/t`, child };
}

/** `express` or `bare`, with a Redis of its own: `{url, children}`. */
export async function startRival(folder, script = 'express') {
  const [port, redisPort] = [await freePort(), await freePort()];
  const redis = start('redis-server', ['--port', String(redisPort), '--save', '', '--dir', folder]);
  const node = start(process.execPath, [join(folderOfScripts, `${script}.mjs`), String(port), String(redisPort)]);
  await answers(`http://127.0.0.1:${port}/t`, node);
  return { url: `http://127.0.0.1:${port}/t`, children: [node, redis] };
}

export async function measure(names, { rounds, seconds }) {
  const folder = await scratchFolder();
  // Nobody reads here, so the log keeps all that the rounds bring.
  const ours = await startTracker(folder, 'events.max_bytes = "32 GiB"\n');
  const figures = {};
  if (names.includes('tracker_native') || names.includes('tracker_native_p99')) {
    const rival = await startRival(folder);
    const bare = await startRival(folder, 'bare');
    const of = { ours: [], rival: [], bare: [] };
    for (const { url } of [ours, rival, bare]) await post(url, 1);
    for (let round = 0; round < rounds; ++round) {
      of.ours.push(await post(ours.url, seconds));
      of.rival.push(await post(rival.url, seconds));
      of.bare.push(await post(bare.url, seconds));
    }
    const rate = (list) => median(list.map((one) => one.rate));
    const p99 = (list) => median(list.map((one) => one.p99));
    const what = `POST of one event, wrk -t1 -c${connections}, one worker, fdatasync before each answer`;
    figures.tracker_native = {
      ours: rate(of.ours),
      rival: rate(of.rival),
      note: `${what}, ${await megabytes(ours.child)}; rival: Express on Node ${process.version}, answers first, LPUSH into Redis, ${await megabytes(...rival.children)}; bare Node without Express ${Math.round(rate(of.bare))} requests/s`,
    };
    figures.tracker_native_p99 = { ours: p99(of.ours), note: `the same run; the rival's: ${p99(of.rival).toFixed(1)} ms` };
  }
  if (names.includes('tracker_batch')) {
    const batch = 100;
    await post(ours.url, 1, batch);
    const rates = [];
    for (let round = 0; round < rounds; ++round) rates.push((await post(ours.url, seconds, batch)).rate * batch);
    figures.tracker_batch = {
      ours: median(rates),
      note: `batches of ${batch} events, wrk -t1 -c${connections}, one worker, fdatasync before each answer, ${await megabytes(ours.child)}`,
    };
  }
  return figures;
}
