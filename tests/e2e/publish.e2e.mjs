// The view on its way to Cloudflare and Fastly: strict doubles of both, and everything that they may do.
import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cloudflare } from '../doubles/cloudflare.mjs';
import { fastly } from '../doubles/fastly.mjs';
import { sleep, start, stop, until } from '../tools/processes.mjs';
import { archive, installation, ready } from './skerry.mjs';

const kFew = ['rrc00', 'route-views2'];

/** Lines of JSON on stderr with this event. */
const events = (said, name) =>
  said
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(`"event":"${name}"`))
    .map((line) => JSON.parse(line));

const view = (row, at = new Date()) =>
  JSON.stringify({ format: 1, update_duration: 1, rows: 1, last_updated_at: at.toISOString(), latest: [{ delay: at % 1000, item_url: row }] });

/** Both doubles, closed at the end. */
async function withPlatforms(check) {
  const platforms = { cloudflare: await cloudflare(), fastly: await fastly() };
  try {
    await check(platforms);
  } finally {
    for (const platform of Object.values(platforms)) platform.close();
  }
}

/** An installation that pushes to these doubles, with their tokens in the environment. */
async function publisher(platforms, settings = '') {
  const tables = Object.values(platforms).map((platform) => platform.settings);
  const skerry = await installation(`access_log = false\nlog.format = "json"\n${settings}\n${tables.join('')}`);
  if (platforms.cloudflare) skerry.env.CLOUDFLARE_API_TOKEN = platforms.cloudflare.token;
  if (platforms.fastly) skerry.env.FASTLY_API_TOKEN = platforms.fastly.token;
  return skerry;
}

/** `skerry serve`, and a way to put a view into its store as an updater would. */
async function serving(skerry, ...flags) {
  const child = skerry.start(...flags, 'serve');
  await until('the store', () => fetch(`${skerry.kv}/?prefix=`).then((r) => r.ok, () => false), { child });
  return child;
}
async function put(skerry, value, key = 'latest') {
  const script = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
with db: db.execute("INSERT OR REPLACE INTO entries (key, value, metadata, expires) VALUES (?, ?, '', NULL)", (sys.argv[2].encode(), sys.stdin.buffer.read()))`;
  const child = start('python3', ['-c', script, join(skerry.data, 'kv.sqlite3'), key], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(value);
  assert.equal(await child.ended, 0, child.said);
}

async function updater(platforms, settings = '') {
  const place = await installation();
  const source = await archive(place.folder, kFew, { stands: true });
  const skerry = await publisher(platforms, `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ${JSON.stringify(kFew)}\n${settings}`);
  return { source, skerry };
}

export const checks = {
  async 'update --once brings every document to every target; an unchanged view stays there, a changed one follows'() {
    await withPlatforms(async (platforms) => {
      const { source, skerry } = await updater(platforms);
      const first = await skerry.run('update', '--once');
      assert.deepEqual([first.code, first.stdout, first.stderr], [0, '', ''], 'as a cron job it says nothing');
      const stored = (await skerry.run('latest', '--stored')).stdout;
      for (const { values, writes } of Object.values(platforms)) {
        assert.deepEqual([...values.keys()].sort(), ['health', 'history', 'latest']);
        assert.equal(values.get('latest'), stored);
        assert.equal(JSON.parse(values.get('history')).last_updated_at, JSON.parse(stored).last_updated_at);
        assert.ok(writes().every(({ status }) => status === 200));
      }
      assert.equal(platforms.cloudflare.writes().length, 1, 'all documents go in one request');
      const health = JSON.parse(platforms.fastly.values.get('health'));
      assert.deepEqual(
        health.checks.filter(({ ok }) => !ok).map(({ name }) => name),
        ['publish:cloudflare', 'publish:fastly'],
        'what was never pushed is not well, all else is',
      );

      await sleep(1100);
      assert.equal((await skerry.run('update', '--once')).code, 0);
      assert.equal(platforms.fastly.values.get('latest'), stored, 'nothing new: no push');
      assert.ok(JSON.parse(platforms.fastly.values.get('health')).checks.every(({ ok }) => ok));

      await source.advance(20);
      const third = await skerry.run('update', '--once');
      assert.equal(third.code, 0, third.stderr);
      for (const { values } of Object.values(platforms)) {
        assert.notEqual(values.get('latest'), stored);
        assert.equal(values.get('latest'), (await skerry.run('latest', '--stored')).stdout);
      }
      await stop(source.child);
    });
  },

  async 'a push that fails keeps the old value, shows in log, status and health, and is made up for by the next run'() {
    await withPlatforms(async ({ cloudflare: platform }) => {
      const { source, skerry } = await updater({ cloudflare: platform }, 'publish.attempts = 2');
      assert.equal((await skerry.run('update', '--once')).code, 0);
      const old = platform.values.get('latest');
      await source.advance(60);
      platform.fail({ status: 500, body: JSON.stringify({ success: false, errors: [{ code: 7, message: 'Overloaded' }] }) });
      const before = platform.requests.length;
      const failed = await skerry.run('update', '--once');
      assert.equal(failed.code, 4, failed.stderr);
      assert.equal(platform.requests.length - before, 2, 'a run tries as often as it may');
      assert.equal(platform.values.get('latest'), old);
      assert.match(events(failed.stderr, 'publish_failed')[0].message, /Overloaded \(7\)/);
      const status = JSON.parse((await skerry.run('status', '--json')).stdout);
      assert.equal(status.publishing[0].code, 'publish_unavailable');
      assert.equal(status.publishing[0].failures, 2);
      assert.equal(status.health.find(({ name }) => name === 'publish:cloudflare').ok, false);
      assert.match((await skerry.run('status')).stdout, /cloudflare:.*fails since .*publish_unavailable/);

      platform.fail(null);
      const next = await skerry.run('update', '--once');
      assert.deepEqual([next.code, next.stderr], [0, '']);
      assert.equal(platform.values.get('latest'), (await skerry.run('latest', '--stored')).stdout);
      assert.equal(JSON.parse((await skerry.run('status', '--json')).stdout).publishing[0].ok, true);
      await stop(source.child);
    });
  },

  async 'whatever a platform does, it keeps what it had, and the log says what it was'() {
    await withPlatforms(async (platforms) => {
      const both = Object.values(platforms);
      const skerry = await publisher(platforms, 'publish.timeout = "1500ms"');
      let child = await serving(skerry);
      const old = view('old');
      await put(skerry, old);
      for (const { values } of both) await until('the first push', () => values.get('latest') === old, { child });
      assert.equal(await stop(child), 0);
      const refusal = JSON.stringify({ success: false, errors: [{ code: 7, message: 'no' }] });
      for (const [fault, code, fastlyCode = code] of [
        [{ status: 500 }, 'publish_unavailable'],
        [{ status: 429, headers: { 'Retry-After': '3' } }, 'publish_limited'],
        [{ reset: true }, 'connection_lost'],
        [{ silent: true }, 'timeout'],
        [{ slow: 8000 }, 'timeout'],
        [{ status: 403 }, 'publish_denied'],
        [{ status: 413 }, 'publish_too_large'],
        [{ status: 302, headers: { Location: '/' } }, 'publish_rejected'],
        [{ status: 200, body: refusal }, 'publish_rejected', null],
        [{ status: 200, body: '<html>' }, 'publish_garbled', null],
        [{ status: 200, body: JSON.stringify({ success: true, result: { unsuccessful_keys: ['latest'] } }) }, 'publish_unavailable', null],
        [{ status: 500, body: 'x'.repeat(2_000_000) }, 'body_too_large'],
      ]) {
        for (const [name, wanted] of [['cloudflare', code], ['fastly', fastlyCode]]) {
          if (wanted === null) continue; // Fastly's answers have no such envelope
          await renewed(skerry, name);
          const before = platforms[name].values.get('latest');
          const asked = platforms[name].requests.length;
          platforms[name].fail(fault);
          child = await serving(skerry);
          await put(skerry, view(`${name} ${code}`));
          const said = () => events(child.said, 'publish_failed').find(({ target }) => target === name);
          const event = await until(`a word about ${JSON.stringify(fault).slice(0, 80)}`, said, { child });
          assert.equal(event.code, wanted);
          assert.equal(platforms[name].values.get('latest'), before);
          if (fault.headers?.['Retry-After']) assert.ok(Date.parse(event.next_try) - platforms[name].requests[asked].at >= 3000, JSON.stringify(event));
          platforms[name].fail(null);
          assert.equal(await stop(child), 0);
          for (const { token } of both) assert.ok(!child.said.includes(token));
        }
      }
    });
  },

  async 'one failure in a run is made up for by the same run, after as long as the platform asks'() {
    await withPlatforms(async ({ fastly: platform }) => {
      const { source, skerry } = await updater({ fastly: platform });
      platform.fail({ status: 429, headers: { 'Retry-After': '2' } }, 1);
      const { code, stderr } = await skerry.run('update', '--once');
      assert.equal(code, 0, stderr);
      assert.equal(events(stderr, 'publish_failed')[0].code, 'publish_limited');
      const [refused, taken] = platform.writes();
      assert.ok(taken.at - refused.at >= 2000, `${taken.at - refused.at} ms`);
      await stop(source.child);
    });
  },

  async 'up: a changed view is pushed when the cycle is done, and a target that is silent holds up nothing'() {
    await withPlatforms(async (platforms) => {
      const { source, skerry } = await updater(platforms, 'update.interval = "10s"\npublish.timeout = "60s"');
      platforms.cloudflare.fail({ silent: true });
      const child = skerry.start('up');
      await ready(child);
      await source.advance(60);
      const done = () => events(child.said, 'cycle_done');
      await until('a second round', () => done().length >= 2 && done().at(-1), { child });
      const moment = Date.parse(done().at(-1).time);
      await until('the push', () => platforms.fastly.writes().some(({ url, at }) => url.endsWith('/latest') && at > moment - 500), { child });
      const latest = JSON.parse(platforms.fastly.values.get('latest'));
      assert.ok(latest.latest.some(({ timestamp }) => Date.parse(`${timestamp}Z`) > Date.now() - 30 * 60_000));
      assert.equal(platforms.cloudflare.values.size, 0);
      assert.equal(platforms.cloudflare.requests.length, 1, 'still waiting for the first answer');
      assert.equal(await stop(child), 0, child.said);
      await stop(source.child);
    });
  },

  async 'serve pushes what an updater beside it stores, tries again, says it once, and forgets nothing over a restart'() {
    await withPlatforms(async ({ cloudflare: platform }) => {
      const skerry = await publisher({ cloudflare: platform });
      let child = await serving(skerry);
      const first = view('a');
      await put(skerry, first);
      await until('the push', () => platform.values.get('latest') === first, { child });
      await put(skerry, view('a'));
      await sleep(1500);
      assert.equal(platform.writes().length, 1, 'nothing that readers would notice has changed');

      platform.fail({ status: 503 });
      await sleep(200);
      await put(skerry, view('b'));
      await until('two failures', () => platform.writes().length >= 3, { child });
      assert.equal(platform.values.get('latest'), first);
      const newest = view('c');
      await put(skerry, newest);
      platform.fail(null);
      await until('the newest view', () => platform.values.get('latest') === newest, { child });
      await until('a word', () => events(child.said, 'publish_recovered').length === 1, { child });
      assert.equal(events(child.said, 'publish_failed').length, 1);
      assert.equal(events(child.said, 'publish_failed')[0].code, 'publish_unavailable');
      assert.equal(await stop(child), 0);

      const written = platform.writes().length;
      child = await serving(skerry);
      await sleep(1500);
      assert.equal(platform.writes().length, written, 'a restart pushes nothing again');
      await stop(child, 'SIGKILL');
      child = await serving(skerry);
      await sleep(1000);
      assert.equal(platform.writes().length, written);
      assert.equal(await stop(child), 0);
    });
  },

  async 'what the archive replica made up goes to no target'() {
    await withPlatforms(async (platforms) => {
      const skerry = await publisher(platforms, 'archive = "replica"');
      const child = skerry.start('up');
      await ready(child);
      await sleep(500);
      assert.equal(await stop(child), 0);
      for (const { requests } of Object.values(platforms)) assert.deepEqual(requests, []);
    });
  },

  async 'a copy is refreshed before it is older than publish.refresh'() {
    await withPlatforms(async ({ fastly: platform }) => {
      const skerry = await publisher({ fastly: platform }, 'publish.refresh = "17s"\nupdate.interval = "10s"');
      const child = await serving(skerry);
      await put(skerry, view('a'));
      await until('the push', () => platform.values.size === 1, { child });
      const again = view('a', new Date(Date.now() + 50));
      await put(skerry, again);
      await sleep(1200);
      assert.equal(platform.writes().length, 1, 'young enough');
      await until('the refresh', () => platform.values.get('latest') === again, { child });
      assert.equal(await stop(child), 0);
    });
  },

  async 'two processes on one data folder: nothing is pushed twice, too fast, or over something newer'() {
    await withPlatforms(async (platforms) => {
      const { folder } = await installation();
      const collectors = join(folder, 'collectors.json');
      await writeFile(collectors, JSON.stringify([{ id: 'rrc00', project: 'riperis', url: 'http://127.0.0.1:1/data.ris.ripe.net/rrc00' }]));
      const skerry = await publisher(platforms, `archive = "real"\ncollectors_file = "${collectors}"\nupdate.interval = "10s"`);
      const child = await serving(skerry);
      // An updater that reads nothing, but pushes what is there.
      const second = skerry.start('update');
      await until('the other one', () => second.said.includes('all_collectors_failed'), { child: second });
      let last;
      const began = performance.now();
      for (let i = 0; i < 12; ++i) {
        last = view(`row ${i}`);
        await put(skerry, last);
        await sleep(300);
      }
      for (const platform of Object.values(platforms)) {
        await until('the last view', () => platform.values.get('latest') === last, { child });
        await sleep(500);
        assert.ok(platform.writes().every(({ status }) => status === 200), 'no write was refused');
        // The updater pushes its health, too.
        const views = platform.writes().filter(({ url, start }) => url.endsWith('/latest') || start.includes('"key":"latest"'));
        const seconds = (performance.now() - began) / 1000;
        assert.ok(views.length > 0 && views.length <= seconds + 2, `a second apart: ${views.length} in ${seconds} s`);
      }
      assert.equal(await stop(child), 0);
      assert.equal(await stop(second), 0);
    });
  },

  async 'a write that the answer denies is made again, without harm'() {
    await withPlatforms(async ({ cloudflare: platform }) => {
      const skerry = await publisher({ cloudflare: platform });
      const child = await serving(skerry);
      platform.fail({ apply: true, status: 502, body: 'bad gateway' }, 1);
      const value = view('a');
      await put(skerry, value);
      await until('the second write', () => platform.writes().some(({ status }) => status === 200), { child });
      assert.equal(platform.values.get('latest'), value);
      assert.equal(await stop(child), 0);
    });
  },

  async 'tokens: from a file that is nobody else’s, replaced while the program runs, never on the command line or in an output'() {
    await withPlatforms(async ({ fastly: platform }) => {
      const skerry = await installation(`log.format = "json"\nlog.level = "debug"\naccess_log = false\n${platform.settings}token_file = "token"\n`);
      const token = join(skerry.folder, 'token');
      await writeFile(token, `${platform.token}\n`);
      await chmod(token, 0o644);
      let child = await serving(skerry);
      await put(skerry, view('a'));
      await until('a refusal', () => events(child.said, 'publish_failed').length > 0, { child });
      assert.equal(events(child.said, 'publish_failed')[0].code, 'token_exposed');
      assert.equal(platform.requests.length, 0);
      assert.equal(await stop(child), 0);
      assert.ok(!child.said.includes(platform.token));

      await chmod(token, 0o600);
      await writeFile(token, 'an old one\n');
      child = await serving(await renewed(skerry));
      await put(skerry, view('b'));
      await until('a refusal', () => events(child.said, 'publish_failed').some(({ code }) => code === 'publish_denied'), { child });
      assert.equal(await stop(child), 0);
      assert.match((await skerry.run('status')).stdout, /publish_denied/);
      const doctor = await skerry.run('doctor', '--json');
      const finding = JSON.parse(doctor.stdout).findings.find(({ name }) => name === 'fastly');
      assert.equal(finding.status, 'failed');
      assert.match(finding.advice, /publish\.fastly\.token_file/);

      await writeFile(token, `${platform.token}\n`);
      child = await serving(await renewed(skerry));
      await until('the push', () => platform.values.size === 1, { child });
      assert.equal(await stop(child), 0);

      const refused = await skerry.run('--set', `publish.fastly.token=${platform.token}`, 'config');
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /command line.*secret.*SKERRY_PUBLISH_FASTLY_TOKEN/);
      skerry.env.FASTLY_API_TOKEN = platform.token;
      const config = await skerry.run('config', '--json');
      assert.equal(JSON.parse(config.stdout)['publish.fastly.token'].value, '***');
      for (const { stdout, stderr } of [refused, config, doctor]) assert.ok(!(stdout + stderr).includes(platform.token));
    });
  },
};

/** The same installation, its target tried anew at once: a pause of a minute is too long for a check. */
async function renewed(skerry, target = 'fastly') {
  const path = join(skerry.data, 'publish', `${target}.json`);
  const state = JSON.parse(await readFile(path, 'utf8'));
  delete state.failing;
  await writeFile(path, JSON.stringify(state));
  return skerry;
}
