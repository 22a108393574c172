// The page's edge: fetches, puts finished HTML into the document, listens. What the data means is table.wasm's business.
const kRefresh = 30_000;
const kLongestPause = 240_000;
const kTimeout = 20_000;

const $ = (id) => document.getElementById(id);
const [form, body, table, banner] = [$('filters'), $('rows'), $('collectors'), $('banner')];
const rows = new Map(); // key -> <tr>

const moduleReady = import('./table.mjs').then(({ default: load }) => load()).then(({ StatusPage }) => new StatusPage());
moduleReady.catch(() => {}); // start() tells

/** One document of the server: the body where it is a new one, null where it is the same. */
class Source {
  #path;
  #etag = null;

  constructor(path) {
    this.#path = path;
  }

  /** The browser's cache asks whether there is a newer one (If-None-Match). */
  async fetch() {
    const response = await fetch(this.#path, { cache: 'no-cache', signal: AbortSignal.timeout(kTimeout) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw Object.assign(new Error(`${this.#path}: ${response.status}`), { status: response.status });
    const etag = response.headers.get('ETag');
    const same = etag !== null && etag === this.#etag;
    this.#etag = etag;
    return { bytes: same ? null : bytes, age: response.headers.get('Age') };
  }

  forget() {
    this.#etag = null;
  }
}
const latest = new Source('latest');
const history = new Source('history');

let page = null;
let loaded = false; // whether there is a view
let clockError = 0; // this machine's clock against the server's, ms
let lostSince = null;
let pause = kRefresh;
let timer = null;
let spoken = '';

const now = () => Date.now() + clockError;
const clock = (time) => `${time.toISOString().slice(11, 19)} UTC`;

const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

function say(text) {
  if (text === spoken) return;
  spoken = text;
  $('live').textContent = text;
}

function showBanner(text, kind = 'warn') {
  banner.hidden = text === '';
  banner.className = kind;
  setText(banner, text);
}

/** Makes `old` like `fresh` with as few changes as it can, so that focus, selection and open strips stay. */
function patch(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return undefined;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.parentNode?.nodeName === 'DETAILS' && old.nodeName === 'DIV') return undefined; // filled when it opens
  const [have, want] = [[...old.childNodes], [...fresh.childNodes]];
  want.forEach((node, i) => (have[i] ? patch(have[i], node) : old.append(node)));
  for (const node of have.slice(want.length)) node.remove();
  return undefined;
}

const fillDetails = (details) => {
  const key = Number(details.closest('tr').dataset.key);
  patchChildren(details.lastElementChild, page.details(key));
};

function patchChildren(element, html) {
  const fresh = element.cloneNode(false);
  fresh.innerHTML = html;
  const [have, want] = [[...element.childNodes], [...fresh.childNodes]];
  want.forEach((node, i) => (have[i] ? patch(have[i], node) : element.append(node)));
  for (const node of have.slice(want.length)) node.remove();
}

const move = (row, before) =>
  row.isConnected && body.moveBefore ? body.moveBefore(row, before) : body.insertBefore(row, before);

/** Puts the wanted rows into their order; those that are in place are not touched. */
function arrange() {
  const keys = page.order().split(' ').filter(Boolean);
  const wanted = new Set(keys);
  for (const row of [...body.children]) if (!wanted.has(row.dataset.key)) row.remove();
  let next = body.firstElementChild;
  const late = [];
  for (const key of keys) {
    const row = rows.get(key);
    if (row !== next) late.push([row, next]);
    else next = next.nextElementSibling;
  }
  next = body.firstElementChild;
  if (late.length > 0) {
    const focused = document.activeElement;
    for (const key of keys) {
      const row = rows.get(key);
      if (row === next) next = next.nextElementSibling;
      else move(row, next);
    }
    if (document.activeElement !== focused) focused.focus({ preventScroll: true }); // where there is no moveBefore
  }
  $('empty').hidden = keys.length > 0;
}

function showChangedRows() {
  const template = document.createElement('template');
  template.innerHTML = page.changed_rows();
  for (const fresh of [...template.content.children]) {
    const old = rows.get(fresh.dataset.key);
    if (!old) rows.set(fresh.dataset.key, fresh);
    else patch(old, fresh);
  }
  for (const details of body.querySelectorAll('details[open]')) fillDetails(details);
}

/** The form, the headers and the address bar show the query. */
function showQuery(history_entry) {
  for (const element of form.elements) {
    if (!element.name) continue;
    const value = page.field(element.name);
    if (element.type === 'checkbox') element.checked = value !== '';
    else if (element !== document.activeElement && element.value !== value) element.value = value;
  }
  const sort = page.field('sort');
  for (const button of table.querySelectorAll('[data-sort]')) {
    const header = button.closest('th');
    if (button.dataset.sort !== sort) header.removeAttribute('aria-sort');
    else header.setAttribute('aria-sort', page.field('order') === 'asc' ? 'ascending' : 'descending');
  }
  table.dataset.type = page.field('data_type');
  const query = page.query();
  const url = location.pathname + (query ? `?${query}` : '') + location.hash;
  if (url !== location.pathname + location.search + location.hash) window.history[history_entry](null, '', url);
}

/** After the query changed. */
function apply(history_entry = 'replaceState') {
  if (!page) return;
  showQuery(history_entry);
  arrange();
  setText($('shown'), page.shown());
  say(page.shown());
}

function showAge() {
  if (!loaded) return;
  setText($('age'), `View of ${page.age(now())}`);
  if (lostSince) return;
  const old = page.is_old(now());
  showBanner(old ? `This view is old: ${page.age(now())}. It should be at most 15 minutes; the updater may be down.` : '');
}

function showData() {
  showChangedRows();
  arrange();
  setText($('headline'), page.headline());
  document.title = `${page.headline()} · BGP archives`;
  const list = page.late_list();
  patchChildren($('late-list'), list);
  $('late').hidden = list === '';
  $('axis').innerHTML = page.axis();
  table.removeAttribute('aria-busy');
  setText($('shown'), page.shown());
}

function failed(error) {
  lostSince ??= new Date(now());
  pause = Math.min(pause * 2, kLongestPause);
  const since = clock(lostSince);
  if (error.status === 503 && !loaded) {
    showBanner('There is no view yet: the updater has not published one. This page keeps asking.');
  } else if (error.status) {
    showBanner(`The server answers ${error.status} since ${since}.${loaded ? ' The last view stays.' : ''}`);
  } else if (error.unreadable) {
    showBanner(error.message, 'fail');
  } else {
    showBanner(`No connection since ${since}.${loaded ? ' The last view stays; this page keeps trying.' : ' This page keeps trying.'}`);
  }
  say(banner.textContent);
}

/** Gives a new body to the module; what it can't read is an error. */
function give(read, source, bytes) {
  const problem = read(bytes);
  if (problem === '') return;
  source.forget();
  throw Object.assign(new Error(problem), { unreadable: true });
}

async function refresh() {
  clearTimeout(timer);
  timer = null;
  const arrivals = history.fetch().catch(() => null); // without it the table has no strips
  let view = null;
  let problem = null;
  try {
    [view, page] = await Promise.all([latest.fetch(), moduleReady]);
    if (view.bytes) give((bytes) => page.load_latest(bytes), latest, view.bytes);
  } catch (error) {
    problem = error;
  }
  if (problem) {
    failed(problem);
  } else {
    if (!loaded) page.set_query(location.search);
    const strips = await (loaded ? arrivals : Promise.race([arrivals, new Promise((done) => setTimeout(done, 200, arrivals))]));
    let changed = view.bytes !== null;
    if (strips?.bytes) {
      changed = true;
      try {
        give((bytes) => page.load_history(bytes), history, strips.bytes);
      } catch (error) {
        console.warn(error.message);
      }
    }
    const first = !loaded;
    const wasLost = lostSince !== null;
    loaded = true;
    lostSince = null;
    pause = kRefresh;
    if (first) {
      body.replaceChildren();
      showQuery('replaceState');
    }
    if (changed) showData();
    setText($('strip-title'), strips || $('axis').childElementCount ? 'Last 48 hours' : 'No arrivals known');
    if (first || changed || wasLost) say(page.shown());
    showAge();
  }
  if (!document.hidden) timer ??= setTimeout(refresh, pause);
}

form.addEventListener('input', () => {
  if (!page) return;
  page.set_query(new URLSearchParams(new FormData(form)).toString());
  apply();
});
form.addEventListener('submit', (event) => event.preventDefault());
table.tHead.addEventListener('click', ({ target }) => {
  const button = target.closest('[data-sort]');
  if (!button || !page) return;
  page.sort_by(button.dataset.sort);
  apply();
});
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href^="?"]');
  if (!link || !page || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  page.set_query(link.getAttribute('href'));
  apply('pushState');
});
window.addEventListener('popstate', () => {
  if (!page) return;
  page.set_query(location.search);
  apply();
});
body.addEventListener('toggle', ({ target }) => target.open && fillDetails(target), true);
document.addEventListener('keydown', (event) => {
  const search = form.elements.q;
  const typing = event.target.closest('input, select, textarea');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === 'Escape' && event.target === search && search.value !== '') {
    search.value = '';
    search.dispatchEvent(new Event('input', { bubbles: true }));
  }
});
document.addEventListener('visibilitychange', () => {
  clearTimeout(timer);
  timer = null;
  if (!document.hidden) refresh();
});
window.addEventListener('online', refresh);
setInterval(() => document.hidden || showAge(), 5_000);

async function start() {
  try {
    await moduleReady;
  } catch (error) {
    body.replaceChildren();
    table.removeAttribute('aria-busy');
    showBanner('The table can’t be shown: its module did not load. The data itself: ', 'fail');
    for (const path of ['latest', 'v2/latest']) {
      const link = document.createElement('a');
      link.href = path;
      link.textContent = path;
      banner.append(link, ' ');
    }
    say(banner.textContent);
    throw error;
  }
}
start();
refresh();
