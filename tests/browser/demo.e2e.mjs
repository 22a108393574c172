// The page /demo, and pages of another origin, with the real program behind them.
import assert from 'node:assert/strict';

import { join } from 'node:path';

import { build, run, stop, until } from '../tools/processes.mjs';
import { assertClean, contrasts, leave, noSidewaysScroll, openTab, startChromium, startServer } from './chromium.mjs';
import { startSite } from './tracker_sites.mjs';

/** A check with the program, and a tab; the demo is not open yet. */
const withServer = (check, options = {}) =>
  async function run() {
    const server = await startServer();
    const browser = await startChromium();
    let note;
    try {
      note = await check({ server, browser, tab: await openTab(browser, options) });
    } finally {
      await browser.close();
    }
    assert.equal(await stop(server.child), 0, server.child.said);
    return note;
  };

const text = (tab, selector) => tab.locator(selector).innerText();
const rows = (tab) => tab.$$eval('#log tr', (all) => all.map((row) => ({ id: row.dataset.id, type: row.cells[1].textContent, props: row.cells[2].textContent, answer: row.cells[4].textContent })));
const taken = (tab, count) => tab.waitForFunction((wanted) => document.getElementById('state').textContent === `${wanted} taken by the server`, count);

/** What is in the queue, by `skerry events tail`: the events as they were posted. */
async function queued(server) {
  const { stdout } = await run(join(build, 'skerry'), ['--config', server.config, 'events', 'tail', '--from', 'beginning', '--json'], { maxBuffer: 1 << 28 });
  return stdout.split('\n').filter(Boolean).map((line) => {
    const { id, body, ...record } = JSON.parse(line);
    const event = JSON.parse(body);
    assert.equal(id, event.id);
    return { ...event, record };
  });
}

async function openDemo(tab, server) {
  await tab.goto(`${server.url}/demo`);
  await taken(tab, 1);
}

export const checks = {
  'the demo: what is sent, and what the server says': withServer(
    async ({ server, tab }) => {
      const elsewhere = [];
      tab.on('request', (request) => request.url().startsWith(server.url) || request.url().startsWith('data:') || elsewhere.push(request.url()));
      await openDemo(tab, server);
      assert.deepEqual((await rows(tab)).map(({ type, answer }) => [type, answer]), [['page', '200 taken']]);
      await tab.fill('[name=type]', 'order "1" <b>');
      await tab.fill('[name=props]', '{"<img src=x onerror=alert(1)>": [1, null]}');
      await tab.keyboard.press('Enter');
      await taken(tab, 2);
      const [order] = await rows(tab);
      assert.deepEqual([order.type, order.props], ['order "1" <b>', '{"<img src=x onerror=alert(1)>":[1,null]}']);
      await tab.click('[data-send=many]');
      await taken(tab, 102);
      await tab.click('[data-send=view]');
      await taken(tab, 103);
      assert.match((await tab.evaluate(() => location.search)), /^\?view=/);
      const all = await rows(tab);
      assert.equal(new Set(all.map(({ id }) => id)).size, 103);
      assert.ok(all.every(({ answer }) => answer === '200 taken'));

      await tab.fill('[name=props]', '{oops');
      await tab.click('form button');
      assert.match(await text(tab, '#problem'), /^The properties are no JSON/);
      assert.equal(await tab.evaluate(() => document.activeElement.name), 'props');

      const snippet = `<script async src="${server.url}/t.js"></script>`;
      assert.equal(await text(tab, '#snippet'), snippet);
      await tab.click('#copy');
      await tab.waitForSelector('#copied:text("Copied.")');
      assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), snippet);
      assert.deepEqual(elsewhere, []);
      await assertClean(tab);
    },
    { permissions: ['clipboard-read', 'clipboard-write'] },
  ),

  'the demo: the network is away, and comes back': withServer(async ({ server, tab }) => {
    await openDemo(tab, server);
    await tab.context().setOffline(true);
    await tab.click('[data-send=click]');
    await tab.waitForFunction(() => document.getElementById('state').textContent.endsWith('1 waiting in this browser, no connection to the server'));
    assert.equal((await rows(tab))[0].answer, 'no answer');
    await tab.context().setOffline(false);
    await taken(tab, 2);
    assert.deepEqual((await rows(tab)).map(({ type, answer }) => [type, answer]), [['click', '200 taken'], ['page', '200 taken']]);
    await assertClean(tab, /ERR_INTERNET_DISCONNECTED/);
  }),

  'the demo: light and dark, wide and narrow, keyboard alone': withServer(async ({ server, tab }) => {
    for (const colorScheme of ['light', 'dark']) {
      await tab.emulateMedia({ colorScheme });
      await openDemo(tab, server);
      const { shown, paper } = await contrasts(tab, ['header p', 'h2', 'label', 'a', '.id', 'th', '.answer', '#state']);
      assert.ok(colorScheme === 'dark' ? paper < 0.1 : paper > 0.8, `${colorScheme}: ${paper}`);
      for (const [selector, ratio] of Object.entries(shown)) assert.ok(ratio >= 4.5, `${colorScheme} ${selector}: ${ratio.toFixed(2)}`);
    }
    for (const width of [1280, 820, 375, 320]) {
      await tab.setViewportSize({ width, height: 700 });
      await noSidewaysScroll(tab);
      assert.equal(await tab.getByRole('table').getByRole('row').count(), 2, `${width}`);
      assert.equal(await tab.getByRole('columnheader').count(), 5, `${width}`);
    }
    const reached = [];
    await tab.evaluate(() => document.activeElement.blur());
    for (let i = 0; i < 10; ++i) {
      await tab.keyboard.press('Tab');
      const focused = await tab.evaluate(() => {
        const { name, dataset, id, tagName, className } = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return { what: dataset.send ?? (name || id || className || tagName), ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 };
      });
      assert.ok(focused.ring, `${focused.what} shows that it has the focus`);
      reached.push(focused.what);
      if (focused.what === 'click') await tab.keyboard.press('Enter');
    }
    assert.deepEqual(reached, ['type', 'props', 'BUTTON', 'click', 'many', 'view', 'A', 'scroll', 'snippet', 'copy']);
    await taken(tab, 2);
    await assertClean(tab);
  }),

  'the demo: Global Privacy Control': withServer(async ({ server, tab }) => {
    const posts = [];
    tab.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
    await tab.addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true }));
    await tab.goto(`${server.url}/demo`);
    await tab.waitForSelector('#private:not([hidden])');
    await tab.click('[data-send=click]');
    await tab.waitForTimeout(1_200);
    assert.deepEqual(posts, []);
    assert.equal(await tab.evaluate(() => localStorage.length), 0);
    await assertClean(tab);
  }),

  'a page of another origin: all of it is in the queue, once': withServer(async ({ server, tab }) => {
    const site = await startSite(server.url, { attributes: 'data-site="shop"' });
    await tab.goto(`${site.url}/first`);
    await tab.waitForFunction(() => window.skerry?.ready);
    const send = (type, count) =>
      tab.evaluate(([name, n]) => {
        for (let i = 0; i < n; ++i) skerry(name, { i, text: 'Zoë' });
      }, [type, count]);
    await send('many', 120);
    await tab.context().setOffline(true);
    await send('away', 10);
    await tab.waitForTimeout(1_200);
    await tab.context().setOffline(false);
    await send('more', 10);
    await leave(tab, `${site.url}/plain`, 'last', { i: 0 });
    await tab.goto(`${site.url}/second`); // sends what nobody acknowledged once more
    await until('an empty store', () => tab.evaluate(() => window.skerry?.ready && Object.keys(localStorage).length === 0));

    const events = await queued(server);
    const count = (type) => events.filter((event) => event.type === type).length;
    assert.deepEqual(['page', 'many', 'away', 'more', 'last'].map(count), [2, 120, 10, 10, 1]);
    assert.equal(new Set(events.map(({ id }) => id)).size, 143);
    const { record, ...view } = events.find(({ url }) => url === `${site.url}/first`);
    assert.deepEqual([view.type, view.site, view.title], ['page', 'shop', 'page /first']);
    assert.deepEqual([record.client, record.path], ['127.0.0.0', '/t/batch']);
    assert.match(record.user_agent, /Chrome/);
    await assertClean(tab, /ERR_INTERNET_DISCONNECTED/);
    await site.close();
  }),

  'the program is killed while pages send: all of it is in the queue, once': withServer(async ({ server, tab }) => {
    const site = await startSite(server.url, { attributes: 'data-auto="off"' });
    await tab.addInitScript(() => {
      window.unanswered = 0;
      addEventListener('skerry', ({ detail: { status, batch } }) => status || (window.unanswered += batch.length));
    });
    await tab.goto(site.url);
    await tab.waitForFunction(() => window.skerry?.ready);
    let sent = 0;
    for (let round = 0; round < 3; ++round) {
      await tab.evaluate(() => void (window.enough = false));
      const sending = tab.evaluate(async (first) => {
        let i = first;
        while (!window.enough || i < first + 400) {
          skerry('steady', { i: i++ });
          const pause = i > first + 400 ? 20 : i % 20 === 0 ? 5 : 0; // more than 1,000 are too many for the store
          if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
        }
        return i;
      }, sent);
      await tab.waitForTimeout(30 + 40 * round);
      const before = await tab.evaluate(() => window.unanswered);
      await stop(server.child, 'SIGKILL');
      await tab.waitForFunction((known) => window.unanswered > known, before);
      await tab.evaluate(() => void (window.enough = true));
      sent = await sending;
      await server.start();
      await tab.evaluate(() => dispatchEvent(new Event('online'))); // or the page would wait a little longer
      await until('an empty store', () => tab.evaluate(() => Object.keys(localStorage).length === 0));
    }
    const events = await queued(server);
    assert.deepEqual(events.map(({ props }) => props.i).sort((a, b) => a - b), [...Array(sent).keys()]);
    const unanswered = await tab.evaluate(() => window.unanswered);
    await site.close();
    return `${sent} events, of which ${unanswered} had no answer at first`;
  }),
};
