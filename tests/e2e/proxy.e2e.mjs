// The web servers' configurations of native-host/docs/proxy.md, as they stand there, before the real program: only names,
// ports and certificates are the check's own.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { answers, freePort, run, scratchFolder, start, stop, top, until } from '../tools/processes.mjs';
import { installation } from './skerry.mjs';

const page = await readFile(join(top, 'native-host/docs/proxy.md'), 'utf8');
const block = (language) => new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)[1];
const has = (command, ...flags) => run(command, flags).then(() => true, (error) => error.code !== 'ENOENT');

/** `{status, headers, body}`, from an address of our own choice. */
const ask = (url, { method = 'GET', headers = {}, body, from = '127.0.0.1', name = 'data.example' } = {}) =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname, search, protocol } = new URL(url);
    const send = protocol === 'https:' ? https : http;
    const request = send(
      { hostname, port, path: pathname + search, method, localAddress: from, servername: name, rejectUnauthorized: false, agent: false, headers: { host: name, ...headers } },
      (response) => {
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });

/** The program as the page's first block sets it, behind the server that `begin` starts. */
async function behind(begin) {
  const skerry = await installation('archive = "replica"\naccess_log = false\n[functions.tracker]\nanonymise_client = "off"\n');
  const settings = block('toml').replace(/^listen = .*\n/m, '');
  await writeFile(skerry.config, settings + (await readFile(skerry.config, 'utf8')));
  const child = skerry.start('serve');
  await answers(`${skerry.url}/livez`, child);
  const proxy = await begin(skerry);
  return { skerry, child, ...proxy };
}

/** What holds behind any of them. */
async function check({ skerry, child, secure, plain, own }) {
  // Who the client is, whatever it says itself.
  const event = await ask(`${secure}/t/one?who=me`, { from: '127.0.0.9', headers: { 'X-Forwarded-For': '6.6.6.6', 'X-Real-IP': '6.6.6.7', Forwarded: 'for=6.6.6.8' } });
  assert.equal(event.status, 200, event.body.toString());
  const { stdout } = await skerry.run('events', 'tail', '--json', '-n', '1');
  const { client, host, path } = JSON.parse(stdout.trim());
  assert.deepEqual([client, host, path], ['127.0.0.9', 'data.example', '/t/one']);
  // A body of nearly 8 MiB is for the tracker to judge, and one of 10 MiB is the server's.
  const large = await ask(`${secure}/v1/batch`, { method: 'POST', body: JSON.stringify({ batch: [], filler: 'x'.repeat(7 << 20) }) });
  assert.notEqual(large.status, 502);
  assert.ok(/json|text/.test(large.headers['content-type']) && !/nginx|caddy/i.test(large.body.toString()), large.body.toString().slice(0, 200));
  assert.equal((await ask(`${secure}/v1/batch`, { method: 'POST', body: Buffer.alloc(10 << 20, ' ') }).catch(() => ({ status: 413 }))).status, 413);
  // Bodies come as they are made: compressed once, with their validators.
  const status = await ask(`${secure}/status`, { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(status.headers['content-encoding'], 'gzip');
  assert.match(gunzipSync(status.body).toString(), /BGP archives/);
  const again = await ask(`${secure}/status`, { headers: { 'Accept-Encoding': 'gzip', 'If-None-Match': status.headers.etag } });
  assert.equal(again.status, 304);
  // A long address, as SDKs send in a GET.
  assert.equal((await ask(`${secure}/i?e=pv&p=web&url=${'x'.repeat(7_000)}`)).status, 200);
  const redirected = await ask(`${plain}/status?late=1`);
  assert.equal(redirected.status, 308);
  assert.equal(redirected.headers.location.replace(/:\d+\//, '/'), 'https://data.example/status?late=1');
  await stop(own);
  assert.equal(await stop(child), 0, child.said);
}

export const checks = {
  async 'behind nginx, as the page configures it'({ skip }) {
    if (!(await has('nginx', '-v'))) skip('there is no nginx');
    const proxied = await behind(async (skerry) => {
      const folder = await scratchFolder();
      const [port, securePort] = [await freePort(), await freePort()];
      await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=data.example', '-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem')]);
      const site = block('nginx')
        .replaceAll(/^ *listen \[::\].*\n/gm, '')
        .replaceAll('listen 80;', `listen 127.0.0.1:${port};`)
        .replaceAll('listen 443 ssl http2;', `listen 127.0.0.1:${securePort} ssl http2;`)
        .replaceAll('/etc/letsencrypt/live/data.example', folder)
        .replaceAll('127.0.0.1:8080', `127.0.0.1:${skerry.port}`);
      await mkdir(join(folder, 'temp'));
      const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/temp/${name};`).join('\n');
      const config = join(folder, 'nginx.conf');
      const user = process.getuid?.() === 0 ? 'user root;\n' : '';
      await writeFile(config, `${user}daemon off;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temp}\n${site}}\n`);
      const own = start('nginx', ['-p', folder, '-c', config]);
      await until('nginx', () => ask(`http://127.0.0.1:${port}/`).then(() => true, () => false), { child: own });
      return { own, plain: `http://127.0.0.1:${port}`, secure: `https://127.0.0.1:${securePort}` };
    });
    // The doors for monitors are for this machine alone: 127.0.0.9 is not 127.0.0.1.
    for (const path of ['/health', '/metrics', '/ingest']) {
      assert.equal((await ask(proxied.secure + path, { from: '127.0.0.9' })).status, 403, path);
      assert.notEqual((await ask(proxied.secure + path)).body.toString().includes('nginx'), true, path);
    }
    await check(proxied);
  },

  async 'behind Caddy, as the page configures it'({ skip }) {
    if (!(await has('caddy', 'version'))) skip('there is no caddy');
    await check(
      await behind(async (skerry) => {
        const folder = await scratchFolder();
        const [port, securePort] = [await freePort(), await freePort()];
        const site = block('caddy').replace('data.example {', 'data.example {\n  tls internal\n  bind 127.0.0.1').replaceAll('127.0.0.1:8080', `127.0.0.1:${skerry.port}`);
        await writeFile(join(folder, 'Caddyfile'), `{\n  admin off\n  http_port ${port}\n  https_port ${securePort}\n  skip_install_trust\n}\n${site}`);
        const own = start('caddy', ['run', '--config', join(folder, 'Caddyfile')], { env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
        const secure = `https://127.0.0.1:${securePort}`;
        await until('caddy', () => ask(`${secure}/livez`).then(({ status }) => status === 200, () => false), { child: own });
        return { own, plain: `http://127.0.0.1:${port}`, secure };
      }),
    );
  },
};
