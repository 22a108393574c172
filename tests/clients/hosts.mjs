// The program natively, behind workerd as wrangler/workerd.capnp sets it up, and the component under wasmtime: `{url, events}`, where
// `events` reads what was recorded.
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { installation } from '../e2e/skerry.mjs';
import { read_batch } from '../tools/events.mjs';
import { answers, build, freePort, scratchFolder, start, top, until } from '../tools/processes.mjs';

const kSecret = 'known to both';

/** Natively. `stop` freezes it, `kill` ends it at once; both are undone by `go`. */
async function native() {
  const skerry = await installation('access_log = false\n');
  skerry.env.SKERRY_EVENTS_INGEST_SECRET = kSecret;
  const begin = async () => {
    host.child = skerry.start('serve');
    await answers(`${skerry.url}/livez`, host.child);
  };
  const host = {
    ...skerry,
    async events() {
      const { stdout } = await skerry.run('events', 'tail', '--from', 'beginning', '--json');
      return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    },
    stop() {
      host.child.kill('SIGSTOP');
      host.go = () => host.child.kill('SIGCONT');
    },
    async kill() {
      host.child.kill('SIGKILL');
      await host.child.ended;
      host.go = begin;
    },
  };
  await begin();
  return host;
}

async function workerd() {
  const host = await native();
  const port = await freePort();
  const addresses = [
    `--socket-addr=http=127.0.0.1:${port}`,
    `--external-addr=kv=${host.kv.slice('http://'.length)}`,
    `--external-addr=origin=${host.url.slice('http://'.length)}`,
  ];
  const env = { ...process.env, SKERRY_EVENTS_INGEST_SECRET: kSecret };
  const child = start(process.env.SKERRY_WORKERD, ['serve', join(top, 'wrangler', 'workerd.capnp'), ...addresses], { env });
  return listening({ ...host, url: `http://127.0.0.1:${port}`, child });
}

async function wasmtime() {
  const folder = await scratchFolder();
  const port = await freePort();
  const folders = Object.fromEntries(['kv', 'events'].map((name) => [name, join(folder, name)]));
  for (const path of Object.values(folders)) await mkdir(path);
  const child = start(process.env.SKERRY_WASMTIME, [
    ...['serve', '-S', 'cli', '--addr', `127.0.0.1:${port}`],
    ...Object.entries(folders).flatMap(([name, path]) => ['--dir', `${path}::/${name}`]),
    join(build, 'wasm', 'skerry.component.wasm'),
  ]);
  async function events() {
    const names = (await readdir(folders.events)).filter((name) => name.endsWith('.events'));
    const records = (await Promise.all(names.map((name) => readFile(join(folders.events, name))))).flatMap(read_batch);
    return records.map((record) => ({ ...record, body: Buffer.from(record.body, 'latin1').toString() }));
  }
  return listening({ url: `http://127.0.0.1:${port}`, child, events });
}

async function listening(host) {
  await until('the edge', () => fetch(`${host.url}/latest`).then((answer) => answer.status === 503, () => false), { child: host.child });
  return host;
}

export const hosts = { native, workerd, wasmtime };
