// The native host, one worker, against nginx, one worker, which serves the same bytes as a static file.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { answers, build, duel, freePort, sampleView, scratchFolder, start } from './harness.mjs';

export const benchmarks = [{ name: 'latest_native', unit: 'requests/s', better: 'higher', goal: 0.8 }];

async function startSkerry(folder, view) {
  const [port, kvPort] = [await freePort(), await freePort()];
  const config = join(folder, 'skerry.toml');
  await writeFile(
    config,
    `data_dir = "${folder}/data"\nlisten = "127.0.0.1:${port}"\nkv_listen = "127.0.0.1:${kvPort}"\n` +
      'workers = 1\naccess_log = false\n',
  );
  const child = start(join(build, 'skerry'), ['--config', config, 'serve']);
  await answers(`http://127.0.0.1:${kvPort}/?prefix=`, child);
  const put = await fetch(`http://127.0.0.1:${kvPort}/latest?urlencoded=true`, { method: 'PUT', body: view });
  if (!put.ok) throw new Error(`the view can't be stored: ${put.status}`);
  const url = `http://127.0.0.1:${port}/latest`;
  await answers(url, child);
  return url;
}

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
  open_file_cache max=16;
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
  const ours = await startSkerry(folder, view);
  const body = await (await fetch(ours)).text();
  const rival = await startNginx(folder, body);
  const figures = await duel(ours, rival, options);
  return {
    latest_native: {
      ...figures,
      note: `GET /latest, ${body.length} bytes, wrk -t1 -c16; rival: nginx, static file, open_file_cache`,
    },
  };
}
