// The start page, what people get at /.
import assert from 'node:assert/strict';

import { stop } from '../tools/processes.mjs';
import { assertClean, contrasts, noSidewaysScroll, openTab, startChromium, startServer } from './chromium.mjs';
import { documents } from './documents.mjs';

/** A check with a server without a view, and a browser. */
const withPage = (check) =>
  async function run() {
    const server = await startServer();
    const browser = await startChromium();
    try {
      await check({ server, browser });
    } finally {
      await browser.close();
    }
    assert.equal(await stop(server.child), 0, server.child.said);
  };
const text = (tab, selector) => tab.locator(selector).innerText();

export const checks = {
  'the start page: what there is, of when the view is, and whether it is made up': withPage(async ({ server, browser }) => {
    const tab = await openTab(browser);
    const open = () => tab.goto(`${server.url}/`);
    await open();
    assert.match(await text(tab, 'main'), /There is no view yet.*skerry doctor/);
    const { latest } = await documents({ count: 5 });
    await server.publish({ latest: latest.replace('"last_updated_at"', '"made_up":true,"last_updated_at"') });
    await open();
    const { last_updated_at } = JSON.parse(latest);
    assert.ok((await text(tab, 'main')).includes(`The view is of ${last_updated_at.slice(0, 19).replace('T', ' ')} UTC`));
    assert.match(await text(tab, 'main .warn'), /Made up.*archive replica/);
    // Every link leads somewhere; the style is there.
    const links = await tab.$$eval('a', (anchors) => anchors.map(({ href }) => href));
    assert.ok(links.length >= 7);
    for (const link of links) {
      const { status } = await fetch(link);
      assert.ok(status === 200 || (link.endsWith('/history') && status === 503), `${link}: ${status}`);
    }
    assert.equal(await tab.evaluate(() => getComputedStyle(document.querySelector('dl')).display), 'grid');
    await assertClean(tab);
  }),

  'the start page: on a phone, in the dark, without a script, by keyboard': withPage(async ({ server, browser }) => {
    for (const options of [
      { viewport: { width: 390, height: 700 } },
      { viewport: { width: 320, height: 700 }, javaScriptEnabled: false },
      { colorScheme: 'dark' },
      { colorScheme: 'light' },
    ]) {
      const tab = await openTab(browser, options);
      await tab.goto(`${server.url}/`);
      assert.match(await text(tab, 'h1'), /BGP archives/);
      assert.ok(await tab.locator('a[href=status]').isVisible());
      if (options.javaScriptEnabled === false) continue;
      await noSidewaysScroll(tab);
      const { shown } = await contrasts(tab, ['h1', 'dd', 'dt a', '.warn', 'footer p']);
      for (const [selector, contrast] of Object.entries(shown)) assert.ok(contrast >= 4.5, `${selector}: ${contrast}`);
      await tab.keyboard.press('Tab');
      assert.equal(await tab.evaluate(() => document.activeElement.getAttribute('href')), 'status');
    }
  }),

  'a browser gets the page, a program the document, and a cache keeps them apart': withPage(async ({ server }) => {
    const { latest } = await documents({ count: 5 });
    await server.publish({ latest });
    const ask = async (accept) => {
      const response = await fetch(`${server.url}/`, { headers: { accept } });
      return [response.headers.get('content-type'), response.headers.get('vary')];
    };
    for (const [accept, type] of [
      ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
      ['*/*', 'application/json'],
      ['application/json', 'application/json'],
      ['text/html;q=0.1, application/json', 'application/json'],
    ])
      assert.deepEqual(await ask(accept), [type, 'Accept, Accept-Encoding'], accept);
  }),
};
