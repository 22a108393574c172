// The tracker in workerd against an equal Worker in JavaScript; behind both the same nginx takes every batch.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { duel, freePort, run, scratchFolder, start, startNginx, top } from './harness.mjs';

export const benchmarks = [
  { name: 'tracker_workerd', unit: 'requests/s', better: 'higher', goal: 1 },
  { name: 'tracker_workerd_gzip', unit: 'events/s', better: 'higher', goal: 1.5 },
];

const kBatch = 100;
const files = join(top, 'tests', 'bench', 'workerd');

/** Answers every POST at once, as the native host answers a batch that it took. */
const startReceiver = (folder) =>
  startNginx(folder, {
    http: 'client_max_body_size 8m;',
    server: `location / { return 200 '{"status":"ok","accepted":1,"duplicates":0}'; }`,
    path: '/',
  });

async function startWorkerd(name, origin) {
  const port = await freePort();
  const addresses = [`--socket-addr=http=127.0.0.1:${port}`, `--external-addr=origin=${origin}`];
  const child = start(process.env.SKERRY_WORKERD, ['serve', join(files, 'tracker.capnp'), name, ...addresses]);
  const url = `http://127.0.0.1:${port}/t`;
  const taken = async () => {
    const response = await fetch(url, { method: 'POST', body: '{"id":"first"}' }).catch(() => null);
    return response?.status === 200;
  };
  for (let tries = 0; !(await taken()); ++tries) {
    if (tries === 100) throw new Error(`${name} takes no event: ${child.said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return url;
}

/** An event as a tracker's script sends it. */
const event = (i) => ({
  id: `01939b2c-7f3e-7a4b-8c5d-${String(i).padStart(12, '0')}`,
  type: i % 4 === 0 ? 'page' : 'click',
  ts: 1_795_248_372_000 + i,
  url: `https://www.example.org/articles/${i}?utm_source=newsletter&utm_medium=email`,
  referrer: 'https://search.example.net/',
  title: `Article ${i}: what the routes said`,
  props: { screen: '1920x1080', language: 'en-GB', plan: 'free', depth: i % 100, tags: ['bgp', 'edge'] },
});

export async function measure(names, options) {
  const folder = await scratchFolder();
  const origin = await startReceiver(folder);
  const [ours, rival] = [await startWorkerd('ours', origin), await startWorkerd('rival', origin)];
  const bodies = {
    tracker_workerd: [JSON.stringify(event(1)), 1],
    tracker_workerd_gzip: [gzipSync(JSON.stringify({ batch: Array.from({ length: kBatch }, (_, i) => event(i)) })), kBatch],
  };
  const figures = {};
  for (const name of names) {
    const [body, events] = bodies[name];
    const file = join(folder, name);
    await writeFile(file, body);
    const post = async (url, seconds) => {
      const check = await fetch(url, { method: 'POST', body });
      const answer = await check.json();
      if (check.status !== 200 || (answer.accepted ?? 1) !== events) throw new Error(`${url}: ${JSON.stringify(answer)}`);
      const args = ['-t1', '-c16', `-d${seconds}s`, '-s', join(files, 'post.lua'), url];
      const { stdout } = await run('wrk', args, { env: { ...process.env, BODY: file } });
      const errors = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
      if (errors) throw new Error(`${url}: ${errors[1]} error answers under load`);
      return events * Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
    };
    figures[name] = {
      ...(await duel(ours, rival, options, post)),
      note: `workerd, POST of ${events === 1 ? 'one event' : `${events} events, ${body.length} bytes of gzip`}, wrk -t1 -c16; a signed batch to nginx before each answer; rival: JavaScript Worker, JSON.parse, DecompressionStream`,
    };
  }
  return figures;
}
