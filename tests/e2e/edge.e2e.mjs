// Events from edges to the queue of the program: workerd as wrangler/workerd.capnp sets it up, and wasmtime's folder.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { answers, build, freePort, start, stop, top, until } from '../tools/processes.mjs';
import { installation } from './skerry.mjs';

const kSecret = 'known to both';

async function serving() {
  const skerry = await installation();
  skerry.env.SKERRY_EVENTS_INGEST_SECRET = kSecret;
  const child = skerry.start('serve');
  await answers(`${skerry.url}/livez`, child);
  const events = async () => {
    const { stdout } = await skerry.run('events', 'tail', '--from', 'beginning', '--json');
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  };
  return { ...skerry, child, events };
}

/** Posts events to an edge, as often as it takes until it listens. */
async function post(url, ids, child) {
  const body = JSON.stringify({ batch: ids.map((id) => ({ id, type: 'page' })) });
  const send = () => fetch(`${url}/t/batch`, { method: 'POST', body }).catch(() => null);
  const response = await until('an answer of the edge', send, { child });
  return [response.status, await response.json()];
}

const ids_of = (events) => events.map(({ id }) => id).sort();

export const checks = {
  'workerd acknowledges what the native host has, once': async () => {
    const skerry = await serving();
    const port = await freePort();
    const addresses = [
      `--socket-addr=http=127.0.0.1:${port}`,
      `--external-addr=kv=${skerry.kv.slice('http://'.length)}`,
      `--external-addr=origin=${skerry.url.slice('http://'.length)}`,
    ];
    const config = join(top, 'wrangler', 'workerd.capnp');
    const env = { ...process.env, SKERRY_EVENTS_INGEST_SECRET: kSecret };
    const edge = start(process.env.SKERRY_WORKERD, ['serve', config, ...addresses], { env });
    const url = `http://127.0.0.1:${port}`;

    const [status, answer] = await post(url, ['e-1', 'e-2'], edge);
    assert.equal(status, 200, JSON.stringify(answer));
    assert.equal(answer.accepted, 2);
    assert.equal((await post(url, ['e-2', 'e-3'], edge))[0], 200);
    assert.deepEqual(ids_of(await skerry.events()), ['e-1', 'e-2', 'e-3']);

    await stop(skerry.child);
    const [refused, why] = await post(url, ['e-4'], edge);
    assert.equal(refused, 503);
    assert.equal(why.code, 'events_unavailable');
  },

  'what wasmtime wrote is imported, once': async () => {
    const skerry = await serving();
    const port = await freePort();
    const folders = Object.fromEntries(['kv', 'events'].map((name) => [name, join(skerry.folder, name)]));
    for (const folder of Object.values(folders)) await mkdir(folder);
    const edge = start(process.env.SKERRY_WASMTIME, [
      ...['serve', '-S', 'cli', '--addr', `127.0.0.1:${port}`],
      ...Object.entries(folders).flatMap(([name, folder]) => ['--dir', `${folder}::/${name}`]),
      join(build, 'wasm', 'skerry.component.wasm'),
    ]);
    const url = `http://127.0.0.1:${port}`;
    for (const ids of [['w-1', 'w-2'], ['w-3']]) assert.equal((await post(url, ids, edge))[0], 200);
    for (let again = 0; again < 2; ++again) {
      const { code, stdout, stderr } = await skerry.run('events', 'import', folders.events, '--to', skerry.url);
      assert.equal(code, 0, stdout + stderr);
    }
    assert.deepEqual(ids_of(await skerry.events()), ['w-1', 'w-2', 'w-3']);
  },
};
