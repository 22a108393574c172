// The page /status as people use it.
import assert from 'node:assert/strict';

import { stop, until } from '../tools/processes.mjs';
import {
  assertClean, contrasts, fire, ids, kRow, lookAgain, noSidewaysScroll, openPage, openTab, planned, settled, startChromium, startServer, stopTimers,
  watchTimers,
} from './chromium.mjs';
import { collectors, documents } from './documents.mjs';

const kMinute = 60_000;

/** A check with a server that has both documents, and a browser. */
const withPage = (check, { documents: make = () => documents(), tab: options = {} } = {}) =>
  async function run() {
    const server = await startServer();
    const made = await make();
    if (made) await server.publish(made);
    const browser = await startChromium();
    let note;
    try {
      const tab = await openTab(browser, options);
      note = await check({ server, tab, browser, made });
    } finally {
      await browser.close();
    }
    assert.equal(await stop(server.child), 0, server.child.said);
    return note;
  };

const text = (tab, selector) => tab.locator(selector).innerText();
const search = (tab) => tab.evaluate(() => location.search);

export const checks = {
  'wide: all rows, in natural order, with strips': withPage(async ({ server, tab }) => {
    await openPage(tab, server);
    const shown = await ids(tab);
    assert.equal(shown.length, 66);
    assert.deepEqual(shown, [...shown].sort(new Intl.Collator('en', { numeric: true }).compare));
    assert.equal(await tab.locator(`${kRow} svg`).count(), 66);
    assert.match(await text(tab, '#headline'), /^66 collectors, \d+ late$/);
    assert.match(await text(tab, '#age'), /^View of 20\d\d-.* UTC, just now$/);
    const hours = await tab.locator('#axis text').allTextContents();
    assert.equal(hours.length, 8);
    assert.ok(hours.every((label) => /^(06|12|18|\d\d-\d\d)$/.test(label)), hours.join());
    assert.ok(await tab.locator('#banner').isHidden());
    await noSidewaysScroll(tab);
    await assertClean(tab);
  }),

  'what the table says is what the documents say': withPage(async ({ server, tab, made }) => {
    await openPage(tab, server);
    const { latest } = JSON.parse(made.latest);
    const late = latest.filter((row) => row.delay > (row.data_type === 'rib' ? 86400 : 3600));
    const lateIds = new Set(late.map((row) => row.collector_id));
    assert.ok(lateIds.size > 0, 'the documents have late collectors');
    assert.deepEqual(new Set(await tab.$$eval('#rows tr.haslate th', (cells) => cells.map((cell) => cell.textContent))), lateIds);
    assert.equal(await tab.locator('#late-list li').count(), late.length);
    const links = new Set(await tab.$$eval('#rows td.time a', (anchors) => anchors.map((a) => a.getAttribute('href'))));
    assert.deepEqual(links, new Set(latest.map((row) => row.item_url)));
    const { series } = JSON.parse(made.history);
    const labels = new Map(
      await tab.$$eval(kRow, (rows) => rows.map((row) => [row.querySelector('th').textContent, row.querySelector('summary').getAttribute('aria-label')])),
    );
    for (const { collector_id, data_type, slots } of series) {
      const files = slots.replaceAll('.', '').length;
      const said = new RegExp(`${data_type === 'rib' ? 'RIB' : 'Updates'}: (?:all (\\d+)|(\\d+) of \\d+) files`).exec(labels.get(collector_id));
      assert.equal(Number(said?.[1] ?? said?.[2]), files, `${collector_id} ${data_type}: ${labels.get(collector_id)}`);
    }
  }),

  'filters, and the deep link that keeps them': withPage(async ({ server, tab }) => {
    await openPage(tab, server, '?project=ris&sort=updates&x=1');
    const order = await ids(tab);
    assert.ok(order.every((id) => id.startsWith('rrc')) && order.length > 10);
    assert.equal(await search(tab), '?project=riperis&sort=updates');
    assert.equal(await tab.inputValue('[name=project]'), 'riperis');
    assert.equal(await tab.inputValue('[name=sort]'), 'updates');

    await tab.fill('[name=q]', 'RRC1');
    assert.ok((await ids(tab)).every((id) => id.startsWith('rrc1')));
    await tab.selectOption('[name=data_type]', 'rib');
    assert.ok(await tab.locator('td.upd.time').first().isHidden());
    await tab.click('[data-sort=collector]');
    await tab.click('[data-sort=collector]');
    const link = tab.url();
    assert.equal(await search(tab), '?q=RRC1&project=riperis&data_type=rib&order=desc');
    const shown = await ids(tab);

    await tab.goto('about:blank');
    await tab.goto(link);
    await tab.waitForSelector(kRow);
    assert.deepEqual(await ids(tab), shown);
    assert.equal(await tab.inputValue('[name=q]'), 'RRC1');

    await tab.fill('[name=q]', 'no such thing');
    assert.equal(await tab.locator(kRow).count(), 0);
    assert.match(await text(tab, '#live'), /^0 of 66 collectors/);
    await tab.click('#empty a');
    assert.equal((await ids(tab)).length, 66);
    assert.equal(await search(tab), '');
    await tab.goBack();
    assert.match(await search(tab), /q=no\+such\+thing/);
    assert.equal(await tab.locator(kRow).count(), 0);

    await tab.goto(`${server.url}/status?late=1&sort=missing`);
    await tab.waitForSelector(kRow);
    assert.ok(await tab.isChecked('[name=late]'));
    assert.equal(await tab.locator(`${kRow}:not(.haslate)`).count(), 0);
    const missing = await tab.$$eval('td.missing', (cells) => cells.map((cell) => Number(cell.textContent)));
    assert.deepEqual(missing, [...missing].sort((a, b) => b - a));
    await assertClean(tab);
  }),

  'a hostile link': withPage(async ({ server, tab }) => {
    await tab.goto(`${server.url}/status?sort=%3Cscript%3E&order=up&q=${encodeURIComponent('<img src=x onerror=alert(1)>')}&late=%00`);
    await tab.waitForSelector('#empty:not([hidden])');
    assert.equal(await tab.inputValue('[name=q]'), '<img src=x onerror=alert(1)>');
    assert.equal(await tab.locator('main img').count(), 0);
    await tab.goto(`${server.url}/status?q=%ff%fe%zz&project=constructor&sort=__proto__`);
    await tab.waitForSelector('#rows:not(:has(.skeleton))', { state: 'attached' });
    await assertClean(tab);
  }),

  'hostile documents': withPage(
    async ({ server, tab }) => {
      tab.on('dialog', (dialog) => tab.problems.push(`a dialog: ${dialog.message()}`));
      await openPage(tab, server);
      assert.equal(await tab.locator(kRow).count(), 6);
      for (const summary of await tab.locator('summary').all()) await summary.click();
      assert.equal(await tab.locator('main script, main img, main iframe, main [onclick], main [onerror], main [style]').count(), 0);
      const schemes = await tab.$$eval('main a', (links) => links.map((link) => link.protocol));
      assert.deepEqual([...new Set(schemes)].sort(), ['http:', 'https:']);
      assert.ok((await ids(tab)).includes('"><script>alert(1)</script>'));
      assert.ok((await text(tab, '#late-list')).includes('"><script>alert(1)</script>'));
      await assertClean(tab);
    },
    {
      documents: () => {
        const evil = [
          '"><script>alert(1)</script>',
          "'><img src=x onerror=alert(1)>",
          '</th></tr></table><iframe src=javascript:alert(1)>',
          '&lt;b&gt;&#0;',
          '\u202errc00\u0000\n ',
          'javascript:alert(1)//',
        ];
        return documents({
          list: evil.map((id) => ({ id, project: `ris${id}`, url: `javascript:alert(1)//${id}` })),
          now: Date.now(),
          change: (rows) =>
            rows.map((row, i) => ({
              ...row,
              timestamp: '2001-01-01T00:00:00',
              delay: 1e9,
              item_url: i % 2 ? `https://a/"onmouseover="alert(1)"${row.collector_id}` : `JaVaScRiPt:alert(1)//${row.collector_id}`,
            })),
        });
      },
    },
  ),

  'no style, script or connection that the policy forbids': withPage(async ({ server, tab }) => {
    const policy = (await fetch(`${server.url}/status`)).headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')/);
    const elsewhere = [];
    tab.on('request', (request) => request.url().startsWith(server.url) || request.url().startsWith('data:') || elsewhere.push(request.url()));
    await openPage(tab, server);
    for (const button of await tab.locator('thead button').all()) await button.click();
    await tab.locator('summary').first().click();
    await lookAgain(tab);
    await assertClean(tab);
    assert.deepEqual(elsewhere, []);
  }),

  'narrow: cards, no sideways scroll, nothing out of sight': withPage(
    async ({ server, tab }) => {
      await openPage(tab, server);
      await noSidewaysScroll(tab);
      const [row] = await tab.locator(kRow).all();
      for (const selector of ['th', 'td.rib.time', 'td.rib.delay', 'td.upd.delay', 'svg']) {
        const box = await row.locator(selector === 'td.rib.time' ? 'td.rib.time time' : selector).first().boundingBox();
        assert.ok(box && box.x >= 0 && box.x + box.width <= 375 && box.width > 0, `${selector} ${JSON.stringify(box)}`);
      }
      assert.ok((await row.locator('svg').boundingBox()).width > 300, 'the strip has the whole width');
      await tab.selectOption('[name=sort]', 'updates');
      assert.equal(await tab.inputValue('[name=order]'), 'desc');
      await tab.selectOption('[name=order]', 'asc');
      assert.equal(await search(tab), '?sort=updates&order=asc');
      await tab.locator('summary').first().click();
      await noSidewaysScroll(tab);
      await assertClean(tab);
    },
    { tab: { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true } },
  ),

  '320 pixels are enough': withPage(
    async ({ server, tab }) => {
      await openPage(tab, server);
      await noSidewaysScroll(tab);
    },
    { tab: { viewport: { width: 320, height: 640 } } },
  ),

  'dark, and enough contrast in both': withPage(async ({ server, tab }) => {
    for (const colorScheme of ['light', 'dark']) {
      await tab.emulateMedia({ colorScheme });
      await openPage(tab, server);
      const ratios = await contrasts(tab, ['.id', 'td.project', 'td.time time', '.islate', 'thead button', 'caption', '#age'], ['#legend .late']);
      assert.ok(colorScheme === 'dark' ? ratios.paper < 0.1 : ratios.paper > 0.8, `${colorScheme}: ${ratios.paper}`);
      for (const [selector, ratio] of Object.entries(ratios.shown)) assert.ok(ratio >= 4.5, `${colorScheme} ${selector}: ${ratio.toFixed(2)}`);
      assert.ok(ratios.filled[0] >= 3, `${colorScheme}: late strips ${ratios.filled[0].toFixed(2)}`);
    }
  }),

  'keyboard only': withPage(async ({ server, tab }) => {
    await openPage(tab, server);
    await tab.keyboard.press('Tab');
    assert.equal(await tab.evaluate(() => document.activeElement.className), 'skip');
    await tab.keyboard.press('/');
    assert.equal(await tab.evaluate(() => document.activeElement.name), 'q');
    await tab.keyboard.type('rrc0/');
    assert.equal(await tab.inputValue('[name=q]'), 'rrc0/');
    await tab.keyboard.press('Escape');
    assert.equal(await tab.inputValue('[name=q]'), '');
    assert.equal((await ids(tab)).length, 66);
    const reached = [];
    for (let i = 0; i < 20; ++i) {
      await tab.keyboard.press('Tab');
      const focused = await tab.evaluate(() => {
        const { tagName, name, dataset } = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return { what: dataset.sort ?? name ?? tagName, ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 };
      });
      assert.ok(focused.ring, `${focused.what} shows that it has the focus`);
      reached.push(focused.what || 'link');
      if (focused.what === 'updates') {
        await tab.keyboard.press('Enter');
        assert.equal(await search(tab), '?sort=updates');
        await tab.keyboard.press('Space');
        assert.equal(await search(tab), '?sort=updates&order=asc');
      }
    }
    for (const wanted of ['project', 'data_type', 'sort', 'late', 'collector', 'rib', 'updates', 'missing']) assert.ok(reached.includes(wanted), `${wanted} in ${reached}`);
    await tab.locator('summary').first().focus();
    await tab.keyboard.press('Enter');
    await tab.locator('details[open] div', { hasText: /RIB .*files?/ }).waitFor(); // filled when it is open
    await assertClean(tab);
  }),

  'the accessibility tree': withPage(async ({ server, tab }) => {
    await openPage(tab, server, '?sort=updates');
    for (const viewport of [{ width: 1280, height: 800 }, { width: 375, height: 740 }]) {
      await tab.setViewportSize(viewport);
      const table = tab.getByRole('table', { name: /newest files of each collector/ });
      assert.equal(await table.count(), 1);
      assert.equal(await table.getByRole('row').count(), 67);
      assert.equal(await table.getByRole('rowheader', { name: 'rrc00', exact: true }).count(), 1);
      assert.equal(await table.getByRole('columnheader').count(), 8); // sizes need a wider window
      assert.equal(await tab.getByRole('searchbox', { name: 'Search' }).count(), 1);
      for (const name of ['Project', 'Files', 'Sort']) assert.equal(await tab.getByRole('combobox', { name }).count(), 1, name);
      assert.equal(await tab.getByRole('checkbox', { name: 'Late only' }).count(), 1);
      assert.equal(await tab.getByRole('search').count(), 1);
      assert.equal(await tab.getByRole('status').filter({ hasText: 'collectors' }).count(), 2); // the live line and the form's output
    }
    await tab.setViewportSize({ width: 1280, height: 800 });
    for (const name of ['Collector', 'Project', 'RIB delay', 'Updates delay', 'Missing files']) {
      assert.equal(await tab.getByRole('button', { name, exact: true }).count(), 1, name);
    }
    const sorted = await tab.$$eval('th[aria-sort]', (cells) => cells.map((cell) => [cell.querySelector('button').dataset.sort, cell.getAttribute('aria-sort')]));
    assert.deepEqual(sorted, [['updates', 'descending']]);
    await tab.click('[data-sort=updates]');
    assert.equal(await tab.getAttribute('th:has([data-sort=updates])', 'aria-sort'), 'ascending');
    const tree = await (await tab.context().newCDPSession(tab)).send('Accessibility.getFullAXTree');
    const named = tree.nodes.filter((node) => node.role?.value === 'DisclosureTriangle' && /^Arrivals at /.test(node.name?.value));
    assert.equal(named.length, 66);
    assert.match(named[0].name.value, /^Arrivals at \S+\. RIB: .*files?.*\. Updates: .*files?/);
    assert.equal(await tab.locator('[aria-live]').count(), 1);
    assert.equal(await tab.title(), `${await text(tab, '#headline')} · BGP archives`);
  }),

  'the first paint does not wait for the module': withPage(async ({ server, tab }) => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await tab.route('**/table.wasm', async (route) => {
      await held;
      await route.continue();
    });
    await tab.goto(`${server.url}/status`, { waitUntil: 'commit' });
    await tab.waitForSelector('#legend');
    assert.ok(await tab.locator('h1').isVisible());
    assert.ok(await tab.locator('thead').isVisible());
    assert.equal(await tab.locator('#rows .skeleton').count(), 12);
    const painted = await until('a first paint', () => tab.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime));
    assert.equal(await tab.locator(kRow).count(), 0);
    release();
    await tab.waitForSelector(kRow);
    assert.equal(await tab.locator('.skeleton').count(), 0);
    assert.ok(painted > 0);
    return `${Math.round(painted)} ms`;
  }),

  'a module that does not load': withPage(async ({ server, tab }) => {
    await tab.route('**/table.wasm', (route) => route.abort());
    await tab.goto(`${server.url}/status`);
    await tab.waitForSelector('#banner:visible');
    assert.match(await text(tab, '#banner'), /module did not load/);
    assert.deepEqual(await tab.$$eval('#banner a', (links) => links.map((link) => link.getAttribute('href'))), ['latest', 'v2/latest']);
    assert.equal(await tab.locator('.skeleton').count(), 0);
    assert.match(await text(tab, '#live'), /module did not load/);
  }),

  'what is out of sight is out of the Tab order': withPage(async ({ server, tab }) => {
    await openPage(tab, server);
    // In the order of Tab, what has the focus and can't be seen: nothing, at any width.
    for (const width of [1280, 1000, 820, 800, 560, 390, 320]) {
      await tab.setViewportSize({ width, height: 700 });
      await tab.evaluate(() => (document.activeElement.blur(), document.getElementById('made-up').scrollIntoView()));
      await tab.locator('[name=q]').focus();
      const seen = [];
      for (let i = 0; i < 16; ++i) {
        seen.push(
          await tab.evaluate(() => {
            const { width, height } = document.activeElement.getBoundingClientRect();
            const clipped = document.activeElement.closest('th')?.getBoundingClientRect().width <= 1;
            return [document.activeElement.dataset.sort ?? document.activeElement.localName, width > 1 && height > 1 && !clipped];
          }),
        );
        await tab.keyboard.press('Tab');
      }
      assert.deepEqual(seen.filter(([, visible]) => !visible), [], `${width}`);
      const sorts = new Set(seen.map(([name]) => name)).has('collector');
      assert.equal(sorts, width > 820, `the headers sort at ${width}`);
    }
    await assertClean(tab);
  }),

  'labels of the axis stay within it': withPage(
    async ({ server, tab }) => {
      for (const now of ['2026-11-21T00:20:00Z', '2026-11-21T01:30:00Z', '2026-11-20T23:55:00Z', '2026-11-21T06:10:00Z', '2026-11-21T12:01:00Z']) {
        const made = await documents({ now: Date.parse(now), count: 4 });
        // The page takes the view for what it is: of then.
        await server.publish(made);
        await openPage(tab, server);
        for (const width of [1280, 800, 390, 320]) {
          await tab.setViewportSize({ width, height: 700 });
          const beyond = await tab.$$eval('#axis text', (labels) => {
            const axis = document.getElementById('axis').getBoundingClientRect();
            return labels
              .filter((label) => getComputedStyle(label).display !== 'none')
              .map((label) => [label.textContent, label.getBoundingClientRect()])
              .filter(([, { left, right }]) => left < axis.left - 0.5 || right > axis.right + 0.5)
              .map(([label, { left, right }]) => `${label} ${left}..${right} of ${axis.left}..${axis.right}`);
          });
          assert.deepEqual(beyond, [], `${now} at ${width}`);
        }
      }
    },
    { documents: () => null },
  ),

  'made up: the page says so, and that it is so no more': withPage(
    async ({ server, tab }) => {
      const made = await documents({ count: 5 });
      await server.publish({ ...made, latest: made.latest.replace('"last_updated_at"', '"made_up":true,"last_updated_at"') });
      await openPage(tab, server);
      assert.match(await text(tab, '#made-up'), /Made up.*archive replica/);
      await server.publish(await documents({ count: 5, now: Date.now() + 1000 }));
      await lookAgain(tab);
      await tab.waitForSelector('#made-up', { state: 'hidden' });
    },
    { documents: () => null },
  ),

  'a project of one\'s own can be chosen, and linked to': withPage(
    async ({ server, tab }) => {
      const { latest, ...made } = await documents({ count: 6 });
      await server.publish({ ...made, latest: latest.replaceAll('"project":"riperis"', '"project":"lab"') });
      await openPage(tab, server, '?project=LAB');
      assert.equal(await tab.inputValue('[name=project]'), 'lab');
      assert.equal(await search(tab), '?project=lab');
      const shown = await ids(tab);
      assert.ok(shown.length > 0 && shown.length < 6);
      await tab.selectOption('[name=project]', 'routeviews');
      assert.equal((await ids(tab)).length, 6 - shown.length);
      await openPage(tab, server, '?project=none-such');
      assert.equal((await ids(tab)).length, 6);
      await assertClean(tab);
    },
    { documents: () => null },
  ),

  'without JavaScript': withPage(
    async ({ server, tab }) => {
      await tab.goto(`${server.url}/status`);
      assert.match(await text(tab, 'noscript p'), /needs JavaScript.*allow them.*skerry latest/);
      assert.equal(await tab.locator('noscript a').count(), 2);
      for (const [width, height] of [[1280, 800], [800, 700], [390, 700]]) {
        await tab.setViewportSize({ width, height });
        assert.equal(await tab.locator('.skeleton').count(), 0);
        for (const part of ['form', 'table', '#legend']) assert.ok(await tab.locator(part).isHidden(), `${part} at ${width}`);
      }
    },
    { tab: { javaScriptEnabled: false } },
  ),

  'no view yet, and then there is one': withPage(
    async ({ server, tab }) => {
      await tab.goto(`${server.url}/status`);
      await tab.waitForSelector('#banner:visible');
      assert.match(await text(tab, '#banner'), /There is no view .*not published.*skerry up.*skerry doctor/);
      assert.equal(await tab.locator('.skeleton').count(), 0);
      assert.ok((await tab.locator('table').isHidden()) && (await tab.locator('form').isHidden()));
      await server.publish(await documents());
      await lookAgain(tab);
      await tab.waitForSelector(kRow);
      assert.ok(await tab.locator('#banner').isHidden());
      await assertClean(tab, /503|404/);
    },
    { documents: () => null },
  ),

  'no history: the table without strips': withPage(
    async ({ server, tab }) => {
      await openPage(tab, server);
      assert.equal((await ids(tab)).length, 66);
      assert.equal(await tab.locator('#rows svg').count(), 0);
      assert.equal(await text(tab, '#strip-title'), 'No arrivals known');
      await server.publish(await documents({ now: Date.now() + 1 }));
      await lookAgain(tab);
      await tab.waitForSelector('#rows svg');
      assert.equal(await text(tab, '#strip-title'), 'Last 48 hours');
      await assertClean(tab, /503|404/);
    },
    { documents: async () => ({ latest: (await documents()).latest }) },
  ),

  'an old view says so': withPage(
    async ({ server, tab }) => {
      await openPage(tab, server);
      await tab.waitForSelector('#banner:visible');
      assert.match(await text(tab, '#banner'), /This view is old: .* UTC, 2 h 10 min ago\. It should be at most 15 min old/);
      assert.equal((await ids(tab)).length, 66);
      await server.publish(await documents());
      await lookAgain(tab);
      await tab.waitForSelector('#banner', { state: 'hidden' });
      await assertClean(tab);
    },
    { documents: () => documents({ now: Date.now() - 130 * kMinute }) },
  ),

  'a cache on the way that keeps the Age as it was does not make the view young': withPage(
    async ({ server, tab }) => {
      await tab.route('**/latest', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), age: '60' } });
      });
      await openPage(tab, server);
      assert.match(await text(tab, '#banner'), /2 h/);
    },
    { documents: () => documents({ now: Date.now() - 130 * kMinute }) },
  ),

  "a wrong clock on the reader's machine does not make the view old": withPage(async ({ server, tab }) => {
    await tab.clock.setSystemTime(new Date(Date.now() + 5 * 3_600_000));
    await openPage(tab, server);
    assert.match(await text(tab, '#age'), /just now$/);
    assert.ok(await tab.locator('#banner').isHidden());
  }),

  'no network: the last view stays, and the page tries again, less and less often': withPage(async ({ server, tab }) => {
    await tab.addInitScript(watchTimers);
    await openPage(tab, server);
    await stopTimers(tab);
    const before = await ids(tab);
    await tab.context().setOffline(true);
    await fire(tab, 30_000);
    await tab.waitForSelector('#banner:visible');
    const since = /No connection since (\d\d:\d\d:\d\d UTC)/.exec(await text(tab, '#banner'))[1];
    assert.deepEqual(await ids(tab), before);
    for (const pause of [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 240_000, 240_000]) await fire(tab, pause);
    assert.ok((await text(tab, '#banner')).includes(since));
    await tab.context().setOffline(false); // the `online` event
    await tab.waitForSelector('#banner', { state: 'hidden' });
    assert.deepEqual(await ids(tab), before);
  }),

  'a damaged view: the last one stays': withPage(async ({ server, tab }) => {
    await openPage(tab, server);
    await tab.route('**/latest', (route) => route.fulfill({ status: 200, headers: { ETag: '"x"' }, body: '<html>' }));
    for (let i = 0; i < 2; ++i) {
      await lookAgain(tab);
      await tab.waitForSelector('#banner:visible');
      assert.match(await text(tab, '#banner'), /can't be read.*The last view stays/);
    }
    assert.equal((await ids(tab)).length, 66);
    await tab.unroute('**/latest');
    await lookAgain(tab);
    await tab.waitForSelector('#banner', { state: 'hidden' });
  }),

  'a refresh without a jump': withPage(
    async ({ server, tab, made }) => {
      await openPage(tab, server, '?sort=rib');
      const focus = '#rows tr:nth-child(30) td.upd.time a';
      await tab.locator('#rows tr:nth-child(28) summary').click();
      await tab.locator(focus).scrollIntoViewIfNeeded();
      await tab.locator(focus).focus();
      await tab.evaluate(() => {
        window.scrollBy(0, 300);
        const cell = document.querySelector('#rows tr:nth-child(33) th');
        getSelection().selectAllChildren(cell);
        window.row = document.activeElement.closest('tr');
        window.touched = 0;
        new MutationObserver((changes) => (window.touched += changes.filter(({ type }) => type === 'childList').length)).observe(document.getElementById('rows'), { childList: true });
      });
      const state = () =>
        tab.evaluate(() => ({
          scroll: window.scrollY,
          top: Math.round(window.row.getBoundingClientRect().top),
          focus: document.activeElement.closest('tr')?.querySelector('th').textContent,
          tag: document.activeElement.tagName,
          selected: getSelection().toString(),
          open: document.querySelectorAll('#rows details[open] div:not(:empty)').length,
          same: window.row.isConnected && window.row.contains(document.activeElement),
        }));
      const before = await state();
      assert.ok(before.scroll > 300 && before.open === 1 && before.same && before.selected !== '');

      // Five minutes later: the same order, other times and delays everywhere, and one collector more at the end.
      const next = JSON.parse(made.latest);
      next.last_updated_at = new Date(Date.parse(next.last_updated_at) + 1000).toISOString();
      for (const row of next.latest) {
        row.delay += 60;
        row.item_url = row.item_url.replace(/\d{4}\.(gz|bz2)$/, '2359.$1');
      }
      next.latest.push({ ...next.latest[0], collector_id: 'zz', delay: 0, data_type: 'rib' });
      await server.publish({ latest: JSON.stringify(next) });
      await lookAgain(tab);
      await until('the new view', async () => (await text(tab, '#headline')).startsWith('67 '));
      assert.deepEqual(await state(), before);
      assert.equal(await tab.evaluate(() => window.touched), 1, 'one row was added, none was moved');
      assert.match(await tab.locator(focus).getAttribute('href'), /2359/);
      await assertClean(tab);
    },
  ),

  'a refresh that changes the order keeps the focus in its row': withPage(async ({ server, tab, made }) => {
    await openPage(tab, server, '?sort=updates');
    const id = (await ids(tab))[20];
    await tab.locator('#rows tr:nth-child(21) td.upd.time a').focus();
    const next = JSON.parse(made.latest);
    next.last_updated_at = new Date(Date.parse(next.last_updated_at) + 1000).toISOString();
    for (const row of next.latest) if (row.collector_id === id && row.data_type === 'update') row.delay = 5_000_000;
    await server.publish({ latest: JSON.stringify(next) });
    await lookAgain(tab);
    await until('the new order', async () => (await ids(tab))[0] === id);
    assert.equal(await tab.evaluate(() => document.activeElement.closest('tr')?.querySelector('th').textContent), id);
  }),

  'it asks every 30 s, with conditions, and not while nobody looks': withPage(async ({ server, tab }) => {
    await tab.addInitScript(watchTimers);
    await openPage(tab, server);
    await stopTimers(tab);
    const session = await tab.context().newCDPSession(tab);
    await session.send('Network.enable');
    const statuses = [];
    session.on('Network.responseReceivedExtraInfo', ({ statusCode }) => statuses.push(statusCode));
    const asked = async (work) => {
      await work();
      await planned(tab, 30_000); // the next time, once the answers are there
      await until('both statuses', () => statuses.length >= 2);
      return statuses.splice(0);
    };
    await planned(tab, 30_000);
    await settled(tab);
    statuses.length = 0;
    assert.deepEqual(await asked(() => fire(tab, 30_000)), [304, 304]);
    assert.deepEqual(await asked(() => fire(tab, 30_000)), [304, 304]);
    const look = (hidden) =>
      tab.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await look(true);
    assert.equal(await tab.evaluate(() => window.timersOf(5_000, Infinity).length), 0);
    assert.deepEqual(await asked(() => look(false)), [304, 304]);
  }),

  'each file is fetched once, and all of it is small': withPage(async ({ server, tab }) => {
    const session = await tab.context().newCDPSession(tab);
    await session.send('Network.enable');
    let bytes = 0;
    const paths = [];
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    session.on('Network.requestWillBeSent', ({ request }) => request.url.startsWith('http') && paths.push(new URL(request.url).pathname));
    await openPage(tab, server);
    await tab.waitForLoadState('networkidle');
    assert.deepEqual(paths.sort(), ['/history', '/latest', '/status', '/status/status.css', '/status/status.mjs', '/status/table.mjs', '/status/table.wasm']);
    assert.ok(bytes <= 100_000, `${bytes} bytes`);
    return `${(bytes / 1000).toFixed(1)} kB`;
  }),

  '500 collectors': withPage(
    async ({ server, tab }) => {
      await openPage(tab, server);
      assert.equal((await ids(tab)).length, 500);
      const milliseconds = await tab.evaluate(() => {
        const field = document.querySelector('[name=q]');
        const began = performance.now();
        for (const value of ['r', 'rr', 'rrc', 'rrc0', '']) {
          field.value = value;
          field.dispatchEvent(new Event('input', { bubbles: true }));
          document.body.getBoundingClientRect();
        }
        return (performance.now() - began) / 5;
      });
      await tab.click('[data-sort=missing]');
      assert.equal((await ids(tab)).length, 500);
      await assertClean(tab);
      return `${milliseconds.toFixed(1)} ms for a keystroke`;
    },
    { documents: async () => documents({ list: await collectors(500) }) },
  ),

  'prefers less motion, and forced colours': withPage(async ({ server, tab }) => {
    await tab.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
    await openPage(tab, server);
    assert.ok(await tab.locator('path.ok').first().isVisible());
    await assertClean(tab);
  }),
};
