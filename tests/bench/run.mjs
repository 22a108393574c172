// run.mjs [--list] [--rounds N] [--seconds N] [name…]: runs benchmarks, prints their table, keeps results.json.
import { readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cleanUp, record } from './harness.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, 'results.json');

const options = { rounds: 5, seconds: 4 };
const wanted = [];
let list = false;
for (let args = process.argv.slice(2); args.length > 0; ) {
  const word = args.shift();
  if (word === '--list') {
    list = true;
  } else if (word === '--rounds' || word === '--seconds') {
    options[word.slice(2)] = Number(args.shift());
    if (!(options[word.slice(2)] >= 1)) throw new Error(`${word} takes a number from 1 on`);
  } else {
    wanted.push(word);
  }
}

const groups = [];
for (const file of (await readdir(here)).filter((name) => name.endsWith('_bench.mjs')).sort()) {
  groups.push(await import(join(here, file)));
}
const known = groups.flatMap((group) => group.benchmarks.map(({ name }) => name));
if (list) {
  console.log(known.join('\n'));
  process.exit(0);
}
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark named ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  process.exit(2);
}

const kept = new Map(JSON.parse(await readFile(results, 'utf8').catch(() => '[]')).map((r) => [r.name, r]));
const fresh = [];
let failed = 0;
try {
  for (const group of groups) {
    const chosen = group.benchmarks.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    if (chosen.length === 0) continue;
    try {
      const figures = await group.measure(chosen.map(({ name }) => name), options);
      for (const benchmark of chosen) fresh.push(record(benchmark, figures[benchmark.name]));
    } catch (error) {
      ++failed;
      console.error(`${chosen.map(({ name }) => name).join(', ')}: ${error.stack}`);
    }
    await cleanUp();
  }
} finally {
  await cleanUp();
}
for (const entry of fresh) kept.set(entry.name, entry);
const ordered = known.filter((name) => kept.has(name)).map((name) => kept.get(name));
await writeFile(`${results}.new`, `[\n${ordered.map((r) => `  ${JSON.stringify(r)}`).join(',\n')}\n]\n`);
await rename(`${results}.new`, results);

const columns = ['name', 'ours', 'rival', 'ratio', 'goal', 'met', 'unit', 'note'];
const table = [columns, ...fresh.map((r) => columns.map((c) => (c === 'met' ? (r.met ? 'yes' : 'NO') : String(r[c] ?? '-'))))];
const widths = columns.map((_, i) => Math.max(...table.map((row) => row[i].length)));
for (const row of table) console.log(row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd());
process.exit(failed > 0 ? 1 : 0);
