// Varnish and nginx as shared caches in front of the server, each as it comes: nobody gets a variant that was made for somebody else,
// and a view that is past its time is kept for some seconds.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { startServer } from '../browser/chromium.mjs';
import { documents } from '../browser/documents.mjs';
import { freePort, scratchFolder, start, until } from '../tools/processes.mjs';
import { startLossyProxy } from './lossy_proxy.mjs';

/** As it is sent: nothing is unpacked, and nothing added. */
function ask(url, headers = {}, method = 'GET') {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end();
  });
}

const listens = (url, child) =>
  until('the cache', () => ask(`${url}/livez`).then(({ status }) => status === 200, () => false), { child });

async function startVarnish(origin) {
  const folder = await scratchFolder();
  const port = await freePort();
  const { hostname, port: behind } = new URL(origin);
  const vcl = join(folder, 'default.vcl');
  await writeFile(vcl, `vcl 4.1;\nbackend default { .host = "${hostname}"; .port = "${behind}"; }\n`);
  const options = ['-F', '-a', `127.0.0.1:${port}`, '-f', vcl, '-n', join(folder, 'work'), '-s', 'malloc,64m', '-p', 'thread_pools=1'];
  const child = start('/usr/sbin/varnishd', options);
  const url = `http://127.0.0.1:${port}`;
  await listens(url, child);
  return url;
}

async function startNginx(origin) {
  const folder = await scratchFolder();
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events {}
http {
  access_log off;
  proxy_cache_path ${folder}/cache keys_zone=views:1m;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${origin};
      proxy_cache views;
    }
  }
}
`,
  );
  const child = start('/usr/sbin/nginx', ['-c', config, '-e', join(folder, 'error.log')]);
  const url = `http://127.0.0.1:${port}`;
  await listens(url, child);
  return url;
}

const caches = { Varnish: startVarnish, nginx: startNginx };

/** The server with a view of `age` seconds, and a cache in front of it; `asked` are the requests that came through. */
async function behind(startCache, age = 30) {
  const server = await startServer();
  const made = await documents({ now: Date.now() - age * 1000, count: 6 });
  await server.publish(made);
  const counter = await startLossyProxy(server.url, Infinity);
  return { server, made, asked: counter.requests, url: await startCache(counter.url), close: counter.close };
}

const kPaths = ['/', '/latest', '/v2/latest', '/v3/broker/latest', '/latest?project=ris', '/history', '/v3/broker/health', '/metrics', '/status', '/t.js', '/latest?project=none', '/nowhere'];
const kEncodings = [undefined, 'gzip', 'identity', 'gzip;q=0', 'br;q=1, gzip;q=0.2', '*'];
const kAccepts = [undefined, 'text/html,*/*;q=0.1', 'application/json', 'application/openmetrics-text', 'text/plain;q=0.9, application/openmetrics-text;q=0.1'];
const kOrigins = [undefined, 'https://a.example', 'https://b.example'];

const refusesGzip = (encoding) => encoding === undefined || encoding === 'identity' || encoding === 'gzip;q=0';
/** What may not depend on who asked before. Varnish packs and unpacks by itself. */
const kCompared = ['content-type', 'access-control-allow-origin', 'access-control-allow-credentials', 'skerry-view-time', 'last-modified', 'location'];

/** Answers that say the time, or count. */
const isAlive = (path) => ['/metrics', '/v3/broker/health'].includes(path);

function compare(what, path, encoding, direct, cached) {
  assert.equal(cached.status, direct.status, what);
  for (const name of kCompared) assert.equal(cached.headers[name], direct.headers[name], `${what}: ${name}`);
  if (refusesGzip(encoding)) assert.equal(cached.headers['content-encoding'], undefined, what);
  assert.ok([undefined, 'gzip'].includes(cached.headers['content-encoding']), what);
  const plain = ({ headers, body }) => (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  if (!isAlive(path)) assert.ok(plain(cached).equals(plain(direct)), `${what}: another body`);
}

export const checks = {};
for (const [name, startCache] of Object.entries(caches)) {
  Object.assign(checks, {
    async [`${name}: never a variant of somebody else`]() {
      const { server, url, close } = await behind(startCache);
      const variants = kPaths.flatMap((path) => kEncodings.flatMap((encoding) => kAccepts.flatMap((accept) => kOrigins.map((origin) => ({ path, encoding, accept, origin })))));
      // Each is asked for after every kind of others, and from the cache.
      for (const order of [variants, variants.toReversed()]) {
        for (const { path, encoding, accept, origin } of order) {
          const headers = Object.fromEntries(
            Object.entries({ 'accept-encoding': encoding, accept, origin }).filter(([, value]) => value !== undefined),
          );
          const [direct, cached] = await Promise.all([ask(server.url + path, headers), ask(url + path, headers)]);
          compare(`${path} ${JSON.stringify(headers)}`, path, encoding, direct, cached);
        }
      }
      close();
    },

    async [`${name}: HEAD and 304 say the view's time too`]() {
      const { server, url, close } = await behind(startCache);
      for (const path of ['/', '/latest', '/v2/latest', '/v3/broker/latest', '/history']) {
        const whole = await ask(url + path);
        assert.equal(whole.status, 200);
        assert.match(whole.headers['skerry-view-time'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
        const etag = { 'if-none-match': whole.headers.etag };
        for (const [origin, headers, method, status] of [
          [url, {}, 'HEAD', 200],
          [url, etag, 'GET', 304],
          [url, etag, 'HEAD', 304],
          [server.url, {}, 'HEAD', 200],
          [server.url, etag, 'GET', 304],
        ]) {
          const answer = await ask(origin + path, headers, method);
          assert.equal(answer.status, status, `${method} ${path}`);
          assert.equal(answer.body.length, 0);
          assert.equal(answer.headers.etag, whole.headers.etag);
          assert.equal(answer.headers['skerry-view-time'], whole.headers['skerry-view-time'], `${method} ${path} of ${origin}`);
        }
      }
      close();
    },

    // By as many seconds as pass meanwhile, on a slow machine too: a cache that keeps it for five asks less than once a second.
    async [`${name}: a view that is past its time is kept for some seconds, and no longer`]() {
      const { server, url, asked, close } = await behind(startCache, 3_600);
      for (const path of ['/latest', '/v2/latest', '/v3/broker/latest']) {
        const before = asked.length;
        const began = performance.now();
        for (let i = 0; i < 60; ++i) {
          const answer = await ask(url + path);
          assert.equal(answer.status, 200);
          assert.match(answer.headers.warning, /^110 /);
        }
        const seconds = (performance.now() - began) / 1000;
        const through = asked.length - before;
        assert.ok(through <= 2 + seconds, `${through} of 60 requests went through within ${seconds} s`);
      }
      // The updater is back: nobody waits for the new view as long as the old one is old.
      const { latest } = await documents({ count: 6 });
      await server.publish({ latest });
      const { last_updated_at } = JSON.parse(latest);
      for (const path of ['/latest', '/v3/broker/latest']) {
        await until(
          `the new view at ${path}`,
          async () => new Date((await ask(url + path)).headers['skerry-view-time']).getTime() === new Date(last_updated_at).getTime(),
          { seconds: 60 },
        );
      }
      close();
    },

    async [`${name}: that there is no view yet is not kept`]() {
      const server = await startServer();
      const url = await startCache(server.url);
      const paths = ['/latest', '/v2/latest', '/v3/broker/latest', '/history'];
      for (const path of paths) assert.equal((await ask(url + path)).status, 503, path);
      await server.publish(await documents({ count: 6 }));
      for (const path of paths) assert.equal((await ask(url + path)).status, 200, path);
    },

    async [`${name}: the server is gone, the view stays`]() {
      const { server, url, close } = await behind(startCache);
      const whole = await ask(`${url}/latest`);
      server.child.kill('SIGKILL');
      await server.child.ended;
      const still = await ask(`${url}/latest`);
      assert.equal(still.status, 200);
      assert.ok(still.body.equals(whole.body));
      close();
    },
  });
}
