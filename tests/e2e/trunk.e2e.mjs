// What every capability stands on, on the program as it is built: TLS, SIGHUP, where settings are found, dependencies that hang.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { join } from 'node:path';

import { freePort, run, start, stop, until } from '../tools/processes.mjs';
import { startRedis } from '../tools/redis.mjs';
import { installation, program } from './skerry.mjs';

/** A new certificate of its own, with its key. */
async function certificate(folder, name) {
  const files = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.key, '-out', files.certificate];
  await run('openssl', ['req', '-x509', ...pair, '-days', '3650', '-subj', `/CN=${name}`]);
  await chmod(files.key, 0o600);
  return files;
}

/** Who answers, and with what status. */
const asked = (url) =>
  new Promise((resolve, reject) => {
    const get = url.startsWith('https') ? httpsGet : httpGet;
    get(url, { rejectUnauthorized: false, agent: false }, (response) => {
      const name = response.socket.getPeerCertificate?.().subject?.CN;
      response.resume().on('end', () => resolve({ status: response.statusCode, location: response.headers.location, name }));
    }).on('error', reject);
  });

const logged = (child, event) =>
  child.said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((line) => line.event === event);

const serving = (child) => until('the server', () => logged(child, 'serving').length > 0, { child });

export const checks = {
  async 'TLS by setting: a certificate is replaced while the program runs, half a file is not taken, http leads to https'() {
    const redirect = await freePort();
    const skerry = await installation(`access_log = false\n[log]\nformat = "json"\n[tls]\ncertificate = "site.crt"\nkey = "site.key"\nredirect_listen = "127.0.0.1:${redirect}"\n`);
    const [one, two] = [await certificate(skerry.folder, 'one'), await certificate(skerry.folder, 'two')];
    const install = async ({ certificate, key }) => {
      await cp(certificate, join(skerry.folder, 'site.crt'));
      await cp(key, join(skerry.folder, 'site.key'));
    };
    const missing = await skerry.run('serve');
    assert.equal(missing.code, 1, missing.stderr);
    assert.match(missing.stderr, /tls_certificate_unreadable/);
    await cp(one.certificate, join(skerry.folder, 'site.crt'));
    await cp(two.key, join(skerry.folder, 'site.key'));
    const mismatched = await skerry.run('serve');
    assert.equal(mismatched.code, 2, mismatched.stderr);
    assert.match(mismatched.stderr, /tls_mismatch/);

    await install(one);
    const child = skerry.start('serve');
    await serving(child);
    const url = `https://127.0.0.1:${skerry.port}/livez`;
    assert.deepEqual(await asked(url), { status: 200, location: undefined, name: 'one' });
    const led = await asked(`http://127.0.0.1:${redirect}/latest?project=ris`);
    assert.equal(led.status, 308);
    assert.equal(led.location, `https://127.0.0.1:${skerry.port}/latest?project=ris`);
    await install(two);
    child.kill('SIGHUP');
    await until('the other certificate', async () => (await asked(url)).name === 'two', { child });
    await writeFile(join(skerry.folder, 'site.crt'), '-----BEGIN CERTIFICATE-----\nMIIB');
    child.kill('SIGHUP');
    const complained = () => logged(child, 'reload_failed').some(({ code }) => code === 'tls_certificate_unreadable');
    await until('a word about half a file', complained, { child });
    assert.equal((await asked(url)).name, 'two');
    assert.equal(logged(child, 'reloaded').length, 1, 'what failed is not said to be done');
    assert.equal(await stop(child), 0);
  },

  async 'SIGHUP takes over what is live, says what waits for a restart, and goes on where the file is broken'() {
    const skerry = await installation('access_log = false\n[log]\nformat = "json"\n[events]\ningest_secret_file = "secret"\n');
    const secret = join(skerry.folder, 'secret');
    await writeFile(secret, 'first\n', { mode: 0o600 });
    const child = skerry.start('serve');
    await serving(child);
    const ingest = (key) => {
      const time = String(Date.now());
      const signature = createHmac('sha256', key).update(`v1\n${time}\n`).digest('hex');
      const headers = { 'Content-Type': 'application/vnd.skerry.events', 'X-Skerry-Time': time, 'X-Skerry-Signature': `v1=${signature}` };
      return fetch(`${skerry.url}/ingest`, { method: 'POST', headers, body: '' }).then(async (response) => (await response.json()).code);
    };
    assert.equal(await ingest('first'), 'batch_invalid', 'signed well');
    assert.equal(await ingest('second'), 'signature_invalid');

    await writeFile(secret, 'second\n', { mode: 0o600 });
    const other = `data_dir = "${skerry.folder}/data"\nlisten = "127.0.0.1:${await freePort()}"\nkv_listen = ""\nkv_token_file = "${skerry.folder}/kv-token"\naccess_log = false\n[log]\nformat = "json"\nlevel = "debug"\n[events]\ningest_secret_file = "secret"\n`;
    await writeFile(skerry.config, other);
    child.kill('SIGHUP');
    await until('the reload', () => logged(child, 'reloaded').length === 1, { child });
    const [later] = await until('what waits', () => logged(child, 'restart_needed').length === 1 && logged(child, 'restart_needed'), { child });
    assert.equal(later.settings, 'listen,kv_listen');
    assert.equal(await ingest('second'), 'batch_invalid');
    assert.equal(await ingest('first'), 'signature_invalid');

    await writeFile(skerry.config, 'listen = 5\n');
    child.kill('SIGHUP');
    const [failed] = await until('the complaint', () => logged(child, 'reload_failed').length === 1 && logged(child, 'reload_failed'), { child });
    assert.match(failed.message, /"listen" must be an address/);

    // What can't be read is missed, not taken for empty, and nothing waits for who might write into a pipe.
    const replaced = [
      [null, /No such file/],
      [() => mkdir(skerry.config), /Is a directory/],
      [() => run('mkfifo', [skerry.config]), /no regular file/],
    ];
    for (const [make, words] of replaced) {
      const complaints = logged(child, 'reload_failed').length;
      await rm(skerry.config, { recursive: true });
      if (make) await make();
      child.kill('SIGHUP');
      await until('the next complaint', () => logged(child, 'reload_failed').length > complaints, { child });
      assert.match(logged(child, 'reload_failed').at(-1).message, words);
      if (!make) await writeFile(skerry.config, '');
    }
    assert.equal(await ingest('second'), 'batch_invalid', 'the settings of before');
    await rm(skerry.config);
    await writeFile(skerry.config, other);
    child.kill('SIGHUP');
    await until('the next reload', () => logged(child, 'reloaded').length === 2, { child });
    assert.equal((await fetch(`${skerry.url}/livez`)).status, 200);
    assert.equal(await stop(child), 0);
  },

  async 'SIGHUP starts functions anew with their settings and codes, and holds up no request'() {
    const skerry = await installation('access_log = false\n[log]\nformat = "json"\n[health]\ncode_file = "code"\n');
    await writeFile(join(skerry.folder, 'code'), 'one\n', { mode: 0o600 });
    const child = skerry.start('serve');
    await serving(child);
    const status = (code) => fetch(`${skerry.url}/health?code=${code}`).then(async (response) => (await response.text(), response.status));
    const [allowed, denied] = [await status('one'), await status('two')];
    assert.notEqual(allowed, denied);
    let asking = true;
    const answers = (async () => {
      let count = 0;
      for (; asking; ++count) assert.equal((await fetch(`${skerry.url}/t/x`)).status, 200);
      return count;
    })();
    await writeFile(join(skerry.folder, 'code'), 'two\n', { mode: 0o600 });
    await writeFile(skerry.config, `${await readFile(skerry.config, 'utf8')}\n[functions.tracker]\ntracker_hosts = "t.example"\ngpc = "drop"\n`);
    child.kill('SIGHUP');
    await until('the reload', () => logged(child, 'reloaded').length === 1, { child });
    asking = false;
    assert.ok((await answers) > 0);
    assert.deepEqual([await status('two'), await status('one')], [allowed, denied]);
    for (const [make, code] of [
      [() => {}, 'token_missing'],
      [() => run('mkfifo', ['-m', '600', join(skerry.folder, 'code')]), 'token_unreadable'],
    ]) {
      const complaints = logged(child, 'reload_failed').length;
      await rm(join(skerry.folder, 'code'));
      await make();
      child.kill('SIGHUP');
      await until('the complaint', () => logged(child, 'reload_failed').length > complaints, { child });
      const failed = logged(child, 'reload_failed').at(-1);
      assert.deepEqual([failed.code, failed.setting], [code, 'health.code']);
      assert.deepEqual([await status('two'), await status('one')], [allowed, denied], 'the code of before');
      assert.equal(logged(child, 'reloaded').length, 1);
      await rm(join(skerry.folder, 'code'), { force: true });
      await writeFile(join(skerry.folder, 'code'), 'two\n', { mode: 0o600 });
    }
    const [later] = await until('what waits', () => logged(child, 'restart_needed').length === 1 && logged(child, 'restart_needed'), { child });
    assert.equal(later.settings, 'functions.tracker.tracker_hosts');
    const dropped = await fetch(`${skerry.url}/t/x`, { headers: { 'Sec-GPC': '1' } });
    assert.match(dropped.headers.get('x-track-dropped'), /gpc/);
    assert.equal(await stop(child), 0);
  },

  async 'what is wrong with words and settings is said with what was meant'() {
    const skerry = await installation();
    for (const [args, code, words] of [
      [['statuz'], 2, /There is no command `skerry statuz`; the nearest is `skerry status`\./],
      [['events', 'tial'], 2, /There is no command `skerry events tial`; the nearest is `skerry events tail`\./],
      [['xyzzy-xyzzy'], 2, /There is no command `skerry xyzzy-xyzzy`; the nearest is `skerry \w+`\. `skerry --help` lists all\./],
      [[], 2, /A subcommand is required/],
      [['--set', 'tls.key=/k', 'config'], 2, /"tls\.certificate" and "tls\.key" go together/],
      [['--set', 'tls.redirect_listen=:80', 'config'], 2, /leads to https/],
      [['--set', 'listen=:9', '--set', 'kv_listen=127.0.0.1:9', 'config'], 2, /are the same, 127\.0\.0\.1:9 and :9/],
      [['gaps', '--since', '2026-11-02', '--until', '2026-11-01'], 2, /--since .* must be before --until/],
    ]) {
      const said = await skerry.run(...args);
      assert.equal(said.code, code, said.stderr);
      assert.match(said.stderr, words);
    }
    skerry.env.SKERRY_LISTN = ':1';
    const both = await skerry.run('--set', 'workers=x', 'config');
    assert.match(both.stderr, /SKERRY_LISTN in the environment is no setting\. Do you mean SKERRY_LISTEN\?\n.*"workers" must be/s);

    const pair = await certificate(skerry.folder, 'one');
    const other = await certificate(skerry.folder, 'two');
    const tls = (key) => skerry.run('--set', `tls.certificate=${pair.certificate}`, '--set', `tls.key=${key}`, 'doctor');
    assert.match((await tls(pair.key)).stdout, /^ok +tls +Certificate and key can be read/m);
    assert.match((await tls(other.key)).stdout, /^failed +tls +The TLS key .* is not that of the certificate/m);
    await chmod(pair.key, 0o644);
    assert.match((await tls(pair.key)).stdout, /^warning +tls +Others can read the key/m);
  },

  async 'who reads the log may end: the program goes on'() {
    const skerry = await installation();
    const child = skerry.start('serve');
    await until('the server', () => child.said.includes('info The view is at'), { child });
    child.stderr.destroy();
    for (let i = 0; i < 5; ++i) {
      assert.equal((await fetch(`${skerry.url}/livez`)).status, 200);
      child.kill('SIGHUP');
    }
    assert.equal(await stop(child), 0);
  },

  async 'settings are found in /etc/skerry where there is nothing nearer'() {
    const skerry = await installation();
    // A root of its own, which has the program with its libraries, and is the working directory, too.
    const root = join(skerry.folder, 'root');
    const { stdout: libraries } = await run('ldd', [program]);
    for (const [file] of [[program], ...libraries.matchAll(/\/\S+/g)]) await cp(file, join(root, file), { dereference: true });
    await mkdir(join(root, 'etc/skerry'), { recursive: true });
    await writeFile(join(root, 'etc/skerry/skerry.toml'), 'workers = 3\nlisten = "127.0.0.1:1"\n');
    await writeFile(join(root, 'etc/skerry/environment'), 'SKERRY_LISTEN=127.0.0.1:2\n');
    const found = async () => JSON.parse((await run('chroot', [root, program, 'config', '--json'], { env: { ...skerry.env, LD_PRELOAD: '' } })).stdout);
    const far = await found();
    assert.deepEqual(far.workers, { value: '3', origin: '/etc/skerry/skerry.toml:1' });
    assert.deepEqual(far.listen, { value: '127.0.0.1:2', origin: 'SKERRY_LISTEN in /etc/skerry/environment' });
    await writeFile(join(root, 'skerry.toml'), 'workers = 4\n');
    const near = await found();
    assert.deepEqual(near.workers, { value: '4', origin: 'skerry.toml:1' });
  },

  async 'a Redis that hangs holds up no route'() {
    const place = await installation();
    const redis = await startRedis(place.folder);
    const skerry = await installation(`access_log = false\n[log]\nformat = "json"\n[events]\nqueue = "redis"\nredis_url = "${redis.url}"\n`);
    const child = skerry.start('serve');
    await serving(child);
    assert.equal((await fetch(`${skerry.url}/t/before`)).status, 200);
    redis.child.kill('SIGSTOP');
    try {
      // Twenty at once, on more connections than there are workers.
      const all = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          fetch(`${skerry.url}${['/livez', '/readyz', '/status/'][i % 3]}`, { signal: AbortSignal.timeout(60_000) }).then(({ status }) => status),
        ),
      );
      // There is no view yet: that it is not ready is answered at once, too.
      assert.deepEqual(all, Array.from({ length: 60 }, (_, i) => [200, 503, 200][i % 3]));
    } finally {
      redis.child.kill('SIGCONT');
    }
    assert.equal(await stop(child), 0);
    await stop(redis.child);
  },
};
