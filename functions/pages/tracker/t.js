// The tracker of a web page: <script async src="https://HOST/t.js"></script>, then skerry('name', {…}).
//
// An event is written down before it is sent (localStorage, a key for each, so that no tab overwrites what another one
// wrote) and crossed out when the server has it, or says that it never will take it. Until then it is sent again: by this
// page, by another tab, by the next page that loads. Its id stays the same, so that the server counts it once. Under a
// Web Lock one tab at a time sends for all; where there are no locks, a tab sends its own events and old ones.
//
// What became of each batch is told to the page: `skerry`, a CustomEvent of window, its detail `{batch, status, answer}`.
(() => {
  const kDelay = 1_000; // ms that an event waits for others
  const kTimeout = 20_000;
  const kLongestPause = 60_000; // between attempts, unless the server asks for more, up to
  const kLongestWish = 3_600_000;
  const kBatchEvents = 50;
  const kBatchBytes = 32_000; // a batch on its way and one at the end fit into the 64 KiB that a page may leave behind
  const kStoredEvents = 1_000;
  const kStoredSize = 1_000_000;
  const kStoredAge = 7 * 86_400_000;
  const kOrphanAge = 60_000; // of an event whose page is gone, or can't send it
  const kPrefix = 'skerry:'; // a key is `skerry:<id> <target>`

  const script = document.currentScript;
  const stub = window.skerry;
  if (!script || stub?.ready) return;
  const { site, auto, gpc, dnt, endpoint } = script.dataset;
  let target;
  try {
    target = new URL(endpoint || 't/batch', script.src).href;
  } catch {
    return;
  }

  const memory = {}; // what the disk has no room for
  let disk = memory;
  try {
    disk = localStorage || memory;
  } catch {} // forbidden

  const mine = new Set(); // keys of events of this page
  const sending = new Set(); // keys of events on their way
  let timer = 0; // the only one
  let busy = false;
  let failures = 0; // in a row
  let status; // of the last attempt, 0 where no answer came
  let fresh = 0; // events since the last attempt
  let freshBytes = 0;
  let viewed; // the address of the last page view
  let from = document.referrer;

  const guarded = (work) => (...values) => {
    try {
      work(...values);
    } catch {}
  };
  const address = () => location.href.split('#')[0];
  const size = (text) => new TextEncoder().encode(text).length;
  const read = (key) => memory[key] || disk[key];
  const drop = (key) => {
    delete memory[key];
    delete disk[key];
    mine.delete(key);
  };

  // RFC 9562, version 7: keys are in the order of time.
  const uuid = () => {
    const hex = (value, digits) => value.toString(16).padStart(digits, 0);
    const time = hex(Date.now(), 12);
    const chance = [...crypto.getRandomValues(new Uint16Array(5))].map((part) => hex(part, 4)).join('');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-8${chance.slice(3, 6)}-${chance.slice(6, 18)}`;
  };
  const age = (key) => Math.abs(Date.now() - parseInt(key.slice(7, 20).replace('-', ''), 16));

  /** The keys of what waits, oldest first. What is too old or too much goes. */
  const stored = () => {
    let total = 0;
    return [...new Set([...Object.keys(memory), ...Object.keys(disk)])]
      .filter((key) => key.startsWith(kPrefix))
      .sort()
      .reverse()
      .filter((key, i) => {
        const text = read(key);
        total += text.length;
        const kept = text[0] == '{' && i < kStoredEvents && total < kStoredSize && age(key) < kStoredAge;
        if (!kept) drop(key);
        return kept && key.slice(44) == target;
      })
      .reverse();
  };

  /** What of it this tab sends: everything, or its own events and orphans. */
  const waiting = (everything) =>
    stored().filter((key) => !sending.has(key) && (everything || mine.has(key) || age(key) > kOrphanAge));

  /** As many of them as fit into a batch. */
  const next = (everything) => {
    let bytes = 0;
    return waiting(everything).filter((key, i) => i < kBatchEvents && (bytes += size(read(key)) + 1) < kBatchBytes);
  };

  /** Success is the tracker's own word: a proxy may answer in its place, and a redirect may make a GET of a batch. */
  const isOver = (answer, redirected) => {
    if (status >= 400) return !redirected && status < 500 && status != 408 && status != 429;
    try {
      return JSON.parse(answer).accepted >= 0;
    } catch {}
  };

  const envelope = (batch) => `{"batch":[${batch}],"sent_at":${Date.now()}}`;

  /** Resolves to the ms to wait before the next attempt, 0 where there is no need to. */
  const send = async (keys) => {
    const batch = keys.map(read);
    const keepalive = !failures; // which the browser may refuse where the page itself leaves much behind
    let wish, answer, redirected;
    let pause = 0;
    status = 0;
    if (keepalive) keys.forEach((key) => sending.add(key));
    try {
      const response = await fetch(target, {
        method: 'POST',
        body: envelope(batch), // text/plain: no preflight
        credentials: 'omit',
        keepalive,
        signal: AbortSignal.timeout?.(kTimeout),
      });
      ({ status, redirected } = response);
      wish = response.headers.get('Retry-After'); // seconds or a date
      answer = await response.text(); // until then the browser counts the request among those on their way
    } catch {}
    sending.clear();
    if (isOver(answer, redirected)) {
      keys.forEach(drop);
      failures = 0;
    } else {
      const asked = (wish >= 0 ? wish * 1_000 : Date.parse(wish) - Date.now()) || 0;
      pause =
        Math.min(Math.max(asked, 0), kLongestWish) +
        Math.min(kDelay * 2 ** failures++, kLongestPause) * (0.5 + Math.random());
    }
    dispatchEvent(new CustomEvent('skerry', { detail: { batch, status, answer } }));
    return pause;
  };

  const plan = guarded((pause) => {
    if (!timer && (pause || waiting()[0])) timer = setTimeout(flush, pause || kDelay);
  });

  const flush = async (atOnce) => {
    clearTimeout(timer);
    timer = fresh = freshBytes = 0;
    if (busy) return;
    busy = true;
    let pause = 0;
    const work = async (lock) => {
      for (let keys; !pause && (keys = next(lock))[0]; ) pause = await send(keys);
    };
    try {
      await (atOnce || !navigator.locks ? work() : navigator.locks.request('skerry', work).catch(() => work()));
    } catch {}
    busy = false;
    plan(pause);
  };

  const track = guarded((type, props) => {
    if (!type) return;
    const id = uuid();
    const text = JSON.stringify({ id, type: `${type}`, ts: Date.now(), url: address(), referrer: from, title: document.title, site, props });
    const bytes = size(text) + 1;
    if (bytes >= kBatchBytes) return;
    const key = `${kPrefix}${id} ${target}`;
    try {
      disk[key] = text;
    } catch {
      memory[key] = text; // no room
    }
    mine.add(key);
    freshBytes += bytes;
    if (++fresh % kStoredEvents == 0) stored();
    if (busy) return;
    if (!failures && (fresh >= kBatchEvents || freshBytes >= kBatchBytes)) flush();
    else plan();
  });

  const view = guarded((again) => {
    const url = address();
    if (url == viewed && !again) return;
    if (viewed && url != viewed) from = viewed;
    viewed = url;
    track('page');
  });

  const leave = guarded(() => {
    for (let keys; (keys = next())[0] && navigator.sendBeacon(target, envelope(keys.map(read))); ) keys.forEach((key) => sending.add(key));
  });

  const start = guarded(() => {
    if ((gpc != 'off' && navigator.globalPrivacyControl) || (dnt == 'on' && navigator.doNotTrack == 1)) {
      stored().forEach(drop);
      window.skerry = () => {};
      return;
    }
    window.skerry = track;
    track.ready = true;
    if (auto != 'off') {
      const { pushState } = history;
      history.pushState = function (...values) {
        pushState.apply(this, values);
        Promise.resolve().then(view); // when the page has set its title
      };
      addEventListener('popstate', () => view());
      view();
    }
    addEventListener('pagehide', leave);
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted) return;
      sending.clear();
      if (auto != 'off') view(true);
      plan();
    });
    document.addEventListener('visibilitychange', () => document.hidden && !failures && flush(true));
    addEventListener('online', () => {
      if (failures && status) return; // it is the server that asks for patience
      failures = 0;
      flush();
    });
    for (const call of stub?.q || []) track(...call);
    flush();
  });

  if (document.prerendering) document.addEventListener('prerenderingchange', start, { once: true });
  else start();
})();
