// The native host, one worker, against nginx, one worker, which serves the same bytes as a static file.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { duel, sampleView, scratchFolder, startNginx, startSkerry } from './harness.mjs';

export const benchmarks = [{ name: 'latest_native', unit: 'requests/s', better: 'higher', goal: 0.8 }];

async function startRival(folder, body) {
  await mkdir(join(folder, 'www'));
  await writeFile(join(folder, 'www', 'latest'), body);
  const address = await startNginx(folder, {
    http: 'sendfile on; tcp_nopush on;',
    server: `root ${folder}/www;
    add_header Access-Control-Allow-Origin "*";
    add_header Cache-Control "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400";`,
    path: '/latest',
  });
  return `http://${address}/latest`;
}

export async function measure(_names, options) {
  const folder = await scratchFolder();
  const view = sampleView();
  const { url: ours } = await startSkerry(folder, view);
  const body = await (await fetch(ours)).text();
  const rival = await startRival(folder, body);
  const figures = await duel(ours, rival, options);
  return {
    latest_native: {
      ...figures,
      note: `GET /latest, ${body.length} bytes, wrk -t1 -c16; rival: nginx, static file, Debian's settings, no access log on either side`,
    },
  };
}
