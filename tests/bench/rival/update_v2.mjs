// The original's cycle (broker v2, mode `latest`; reference: its updater of 2022): every page of the current month, and of
// the previous one if yesterday is in it, of every collector, ten collectors at a time; no conditional request, no
// compression; rows by regular expression; URLs that are known for 31 days dropped, the rest inserted in chunks with
// ON CONFLICT DO NOTHING. In its favour: connections are kept, and the view is not refreshed.
//
//   update_v2.mjs COLLECTORS_FILE HOST DATABASE NOW     (NOW in ms since 1970); prints {"rows": inserted}
import { Agent, get } from 'node:http';
import { readFile } from 'node:fs/promises';

import { session } from '../../tools/postgres.mjs';

const [file, host, database, now] = process.argv.slice(2);
const kParallel = 10;
const kChunk = 8571;
const kSchema = `
  CREATE TABLE IF NOT EXISTS collectors (id text PRIMARY KEY, project text NOT NULL, url text NOT NULL);
  CREATE TABLE IF NOT EXISTS items (ts_start timestamp NOT NULL, ts_end timestamp NOT NULL,
    collector_id text NOT NULL REFERENCES collectors (id), data_type text NOT NULL, url text PRIMARY KEY,
    rough_size bigint NOT NULL, exact_size bigint NOT NULL);
  CREATE INDEX IF NOT EXISTS timestamp ON items USING brin (ts_start);
  CREATE INDEX IF NOT EXISTS collector_id ON items (collector_id)`;

const agent = new Agent({ keepAlive: true, maxSockets: kParallel * 4 });
const fetchPage = (url) =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(pieces).toString() : ''));
    }).on('error', reject);
  });

const kRow = /<a href="([^"]*(\d{4})(\d\d)(\d\d)\.(\d\d)(\d\d)\.(?:bz2|gz))">[^<]*<\/a>(?:<\/td><td align="right">[^<]*<\/td><td align="right">\s*|\s+\S+ \S+\s+)([\d.]+)([KMGT]?)/g;
const kUnits = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

function rowsOf(html, base, { id, project }) {
  const rows = [];
  for (const [, name, year, month, day, hour, minute, size, unit] of html.matchAll(kRow)) {
    const type = name.includes('update') ? 'update' : 'rib';
    const start = new Date(Date.UTC(year, month - 1, day, hour, minute));
    const seconds = type === 'rib' ? 0 : project === 'riperis' ? 300 : 900;
    rows.push({
      start: start.toISOString().slice(0, 19),
      end: new Date(start.getTime() + seconds * 1000).toISOString().slice(0, 19),
      id,
      type,
      url: base + name,
      size: Math.floor(Number(size) * kUnits[unit]),
    });
  }
  return rows;
}

async function crawl(collector, months) {
  const folders = months.flatMap((month) =>
    collector.project === 'riperis' ? [`${month}/`] : [`${month}/RIBS/`, `${month}/UPDATES/`],
  );
  const pages = await Promise.all(
    folders.map(async (folder) => {
      const base = `${collector.url}/${folder}`;
      return rowsOf(await fetchPage(base), base, collector);
    }),
  );
  return pages.flat();
}

const collectors = JSON.parse(await readFile(file, 'utf8'));
const monthOf = (time) => new Date(time).toISOString().slice(0, 7).replace('-', '.');
const months = [...new Set([monthOf(Number(now) - 86_400_000), monthOf(Number(now))])];
const sql = session(host, database);
await sql.query(kSchema);
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
await sql.query(
  `INSERT INTO collectors VALUES ${collectors.map((c) => `(${[c.id, c.project, c.url].map(quoted)})`)} ON CONFLICT DO NOTHING`,
);
const since = new Date(Number(now) - 31 * 86_400_000).toISOString().slice(0, 19);
const known = new Set((await sql.query(`SELECT url FROM items WHERE ts_start >= '${since}'`)).map(([url]) => url));

let inserted = 0;
const waiting = [...collectors];
const work = async () => {
  for (let collector = waiting.shift(); collector; collector = waiting.shift()) {
    const rows = (await crawl(collector, months)).filter(({ url }) => !known.has(url));
    for (let i = 0; i < rows.length; i += kChunk) {
      const values = rows
        .slice(i, i + kChunk)
        .map((r) => `('${r.start}','${r.end}',${quoted(r.id)},'${r.type}',${quoted(r.url)},${r.size},0)`);
      inserted += (await sql.query(`INSERT INTO items VALUES ${values} ON CONFLICT DO NOTHING RETURNING url`)).length;
    }
  }
};
await Promise.all(Array.from({ length: kParallel }, work));
await sql.close();
agent.destroy();
console.log(JSON.stringify({ rows: inserted }));
