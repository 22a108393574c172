// What every benchmark uses: load from wrk, duels with a rival, records.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

import { answers, build, freePort, run, start } from '../tools/processes.mjs';

export { answers, build, cleanUp, freePort, run, scratchFolder, start, stop, top } from '../tools/processes.mjs';

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

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
export async function duel(ours, rival, { rounds, seconds }, loadFor = (url, time) => load(url, { seconds: time })) {
  const figures = { ours: [], rival: [] };
  for (const target of [ours, rival]) await loadFor(target, 1);
  for (let round = 0; round < rounds; ++round) {
    figures.ours.push(await loadFor(ours, seconds));
    figures.rival.push(await loadFor(rival, seconds));
  }
  return { ours: median(figures.ours), rival: median(figures.rival) };
}

/** nginx with one worker, everything it writes in `folder`; returns its address once `path` is answered. `http` and `server` are lines of these blocks. */
export async function startNginx(folder, { http, server, path }) {
  const port = await freePort();
  await mkdir(join(folder, 'tmp'));
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000; default_type application/json; ${http}
  client_body_temp_path ${folder}/tmp/a; proxy_temp_path ${folder}/tmp/b; fastcgi_temp_path ${folder}/tmp/c;
  uwsgi_temp_path ${folder}/tmp/d; scgi_temp_path ${folder}/tmp/e;
  server { listen 127.0.0.1:${port}; ${server} }
}
`,
  );
  const child = start('/usr/sbin/nginx', ['-c', config, '-e', join(folder, 'error.log')]);
  await answers(`http://127.0.0.1:${port}${path}`, child);
  return `127.0.0.1:${port}`;
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

/**
 * The native host with one worker and `view` in its store: `{url, kv}`, the addresses of the view and the store; its process and its
 * port. `more` is TOML.
 */
export async function startSkerry(folder, view, { workers = 1, more = '' } = {}) {
  const [port, kvPort] = [await freePort(), await freePort()];
  const config = join(folder, 'skerry.toml');
  await writeFile(
    config,
    `data_dir = "${folder}/data"\nlisten = "127.0.0.1:${port}"\nkv_listen = "127.0.0.1:${kvPort}"\n` +
      `workers = ${workers}\naccess_log = false\n${more}`,
  );
  const child = start(join(build, 'skerry'), ['--config', config, 'serve'], { env: { ...process.env, SKERRY_KV_TOKEN: 'kv' } });
  await answers(`http://127.0.0.1:${kvPort}/?prefix=`, child);
  const put = await fetch(`http://127.0.0.1:${kvPort}/latest?urlencoded=true`, { method: 'PUT', headers: { Authorization: 'Bearer kv' }, body: view });
  if (!put.ok) throw new Error(`the view can't be stored: ${put.status}`);
  const url = `http://127.0.0.1:${port}/latest`;
  await answers(url, child);
  return { url, kv: `127.0.0.1:${kvPort}`, child, port };
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
