// Documents as the updater writes them, made up but plausible: the KV values `latest` and `history`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { top } from '../tools/processes.mjs';

const kAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const kMinute = 60_000;
const kHour = 60 * kMinute;

/** The slot's character for a lag in minutes: shared/broker/arrivals.hpp. */
export function lagCode(minutes) {
  const lag = Math.max(0, Math.floor(minutes));
  if (lag < 30) return kAlphabet[lag];
  if (lag < 120) return kAlphabet[30 + Math.floor((lag - 30) / 5)];
  if (lag < 14 * 60) return kAlphabet[48 + Math.floor((lag - 120) / 60)];
  return kAlphabet[lag < 24 * 60 ? 60 : 61];
}

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const naive = (time) => new Date(time).toISOString().slice(0, 19);
const compact = (time) => naive(time).replaceAll(/[-:]/g, '').replace('T', '.').slice(0, 13);

/** `count` collectors, spread over the built-in list; more than there are get made-up names. */
export async function collectors(count = 66) {
  const known = JSON.parse(await readFile(join(top, 'native-host', 'broker', 'collectors.json'), 'utf8'));
  if (count <= known.length) return Array.from({ length: count }, (_, i) => known[Math.floor((i * known.length) / count)]);
  const more = Array.from({ length: count - known.length }, (_, i) => {
    const id = `route-views.x${i}`;
    return { id, project: 'routeviews', url: `https://archive.routeviews.org/${id}/bgpdata` };
  });
  return [...known, ...more];
}

const address = ({ id, project, url }, rib, time) => {
  const month = naive(time).slice(0, 7).replace('-', '.');
  if (project === 'riperis') return `${url}/${month}/${rib ? 'bview' : 'updates'}.${compact(time)}.gz`;
  return `${url}/${month}/${rib ? 'RIBS/rib' : 'UPDATES/updates'}.${compact(time)}.bz2`;
};

/** When the files of one stream arrived: minutes of lag for each slot, null for those that did not (yet). */
function arrivals(random, { ris, rib, step, count, begin, now, trouble }) {
  const usual = rib ? (ris ? 95 : 14) : step / kMinute + 2;
  const lags = Array.from({ length: count }, () => Math.floor(usual + random() * (rib ? 25 : 5)));
  const from = Math.floor(random() * count * 0.8);
  const long = Math.max(1, Math.floor((0.5 + random()) * (2 * kHour)/ step));
  if (trouble === 'gap') lags.fill(null, from, from + long);
  if (trouble === 'gaps') for (let i = 0; i < count; ++i) if (random() < 0.04) lags[i] = null;
  if (trouble === 'slow') for (let i = from; i < Math.min(from + 3 * long, count); ++i) lags[i] += 25;
  if (trouble === 'backlog') for (let i = from; i < Math.min(from + long, count); ++i) lags[i] = ((from + long - i) * step) / kMinute + usual;
  if (trouble === 'stopped') lags.fill(null, Math.floor(count * (0.3 + 0.6 * random())));
  return lags.map((lag, i) => (lag !== null && begin + i * step + lag * kMinute > now ? null : lag));
}

/** Both documents of a moment, as texts, and what `change(rows)` makes of the rows of `latest`. */
export async function documents({ now = Date.now(), count = 66, seed = 7, change = (rows) => rows, list = null, unseen = false } = {}) {
  const random = dice(seed);
  const begin = Math.floor((now - 48 * kHour) / (5 * kMinute)) * 5 * kMinute;
  const latest = [];
  const series = [];
  for (const collector of list ?? (await collectors(count))) {
    const ris = collector.project === 'riperis';
    const luck = random();
    for (const type of ['rib', 'update']) {
      const rib = type === 'rib';
      const step = (rib ? (ris ? 480 : 120) : ris ? 5 : 15) * kMinute;
      const first = Math.floor(begin / step) * step;
      const slots = Math.floor((now - first) / step) + 1;
      const trouble =
        rib ? (luck < 0.04 ? 'stopped' : 'none')
        : luck < 0.06 ? 'stopped' : luck < 0.14 ? 'gap' : luck < 0.19 ? 'gaps' : luck < 0.25 ? 'slow' : luck < 0.3 ? 'backlog' : 'none';
      const lags = arrivals(random, { ris, rib, step, count: slots, begin: first, now, trouble });
      const newest = lags.findLastIndex((lag) => lag !== null);
      const time = first + Math.max(newest, 0) * step;
      const characters = lags.map((lag) => (lag === null ? '.' : unseen ? '+' : lagCode(lag)));
      series.push({ collector_id: collector.id, data_type: type, step: step / 1000, slots: characters.join('') });
      latest.push({
        timestamp: naive(time),
        delay: Math.round(now - time) / 1000,
        collector_id: collector.id,
        data_type: type,
        item_url: address(collector, rib, time),
        rough_size: Math.floor((rib ? 9e7 : 1.5e6) * (0.3 + 2 * random() * random() * (ris ? 3 : 1))),
        exact_size: 0,
        project: collector.project,
        collector_url: collector.url,
      });
    }
  }
  const order = (a, b) => (a.collector_id < b.collector_id ? -1 : a.collector_id > b.collector_id ? 1 : a.data_type < b.data_type ? -1 : 1);
  const last_updated_at = new Date(now).toISOString();
  const rows = change(latest);
  return {
    latest: JSON.stringify({ format: 1, update_duration: 2, rows: rows.length, last_updated_at, latest: rows }),
    history: JSON.stringify({ format: 1, last_updated_at, begin: naive(begin), series: series.sort(order) }),
  };
}
