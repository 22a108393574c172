// The tracker's script in pages of another origin, and the page /demo.
import assert from 'node:assert/strict';

import { sleep, until } from '../tools/processes.mjs';
import { assertClean, fire, leave, openTab, planned, startChromium, stopTimers, watchTimers } from './chromium.mjs';
import { gate, kStub, startReceiver, startSite } from './tracker_sites.mjs';

const kUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/;
const kRefused = /Failed to load resource/; // what Chromium says of an answer that a check has asked for

/** Runs in each page before its scripts: keeps the answers to the attempts. */
function watchAnswers() {
  window.answers = [];
  addEventListener('skerry', ({ detail: { status } }) => window.answers.push(status));
}

/** A check with an author's site, a tracker on another origin, and a browser. `open(tab)` makes a further tab. */
const withSite = (check, options = {}) =>
  async function run() {
    const receiver = await startReceiver();
    const site = await startSite(receiver.url, options);
    const browser = await startChromium({
      args: ['--host-resolver-rules=MAP site.test 127.0.0.1'],
      ignoreDefaultArgs: options.cache ? ['--disable-back-forward-cache'] : [],
    });
    try {
      const tab = await openTab(browser);
      for (const watch of [watchTimers, watchAnswers]) await tab.context().addInitScript(watch);
      return await check({ receiver, site, browser, tab });
    } finally {
      await browser.close();
      await Promise.all([site.close(), receiver.close()]);
    }
  };

const ready = (tab) => tab.waitForFunction(() => window.skerry?.ready);
async function open(tab, address) {
  await tab.goto(address);
  await ready(tab);
}
const send = (tab, type, props) => tab.evaluate(([name, values]) => window.skerry(name, values), [type, props]);
const stored = (tab) => tab.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('skerry:')).length);
const emptied = (tab) => until('an empty store', async () => (await stored(tab)) === 0);
const sentTwice = ({ requests }) => {
  const ids = requests.flatMap(({ events }) => events.map(({ id }) => id));
  return ids.length - new Set(ids).size;
};

export const checks = {
  'a view, events and further views, each once': withSite(async ({ receiver, site, tab }) => {
    const before = Date.now();
    await open(tab, `${site.url}/first?a=1#part`);
    await receiver.has(1);
    await send(tab, 'signup', { plan: 'free', seats: 3, name: 'Zoë 🚀' });
    await tab.evaluate(() => {
      history.pushState(null, '', '/second');
      document.title = 'the second';
    });
    await tab.evaluate(() => history.replaceState(null, '', '/second#x'));
    await tab.evaluate(() => void (location.hash = 'y'));
    await receiver.has(3);
    await tab.goBack();
    await tab.goBack();
    await receiver.has(4);
    await emptied(tab);

    const [view, signup, second, back] = [...receiver.events.values()];
    for (const { id, ts } of [view, signup, second, back]) {
      assert.match(id, kUuid);
      assert.ok(ts >= before && ts <= Date.now());
      const made = parseInt(id.slice(0, 13).replace('-', ''), 16);
      assert.ok(made >= before && made <= ts);
    }
    const { id, ts, ...rest } = view;
    assert.deepEqual(rest, { type: 'page', url: `${site.url}/first?a=1`, referrer: '', title: 'page /first' });
    assert.deepEqual([signup.type, signup.url], ['signup', `${site.url}/first?a=1`]);
    assert.deepEqual(signup.props, { plan: 'free', seats: 3, name: 'Zoë 🚀' });
    assert.deepEqual([second.type, second.url, second.referrer, second.title], ['page', `${site.url}/second`, view.url, 'the second']);
    assert.deepEqual([back.url, back.referrer], [view.url, second.url]);
    assert.equal(receiver.events.size, 4);
    assert.equal(sentTwice(receiver), 0);
    assert.deepEqual(receiver.others, [], 'no preflight, nothing else');
    for (const { headers, url, sent_at } of receiver.requests) {
      assert.equal(url, '/t/batch');
      assert.equal(headers['content-type'], 'text/plain;charset=UTF-8');
      assert.equal(headers.origin, site.url);
      assert.equal(headers.cookie, undefined);
      assert.ok(sent_at >= before && sent_at <= Date.now());
    }
    assert.deepEqual(await tab.context().cookies(), []);
    assert.ok((await tab.evaluate(() => window.mostTimers)) <= 1);
    await assertClean(tab);
  }),

  'calls that come before the script': withSite(async ({ receiver, site, tab }) => {
    const [released, release] = gate();
    receiver.scriptUntil = released;
    await tab.goto(`${site.url}/early`, { waitUntil: 'commit' });
    await tab.waitForFunction(() => window.skerry?.q);
    for (let i = 0; i < 3; ++i) await send(tab, 'early', { i });
    assert.equal(receiver.requests.length, 0);
    release();
    await ready(tab);
    await send(tab, 'late');
    await receiver.has(5);
    assert.deepEqual(receiver.types(), ['page', 'early', 'early', 'early', 'late']);
    await assertClean(tab);
  }),

  'attributes: site, endpoint, no views by itself': withSite(
    async ({ receiver, site, tab }) => {
      await open(tab, site.url);
      await tab.evaluate(() => history.pushState(null, '', '/elsewhere'));
      await send(tab, 'page', { by: 'hand' });
      await receiver.has(1);
      const [{ type, site: name, url }] = receiver.events.values();
      assert.deepEqual([type, name, url], ['page', 'shop', `${site.url}/elsewhere`]);
      assert.equal(receiver.requests[0].url, '/collect/w');
      await assertClean(tab);
    },
    { attributes: 'data-site="shop" data-endpoint="/collect/w" data-auto="off"' },
  ),

  'included twice': withSite(
    async ({ receiver, site, tab }) => {
      await open(tab, site.url);
      await sleep(300);
      await send(tab, 'click');
      await receiver.has(2);
      assert.deepEqual(receiver.types(), ['page', 'click']);
    },
    { script: `${kStub} addEventListener('load', () => document.head.append(document.querySelector('[async]').cloneNode()));` },
  ),

  'batches: by time, by count, by bytes': withSite(async ({ receiver, site, tab }) => {
    await open(tab, site.url);
    await receiver.has(1);
    const sizes = () => receiver.requests.slice(1).map(({ events }) => events.length);
    await tab.evaluate(() => {
      for (let i = 0; i < 10; ++i) skerry('few', { i });
    });
    await receiver.has(11);
    assert.deepEqual(sizes(), [10]);
    await emptied(tab);
    await stopTimers(tab); // without pauses
    await tab.evaluate(() => {
      for (let i = 0; i < 120; ++i) skerry('many', { i });
    });
    await receiver.has(131);
    assert.ok(receiver.requests.every(({ events }) => events.length <= 50));
    await emptied(tab);
    await tab.evaluate(() => {
      for (let i = 0; i < 6; ++i) skerry('large', { text: 'ü'.repeat(8_000) });
    });
    await receiver.has(137);
    assert.ok(receiver.requests.every(({ headers }) => Number(headers['content-length']) < 32_100));
    assert.equal(sentTwice(receiver), 0);
    await assertClean(tab);
  }),

  'the network is cut, and comes back': withSite(async ({ receiver, site, tab }) => {
    await open(tab, site.url);
    await receiver.has(1);
    await emptied(tab);
    await tab.context().setOffline(true);
    for (let i = 0; i < 5; ++i) await send(tab, 'away', { i });
    await tab.waitForFunction(() => window.answers.includes(0));
    assert.equal(receiver.events.size, 1);
    assert.equal(await stored(tab), 5);
    await tab.context().setOffline(false);
    await receiver.has(6);
    await emptied(tab);
    assert.equal(sentTwice(receiver), 0);
    assert.ok((await tab.evaluate(() => window.mostTimers)) <= 1);
    await assertClean(tab, kRefused);
  }),

  'connections that break, before and after the events are stored': withSite(async ({ receiver, site, tab }) => {
    receiver.next = [{ cut: true }, { cut: true }];
    await open(tab, site.url);
    await send(tab, 'click');
    await receiver.has(2);
    receiver.next = [{ status: 500, forgotten: true }];
    await send(tab, 'stored');
    await receiver.has(3);
    await until('the second attempt', () => sentTwice(receiver) >= 2);
    await emptied(tab);
    assert.deepEqual(receiver.types().sort(), ['click', 'page', 'stored']);
    await assertClean(tab, kRefused);
  }),

  '503, then 200: with longer and longer pauses': withSite(async ({ receiver, site, tab }) => {
    // Chromium itself repeats a request at once when a connection that it has used before answers 408.
    receiver.next = [{ status: 503, headers: { Connection: 'close' } }, { status: 408 }];
    await open(tab, site.url);
    await send(tab, 'click');
    await receiver.has(2);
    await emptied(tab);
    const at = receiver.requests.map((request) => request.at);
    assert.equal(at.length, 3);
    for (const [i, least] of [500, 1_000].entries()) assert.ok(at[i + 1] - at[i] >= least - 20, `${at}`);
    assert.deepEqual(await tab.evaluate(() => window.answers), [503, 408, 200]);
    assert.ok((await tab.evaluate(() => window.mostTimers)) <= 1);
    await assertClean(tab, kRefused);
  }),

  '429: Retry-After counts, in seconds and as a date': withSite(async ({ receiver, site, tab }) => {
    receiver.next = [
      { status: 429, headers: { 'Retry-After': '600' } },
      { status: 503, headers: () => ({ 'Retry-After': new Date(Date.now() + 1_800_000).toUTCString() }) },
      { status: 503, headers: { 'Retry-After': '1000000' } },
    ];
    await open(tab, site.url);
    const answered = (count) => tab.waitForFunction((wanted) => window.answers.length === wanted, count);
    const first = await planned(tab, 600_500, 601_500);
    await stopTimers(tab);
    for (let i = 0; i < 4; ++i) {
      await send(tab, 'impatient', { i });
      await tab.evaluate(() => {
        Object.defineProperty(document, 'hidden', { value: true, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
        dispatchEvent(new Event('online'));
      });
    }
    await tab.evaluate(() => {
      for (let i = 0; i < 60; ++i) skerry('impatient');
    });
    await sleep(200);
    assert.equal(receiver.requests.length, 1);
    assert.equal(await planned(tab, 0, Infinity), first, 'the same timer, and no other');

    await fire(tab, first);
    await answered(2);
    await fire(tab, 1_739_000, 1_803_000); // the date, less the time that the answer took
    await answered(3);
    await fire(tab, 3_602_000, 3_606_000); // an hour at most
    await receiver.has(65);
    await emptied(tab);
    assert.equal(receiver.requests.length, 5, 'and both batches, one after the other');
    assert.equal(receiver.events.size, 65);
    await assertClean(tab, kRefused);
  }),

  'what the server will never take is given up': withSite(async ({ receiver, site, tab }) => {
    receiver.next = [{ status: 400 }, { status: 404 }];
    await open(tab, site.url);
    await until('an answer', async () => (await tab.evaluate(() => window.answers.length)) === 1);
    await send(tab, 'second');
    await until('an answer', async () => (await tab.evaluate(() => window.answers.length)) === 2);
    assert.equal(await stored(tab), 0);
    await send(tab, 'third');
    await receiver.has(1);
    assert.equal(receiver.requests.length, 3);
    assert.deepEqual(receiver.types(), ['third']);
    await assertClean(tab, kRefused);
  }),

  "only the tracker's own word acknowledges: not a page, nothing, or what a redirect led to": withSite(async ({ receiver, site, tab }) => {
    const others = [{ body: '<!doctype html><p>Log in' }, { body: '' }, { body: 'null' }, { body: '{"status":"ok"}' }].map((answer) => ({ status: 200, ...answer }));
    const moved = [301, 302, 303].map((status) => ({ status, headers: { Location: '/moved' }, body: '' }));
    const gone = { status: 302, headers: { Location: '/gone' }, body: '' }; // 404 there
    receiver.next = [...others, ...moved, gone];
    const count = receiver.next.length;
    await open(tab, site.url);
    await stopTimers(tab);
    for (let i = 1; i <= count; ++i) {
      await tab.waitForFunction((wanted) => window.answers.length === wanted, i);
      assert.equal(await stored(tab), 1, `after ${i}`);
      await planned(tab, 1, Infinity);
      await fire(tab, 1, Infinity);
    }
    await receiver.has(1);
    await emptied(tab);
    assert.equal(receiver.requests.length, count + 1);
    assert.equal(new Set(receiver.requests.flatMap(({ events }) => events.map(({ id }) => id))).size, 1);
    // What moves for good, and takes the batch along.
    receiver.next = [{ status: 308, headers: { Location: '/t/batch' }, body: '' }];
    await send(tab, 'moved');
    await planned(tab, 1, Infinity);
    await fire(tab, 1, Infinity);
    await receiver.has(2);
    await emptied(tab);
  }),

  'the page is left in the middle: a beacon takes what is not on its way': withSite(async ({ receiver, site, tab }) => {
    await open(tab, site.url);
    await receiver.has(1);
    await emptied(tab);
    const [released, release] = gate();
    receiver.next = [{ status: 200, until: () => released }];
    await tab.evaluate(() => {
      for (let i = 0; i < 40; ++i) skerry('last', { i, text: 'x'.repeat(1_000) });
    });
    await until('a batch on its way', () => receiver.requests.length === 2);
    await tab.goto(`${site.url}/plain`);
    await until('a beacon', () => receiver.requests.length === 3);
    release();
    await receiver.has(41);
    assert.deepEqual(receiver.requests.map(({ beacon }) => beacon), [false, false, true]);
    assert.equal(sentTwice(receiver), 0);
    // The next page sends again what nobody acknowledged, under the same ids.
    await open(tab, site.url);
    await receiver.has(42);
    await emptied(tab);
    assert.equal(receiver.events.size, 42);
  }),

  'a tab that is closed': withSite(async ({ receiver, site, tab }) => {
    await open(tab, site.url);
    await receiver.has(1);
    const other = await tab.context().newPage();
    await open(other, `${site.url}/other`);
    await receiver.has(2);
    await send(other, 'last');
    await other.close({ runBeforeUnload: true });
    await receiver.has(3);
    assert.deepEqual(receiver.types(), ['page', 'page', 'last']);
  }),

  'a page that is hidden sends at once': withSite(async ({ receiver, site, tab }) => {
    await open(tab, site.url);
    await receiver.has(1);
    await emptied(tab);
    await stopTimers(tab);
    await tab.evaluate(() => {
      skerry('last look');
      Object.defineProperty(document, 'hidden', { value: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await receiver.has(2);
    await emptied(tab);
    assert.equal(sentTwice(receiver), 0);
  }),

  'closed while the network is away: the next page delivers': withSite(async ({ receiver, site, tab }) => {
    await open(tab, site.url);
    await receiver.has(1);
    const context = tab.context();
    await context.setOffline(true);
    await tab.evaluate(() => {
      for (let i = 0; i < 30; ++i) skerry('away', { i });
    });
    await tab.close();
    await context.setOffline(false);
    assert.equal(receiver.events.size, 1);
    const later = await context.newPage();
    await open(later, `${site.url}/later`);
    await receiver.has(32);
    await emptied(later);
    assert.deepEqual([...receiver.events.values()].filter(({ type }) => type === 'away').map(({ props }) => props.i).sort((a, b) => a - b), [...Array(30).keys()]);
  }),

  'closed while the server is away: the next page delivers': withSite(async ({ receiver, site, tab }) => {
    receiver.usual = { status: 503 };
    await open(tab, site.url);
    await send(tab, 'unlucky');
    await tab.waitForFunction(() => window.answers.length > 1);
    await tab.goto(`${site.url}/plain`);
    assert.equal(receiver.events.size, 0);
    assert.equal(await stored(tab), 2);
    receiver.usual = { status: 200 };
    await open(tab, `${site.url}/later`);
    await receiver.has(3);
    await emptied(tab);
    assert.equal(receiver.events.size, 3);
  }),

  'many tabs at once, and a server that fails now and then': withSite(async ({ receiver, site, tab }) => {
    const context = tab.context();
    const tabs = [tab, ...(await Promise.all(Array.from({ length: 7 }, () => context.newPage())))];
    receiver.next = Array.from({ length: 12 }, (_, i) => [{ status: 200, until: () => sleep(40) }, { status: 503 }, { cut: true }, { status: 500, forgotten: true }][i % 4]);
    await Promise.all(tabs.map((one, i) => open(one, `${site.url}/tab${i}`)));
    await Promise.all(
      tabs.map((one, tabNumber) =>
        one.evaluate(async (number) => {
          for (let i = 0; i < 40; ++i) {
            skerry('busy', { number, i });
            if (i % 8 === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
          }
        }, tabNumber),
      ),
    );
    await Promise.all(tabs.slice(4).map((one) => one.close({ runBeforeUnload: true })));
    await receiver.has(8 * 41);
    await emptied(tab);
    assert.equal(receiver.events.size, 8 * 41);
    const busy = [...receiver.events.values()].filter(({ type }) => type === 'busy');
    assert.equal(new Set(busy.map(({ props: { number, i } }) => `${number} ${i}`)).size, 8 * 40, 'one id for each');
    const refused = receiver.requests.filter(({ status }) => status !== 200).reduce((sum, { events }) => sum + events.length, 0);
    return `${receiver.requests.length} requests; ${refused} events were refused, ${sentTwice(receiver)} came again`;
  }),

  'without Web Locks': withSite(async ({ receiver, site, tab }) => {
    const context = tab.context();
    const tabs = [tab, await context.newPage(), await context.newPage()];
    receiver.next = [{ status: 503 }];
    await Promise.all(tabs.map((one, i) => open(one, `${site.insecure}/tab${i}`)));
    assert.equal(await tab.evaluate(() => navigator.locks), undefined);
    await Promise.all(tabs.map((one) => one.evaluate(() => {
      for (let i = 0; i < 20; ++i) skerry('busy', { i });
    })));
    await receiver.has(63);
    await emptied(tab);
    assert.equal(receiver.events.size, 63);
    assert.ok(sentTwice(receiver) <= 1, 'only what was refused');

    // What a page left behind an hour ago is for the next one; what is fresh belongs to a page that may live.
    const address = `${receiver.url}/t/batch`;
    const leave = (age) => tab.evaluate(([ms, target]) => {
      const time = (Date.now() - ms).toString(16).padStart(12, '0');
      const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
      localStorage[`skerry:${id} ${target}`] = JSON.stringify({ id, type: 'orphan', ts: Date.now() - ms });
      return id;
    }, [age, address]);
    const [old, young] = [await leave(3_600_000), await leave(5_000)];
    await open(tab, `${site.insecure}/next`);
    await receiver.has(65);
    await until('all but one crossed out', async () => (await stored(tab)) === 1);
    assert.ok(receiver.events.has(old));
    assert.ok(!receiver.events.has(young));
  }),

  'back from the cache of pages, and prepared before it is looked at': async () => {
    await withSite(
      async ({ receiver, site, tab }) => {
        await open(tab, `${site.url}/first`);
        await receiver.has(1);
        await emptied(tab);
        await tab.evaluate(() => void (window.marked = true));
        await leave(tab, `${site.url}/plain`, 'last');
        await receiver.has(2);
        await tab.goBack({ waitUntil: 'commit' });
        assert.ok(await tab.evaluate(() => window.marked), 'the same page');
        await receiver.has(3);
        await emptied(tab);
        assert.deepEqual(receiver.types(), ['page', 'last', 'page']);
        await send(tab, 'alive');
        await receiver.has(4);
        await assertClean(tab);
      },
      { cache: true },
    )();
    await withSite(async ({ receiver, site, tab }) => {
      await tab.addInitScript(() => {
        window.seen = false;
        Object.defineProperty(document, 'prerendering', { get: () => !window.seen });
      });
      await tab.goto(site.url);
      await send(tab, 'prepared');
      await sleep(300);
      assert.equal(receiver.requests.length, 0);
      await tab.evaluate(() => {
        window.seen = true;
        document.dispatchEvent(new Event('prerenderingchange'));
      });
      await receiver.has(2);
      assert.deepEqual(receiver.types(), ['page', 'prepared']);
    })();
  },

  'a full store': withSite(async ({ receiver, site, tab }) => {
    await tab.goto(`${site.url}/plain`);
    await tab.evaluate(() => {
      for (let size = 1 << 20; size >= 1; ) {
        try {
          localStorage[`own${localStorage.length}`] = 'x'.repeat(size);
        } catch {
          size >>= 1;
        }
      }
    });
    const own = await tab.evaluate(() => localStorage.length);
    await open(tab, site.url);
    for (let i = 0; i < 3; ++i) await send(tab, 'squeezed', { i });
    await receiver.has(4);
    await leave(tab, `${site.url}/plain`, 'last');
    await receiver.has(5);
    assert.equal(sentTwice(receiver), 0);
    assert.equal(await tab.evaluate(() => localStorage.length), own, 'what is not its own stays');
  }),

  'a forbidden store, in a frame without an origin': withSite(async ({ receiver, site, tab }) => {
    await tab.goto(`${site.url}/plain`);
    receiver.next = [{ status: 503 }];
    await tab.evaluate((src) => {
      const frame = Object.assign(document.createElement('iframe'), { src, sandbox: 'allow-scripts' });
      document.body.append(frame);
    }, `${site.url}/framed`);
    await until('the frame', () => tab.frames().length === 2);
    const frame = tab.frames()[1];
    await frame.waitForFunction(() => window.skerry?.ready);
    assert.equal(await frame.evaluate(() => { try { return String(localStorage); } catch ({ name }) { return name; } }), 'SecurityError');
    await frame.evaluate(() => skerry('framed', { deep: true }));
    await receiver.has(2);
    await frame.evaluate(() => skerry('last'));
    await tab.evaluate(() => document.querySelector('iframe').remove());
    await receiver.has(3);
    assert.deepEqual(receiver.types(), ['page', 'framed', 'last']);
    await assertClean(tab, kRefused);
  }),

  'the store is bounded: in count, in bytes, in age': withSite(async ({ receiver, site, tab }) => {
    receiver.usual = { status: 503, headers: { 'Retry-After': '600' } };
    await tab.goto(`${site.url}/plain`);
    await tab.evaluate((target) => {
      const key = (age) => {
        const time = (Date.now() - age).toString(16).padStart(12, '0');
        return `skerry:${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000 ${target}`;
      };
      localStorage[key(8 * 86_400_000)] = '{"type":"ancient"}';
      localStorage[key(1_000)] = 'not JSON';
      localStorage['skerry:garbage'] = '{}';
      localStorage.skerry = 'the site\'s own';
    }, `${receiver.url}/t/batch`);
    await open(tab, site.url);
    await until('an attempt', () => receiver.requests.length === 1);
    await tab.waitForFunction(() => window.answers.length === 1);
    assert.deepEqual(receiver.requests[0].events.map(({ type }) => type), ['page']);
    assert.equal(await stored(tab), 1);
    await tab.evaluate(() => {
      for (let i = 0; i < 2_500; ++i) skerry('flood', { i });
    });
    const count = await stored(tab);
    assert.ok(count >= 1_000 && count < 2_000, `${count}`);
    await tab.evaluate(() => {
      for (let i = 0; i < 1_500; ++i) skerry('flood', { i: 2_500 + i, text: 'x'.repeat(1_000) });
    });
    await open(tab, `${site.url}/next`);
    await until('an attempt', () => receiver.requests.length > 1);
    const bytes = await tab.evaluate(() => Object.entries(localStorage).filter(([key]) => key.startsWith('skerry:')).reduce((sum, [, text]) => sum + text.length, 0));
    assert.ok(bytes < 1_000_000 && bytes > 900_000, `${bytes}`);
    assert.equal(await tab.evaluate(() => localStorage.skerry), 'the site\'s own');
    receiver.usual = { status: 200 };
    await open(tab, `${site.url}/last`);
    await emptied(tab);
    assert.ok((await tab.evaluate(() => window.answers)).every((status) => status === 200), 'one batch after the other');
    const numbers = [...receiver.events.values()].filter(({ type }) => type === 'flood').map(({ props }) => props.i);
    assert.equal(Math.max(...numbers), 3_999, 'the newest stay');
    await assertClean(tab, kRefused);
  }),

  'Global Privacy Control: nothing is sent, nothing is stored': withSite(async ({ receiver, site, tab }) => {
    receiver.usual = { status: 503 };
    await open(tab, site.url);
    await tab.waitForFunction(() => window.answers.length > 0);
    await tab.goto(`${site.url}/plain`);
    assert.equal(await stored(tab), 1);
    await until('the beacon of the page that was left', () => receiver.requests.some(({ beacon }) => beacon));
    receiver.usual = { status: 200 };
    receiver.requests.length = 0;
    await tab.context().addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true }));
    await tab.goto(`${site.url}/private`);
    await tab.waitForFunction(() => window.skerry && !window.skerry.q);
    await send(tab, 'click', { secret: 1 });
    await tab.evaluate(() => history.pushState(null, '', '/more'));
    await sleep(1_300);
    assert.equal(await tab.evaluate(() => localStorage.length), 0);
    await tab.goto(`${site.url}/plain`);
    await sleep(200);
    assert.deepEqual([receiver.requests.length, receiver.events.size], [0, 0]);
    await assertClean(tab, kRefused);
  }),

  'privacy signals as the author has chosen': async () => {
    for (const [attributes, signal, sent] of [
      ['data-gpc="off"', 'globalPrivacyControl', true],
      ['', 'doNotTrack', true],
      ['data-dnt="on"', 'doNotTrack', false],
    ]) {
      await withSite(
        async ({ receiver, site, tab }) => {
          await tab.context().addInitScript((name) => Object.defineProperty(Navigator.prototype, name, { value: '1' }), signal);
          await tab.goto(site.url);
          await tab.waitForFunction(() => window.skerry && !window.skerry.q);
          if (sent) await receiver.has(1);
          else await sleep(500);
          assert.equal(receiver.events.size, sent ? 1 : 0, `${attributes} ${signal}`);
        },
        { attributes },
      )();
    }
  },

  'a strict Content-Security-Policy': async () => {
    const receiver = await startReceiver();
    const csp = `default-src 'none'; script-src 'self' ${receiver.url}; connect-src ${receiver.url}; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;
    const site = await startSite(receiver.url, { csp });
    const browser = await startChromium();
    try {
      const tab = await openTab(browser);
      await open(tab, site.url);
      await send(tab, 'click', { a: 1 });
      await receiver.has(2);
      await leave(tab, `${site.url}/plain`, 'last');
      await receiver.has(3);
      await assertClean(tab);
      // And one that forbids it: the page does not notice.
      const closed = await startSite(receiver.url, { csp: `default-src 'none'; script-src 'self' ${receiver.url}` });
      const other = await openTab(browser);
      await open(other, closed.url);
      await sleep(300);
      assert.equal(receiver.events.size, 3);
      assert.ok(other.problems.every((problem) => /Content Security Policy|Fetch API cannot load/.test(problem)), other.problems.join());
      await closed.close();
    } finally {
      await browser.close();
      await Promise.all([site.close(), receiver.close()]);
    }
  },

  'an address that is none': withSite(
    async ({ receiver, site, tab }) => {
      await tab.goto(site.url);
      await send(tab, 'click');
      await sleep(300);
      assert.equal(receiver.requests.length, 0);
      await assertClean(tab);
    },
    { attributes: 'data-endpoint="http://["' },
  ),

  'nothing that a page does makes it throw': withSite(async ({ receiver, site, tab }) => {
    await open(tab, site.url);
    await receiver.has(1);
    await tab.evaluate(() => {
      const ring = {};
      ring.ring = ring;
      skerry();
      skerry('');
      skerry('ring', ring);
      skerry('big', { n: 1n });
      skerry(Symbol('s'));
      skerry({ toString() { throw new Error('no'); } });
      skerry('getter', { get a() { throw new Error('no'); } });
      skerry('huge', { text: 'x'.repeat(40_000) });
      skerry('wide', { text: 'é'.repeat(20_000) });
      skerry('function', () => {});
      skerry('text', 'plain');
      skerry('surrogate', { text: '\ud800' });
      skerry('__proto__', JSON.parse('{"__proto__": {"x": 1}}'));
      addEventListener('skerry', () => { throw new Error('of the page'); });
    });
    await receiver.has(5);
    await emptied(tab);
    assert.deepEqual(receiver.types().sort(), ['__proto__', 'function', 'page', 'surrogate', 'text']);
    assert.deepEqual(await tab.evaluate(() => {
      try {
        history.pushState(() => {}, '');
      } catch ({ name }) {
        return name;
      }
    }), 'DataCloneError');
    await assertClean(tab, /^of the page$/);
  }),
};
