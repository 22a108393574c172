// The function in workerd against the Worker of ten lines that it replaces, both with the native host's KV.
import { join } from 'node:path';

import { answers, duel, freePort, load, sampleView, scratchFolder, start, startSkerry, top } from './harness.mjs';

export const benchmarks = [
  { name: 'latest_workerd', unit: 'requests/s', better: 'higher', goal: 3 },
  { name: 'latest_workerd_filtered', unit: 'requests/s', better: 'higher', goal: 3 },
  { name: 'latest_workerd_304', unit: 'requests/s', better: 'higher', goal: 4 },
];

async function startWorkerd(kv, name, path) {
  const port = await freePort();
  const config = join(top, 'tests', 'bench', 'workerd', 'config.capnp');
  const child = start(process.env.SKERRY_WORKERD, [
    'serve',
    config,
    name,
    `--socket-addr=http=127.0.0.1:${port}`,
    `--external-addr=kv=${kv}`,
  ]);
  const url = `http://127.0.0.1:${port}${path}`;
  await answers(url, child);
  return url;
}

const etagOf = async (url) => (await fetch(url)).headers.get('etag');

export async function measure(names, options) {
  const { kv } = await startSkerry(await scratchFolder(), sampleView());
  const figures = {};
  const shared = 'workerd, wrk -t1 -c16, view of 132 rows; rival: JavaScript Worker, KV.get json, JSON.stringify';
  if (names.includes('latest_workerd')) {
    const ours = await startWorkerd(kv, 'ours', '/latest');
    const rival = await startWorkerd(kv, 'rival', '/latest');
    figures.latest_workerd = { ...(await duel(ours, rival, options)), note: shared };
  }
  if (names.includes('latest_workerd_filtered')) {
    const path = '/latest?project=riperis&data_type=rib';
    const ours = await startWorkerd(kv, 'ours', path);
    const rival = await startWorkerd(kv, 'filtered', path);
    const sizes = await Promise.all([ours, rival].map(async (url) => (await (await fetch(url)).json()).latest.length));
    if (sizes[0] !== sizes[1]) throw new Error(`the answers differ: ${sizes.join(' and ')} rows`);
    figures.latest_workerd_filtered = { ...(await duel(ours, rival, options)), note: `${shared}, filter; ${path}` };
  }
  if (names.includes('latest_workerd_304')) {
    const ours = await startWorkerd(kv, 'ours', '/latest');
    const rival = await startWorkerd(kv, 'rival', '/latest');
    const headers = { 'If-None-Match': await etagOf(ours) };
    const conditional = (url, seconds) => load(url, { seconds, headers, status: url === ours ? 304 : 200 });
    figures.latest_workerd_304 = {
      ...(await duel(ours, rival, options, conditional)),
      note: `${shared}; If-None-Match, which the rival does not know`,
    };
  }
  return figures;
}
