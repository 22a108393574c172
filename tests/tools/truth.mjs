// Compares an index, its files and its view, with what the archive replica holds.

const kUnits = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** The bytes that a listing's size stands for: truncated, as the original reads them. */
export function listedBytes(text) {
  const [, number, unit] = /^([\d.]+)([KMGT]?)$/.exec(text);
  return Math.floor(Number(number) * kUnits[unit]);
}

/** All rows of the index, also those that no collector or listing belongs to. */
export const kFilesQuery = `
  SELECT c.id, f.data_type, to_char(f.ts_start, 'YYYY-MM-DD"T"HH24:MI:SS'),
         l.url || broker.file_name(l.layout, f.data_type, f.ts_start, f.name), f.rough_size, f.exact_size
  FROM broker.files f LEFT JOIN broker.collectors c ON c.key = f.collector LEFT JOIN broker.listings l ON l.id = f.listing`;

/** The replica's files of some months, by URL: `{collector, type, time, size, listed}`. */
export async function truthOf(archive, months) {
  const files = new Map();
  for (const { id } of archive.collectors) {
    for (const month of months) {
      const response = await fetch(`${archive.origin}/_control/truth?collector=${id}&month=${month}`);
      if (!response.ok) throw new Error(`truth of ${id}: ${response.status}`);
      for (const file of await response.json()) {
        const host = id.startsWith('rrc') ? 'data.ris.ripe.net' : 'archive.routeviews.org';
        files.set(`${archive.origin}/${host}${file.path}`, { collector: id, ...file });
      }
    }
  }
  return files;
}

/** What the index says otherwise than the truth: a list of sentences, empty where both agree. */
export function differences(truth, rows) {
  const wrong = [];
  const seen = new Set();
  for (const [collector, type, time, url, rough, exact] of rows) {
    const name = `${collector} ${type} ${time} ${url}`;
    const file = truth.get(url);
    if (seen.has(url)) wrong.push(`${name}: twice`);
    seen.add(url);
    if (!file) {
      wrong.push(`${name}: the archive has no such file`);
      continue;
    }
    if (file.collector !== collector || file.type !== type || file.time !== time) wrong.push(`${name}: described as another`);
    if (Number(exact) !== 0 && Number(exact) !== file.size) wrong.push(`${name}: exact size ${exact}, not ${file.size}`);
    const listed = listedBytes(file.listed);
    if (Number(rough) !== listed && !(Number(exact) !== 0 && Number(rough) === file.size)) {
      wrong.push(`${name}: rough size ${rough}, not ${listed} (${file.listed})`);
    }
  }
  for (const [url, file] of truth) {
    if (!seen.has(url)) wrong.push(`${file.collector} ${file.type} ${file.time} ${url}: missing (published ${file.published})`);
  }
  return wrong;
}

/** What a view says otherwise than the truth at its moment. */
export function viewDifferences(truth, view) {
  const newest = new Map();
  for (const [url, file] of truth) {
    const key = `${file.collector} ${file.type}`;
    const known = newest.get(key);
    if (!known || known.time < file.time) newest.set(key, { ...file, url });
  }
  const wrong = [];
  const seen = new Set();
  for (const row of view.latest) {
    const key = `${row.collector_id} ${row.data_type}`;
    const file = newest.get(key);
    if (seen.has(key)) wrong.push(`view: ${key}: twice`);
    seen.add(key);
    if (!file) {
      wrong.push(`view: ${key}: the archive has none`);
    } else if (row.timestamp !== file.time || row.item_url !== file.url) {
      wrong.push(`view: ${key}: ${row.timestamp}, not ${file.time}`);
    } else if (row.exact_size !== 0 && row.exact_size !== file.size) {
      wrong.push(`view: ${key}: exact size ${row.exact_size}, not ${file.size}`);
    } else if (row.rough_size !== listedBytes(file.listed) && !(row.exact_size !== 0 && row.rough_size === file.size)) {
      wrong.push(`view: ${key}: rough size ${row.rough_size}, not ${file.listed}`);
    }
  }
  for (const key of newest.keys()) if (!seen.has(key)) wrong.push(`view: ${key}: missing`);
  return wrong;
}

/** Where `next` says something older than `view` did. */
export function viewSteppedBack(view, next) {
  if (!view) return [];
  const wrong = [];
  if (next.last_updated_at < view.last_updated_at) {
    wrong.push(`view: last_updated_at went from ${view.last_updated_at} back to ${next.last_updated_at}`);
  }
  const rows = new Map(next.latest.map((row) => [`${row.collector_id} ${row.data_type}`, row]));
  for (const row of view.latest) {
    const key = `${row.collector_id} ${row.data_type}`;
    const now = rows.get(key);
    if (!now) wrong.push(`view: ${key} has gone`);
    else if (now.timestamp < row.timestamp) wrong.push(`view: ${key} went from ${row.timestamp} back to ${now.timestamp}`);
  }
  return wrong;
}
