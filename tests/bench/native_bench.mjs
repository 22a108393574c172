// The native host, one worker, against nginx, one worker, which serves the same bytes as a static file.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { answers, duel, freePort, sampleView, scratchFolder, start, startSkerry } from './harness.mjs';

export const benchmarks = [{ name: 'latest_native', unit: 'requests/s', better: 'higher', goal: 0.8 }];

async function startNginx(folder, body) {
  const port = await freePort();
  await mkdir(join(folder, 'www'));
  await mkdir(join(folder, 'tmp'));
  await writeFile(join(folder, 'www', 'latest'), body);
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type application/json;
  client_body_temp_path ${folder}/tmp/a; proxy_temp_path ${folder}/tmp/b; fastcgi_temp_path ${folder}/tmp/c;
  uwsgi_temp_path ${folder}/tmp/d; scgi_temp_path ${folder}/tmp/e;
  server {
    listen 127.0.0.1:${port}; root ${folder}/www;
    add_header Access-Control-Allow-Origin "*";
    add_header Cache-Control "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400";
  }
}
`,
  );
  const child = start('/usr/sbin/nginx', ['-c', config, '-e', join(folder, 'error.log')]);
  const url = `http://127.0.0.1:${port}/latest`;
  await answers(url, child);
  return url;
}

export async function measure(_names, options) {
  const folder = await scratchFolder();
  const view = sampleView();
  const { url: ours } = await startSkerry(folder, view);
  const body = await (await fetch(ours)).text();
  const rival = await startNginx(folder, body);
  const figures = await duel(ours, rival, options);
  return {
    latest_native: {
      ...figures,
      note: `GET /latest, ${body.length} bytes, wrk -t1 -c16; rival: nginx, static file, Debian's settings, no access log on either side`,
    },
  };
}
