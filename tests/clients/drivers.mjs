// Opens the SDKs of the table: each in a process of its own, or in a tab of Chromium.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { openTab, startChromium } from '../browser/chromium.mjs';
import { sleep, start, until } from '../tools/processes.mjs';

const here = import.meta.dirname;
const kPatience = 60_000;

function inProcess(command, script, { file }, url) {
  const child = start(command, [join(here, script), file, url], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {}); // it ended: what it said tells why
  const order = (what) => child.stdin.write(`${JSON.stringify(what)}\n`);
  return {
    opened: () => until(`${file} is open`, () => child.printed.startsWith('open'), { child }),
    track: (track, props) => order({ track, props }),
    flush: () => order({ flush: true }),
    /** As the SDK's documentation says to end; it may still have to send. */
    async close() {
      child.stdin.end();
      const code = await child.ended;
      if (code !== 0) throw new Error(`${file} ended with ${code}`);
    },
    said: () => child.said,
  };
}

/** Any page, at another origin than the tracker's. */
async function startSite() {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end('<!doctype html><html lang="en"><title>A shop</title><button>Buy</button></html>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return server.address().port;
}

const bundles = new Map();

/** The SDK and its file as one script for a page, which calls it `sdk`. */
function bundle(file) {
  if (!bundles.has(file)) {
    const esbuild = createRequire(join(process.env.SKERRY_CLIENTS_MODULES, '_'))('esbuild');
    bundles.set(
      file,
      esbuild
        .build({
          entryPoints: [join(here, 'sdk', file)],
          nodePaths: [process.env.SKERRY_CLIENTS_MODULES],
          bundle: true,
          format: 'iife',
          globalName: 'sdk',
          write: false,
          logLevel: 'error',
        })
        .then(({ outputFiles }) => outputFiles[0].text),
    );
  }
  return bundles.get(file);
}

/** What a person's Chromium says of itself, in place of what one without a window says: some SDKs leave robots out. */
const kUserAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
function asPeople() {
  Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false });
  Object.defineProperty(Navigator.prototype, 'userAgentData', { get: () => undefined });
}

function inTab(browser, site, { file }, url) {
  let tab;
  const opening = (async () => {
    const script = await bundle(file);
    tab = await openTab(await browser, { userAgent: kUserAgent });
    await tab.addInitScript(asPeople);
    await tab.goto(`http://shop.test:${await site}/`);
    await tab.evaluate(`${script};window.sdk = sdk`);
    await tab.evaluate(async (address) => {
      window.client = await window.sdk.open(address);
    }, url);
  })();
  opening.catch(() => {}); // opened() tells
  return {
    opened: () => Promise.race([opening, sleep(kPatience).then(() => Promise.reject(new Error(`${file} is not open`)))]),
    track: (name, props) => tab.evaluate(([n, p]) => void window.client.track(n, p), [name, props]),
    provoke: () => tab.evaluate(() => window.client.provoke()),
    flush: () => {},
    close: () => {},
    said: () => tab?.problems.join('\n') ?? '',
  };
}

/** Drivers for the clients `names` of `table`, opened on `urlOf(name)`; `close` ends what they share. */
export async function openAll(table, names, urlOf) {
  let browser, site;
  const drivers = {};
  for (const name of names) {
    const client = table[name];
    if (client.on === 'chromium') {
      browser ??= startChromium({ args: ['--host-resolver-rules=MAP shop.test 127.0.0.1'] });
      site ??= startSite();
      drivers[name] = inTab(browser, site, client, urlOf(name));
    } else if (client.on === 'python') {
      drivers[name] = inProcess(process.env.SKERRY_CLIENTS_PYTHON, 'drive.py', client, urlOf(name));
    } else {
      drivers[name] = inProcess(process.env.SKERRY_NODE ?? process.execPath, 'drive.mjs', client, urlOf(name));
    }
  }
  return { drivers, close: async () => (await browser)?.close() };
}
