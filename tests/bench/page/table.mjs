// The rival of table.wasm: the same StatusPage as one would write it by hand, in JavaScript. Everything else of the page is
// the same files. It gives the same HTML for documents that are well; the checks against hostile ones are left out.
const kAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const kMinute = 60_000;
const kHour = 60 * kMinute;
const kTypes = ['rib', 'update'];
const kLabels = { rib: 'RIB', update: 'Updates' };
const kLateAfter = { rib: 86_400, update: 3_600 };
const kLanes = { rib: { top: 0, height: 9 }, update: { top: 11, height: 13 } };
const kKinds = ['ok', 'slow', 'late', 'unseen', 'gone', 'due'];
const kFill = { ok: 50, slow: 75, late: 100, unseen: 50, gone: 100, due: 12 };
const kWords = { ok: ' on time', slow: ' slow', late: ' late', unseen: ' of unknown arrival', gone: ' missing', due: ' still due' };
const kSortKeys = ['collector', 'project', 'rib', 'updates', 'newest', 'missing'];
const kProjects = { riperis: 'RIS', routeviews: 'RouteViews' };
const kAliases = { ris: 'riperis', riperis: 'riperis', rv: 'routeviews', routeviews: 'routeviews' };

const kLags = [...kAlphabet].map((_, code) => {
  if (code < 30) return code * 60;
  if (code < 48) return (30 + 5 * (code - 30)) * 60;
  if (code < 60) return (2 + code - 48) * 3600;
  return code === 60 ? 14 * 3600 : 86_400;
});
const kLagOf = new Map([...kAlphabet].map((c, code) => [c, kLags[code]]));

const escaped = (text) => text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);
const naive = (time) => new Date(time).toISOString().slice(0, 19);
const utc = (text) => Date.parse(text.endsWith('Z') ? text : `${text}Z`);
const counted = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;
const two = (n) => String(n).padStart(2, '0');
const collator = new Intl.Collator('en', { numeric: true });
const link = (url, content) => (/^https?:\/\//i.test(url) ? `<a href="${escaped(url)}">${content}</a>` : content);

function readableDelay(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

function readableSize(bytes) {
  if (bytes <= 0) return '-';
  if (bytes < 1000) return `${bytes} B`;
  let tenths = Math.round(bytes / 100);
  let unit = 0;
  for (; tenths >= 10_000; ++unit) tenths = Math.round(tenths / 1000);
  return `${(tenths / 10).toFixed(1)} ${['kB', 'MB', 'GB', 'TB'][unit]}`;
}

function readableTime(time, now) {
  const [whole, today] = [naive(time), naive(now)];
  const minute = whole.slice(0, 16).replace('T', ' ');
  if (whole.slice(0, 10) === today.slice(0, 10)) return minute.slice(11);
  return whole.slice(0, 5) === today.slice(0, 5) ? minute.slice(5) : minute;
}

function timeHtml(time, now) {
  const text = readableTime(time, now);
  const day = text.slice(0, -5);
  return `<time datetime="${naive(time)}Z">${day && `<i>${day}</i>`}${text.slice(-5)}</time>`;
}

function makeStrip({ data_type, step, slots }, begin, end) {
  const first = Math.floor(begin / (step * 1000)) * step * 1000;
  const slow = data_type === 'rib' ? 4 * 3600 : step + 900;
  const runs = [];
  let expected = 0;
  let missing = 0;
  for (let slot = 0; slot < slots.length; ++slot) {
    const c = slots[slot];
    const lag = kLagOf.get(c) ?? 0;
    let kind = 'ok';
    if (c === '+') kind = 'unseen';
    else if (c === '.') kind = end - (first + slot * step * 1000) > slow * 1000 ? 'gone' : 'due';
    else if (lag > slow) kind = lag >= kLateAfter[data_type] ? 'late' : 'slow';
    if (kind !== 'due') ++expected;
    if (kind === 'gone') ++missing;
    let run = runs.at(-1);
    if (run?.kind !== kind) runs.push((run = { kind, begin: slot, lag }));
    run.end = slot + 1;
    run.lag = Math.max(run.lag, lag);
  }
  return { data_type, step, first, runs, expected, missing, time: (slot) => first + slot * step * 1000 };
}

function describe(strip) {
  if (strip.expected === 0) return 'no file was due';
  if (strip.missing === 0) return strip.expected === 1 ? 'the only file' : `all ${counted(strip.expected, 'file')}`;
  const gaps = strip.runs.filter(({ kind }) => kind === 'gone');
  const gap = gaps.reduce((a, b) => (b.end - b.begin >= a.end - a.begin ? b : a));
  const end = naive(strip.time(gap.end)).slice(0, 16).replace('T', ' ');
  return `${strip.expected - strip.missing} of ${counted(strip.expected, 'file')}; longest gap ${readableDelay((gap.end - gap.begin) * strip.step)}, ending ${end}`;
}

function describeRun(strip, run, now) {
  const files = run.end - run.begin;
  const until = files > 1 ? ` to ${readableTime(strip.time(run.end), now)}` : '';
  const lag = run.lag > 0 ? `${files > 1 ? ', up to ' : ', '}${readableDelay(run.lag)}` : '';
  return `${readableTime(strip.time(run.begin), now)}${until}: ${counted(files, 'file')}${kWords[run.kind]}${lag}`;
}

export class StatusPage {
  #collectors = [];
  #updated = 0;
  #history = null;
  #begin = 0;
  #end = 0;
  #rows = new Map();
  #nextKey = 1;
  #query = StatusPage.#parse('');

  static #parse(text) {
    const parameters = new URLSearchParams(text);
    const sort = kSortKeys.includes(parameters.get('sort')) ? parameters.get('sort') : 'collector';
    const order = parameters.get('order');
    const type = parameters.get('data_type') ?? '';
    return {
      q: (parameters.get('q') ?? '').slice(0, 200),
      project: kAliases[parameters.get('project')] ?? '',
      data_type: /^r/i.test(type) ? 'rib' : /^u/i.test(type) ? 'update' : '',
      late: parameters.get('late') === '1' ? '1' : '',
      sort,
      order: order === 'desc' || (order !== 'asc' && kSortKeys.indexOf(sort) > 1) ? 'desc' : 'asc',
    };
  }

  load_latest(bytes) {
    const { last_updated_at, latest } = JSON.parse(new TextDecoder().decode(bytes));
    this.#updated = utc(last_updated_at);
    const found = new Map();
    for (const row of latest) {
      let collector = found.get(row.collector_id);
      if (!collector) found.set(row.collector_id, (collector = { id: row.collector_id, project: row.project, url: row.collector_url, streams: {} }));
      const time = utc(row.timestamp);
      const since = row.delay > kLateAfter[row.data_type] ? time + kLateAfter[row.data_type] * 1000 : null;
      collector.streams[row.data_type] = { url: row.item_url, size: row.exact_size || row.rough_size, delay: Math.floor(row.delay), time, since };
    }
    this.#collectors = [...found.values()].sort((a, b) => collator.compare(a.id, b.id));
    for (const collector of this.#collectors) collector.late = kTypes.some((type) => collector.streams[type]?.since);
    this.#join();
    return '';
  }

  load_history(bytes) {
    this.#history = JSON.parse(new TextDecoder().decode(bytes));
    this.#begin = utc(this.#history.begin);
    this.#end = utc(this.#history.last_updated_at);
    this.#join();
    return '';
  }

  #join() {
    const found = new Map(this.#collectors.map((collector) => [collector.id, collector]));
    for (const series of this.#history?.series ?? []) {
      const stream = found.get(series.collector_id)?.streams[series.data_type];
      if (stream) stream.strip = makeStrip(series, this.#begin, this.#end);
    }
  }

  set_query(text) {
    this.#query = StatusPage.#parse(text);
  }

  query() {
    const { q, project, data_type, late, sort, order } = this.#query;
    const usual = kSortKeys.indexOf(sort) > 1 ? 'desc' : 'asc';
    const set = { q, project, data_type, late, sort: sort === 'collector' ? '' : sort, order: order === usual ? '' : order };
    return new URLSearchParams(Object.entries(set).filter(([, value]) => value !== '')).toString();
  }

  field(name) {
    return this.#query[name] ?? '';
  }

  sort_by(key) {
    const { sort, order } = this.#query;
    this.#query.order = key === sort ? (order === 'asc' ? 'desc' : 'asc') : kSortKeys.indexOf(key) > 1 ? 'desc' : 'asc';
    this.#query.sort = key;
  }

  #minute(time) {
    return Math.floor((Math.min(Math.max(time, this.#begin), this.#end) - this.#begin) / kMinute);
  }

  #marks() {
    const marks = [];
    for (let mark = Math.floor(this.#begin / (24 * kHour)) * 24 * kHour; mark < this.#end; mark += 6 * kHour) if (mark > this.#begin) marks.push(mark);
    return marks;
  }

  #picture(collector, grid) {
    let out = `<svg aria-hidden=true preserveAspectRatio=none viewBox="0 0 ${this.#minute(this.#end)} 24">${grid}`;
    for (const type of kTypes) {
      const strip = collector.streams[type]?.strip;
      if (!strip) continue;
      const { top, height } = kLanes[type];
      const paths = {};
      let titles = 0;
      for (const run of strip.runs) {
        const tall = Math.max(Math.floor((height * kFill[run.kind]) / 100), 1);
        const [begin, end] = [this.#minute(strip.time(run.begin)), this.#minute(strip.time(run.end))];
        const shape = `M${begin} ${top + height - tall}h${end - begin}v${tall}H${begin}z`;
        if ((run.kind === 'gone' || run.kind === 'late') && ++titles <= 24) {
          out += `<path class=${run.kind} d="${shape}"><title>${kLabels[type]}, ${describeRun(strip, run, this.#updated)}</title></path>`;
        } else {
          paths[run.kind] = (paths[run.kind] ?? '') + shape;
        }
      }
      for (const kind of kKinds) if (paths[kind]) out += `<path class=${kind} d="${paths[kind]}"/>`;
    }
    return `${out}</svg>`;
  }

  #stream(stream, type) {
    const lane = type === 'rib' ? 'rib' : 'upd';
    const cell = (kind, name) => `<td role=cell class="${lane} ${kind}" data-name="${name}">`;
    if (!stream) return `${cell('time', kLabels[type])}<span class=none>none</span>${cell('size', 'Size')}${cell('delay', 'Delay')}`;
    const late = stream.since === null ? '' : `<small><span class=unseen-text>late, </span>since ${timeHtml(stream.since, this.#updated)}</small>`;
    return (
      cell('time', kLabels[type]) +
      link(stream.url, timeHtml(stream.time, this.#updated)) +
      cell('size', 'Size') +
      readableSize(stream.size) +
      cell(late ? 'delay islate' : 'delay', 'Delay') +
      readableDelay(stream.delay) +
      late
    );
  }

  #row(collector, key, grid) {
    const strips = kTypes.map((type) => collector.streams[type]?.strip).filter(Boolean);
    const missing = strips.reduce((sum, strip) => sum + strip.missing, 0);
    let out = `<tr role=row data-key=${key}${collector.late ? ' class=haslate' : ''}><th role=rowheader scope=row class=id>${escaped(collector.id)}</th>`;
    out += `<td role=cell class="project" data-name="Project">${escaped(kProjects[collector.project] ?? collector.project)}`;
    for (const type of kTypes) out += this.#stream(collector.streams[type], type);
    out += `<td role=cell class="${missing > 0 ? 'missing some' : 'missing'}" data-name="Missing">${strips.length > 0 ? missing : ''}`;
    out += '<td role=cell class="strip" data-name="Last 48 hours">';
    if (strips.length === 0) return `${out}</tr>`;
    const arrivals = strips.map((strip) => `${kLabels[strip.data_type]}: ${describe(strip)}`).join('. ');
    return `${out}<details><summary aria-label="Arrivals at ${escaped(collector.id)}. ${arrivals}">${this.#picture(collector, grid)}</summary><div></div></details></tr>`;
  }

  changed_rows() {
    const marks = this.#marks();
    const grid = marks.length > 0 ? `<path class=grid d="${marks.map((mark) => `M${this.#minute(mark)} 0v24`).join('')}"/>` : '';
    let changed = '';
    for (const collector of this.#collectors) {
      let row = this.#rows.get(collector.id);
      if (!row) this.#rows.set(collector.id, (row = { key: this.#nextKey++, html: '' }));
      const html = this.#row(collector, row.key, grid);
      if (html === row.html) continue;
      row.html = html;
      changed += html;
    }
    return changed;
  }

  #select() {
    const { q, project, data_type, late, sort, order } = this.#query;
    const words = q.toLowerCase().split(' ');
    const value = {
      rib: ({ streams }) => streams.rib?.delay,
      updates: ({ streams }) => streams.update?.delay,
      newest: ({ streams }) => Math.max(streams.rib?.time ?? -Infinity, streams.update?.time ?? -Infinity),
      missing: ({ streams }) => (streams.rib?.strip ?? streams.update?.strip) && (streams.rib?.strip?.missing ?? 0) + (streams.update?.strip?.missing ?? 0),
    }[sort];
    const chosen = this.#collectors.filter((collector) => {
      if (project && collector.project !== project) return false;
      if (data_type && !collector.streams[data_type]) return false;
      if (late && !(data_type ? collector.streams[data_type].since : collector.late)) return false;
      const text = `${collector.id}\n${collector.project}\n${kProjects[collector.project] ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const turn = order === 'desc' ? -1 : 1;
    if (sort === 'collector') return turn < 0 ? chosen.reverse() : chosen;
    if (sort === 'project') return chosen.sort((a, b) => turn * (a.project < b.project ? -1 : a.project > b.project ? 1 : 0));
    return chosen.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
      return turn * (x - y);
    });
  }

  order() {
    return this.#select().map(({ id }) => this.#rows.get(id).key).join(' ');
  }

  details(key) {
    const collector = this.#collectors.find(({ id }) => this.#rows.get(id)?.key === key);
    let out = '';
    for (const type of kTypes) {
      const stream = collector?.streams[type];
      if (!stream) continue;
      const name = stream.url.slice(stream.url.lastIndexOf('/') + 1);
      out += `<p><b>${kLabels[type]}</b> ${stream.strip ? `${describe(stream.strip)}. ` : ''}Newest: ${link(stream.url, escaped(name))}, ${readableSize(stream.size)}</p>`;
      const trouble = (stream.strip?.runs ?? []).filter(({ kind }) => ['slow', 'late', 'gone'].includes(kind)).reverse();
      if (stream.strip) out += `<ul class=runs>${trouble.slice(0, 16).map((run) => `<li class=${run.kind}>${describeRun(stream.strip, run, this.#updated)}</li>`).join('')}</ul>`;
    }
    return collector ? `${out}<p>${link(collector.url, escaped(collector.url))}</p>` : '';
  }

  headline() {
    const late = this.#collectors.filter((collector) => collector.late).length;
    return `${counted(this.#collectors.length, 'collector')}, ${late === 0 ? 'none late' : `${late} late`}`;
  }

  shown() {
    const shown = this.#select();
    return `${shown.length} of ${counted(this.#collectors.length, 'collector')}, ${shown.filter((collector) => collector.late).length} late`;
  }

  late_list() {
    const all = this.#collectors.flatMap(({ id, streams }) => kTypes.filter((type) => streams[type]?.since).map((type) => ({ id, type, since: streams[type].since })));
    all.sort((a, b) => b.since - a.since);
    const items = all.slice(0, 8).map(({ id, type, since }) => {
      const href = new URLSearchParams({ q: id });
      return `<li><a href="?${escaped(href.toString())}">${escaped(id)}</a> ${type === 'rib' ? 'RIB' : 'updates'} since ${timeHtml(since, this.#updated)}</li>`;
    });
    if (all.length > 8) items.push(`<li><a href="?late=1">and ${all.length - 8} more</a></li>`);
    return items.join('');
  }

  axis() {
    const width = Math.max(this.#minute(this.#end), 1);
    return this.#marks()
      .map((mark) => {
        const time = naive(mark);
        const kind = time.endsWith('T00:00:00') ? ' class=day' : time.endsWith('T12:00:00') ? '' : ' class=six';
        return `<text${kind} x="${Math.floor((this.#minute(mark) / width) * 100)}%" y=11>${kind === ' class=day' ? time.slice(5, 10) : time.slice(11, 13)}</text>`;
      })
      .join('');
  }

  updated_at() {
    return this.#updated;
  }

  age(now) {
    const age = Math.floor((now - this.#updated) / 1000);
    return `${naive(this.#updated).replace('T', ' ')} UTC, ${age < 60 ? 'just now' : `${readableDelay(age)} ago`}`;
  }

  is_old(now) {
    return now - this.#updated > 900_000;
  }
}

export default async () => ({ StatusPage });
