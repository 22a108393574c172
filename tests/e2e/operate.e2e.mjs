// What an operator sees: doctor, status, the log, exit codes, names in the environment, units.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cloudflare } from '../doubles/cloudflare.mjs';
import { fastly } from '../doubles/fastly.mjs';
import { build, run, scratchFolder, start, stop, until } from '../tools/processes.mjs';
import { startPostgres } from '../tools/postgres.mjs';
import { archive, installation, ready, view } from './skerry.mjs';

const kFew = ['rrc00', 'route-views2'];

/** An updater with archives of its own; `disabled`: without the collectors of the real archives. */
async function updater(settings = '') {
  const place = await installation();
  const source = await archive(place.folder, kFew, { stands: true });
  const skerry = await installation(
    `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ${JSON.stringify(kFew)}\naccess_log = false\n${settings}`,
  );
  return { source, skerry };
}

/** The replica alone, as doctor asks every archive that is not disabled. */
async function onlyTheReplica(skerry, source) {
  const builtIn = JSON.parse(await readFile(join(import.meta.dirname, '../../native-host/broker/collectors.json'), 'utf8'));
  const ids = [...JSON.stringify(builtIn).matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id);
  const few = JSON.parse(await readFile(source.file, 'utf8'));
  const disabled = ids.filter((id) => !kFew.includes(id)).map((id) => ({ id, disabled: true }));
  await writeFile(source.file, JSON.stringify([...few, ...disabled]));
}

const findings = async (skerry, ...flags) => {
  const { code, stdout } = await skerry.run(...flags, 'doctor', '--json');
  const { ok, findings: list } = JSON.parse(stdout);
  assert.equal(code, ok ? 0 : 1);
  return { code, list, of: (name) => list.find((finding) => finding.name === name) };
};

/** A server that counts what it is asked. */
async function counter(status = 200) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { asked, url: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}

export const checks = {
  async 'doctor: a healthy host is well, and each thing that is not is named with what to do'() {
    const platforms = [await cloudflare(), await fastly()];
    try {
      const { source, skerry } = await updater(platforms.map(({ settings }) => settings).join(''));
      await onlyTheReplica(skerry, source);
      skerry.env.CLOUDFLARE_API_TOKEN = platforms[0].token;
      skerry.env.FASTLY_API_TOKEN = platforms[1].token;
      const before = await findings(skerry);
      assert.deepEqual(before.list.filter(({ status }) => status === 'failed'), [], 'a new host');
      assert.equal(before.of('database').status, 'warning');
      assert.match(before.of('view').advice, /skerry up/);
      assert.ok(platforms.every(({ values, writes }) => values.size === 0 && writes().length === 0), 'it only looks');

      const child = skerry.start('up');
      await ready(child);
      const well = await findings(skerry);
      assert.equal(well.code, 0, JSON.stringify(well.list.filter(({ status }) => status === 'failed')));
      for (const name of ['settings', 'data folder', 'database', 'key-value store', 'view', 'listen', 'archive', 'cloudflare', 'fastly'])
        assert.equal(well.of(name)?.status, 'ok', `${name}: ${JSON.stringify(well.of(name))}`);
      assert.match(well.of('listen').message, /served by skerry/);
      assert.match(well.of('database').message, /PostgreSQL \d+/);
      const table = await skerry.run('doctor');
      assert.match(table.stdout, /^ok +settings/m);
      assert.match(table.stdout, /\d+ ok, \d+ warnings?, 0 failed/);

      platforms[0].token = 'another';
      await source.control('PUT', 'fault', JSON.stringify({ prefix: '/', status: 500 }));
      const ill = await findings(skerry);
      assert.equal(ill.code, 1);
      assert.match(ill.of('cloudflare').message, /publish_denied/);
      assert.equal(ill.of('archive').status, 'warning');
      assert.equal(ill.of('fastly').status, 'ok');
      assert.equal(await stop(child), 0);
      await stop(source.child);
    } finally {
      for (const platform of platforms) platform.close();
    }
  },

  async 'doctor works with everything broken'() {
    const holder = await counter();
    const skerry = await installation();
    const port = new URL(holder.url).port;
    await writeFile(
      skerry.config,
      `data_dir = "/proc/none"\nlisten = "127.0.0.1:${port}"\nkv_listen = "nonsense"\ndatabase_url = "host=127.0.0.1 port=1"\n` +
        `collectors_file = "/none.json"\n[publish.fastly]\nstore = "s"\nbase = "http://127.0.0.1:1"\n[publish.cloudflare]\naccount = "a"\n`,
    );
    skerry.env.BGPKIT_BROKER_SQLITE_PATH = '/x';
    const { code, list, of } = await findings(skerry);
    assert.equal(code, 1);
    for (const name of ['settings', 'data folder', 'database', 'listen', 'collectors', 'fastly']) assert.equal(of(name)?.status, 'failed', name);
    assert.match(of('settings').message, /"kv_listen" must be an address/);
    assert.match(of('listen').message, /node/);
    assert.match(of('database').message, /db_unreachable/);
    assert.match(of('fastly').message, /token_missing/);
    assert.match(of('cloudflare').message, /publish\.cloudflare\.namespace is not set/);
    assert.match(of('settings').message, /BGPKIT_BROKER_SQLITE_PATH/);
    for (const { status, advice } of list) assert.equal(advice === '', status === 'ok');

    await writeFile(skerry.config, 'listn = 5\n');
    const misspelt = await findings(skerry);
    assert.equal(misspelt.of('settings').status, 'failed');
    assert.match(misspelt.of('settings').message, /skerry\.toml:1: .*listn/);
    assert.ok(misspelt.list.length > 8, 'the rest is checked all the same');

    await mkdir(join(skerry.folder, 'damaged'));
    await writeFile(join(skerry.folder, 'damaged', 'kv.sqlite3'), 'x'.repeat(8192));
    await writeFile(skerry.config, `data_dir = "damaged"\n`);
    assert.equal((await findings(skerry)).of('key-value store').status, 'failed');
    holder.close();
  },

  async 'status: the last cycles, what is late, what fails since when; and what is left of it without a database'() {
    const { source, skerry } = await updater();
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/archive.routeviews.org', status: 503 }));
    assert.equal((await skerry.run('status')).code, 1, 'there is nothing to show yet');
    const child = skerry.start('--set', 'update.attempts=1', '--set', 'update.interval=10s', 'up');
    await ready(child);
    await until('a second cycle', async () => JSON.parse((await skerry.run('status', '--json')).stdout).cycles.length >= 2, { child });
    const status = JSON.parse((await skerry.run('status', '--json')).stdout);
    assert.equal(status.database.ok, true);
    assert.ok(status.cycles[0].failed > 0 && status.cycles[0].started > status.cycles[1].started);
    assert.deepEqual([...new Set(status.failing_listings.map((listing) => listing.collector_id))], ['route-views2']);
    assert.ok(status.failing_listings[0].failures >= 1 && status.failing_listings[0].error !== '');
    assert.deepEqual(status.freshness.map((row) => `${row.collector_id} ${row.data_type}`), ['rrc00 rib', 'rrc00 update']);
    assert.ok(Date.parse(status.next_cycle) > Date.parse(status.cycles[0].started));
    const late = status.freshness.find((row) => row.data_type === 'update');
    assert.equal(late.late, Date.now() - Date.parse(`${late.newest}Z`) > 3_600_000);
    if (late.late) assert.equal(Date.parse(late.late_since), Date.parse(`${late.newest}Z`) + 3_600_000);
    const text = (await skerry.run('status')).stdout;
    assert.match(text, /PostgreSQL answers/);
    assert.match(text, /Listings that fail\n +route-views2 +since /);
    assert.match(text, /Last cycles/);

    // Said once, and once again when it is over.
    const said = () => child.said.split('\n').filter((line) => line.includes('collector=route-views2'));
    assert.equal(said().length, 1, child.said);
    await source.control('DELETE', 'fault');
    await until('the recovery', () => said().length === 2, { child });
    assert.match(said()[1], /can be read again/);
    const health = JSON.parse(await (await fetch(`${skerry.kv}/health?urlencoded=true`)).text());
    assert.ok(Date.now() - Date.parse(health.checked_at) < 60_000);
    assert.deepEqual(health.checks.map(({ name }) => name), ['storage', 'database', 'queue', 'cycle', 'freshness', 'disk']);
    assert.equal(await stop(child), 0);

    const alone = await skerry.run('status');
    assert.equal(alone.code, 0);
    assert.match(alone.stdout, /Database: not asked: .*does not run/);
    assert.match(alone.stdout, /^View: +of \d/);
    await stop(source.child);
  },

  async 'up without its database serves the last view, and goes on when the database is there'() {
    const { source, skerry } = await updater('update.interval = "10s"');
    const folder = await scratchFolder();
    const postgres = await startPostgres(folder);
    const admin = postgres.session('postgres');
    await admin.query('CREATE DATABASE skerry');
    await admin.close();
    skerry.env.DATABASE_URL = postgres.url('skerry');
    assert.equal((await skerry.run('update', '--once')).code, 0);
    const old = (await skerry.run('latest', '--stored')).stdout;
    await postgres.crash();
    const child = skerry.start('up');
    await until('a word about the database', () => child.said.includes('db_unreachable'), { child });
    assert.equal((await view(skerry.url)).last_updated_at, JSON.parse(old).last_updated_at);
    const check = async () => JSON.parse(await (await fetch(`${skerry.kv}/health?urlencoded=true`)).text()).checks.find(({ name }) => name === 'database');
    await until('health', async () => (await check()).ok === false, { child });
    const told = await skerry.run('status');
    assert.equal(told.code, 1, 'what is not well is in the exit code');
    assert.match(told.stdout, /Not well: database/);
    await postgres.start();
    await until('a newer view', async () => (await view(skerry.url)).last_updated_at > JSON.parse(old).last_updated_at, { child, seconds: 90 });
    await until('health', async () => (await check()).ok, { child });
    assert.equal(await stop(child), 0, child.said);
    await stop(source.child);
  },

  async 'exit codes and quiet: what cron sees; no heartbeat when all collectors failed'() {
    const { source, skerry } = await updater();
    const beats = await counter();
    skerry.env.BGPKIT_BROKER_HEARTBEAT_URL = `${beats.url}/secret-of-the-heartbeat`;
    const good = await skerry.run('update', '--once');
    assert.deepEqual([good.code, good.stdout, good.stderr], [0, '', '']);
    assert.deepEqual(beats.asked, ['GET /secret-of-the-heartbeat']);

    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/archive.routeviews.org', status: 503 }));
    await source.advance(240);
    const partly = await skerry.run('--set', 'update.attempts=1', 'update', '--once');
    assert.equal(partly.code, 4, partly.stderr);
    assert.match(partly.stderr, /collector=route-views2/);
    assert.doesNotMatch(partly.stderr, /rrc00/);
    assert.equal(beats.asked.length, 2, 'not all failed');

    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/', reset_at: 'request' }));
    const before = (await skerry.run('latest', '--stored')).stdout;
    const failed = await skerry.run('--set', 'update.attempts=1', 'update', '--once');
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /all_collectors_failed/);
    assert.equal(beats.asked.length, 2, 'no heartbeat when all collectors failed');
    assert.equal((await skerry.run('latest', '--stored')).stdout, before);
    await source.control('DELETE', 'fault');

    for (const flags of [['--since', '2024-13', '--once'], ['--since', '1999-09', '--once'], ['--since', 'yesterday', '--once'], ['--since', '2024-01'], ['--collector', 'none', '--once']]) {
      const { code, stderr } = await skerry.run('update', ...flags);
      assert.equal(code, 2, `${flags}: ${stderr}`);
    }
    skerry.env.DATABASE_URL = 'host=127.0.0.1 port=1';
    const away = await skerry.run('update', '--once');
    assert.equal(away.code, 1);
    assert.match(away.stderr, /db_unreachable/);
    const health = JSON.parse((await skerry.run('status', '--json')).stdout).health;
    assert.equal(health.find(({ name }) => name === 'database').ok, false);
    delete skerry.env.DATABASE_URL;

    beats.close();
    const silent = await skerry.run('update', '--once', '--json');
    assert.equal(silent.code, 0, 'a heartbeat that fails is a warning');
    assert.match(silent.stderr, /heartbeat/);
    assert.ok(JSON.parse(silent.stdout).total.listings >= 0);
    const all = [good, partly, failed, away, silent, await skerry.run('config')];
    for (const { stdout, stderr } of all) assert.doesNotMatch(stdout + stderr, /secret-of-the-heartbeat/);
    await stop(source.child);
  },

  async 'update --since reads the months that were asked for, of the collectors that were'() {
    const { source, skerry } = await updater();
    const now = new Date();
    const since = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 2)).toISOString().slice(0, 7);
    const { code, stdout, stderr } = await skerry.run('update', '--once', '--json', '--since', since, '--collector', 'rrc00');
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout);
    assert.deepEqual(report.collectors.map(({ id }) => id), ['rrc00']);
    assert.ok(report.total.files_added > (31 + 28) * 288, `${report.total.files_added} files`);
    await stop(source.child);
  },

  async 'the log: one line of JSON for each event, with what an operator greps for, and without secrets'() {
    const { source, skerry } = await updater('log.format = "json"\nlog.level = "debug"\nupdate.interval = "10s"\n');
    skerry.env.FASTLY_API_TOKEN = 'geheim';
    skerry.env.SKERRY_HEARTBEAT_URL = 'http://127.0.0.1:1/geheim';
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/data.ris.ripe.net', delay: 1 }));
    const child = skerry.start('up');
    await ready(child);
    await source.control('DELETE', 'fault');
    await until('another cycle', () => child.said.split('"event":"cycle_done"').length > 2, { child });
    assert.equal(await stop(child), 0);
    const lines = child.said.trim().split('\n').map((line) => JSON.parse(line));
    for (const line of lines) {
      assert.deepEqual(Object.keys(line).slice(0, 4), ['time', 'level', 'event', 'message'], JSON.stringify(line));
      assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    const names = new Set(lines.map(({ event }) => event));
    for (const name of ['settings', 'postgres', 'migrated', 'started', 'cycle_done', 'heartbeat_failed', 'serving', 'ready', 'stopping', 'stopped'])
      assert.ok(names.has(name), `${name} in ${[...names]}`);
    assert.equal(lines.filter(({ event }) => event === 'heartbeat_failed').length, 1, 'said once');
    const done = lines.find(({ event }) => event === 'cycle_done');
    for (const field of ['listings', 'failed', 'new_files', 'seconds', 'interval_percent']) assert.equal(typeof done[field], 'number', field);
    assert.equal(lines.find(({ event }) => event === 'settings')['publish.fastly.token'], '***');
    assert.doesNotMatch(child.said, /geheim/);
    await stop(source.child);
  },

  async 'a round that takes most of the interval is a warning'() {
    const { source, skerry } = await updater('log.format = "json"\nupdate.interval = "10s"\n');
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/data.ris.ripe.net', delay: 9 }));
    const child = skerry.start('up');
    await until('a warning', () => child.said.includes('"event":"cycle_slow"'), { child });
    const line = JSON.parse(child.said.split('\n').find((text) => text.includes('cycle_slow')));
    assert.equal(line.level, 'warning');
    assert.ok(line.interval_percent > 80);
    await stop(child);
    await stop(source.child);
  },

  async 'names of the originals, a .env file, and ours above them'() {
    const skerry = await installation();
    const shown = async (...flags) => {
      const { stdout, stderr } = await skerry.run(...flags, 'config', '--json');
      return { stderr, of: (name) => JSON.parse(stdout)[name] };
    };
    Object.assign(skerry.env, {
      POSTGRES_HOST: 'db.example', POSTGRES_USER: 'bgpkit', POSTGRES_PASSWORD: 'geheim', POSTGRES_DB: 'broker', PGPORT: '5433',
      BGPKIT_BROKER_CRAWLER_MAX_RETRIES: '4', BGPKIT_BROKER_URL: 'https://x', BGPKIT_BROKER_BACKUP_TO: '/b',
    });
    const foreign = await shown();
    assert.equal(foreign.of('database_url').value, "host='db.example' port='5433' user='bgpkit' password=*** dbname='broker'");
    assert.equal(foreign.of('database_url').origin, 'POSTGRES_HOST');
    assert.equal(foreign.of('update.attempts').value, '5');
    assert.equal(foreign.stderr.trim().split('\n').length, 2, foreign.stderr);
    assert.match(foreign.stderr, /BGPKIT_BROKER_URL has no effect: `skerry latest --url`/);
    assert.match(foreign.stderr, /BGPKIT_BROKER_BACKUP_TO has no effect: .*pg_dump/);

    await writeFile(join(skerry.folder, '.env'), '# theirs\nDATABASE_URL="postgres://env@file/d"\nSKERRY_WORKERS=3\n');
    assert.equal((await shown()).of('database_url').value, 'postgres://env@file/d');
    skerry.env.SKERRY_DATABASE_URL = 'postgres://ours@h/d';
    skerry.env.SKERRY_WORKERS = '4';
    const ours = await shown();
    assert.equal(ours.of('database_url').value, 'postgres://ours@h/d');
    assert.equal(ours.of('workers').value, '4');
    await writeFile(join(skerry.folder, 'other.env'), 'SKERRY_LOG_LEVEL=debug\n');
    const other = await shown('--env', 'other.env');
    assert.equal(other.of('log.level').origin, 'SKERRY_LOG_LEVEL in other.env');
    assert.equal((await skerry.run('--env', 'none.env', 'config')).code, 2);
    const password = await skerry.run('--set', 'database_url=postgres://u:geheim@h/d', 'config');
    assert.equal(password.code, 2);
    assert.doesNotMatch(password.stdout + password.stderr, /geheim/);
  },

  async 'cmake --install brings program and units; systemd finds nothing wrong with them'({ skip }) {
    const verify = await run('systemd-analyze', ['--version']).then(() => true, () => false);
    if (!verify) skip('there is no systemd-analyze');
    const folder = await scratchFolder();
    await run('cmake', ['--install', build, '--prefix', folder]);
    assert.match((await run(join(folder, 'bin/skerry'), ['--version'])).stdout, /^skerry \d/);
    const units = ['skerry.service', 'skerry-update.service', 'skerry-update.timer'];
    for (const unit of units) {
      const path = join(folder, 'lib/systemd/system', unit);
      const text = await readFile(path, 'utf8');
      if (unit.endsWith('.service')) assert.match(text, /^ExecStart=\/\S*\/bin\/skerry (up|update --once)$/m);
      await writeFile(path, text.replaceAll(/^(#? *ExecStart=)\S+\/skerry/gm, `$1${join(folder, 'bin/skerry')}`));
    }
    const paths = units.map((unit) => join(folder, 'lib/systemd/system', unit));
    const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...paths]);
    assert.equal(stdout + stderr, '');
    // What must be denied to it: 10 is a unit without any protection, 0 one that may do nothing.
    const security = await run('systemd-analyze', ['security', '--offline=yes', '--threshold=20', '--no-pager', paths[0]]);
    assert.match(security.stdout, /Overall exposure level/);
    const cron = await readFile(join(folder, 'share/skerry/skerry.cron'), 'utf8');
    assert.match(cron, /^\*\/5 \* \* \* \* +skerry .*skerry update --once$/m);
  },

  async 'Type=notify: systemd hears when the server is ready, and when it stops'() {
    const skerry = await installation('archive = "replica"\naccess_log = false\n');
    const socket = join(skerry.folder, 'notify');
    const receiver = start('python3', [
      '-uc',
      `import socket,sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1])\nprint("bound")\nwhile True: print(s.recv(4096).decode())`,
      socket,
    ]);
    await until('the socket', () => receiver.printed.includes('bound'), { child: receiver });
    await chmod(socket, 0o777);
    skerry.env.NOTIFY_SOCKET = socket;
    const child = skerry.start('serve');
    await until('READY', () => receiver.printed.includes('READY=1'), { child });
    assert.equal((await fetch(`${skerry.url}/latest`)).status, 503, 'it answers by then');
    assert.equal(await stop(child), 0);
    await until('STOPPING', () => receiver.printed.includes('STOPPING=1'), { child: receiver });
    await stop(receiver);
  },
};
