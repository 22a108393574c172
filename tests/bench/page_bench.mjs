// From navigation to a sorted, filtered table of 132 rows with its strips, in Chromium with an empty cache. The rival is the
// same page with page/table.mjs, JavaScript by hand, in the place of the module. One server has both, compressed ahead.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { openTab, startChromium } from '../browser/chromium.mjs';
import { documents } from '../browser/documents.mjs';
import { build, median, top } from './harness.mjs';

export const benchmarks = [
  { name: 'page_ready', unit: 'ms', better: 'lower', goal: 1 },
  { name: 'page_transferred', unit: 'kB', better: 'lower', goal: 100 },
];

const kQuery = '?project=routeviews&sort=updates';
const kRounds = 8; // of each, for a round that the caller asks for: a page is soon there
const kTypes = { html: 'text/html; charset=utf-8', css: 'text/css', mjs: 'text/javascript', wasm: 'application/wasm' };

/** path -> {type, body} for both pages, under /ours/ and /rival/. */
async function files() {
  const served = new Map();
  const put = (path, type, body) => served.set(path, { type, body: gzipSync(body, { level: 9 }) });
  const file = async (path, source) => put(path, kTypes[source.split('.').pop()], await readFile(source));
  const made = await documents({ count: 66 });
  const pages = join(build, 'pages');
  for (const page of ['ours', 'rival']) {
    for (const name of ['latest', 'history']) put(`/${page}/${name}`, 'application/json', made[name]);
    for (const name of ['status.css', 'status.mjs']) await file(`/${page}/status/${name}`, join(pages, 'status', name));
  }
  for (const name of ['table.mjs', 'table.wasm']) await file(`/ours/status/${name}`, join(pages, 'status', name));
  await file('/rival/status/table.mjs', join(top, 'tests/bench/page/table.mjs'));
  const html = await readFile(join(pages, 'status.html'), 'utf8');
  const preload = /<link rel="preload" href="status\/table.wasm"[^>]*>\n/;
  if (!preload.test(html)) throw new Error('the page preloads no table.wasm');
  put('/ours/status', kTypes.html, html);
  put('/rival/status', kTypes.html, html.replace(preload, ''));
  return served;
}

async function serve() {
  const [, lines] = /^\/\*\n((?: {2}.*\n)*)/.exec(await readFile(join(top, 'functions/pages/headers.txt'), 'utf8')); // those of every page
  const headers = [...lines.matchAll(/^ {2}([^:]+): (.*)$/gm)].map(([, name, value]) => [name, value]);
  const served = await files();
  const server = createServer((request, response) => {
    const file = served.get(request.url.split('?')[0]);
    if (!file) return response.writeHead(404).end();
    for (const [name, value] of headers) response.setHeader(name, value);
    return response.writeHead(200, { 'Content-Type': file.type, 'Content-Encoding': 'gzip', 'Content-Length': file.body.length, Age: '1', ETag: '"1"' }).end(file.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

/** `{ready, bytes, rows}` of one visit. */
async function visit(browser, url) {
  const tab = await openTab(browser);
  const session = await tab.context().newCDPSession(tab);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await tab.addInitScript(() => {
    window.ready = new Promise((resolve) => {
      const look = () => {
        if (document.querySelector('#rows tr[data-key] svg')) requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
        else requestAnimationFrame(look);
      };
      look();
    });
  });
  await tab.goto(url);
  const ready = await tab.evaluate(() => window.ready);
  const rows = await tab.evaluate(() => document.getElementById('rows').innerHTML + document.getElementById('late').innerHTML);
  await tab.waitForLoadState('networkidle');
  await tab.context().close();
  return { ready, bytes, rows };
}

export async function measure(names, { rounds }) {
  const { server, origin } = await serve();
  const browser = await startChromium();
  try {
    const seen = { ours: [], rival: [] };
    const page = (name) => visit(browser, `${origin}/${name}/status${kQuery}`);
    const [first, other] = [await page('ours'), await page('rival')];
    if (first.rows !== other.rows) throw new Error('the rival shows another table');
    for (let i = 0; i < rounds * kRounds; ++i) {
      for (const name of i % 2 ? ['ours', 'rival'] : ['rival', 'ours']) seen[name].push(await page(name));
    }
    const figure = (name, what) => median(seen[name].map((visited) => visited[what]));
    const note = 'Chromium, empty cache, loopback, 132 rows and their strips; rival: the table in JavaScript by hand';
    return {
      page_ready: { ours: figure('ours', 'ready'), rival: figure('rival', 'ready'), note },
      page_transferred: {
        ours: figure('ours', 'bytes') / 1000,
        note: `page, module, view and history, gzip, with headers; with the table by hand ${(figure('rival', 'bytes') / 1000).toFixed(0)} kB`,
      },
    };
  } finally {
    await browser.close();
    server.close();
  }
}
