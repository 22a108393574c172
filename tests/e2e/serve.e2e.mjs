// The server under requests that nobody should send, and the readers that it is there for.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createRequire } from 'node:module';

import { freePort, start, stop, top, until } from '../tools/processes.mjs';
import { installation, mayWrite, view } from './skerry.mjs';

const kView = JSON.stringify({
  format: 1,
  update_duration: 1,
  rows: 1,
  last_updated_at: new Date().toISOString(),
  latest: [
    {
      timestamp: '2026-11-21T08:00:00',
      delay: 1.5,
      collector_id: 'rrc00',
      data_type: 'rib',
      item_url: 'https://data.ris.ripe.net/rrc00/2026.11/bview.20261121.0800.gz',
      rough_size: 1,
      exact_size: 0,
      project: 'riperis',
      collector_url: 'https://data.ris.ripe.net/rrc00',
    },
  ],
});

/** `skerry serve` with one row in its store. */
async function serving(settings = '') {
  const skerry = await installation(settings);
  const child = skerry.start('serve');
  await until('the store', () => fetch(`${skerry.kv}/?prefix=`).then((r) => r.ok, () => false), { child });
  const missing = await fetch(`${skerry.url}/latest`);
  assert.equal(missing.status, 503);
  assert.equal((await missing.json()).code, 'view_missing');
  const put = await fetch(`${skerry.kv}/latest?urlencoded=true`, { method: 'PUT', headers: mayWrite, body: kView });
  assert.ok(put.ok);
  await until('the view', () => view(skerry.url).then((v) => v.latest, () => null), { child });
  return { skerry, child };
}

/** Sends pieces as fast as they are taken; the status of the answer. */
const send = (port, pieces) =>
  new Promise((resolve, reject) => {
    let received = '';
    let sent = 0;
    const socket = connect(port, '127.0.0.1');
    const answered = () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1];
      resolve({ status: Number(status), sent });
      socket.destroy();
    };
    socket.on('data', (text) => {
      received += text;
      if (received.includes('\r\n\r\n')) answered();
    });
    socket.on('error', () => (received ? answered() : reject(new Error('reset without an answer'))));
    socket.on('close', answered);
    (async () => {
      for (const piece of pieces()) {
        if (socket.destroyed) return;
        sent += piece.length;
        if (!socket.write(piece)) await new Promise((next) => socket.once('drain', next).once('close', next));
      }
    })();
  });

export const checks = {
  async 'a body of 2 GB, headers of 1 MB and thousands of parameters'() {
    const { skerry, child } = await serving();
    const chunk = Buffer.alloc(1 << 20, 'x');
    const big = await send(skerry.port, function* () {
      yield Buffer.from('POST /latest HTTP/1.1\r\nHost: x\r\nContent-Length: 2147483648\r\n\r\n');
      for (let i = 0; i < 2048; ++i) yield chunk;
    });
    assert.equal(big.status, 413);
    assert.ok(big.sent < 64 << 20, `refused before it was read (${big.sent} bytes)`);
    const endless = await send(skerry.port, function* () {
      yield Buffer.from('POST /latest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let i = 0; i < 2048; ++i) yield Buffer.concat([Buffer.from('100000\r\n'), chunk, Buffer.from('\r\n')]);
    });
    assert.equal(endless.status, 413);
    const wide = await send(skerry.port, function* () {
      yield Buffer.from('GET /latest HTTP/1.1\r\nHost: x\r\n');
      for (let i = 0; i < 1024; ++i) yield Buffer.from(`X-${i}: ${'y'.repeat(1015)}\r\n`);
      yield Buffer.from('\r\n');
    });
    assert.equal(wide.status, 431);
    const parameters = Array.from({ length: 400 }, (_, i) => `p${i}=${i}`).join('&');
    assert.equal((await fetch(`${skerry.url}/v2/latest?${parameters}&project=ris`)).status, 200);
    assert.equal((await fetch(`${skerry.url}/v2/latest?${'a=b&'.repeat(20_000)}`)).status, 414);
    assert.equal((await view(skerry.url)).latest.length, 1);
    assert.equal(await stop(child), 0, child.said);
  },

  async 'a value that is no view does not take the served one away'() {
    const { skerry, child } = await serving();
    const readyz = () => fetch(`${skerry.url}/readyz`).then((r) => (r.body.cancel(), r.status));
    for (const bad of ['null', '<html>', kView.slice(0, 200), kView.replace('"format":1', '"format":7')]) {
      await fetch(`${skerry.kv}/latest?urlencoded=true`, { method: 'PUT', headers: mayWrite, body: bad });
      const answer = await until(
        'the new value',
        () => fetch(`${skerry.url}/latest`).then((r) => (r.status === 503 ? r : null)),
        { child },
      );
      assert.equal((await answer.json()).code, 'view_unreadable');
      assert.equal(answer.headers.get('retry-after'), '30');
      await until('not ready', () => readyz().then((status) => status === 503), { child });
    }
    await fetch(`${skerry.kv}/latest?urlencoded=true`, { method: 'PUT', headers: mayWrite, body: kView });
    await until('the view', () => fetch(`${skerry.url}/latest`).then((r) => r.status === 200), { child });
    await until('ready again', () => readyz().then((status) => status === 200), { child });
    await until('a line in the log', () => /latest: view_unreadable/.test(child.said), { child });
    assert.equal(await stop(child), 0);
  },

  async 'a self-hosted workerd reads the same store and answers the same bytes'() {
    const { skerry, child } = await serving('');
    const port = await freePort();
    const workerd = start(process.env.SKERRY_WORKERD, [
      'serve',
      join(top, 'wrangler', 'workerd.capnp'),
      `--socket-addr=http=127.0.0.1:${port}`,
      `--external-addr=kv=${skerry.kv.slice('http://'.length)}`,
    ]);
    const edge = `http://127.0.0.1:${port}`;
    await until('workerd', () => fetch(`${edge}/latest`).then((r) => r.status === 200, () => false), { child: workerd });
    for (const path of ['/', '/v2/latest?project=ris', '/v3/broker/latest', '/latest?project=x', '/nowhere']) {
      const [a, b] = await Promise.all([fetch(edge + path), fetch(skerry.url + path)]);
      assert.equal(a.status, b.status, path);
      if (path !== '/nowhere') assert.equal(await a.text(), await b.text(), path);
    }
    await stop(workerd);
    assert.equal(await stop(child), 0);
  },

  async 'a page of another origin reads the view in Chromium'() {
    const { skerry, child } = await serving();
    const page = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>elsewhere</title><link rel="icon" href="data:,">');
    });
    const port = await new Promise((resolve) => page.listen(0, '127.0.0.1', () => resolve(page.address().port)));
    const { chromium } = createRequire(join(process.env.SKERRY_NODE_MODULES, '_'))('playwright-core');
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
    });
    try {
      const tab = await browser.newPage();
      await tab.goto(`http://localhost:${port}/`);
      const seen = await tab.evaluate(async (url) => {
        const first = await fetch(`${url}/latest`, { headers: { 'X-Needs-A-Preflight': '1' } });
        const again = await fetch(`${url}/latest`, { headers: { 'If-None-Match': first.headers.get('etag') } });
        return { rows: (await first.json()).latest.length, age: first.headers.get('age'), again: again.status };
      }, skerry.url);
      assert.equal(seen.rows, 1);
      assert.match(seen.age, /^\d+$/);
      assert.equal(seen.again, 304);
    } finally {
      await browser.close();
      page.close();
    }
    assert.equal(await stop(child), 0);
  },
};
