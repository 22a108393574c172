// What the program shows, and to whom: the access log, the store's door, the data folder, the terminal.
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';

import { build, run, scratchFolder, stop, until } from '../tools/processes.mjs';
import { installation, mayWrite } from './skerry.mjs';

const kSomebody = 65534;

/** Status and body of a request, with headers that fetch would not send. */
const ask = (url, headers = {}, method = 'GET') =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (answer) => {
      let body = '';
      answer.on('data', (text) => (body += text)).on('end', () => resolve({ status: answer.statusCode, body }));
    });
    asked.on('error', reject).end(method === 'PUT' ? 'x' : undefined);
  });

const served = (skerry, child) => until('the server', () => fetch(`${skerry.url}/livez`).then((r) => r.ok, () => false), { child });

/** Lines of the access log for `/t/…`. */
const tracked = (child) => child.said.split('\n').filter((line) => line.includes('/t/') && line.includes('Answered'));

export const checks = {
  async 'the access log is like all other lines, and keeps no secret and no more of an address than the event'() {
    const skerry = await installation('log.format = "json"\n[functions.tracker]\nkeys = "first-key"\nanonymise_client = true\ngpc = "drop"\n');
    const child = skerry.start('serve');
    await served(skerry, child);
    await ask(`${skerry.url}/t/a?writeKey=first-key&x=first%2dkey&y=%1b%5b31m`);
    await ask(`${skerry.url}/t/b?key=first-key`, { 'Sec-GPC': '1' });
    await until('the lines', () => tracked(child).length === 2, { child });
    const [one, two] = tracked(child).map((line) => JSON.parse(line));
    assert.deepEqual([one.level, one.event, one.status, one.client], ['info', 'request', 200, '127.0.0.0']);
    assert.equal(one.target, '/t/a?writeKey=***&x=***&y=%1b%5b31m');
    assert.deepEqual([two.client, two.target, two.agent], ['', '/t/b', '']);
    assert.ok(!child.said.includes('first-key'));
    assert.equal(await stop(child), 0);
  },

  async 'the access log obeys log.format and log.level'() {
    for (const [level, lines] of [['info', 1], ['warning', 0]]) {
      const skerry = await installation(`log.level = "${level}"\n`);
      const child = skerry.start('serve');
      await served(skerry, child);
      await ask(`${skerry.url}/t/a?code=s3cret`);
      assert.equal(await stop(child), 0);
      const found = tracked(child);
      assert.equal(found.length, lines, child.said);
      if (lines > 0) assert.match(found[0], /^\d{4}-\S+Z info Answered client=127\.0\.0\.0 method=GET target="\/t\/a\?code=\*\*\*" status=200 /);
    }
  },

  async 'the door of the store is closed, then for reading, then for who has the token'() {
    const folder = await scratchFolder();
    const { stdout } = await run(join(build, 'skerry'), ['config', '--json'], { cwd: folder });
    assert.equal(JSON.parse(stdout).kv_listen.value, '');
    const skerry = await installation('access_log = false\n');
    const child = skerry.start('serve');
    await served(skerry, child);
    const latest = `${skerry.kv}/latest?urlencoded=true`;
    assert.equal((await ask(latest)).status, 404);
    assert.equal((await ask(latest, { Host: 'attacker.example' })).status, 421);
    assert.equal((await ask(latest, {}, 'PUT')).status, 401);
    assert.equal((await ask(latest, { Authorization: 'Bearer wrong' }, 'PUT')).status, 401);
    // By the head: of a body that is announced nothing has come, nor ever will.
    for (const headers of [{}, { Authorization: 'Bearer wrong' }]) {
      const { hostname, port } = new URL(skerry.kv);
      const put = connect(port, hostname);
      put.write(`PUT /latest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n${Object.entries(headers).map((pair) => `${pair.join(': ')}\r\n`).join('')}\r\n`);
      const [answer] = await once(put, 'data');
      assert.match(String(answer), /^HTTP\/1\.1 401 /);
      put.destroy();
    }
    assert.equal((await ask(latest, mayWrite, 'PUT')).status, 204);
    assert.equal((await ask(latest)).body, 'x');
    assert.equal(await stop(child), 0);
  },

  async 'why it is not ready is for who shows the code'() {
    const skerry = await installation('access_log = false\n');
    skerry.env.SKERRY_HEALTH_CODE = 's3cret';
    const child = skerry.start('serve');
    await served(skerry, child);
    for (const headers of [{ Authorization: 'bearer s3cret' }, { Authorization: 'Bearer wrong' }]) {
      const { status } = await ask(`${skerry.url}/health`, headers);
      assert.equal(status === 403, headers.Authorization.endsWith('wrong'));
    }
    assert.equal(await stop(child), 0);
  },

  async 'root in the folder of another leaves nothing of its own there'() {
    if (process.getuid() !== 0) return 'not run: needs root';
    const skerry = await installation('access_log = false\narchive = "real"\n');
    await chmod(skerry.folder, 0o755);
    await mkdir(skerry.data);
    await chown(skerry.data, kSomebody, kSomebody);
    for (const command of [['status'], ['doctor'], ['events', 'stats']]) await skerry.run(...command);
    const owners = async (folder) => {
      const found = new Set();
      for (const entry of await readdir(folder, { recursive: true })) found.add((await stat(join(folder, entry))).uid);
      return [...found];
    };
    const child = skerry.start('serve');
    await served(skerry, child);
    assert.equal(await stop(child), 0);
    assert.deepEqual(await owners(skerry.data), [kSomebody]);
    // What is another's within it is refused before anything is touched.
    await chown(join(skerry.data, 'kv.sqlite3'), 0, 0);
    const { code, stderr } = await skerry.run('serve');
    assert.equal(code, 1, stderr);
    assert.match(stderr, /belongs to root.*chown -hR nobody /);
    assert.match(stderr, /data_dir_of_another/);
  },

  async 'nothing that others wrote is obeyed by a terminal'() {
    const skerry = await installation('access_log = false\n');
    const child = skerry.start('serve');
    await served(skerry, child);
    const hostile = '\u009b31m\u202egpj\u200b\u2028\x1b]0;x\x07' + 'é'.repeat(300);
    const sent = await fetch(`${skerry.url}/t/${encodeURIComponent(hostile.slice(0, 20))}`, { method: 'POST', body: JSON.stringify({ type: hostile, x: hostile }) });
    assert.equal(sent.status, 200);
    assert.equal(await stop(child), 0);
    // eslint-disable-next-line no-control-regex
    const obeyed = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]/u;
    for (const more of [[], ['--json']]) {
      const { stdout } = await skerry.run('events', 'tail', ...more);
      assert.ok(stdout.includes('gpj'), stdout);
      assert.doesNotMatch(stdout, obeyed);
    }
    for (const word of [hostile, '--' + hostile]) {
      const { code, stderr } = await skerry.run(word);
      assert.equal(code, 2);
      assert.doesNotMatch(stderr, obeyed);
    }
    await writeFile(join(skerry.folder, 'skerry.toml'), `data_dir = "${skerry.data}\\u009b\\u202e"\n`);
    for (const command of ['config', 'status', 'doctor']) {
      const { stdout, stderr } = await skerry.run(command);
      assert.doesNotMatch(stdout + stderr, obeyed);
    }
  },

  async 'user information is hidden wherever a setting has a URL'() {
    const skerry = await installation('publish.cloudflare.base = "https://me:geheim@api.example/x"\npublish.fastly.base = "https://geheim@api.example"\n');
    const { stdout } = await skerry.run('config');
    assert.ok(!stdout.includes('geheim'), stdout);
    assert.match(stdout, /publish\.cloudflare\.base +https:\/\/\*\*\*@api\.example\/x/);
    for (const flag of ['publish.fastly.base=https://u:geheim@h', 'functions.tracker.keys=geheim', 'database_url=postgres://u:geheim@h/d', 'functions.health.origin_url=https://u:geheim@h']) {
      const { code, stderr } = await skerry.run('--set', flag, 'config');
      assert.equal(code, 2, flag);
      assert.match(stderr, /is a secret, and a command line can be read by everyone/);
      assert.ok(!stderr.includes('geheim'), stderr);
    }
  },
};
