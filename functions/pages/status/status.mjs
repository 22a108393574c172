// The page's edge: fetches, puts finished HTML into the document, listens. What the data means is table.wasm's business.
const kRefresh = 30_000;
const kRetry = 5_000; // after the first failure; then twice as long each time
const kLongestPause = 240_000;
const kTimeout = 20_000;
const kPatience = 200; // for strips; the table does not wait longer for them

const $ = (id) => document.getElementById(id);
const [form, body, table, banner] = [$('filters'), $('rows'), $('collectors'), $('banner')];
const rows = new Map(); // key -> <tr>

const moduleReady = import('./table.mjs').then((table) => table.default()).then(({ StatusPage }) => new StatusPage());

/** One document of the server. */
class Source {
  etag = null; // of what was read last

  constructor(path) {
    this.path = path;
  }

  /** `{bytes, age, date}`, without bytes where the document is the one of last time. It is the browser's cache that asks the
   *  server whether there is a newer one (If-None-Match). */
  async read() {
    const response = await fetch(this.path, { cache: 'no-cache', signal: AbortSignal.timeout(kTimeout) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw Object.assign(new Error(`${this.path}: ${response.status}`), { status: response.status });
    const etag = response.headers.get('ETag');
    const same = etag !== null && etag === this.etag;
    this.etag = etag;
    return { bytes: same ? null : bytes, age: response.headers.get('Age'), date: Date.parse(response.headers.get('Date')) };
  }
}
const latest = new Source('latest');
const history = new Source('history');

let page = null; // the module's StatusPage, once there is a view in it
let clockError = 0; // the server's clock minus this machine's, ms
let lostSince = null;
let failures = 0; // in a row
let timer = null;
let reading = false;
let broken = false; // the module did not load

const now = () => Date.now() + clockError;

const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

const say = (text) => setText($('live'), text);

function showBanner(text, kind = 'warn') {
  banner.hidden = text === '';
  banner.className = kind;
  setText(banner, text);
}

/** Makes `old` like `fresh` with as few changes as it can, so that focus, selection and open strips stay. */
function patch(old, fresh) {
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
  } else if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
  } else {
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    if (!old.matches('details > div')) patchChildren(old, fresh); // that is filled when it opens
  }
}

function patchChildren(old, fresh) {
  const have = [...old.childNodes];
  const want = [...fresh.childNodes];
  want.forEach((node, i) => (have[i] ? patch(have[i], node) : old.append(node)));
  for (const node of have.slice(want.length)) node.remove();
}

function patchHtml(element, html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  patchChildren(element, template.content);
}

const fillDetails = (details) =>
  patchHtml(details.lastElementChild, page.details(Number(details.closest('tr').dataset.key)));

const move = (row, before) =>
  row.isConnected && body.moveBefore ? body.moveBefore(row, before) : body.insertBefore(row, before);

/** Puts the rows to show into their order; those that are in place are not touched. */
function arrange() {
  const keys = page.order().split(' ').filter(Boolean);
  const wanted = new Set(keys);
  const focused = document.activeElement;
  for (const row of [...body.children]) if (!wanted.has(row.dataset.key)) row.remove();
  let next = body.firstElementChild;
  for (const key of keys) {
    const row = rows.get(key);
    if (row === next) next = next.nextElementSibling;
    else move(row, next);
  }
  if (document.activeElement !== focused) focused.focus({ preventScroll: true }); // where there is no moveBefore
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

/** Bars in the table's place, while the first view is on its way; without a script there are none. */
function showWaiting() {
  for (let i = 0; i < 12; ++i) {
    const row = body.insertRow();
    row.className = 'skeleton';
    row.ariaHidden = 'true';
    row.insertCell().colSpan = 10;
  }
}

/** With nothing to show, neither the table nor what filters it is there. */
function showNothing() {
  body.replaceChildren();
  table.removeAttribute('aria-busy');
  table.hidden = form.hidden = true;
}

/** The form, the headers and the address bar show the query. */
function showQuery(change) {
  for (const field of form.querySelectorAll('[name]')) {
    const value = page.field(field.name);
    if (field.type === 'checkbox') field.checked = value !== '';
    else if (field !== document.activeElement) field.value = value;
  }
  for (const button of table.querySelectorAll('[data-sort]')) {
    const header = button.closest('th');
    if (button.dataset.sort !== page.field('sort')) header.removeAttribute('aria-sort');
    else header.setAttribute('aria-sort', page.field('order') === 'asc' ? 'ascending' : 'descending');
  }
  table.dataset.type = page.field('data_type');
  const query = page.query() === '' ? '' : `?${page.query()}`;
  if (query !== location.search) window.history[change](null, '', location.pathname + query + location.hash);
}

/** After the query has changed. */
function apply(change = 'replaceState') {
  showQuery(change);
  arrange();
  setText($('shown'), page.shown());
  say(page.shown());
}

function showAge() {
  setText($('age'), `View of ${page.age(now())}`);
  if (lostSince) return;
  const old = page.is_old(now());
  showBanner(old ? `This view is old: ${page.age(now())}. It should be at most 15 min old; the updater may be down.` : '');
}

function showData() {
  showChangedRows();
  arrange();
  $('made-up').hidden = !page.made_up();
  showProjects();
  setText($('headline'), page.headline());
  document.title = `${page.headline()} · BGP archives`;
  patchHtml($('late-list'), page.late_list());
  $('late').hidden = !$('late-list').hasChildNodes();
  $('axis').innerHTML = page.axis();
  setText($('strip-title'), page.axis() === '' ? 'No arrivals known' : 'Last 48 hours');
  setText($('shown'), page.shown());
  say(page.shown());
}

/** Projects of one's own can be chosen, too. */
function showProjects() {
  const select = form.elements.project;
  const known = new Set(Array.from(select.options, ({ value }) => value));
  for (const project of page.projects().split(' ')) if (!known.has(project)) select.add(new Option(project, project));
}

function showFirst(made) {
  page = made;
  table.hidden = form.hidden = false;
  showProjects();
  page.set_query(location.search);
  body.replaceChildren();
  table.removeAttribute('aria-busy');
  showQuery('replaceState');
}

/** What a failed request means. What was shown stays. */
function showFailure(error) {
  lostSince ??= new Date(now());
  const since = `since ${lostSince.toISOString().slice(11, 19)} UTC`;
  const rest = page ? 'The last view stays' : 'Nothing to show yet';
  if (!page) showNothing();
  if (error.status === 503)
    showBanner(
      `There is no view (${since}): the updater has not published one. ${rest}; this page keeps asking. On the server, “skerry up” or “skerry update” makes one, and “skerry doctor” says what is in the way.`,
    );
  else if (error.status) showBanner(`The server answers ${error.status} ${since}. ${rest}; this page keeps asking.`);
  else if (error.unreadable) showBanner(`${error.message} ${rest}; this page keeps asking.`);
  else showBanner(`No connection ${since}. ${rest}; this page keeps trying.`);
  say(banner.textContent);
}

function showBroken() {
  broken = true;
  showNothing();
  showBanner('The table can’t be shown: its module did not load. The data itself: ', 'fail');
  for (const path of ['latest', 'v2/latest']) {
    const link = document.createElement('a');
    link.href = path;
    link.textContent = path;
    banner.append(link, ' ');
  }
  say(banner.textContent);
}

/** Reads both documents and shows what is new. A history that is missing or unreadable means a table without strips. */
async function read() {
  const arrivals = history.read().catch(() => ({ bytes: null }));
  const [view, made] = await Promise.all([latest.read(), moduleReady]);
  const problem = view.bytes ? made.load_latest(view.bytes) : '';
  if (problem !== '') {
    latest.etag = null;
    throw Object.assign(new Error(problem), { unreadable: true });
  }
  // The server's time, twice; a cache on the way may have kept one of the two as it was.
  const times = [view.age === null ? NaN : made.updated_at() + Number(view.age) * 1000, view.date].filter(Number.isFinite);
  if (times.length > 0) clockError = Math.max(...times) - Date.now();
  const first = page === null;
  if (first) showFirst(made);

  const late = new Promise((resolve) => setTimeout(resolve, kPatience, null));
  const strips = await Promise.race([arrivals, late]);
  if (strips?.bytes) page.load_history(strips.bytes);
  if (first || view.bytes || strips?.bytes) showData();
  if (strips === null) {
    arrivals.then(({ bytes }) => {
      if (bytes && page.load_history(bytes) === '') showData();
    });
  }
}

async function refresh() {
  if (reading) return;
  reading = true;
  clearTimeout(timer);
  try {
    await read();
    if (lostSince) say('The connection is back.');
    lostSince = null;
    failures = 0;
    showAge();
  } catch (error) {
    if (broken) return;
    console.warn(error);
    showFailure(error);
    ++failures;
  }
  reading = false;
  const pause = failures === 0 ? kRefresh : Math.min(kRetry * 2 ** (failures - 1), kLongestPause);
  if (!document.hidden) timer = setTimeout(refresh, pause);
}

form.addEventListener('input', ({ target }) => {
  if (!page) return;
  if (target.name === 'sort') page.sort_by(target.value);
  else page.set_query(new URLSearchParams(new FormData(form)).toString());
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
  if (!document.hidden) refresh();
});
window.addEventListener('online', refresh);
setInterval(() => page && !document.hidden && showAge(), 5_000);

showWaiting();
moduleReady.catch(showBroken);
refresh();
