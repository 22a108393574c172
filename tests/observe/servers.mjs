// The servers that read what Skerry says of itself, and the functions compiled natively, which say it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { answers, build, freePort, scratchFolder, start, top, until } from '../tools/processes.mjs';

export const operators = join(top, 'native-host', 'metrics');
export const report = '/metrics/backup_repository_report/influxdb';

/** A snapshot of the native host, as its KV value `metrics`, taken at `time` (ms since 1970). */
export async function snapshot(time = Date.now()) {
  const text = await readFile(join(top, 'tests/conformance/data/metrics.txt'), 'utf8');
  return text.replace(/^(skerry_snapshot_timestamp_seconds) .*$/m, `$1 ${time / 1000}`);
}

/** The functions over a store that holds `values`; `put` changes it. */
export async function startFunctions({ settings = {}, values = {} }) {
  const folder = await scratchFolder();
  const child = start(join(build, 'tests/conformance/conformance-native'), [
    ...[join(folder, 'kv'), join(folder, 'events'), 'none'],
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
  ]);
  const address = (what) => new RegExp(`^${what} (\\S+)$`, 'm').exec(child.printed)?.[1];
  await until('the functions', () => address('kv'), { child });
  const put = async (key, value) => {
    const response = await fetch(`http://${address('kv')}/${key}?urlencoded=true`, { method: 'PUT', body: value });
    if (!response.ok) throw new Error(`PUT ${key}: ${response.status}`);
  };
  for (const [key, value] of Object.entries(values)) await put(key, value);
  return { child, put, address: address('http'), url: `http://${address('http')}` };
}

/** InfluxDB with a database `skerry`. */
export async function startInfluxdb() {
  const folder = await scratchFolder();
  const [port, rpcPort] = [await freePort(), await freePort()];
  const config = join(folder, 'influxdb.conf');
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[monitor]
  store-enabled = false
`,
  );
  const child = start('influxd', ['run', '-config', config], { env: { ...process.env, HOME: folder } });
  const url = `http://127.0.0.1:${port}`;
  await until('InfluxDB', () => fetch(`${url}/ping`).then((answer) => answer.status === 204, () => false), { child });
  const query = async (q) => {
    const response = await fetch(`${url}/query?db=skerry&epoch=ns`, { method: 'POST', body: new URLSearchParams({ q }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${q}: ${response.status} ${text}`);
    // Nanoseconds don't fit into JavaScript's numbers.
    return JSON.parse(text.replace(/\[(\d{19}),/g, '["$1",')).results[0];
  };
  await query('CREATE DATABASE skerry');
  const write = async (line) => {
    const response = await fetch(`${url}/write?db=skerry&precision=ns`, { method: 'POST', body: line });
    return { status: response.status, text: await response.text() };
  };
  return { query, write };
}

/** Prometheus, which scrapes as `scrapes` (YAML, indented by two) say, every second. */
export async function startPrometheus(scrapes) {
  const folder = await scratchFolder();
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    `global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: [${operators}/prometheus-rules.yml]
scrape_configs:
${scrapes}`,
  );
  const child = start('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/-/ready`, child);
  const api = async (path) => {
    const response = await fetch(`${url}/api/v1/${path}`);
    const { status, data, error } = await response.json();
    if (status !== 'success') throw new Error(`${path}: ${error}`);
    return data;
  };
  /** The value of an expression of one series; null where it has none. */
  const value = async (expression) => {
    const { result } = await api(`query?query=${encodeURIComponent(expression)}`);
    return result.length === 0 ? null : Number(result[0].value[1]);
  };
  const targets = async () => (await api('targets')).activeTargets;
  const alerts = async () => (await api('alerts')).alerts;
  return { child, value, targets, alerts };
}

/** `host:port` as a job of Prometheus' configuration. */
export const job = (address, access) => `  - job_name: skerry
    metrics_path: /metrics
    ${access}
    static_configs: [{targets: ['${address}']}]
`;

/** `promtool check metrics` over a text of the format 0.0.4; throws with what it finds. */
export async function checkMetrics(text) {
  const child = start('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(text);
  const code = await child.ended;
  if (code !== 0) throw new Error(`promtool: ${child.printed}${child.said}`);
}
