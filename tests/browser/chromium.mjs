// The real program with made-up documents in its store, and Chromium in front of it.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { answers, build, freePort, scratchFolder, start, until } from '../tools/processes.mjs';

/** `skerry serve` that reads its store for each request. */
export async function startServer() {
  const folder = await scratchFolder();
  const [port, kvPort] = [await freePort(), await freePort()];
  const config = join(folder, 'skerry.toml');
  await writeFile(
    config,
    `data_dir = "${folder}/data"\nlisten = "127.0.0.1:${port}"\nkv_listen = "127.0.0.1:${kvPort}"\n` +
      '[functions.latest]\nresident_seconds = 0\n',
  );
  const server = {
    config,
    url: `http://127.0.0.1:${port}`,
    /** Also again, after it was stopped. */
    async start() {
      server.child = start(join(build, 'skerry'), ['--config', config, 'serve'], { env: { ...process.env, SKERRY_KV_TOKEN: 'kv' } });
      await answers(`http://127.0.0.1:${kvPort}/?prefix=`, server.child);
      await answers(`${server.url}/status`, server.child);
    },
    async put(key, body) {
      const response = await fetch(`http://127.0.0.1:${kvPort}/${key}?urlencoded=true`, { method: 'PUT', headers: { Authorization: 'Bearer kv' }, body });
      assert.ok(response.ok, `PUT ${key}: ${response.status}`);
    },
    /** Stores what documents() made, and waits until it is served. */
    async publish({ latest, history }) {
      if (history) await server.put('history', history);
      await server.put('latest', latest);
      const { last_updated_at } = JSON.parse(latest);
      await until(
        'the view',
        () => fetch(`${server.url}/latest`).then(async (r) => r.ok && (await r.json()).last_updated_at === last_updated_at),
        { child: server.child },
      );
    },
  };
  await server.start();
  return server;
}

export async function startChromium({ args = [], ...options } = {}) {
  const { chromium } = createRequire(join(process.env.SKERRY_NODE_MODULES, '_'))('playwright-core');
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync', ...args],
    ...options,
  });
}

/** A tab that keeps what went wrong in it: errors of scripts, violations of the CSP, failed requests. */
export async function openTab(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const tab = await context.newPage();
  tab.problems = [];
  tab.underWay = new Set();
  tab.on('request', (request) => tab.underWay.add(request));
  for (const end of ['requestfinished', 'requestfailed']) tab.on(end, (request) => tab.underWay.delete(request));
  tab.on('pageerror', (error) => tab.problems.push(error.message));
  tab.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy/.test(message.text())) tab.problems.push(message.text());
  });
  await tab.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return tab;
}

/** Waits until what the page's scripts have asked for so far is answered. */
export async function settled(tab) {
  await tab.evaluate(() => {}); // requests are told in order: those of before are known then
  await until('the end of all requests', () => tab.underWay.size === 0);
}

/** For addInitScript: keeps the timeouts that the page sets. A check of when something happens looks at them, and lets them
 *  fire by hand: that says the same on a slow machine. */
export function watchTimers() {
  const { setTimeout: set, clearTimeout: clear } = window;
  const timers = new Map();
  window.mostTimers = 0;
  window.timersStopped = false;
  window.setTimeout = (work, ms, ...values) => {
    const fire = () => (timers.delete(id), clear(id), work(...values));
    const id = set(() => window.timersStopped || fire(), ms);
    timers.set(id, { ms, fire });
    window.mostTimers = Math.max(window.mostTimers, timers.size);
    return id;
  };
  window.clearTimeout = (id) => (timers.delete(id), clear(id));
  /** The timers of `least` to `most` ms. */
  window.timersOf = (least, most) => [...timers.values()].filter(({ ms }) => ms >= least && ms <= most);
}

/** None fires by itself from now on. */
export const stopTimers = (tab) => tab.evaluate(() => void (window.timersStopped = true));

/** Waits until the page has one timer of `least` to `most` ms, and returns what it says. */
export async function planned(tab, least, most = least) {
  await tab.waitForFunction(([from, to]) => window.timersOf(from, to).length === 1, [least, most]);
  return tab.evaluate(([from, to]) => window.timersOf(from, to)[0].ms, [least, most]);
}

/** Lets it fire. */
export async function fire(tab, least, most = least) {
  await planned(tab, least, most);
  await tab.evaluate(([from, to]) => window.timersOf(from, to)[0].fire(), [least, most]);
}

export const kRow = '#rows tr[data-key]';

/** The ids of the shown collectors, in their order. */
export const ids = (tab) => tab.$$eval(`${kRow} th`, (cells) => cells.map((cell) => cell.textContent));

/** Opens the page and waits for its rows. */
export async function openPage(tab, server, query = '') {
  await tab.goto(`${server.url}/status${query}`);
  await tab.waitForSelector(kRow);
}

/** Nothing went wrong in the tab, but what `expected` allows. */
export async function assertClean(tab, expected = /^$/) {
  assert.deepEqual(await tab.evaluate(() => window.violations), []);
  assert.deepEqual(tab.problems.filter((problem) => !expected.test(problem)), []);
}

/** The page calls the tracker with `event` and in the same moment goes to `address`; returns once the tab is there. What is
 *  asked of a tab on its way may be asked of a page that is gone. */
export async function leave(tab, address, event, props) {
  await tab.evaluate(([name, values, target]) => (window.skerry(name, values), void (location = target)), [event, props, address]);
  await tab.waitForURL(address);
}

/** Makes the page ask again at once, as it does when its tab is looked at again. */
export const lookAgain = (tab) => tab.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));

/** WCAG 2's contrast of texts (`shown`, by selector) and of filled shapes with the page's paper, and the paper's luminance. */
export const contrasts = (tab, texts, shapes = []) =>
  tab.evaluate(
    ([textSelectors, shapeSelectors]) => {
      const parse = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
      const luminance = (colour) => {
        const [r, g, b] = parse(colour).map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (a, b) => {
        const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m);
        return (x + 0.05) / (y + 0.05);
      };
      const paper = getComputedStyle(document.body).backgroundColor;
      const styleOf = (selector) => getComputedStyle(document.querySelector(selector));
      return {
        shown: Object.fromEntries(textSelectors.map((selector) => [selector, contrast(styleOf(selector).color, paper)])),
        filled: shapeSelectors.map((selector) => contrast(styleOf(selector).fill, paper)),
        paper: luminance(paper),
      };
    },
    [texts, shapes],
  );

export const noSidewaysScroll = async (tab) =>
  assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'scrolls sideways');
