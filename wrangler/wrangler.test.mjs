// Wrangler itself, with no account: what it would deploy, and the same served on this machine. Needs the modules and
// pages of build/native.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { problem_of_origin } from '../wasm-runtime/js/cloudflare.mjs';
import { startNativeHost } from '../tests/doubles/native_host.mjs';
import { cleanUp, freePort, run, scratchFolder, start, until } from '../tests/tools/processes.mjs';

const cwd = import.meta.dirname;
const built = join(cwd, '..', 'build', 'native', 'pages');
const secret = 'known to both';
let url;
let native_host;

before(async () => {
  native_host = await startNativeHost({ secret });
  const [state, port] = [await scratchFolder(), await freePort()];
  const view = join(cwd, '..', 'tests', 'conformance', 'data', 'view.json');
  await run('wrangler', ['kv', 'key', 'put', '--local', '--persist-to', state, '--binding', 'KV', 'latest', '--path', view], { cwd });
  // Its port for debuggers is fixed unless it is told another, and two runs would meet there.
  const ports = ['--port', String(port), '--inspector-port', String(await freePort())];
  const settings = [`SKERRY_ORIGIN_URL:${native_host.origin}`, `SKERRY_INGEST_SECRET:${secret}`];
  const vars = settings.flatMap((setting) => ['--var', setting]);
  const dev = start('wrangler', ['dev', '--local', '--ip', '127.0.0.1', ...ports, ...vars, '--persist-to', state], { cwd });
  url = `http://127.0.0.1:${port}`;
  const there = () => fetch(`${url}/nowhere`).then(({ status }) => status === 404, () => false);
  await until('wrangler dev', there, { child: dev });
});
after(async () => {
  await cleanUp();
  native_host.close();
});

test('the bundle can be deployed, with its pages as static assets', async () => {
  const { stdout } = await run('wrangler', ['deploy', '--dry-run', '--outdir', await scratchFolder()], { cwd });
  assert.match(stdout, /env\.KV/);
  assert.match(stdout, /env\.EVENTS/);
  assert.match(stdout, /from the assets directory/);
});

test('a function can be deployed alone', async () => {
  for (const more of [[], ['../build/native/wasm/health.worker.mjs', '--name', 'skerry-health']]) {
    const outdir = await scratchFolder();
    await run('wrangler', ['deploy', '-c', 'one-function.jsonc', ...more, '--dry-run', '--outdir', outdir], { cwd });
    const modules = (await readdir(outdir)).filter((name) => name.endsWith('.wasm'));
    assert.equal(modules.length, 1);
    assert.match(modules[0], more.length > 0 ? /health/ : /tracker/);
  }
});

test('the examples can be mistaken for nothing: each placeholder says what it wants, and no other place has one', async () => {
  for (const name of ['wrangler.jsonc', 'one-function.jsonc']) {
    const text = await readFile(join(cwd, name), 'utf8');
    assert.match(text, /"id": "REPLACE-[A-Z-]+"/, name);
    const [, origin] = /"SKERRY_ORIGIN_URL": "([^"]*)"/.exec(text);
    assert.ok(problem_of_origin(origin), `${name}: ${origin} would be taken`);
  }
});

test('events go through the queue to the native host', async () => {
  native_host.fail({ status: 503, body: '{"code":"events_full"}' }, 1); // once: the queue brings them again
  const ids = ['queued-1', 'queued-2', 'queued-3'];
  const batch = JSON.stringify({ batch: ids.map((messageId) => ({ messageId, type: 'page' })) });
  const response = await fetch(`${url}/v1/batch`, { method: 'POST', body: batch });
  assert.equal(response.status, 200);
  assert.equal((await response.json()).accepted, 3);
  await until('the events', () => native_host.events.length >= 3);
  assert.deepEqual(native_host.events.map(({ id }) => id), ids);
  const [{ client, hints }] = native_host.events; // wrangler plays Cloudflare, which vouches for both
  assert.equal(client, '127.0.0.0'); // cut, unless a setting says otherwise
  assert.ok(hints.some(([name]) => name === 'country'));
});

test('the pages are served by the platform, with their headers', async () => {
  const [, every, script] = (await readFile(join(built, '_headers'), 'utf8')).split(/^\/.*\n/m).map((lines) => lines.trim().split('\n'));
  assert.equal(every.length, 4);
  assert.equal(script.length, 4);
  for (const [path, type] of [
    ['/status', 'text/html; charset=utf-8'],
    ['/status/status.css', 'text/css; charset=utf-8'],
    ['/status/status.mjs', 'text/javascript; charset=utf-8'],
    ['/status/table.mjs', 'text/javascript; charset=utf-8'],
    ['/status/table.wasm', 'application/wasm'],
    ['/demo', 'text/html; charset=utf-8'],
    ['/demo/demo.css', 'text/css; charset=utf-8'],
    ['/demo/demo.mjs', 'text/javascript; charset=utf-8'],
    ['/t.js', 'text/javascript; charset=utf-8'],
  ]) {
    const response = await fetch(`${url}${path}`);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get('content-type'), type);
    assert.ok(response.headers.has('cf-cache-status'), `${path} comes from the Worker`);
    const lines = path === '/t.js' ? [...every.slice(1), ...script.slice(1)] : every; // its Cache-Control is another
    for (const line of lines) {
      const [name, value] = line.trim().split(/: (.*)/);
      assert.equal(response.headers.get(name), value, path);
    }
    const file = await readFile(join(built, path.includes('.') ? path : `${path}.html`));
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(file), path);
    const again = await fetch(`${url}${path}`, { headers: { 'If-None-Match': response.headers.get('etag') } });
    assert.equal(again.status, 304, path);
  }
  for (const page of ['/status', '/demo']) {
    const folder = await fetch(`${url}${page}/?project=ris`, { redirect: 'manual' });
    assert.equal(folder.status, 307);
    assert.equal(folder.headers.get('location'), `${page}?project=ris`);
  }
});

test('everything else reaches the Worker', async () => {
  const view = await fetch(`${url}/latest?project=ris`);
  assert.equal(view.status, 200);
  assert.ok((await view.json()).latest.length > 0);
  assert.equal((await (await fetch(`${url}/history`)).json()).code, 'history_missing');
  assert.equal((await (await fetch(`${url}/status/none.css`)).json()).code, 'not_found');
});
