// `skerry up` from an empty folder to the served view, and what may go wrong on the way.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';

import { insist, run, sleep, start, stop, until } from '../tools/processes.mjs';
import { archive, installation, mayWrite, ready, view } from './skerry.mjs';

const kFew = ['rrc00', 'rrc01', 'route-views2', 'amsix.ams'];
const settings = (source) =>
  `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ${JSON.stringify(kFew)}\naccess_log = false\n`;

/** Processes whose command line names this folder. */
async function processesOf(folder) {
  const found = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(folder) && Number(pid) !== process.pid) found.push(line.replaceAll('\0', ' '));
  }
  return found;
}

async function started(ids = kFew) {
  const { folder } = await installation();
  const source = await archive(folder, ids);
  const skerry = await installation(settings(source));
  return { source, skerry };
}

/** The process of the private PostgreSQL. */
const postmaster = async (data) => Number((await readFile(join(data, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);

export const checks = {
  async 'up with the replica: every active collector is in the view, and all ends with Ctrl-C'() {
    const skerry = await installation('archive = "replica"\n');
    const child = skerry.start('up');
    await ready(child);
    const { last_updated_at, latest } = await view(skerry.url);
    assert.ok(Math.abs(Date.now() - Date.parse(last_updated_at)) < 120_000, last_updated_at);
    const keys = latest.map((row) => `${row.collector_id} ${row.data_type}`);
    assert.deepEqual(keys, [...keys].sort(), 'rows are ordered');
    assert.equal(new Set(keys).size, keys.length, 'one row for each collector and type');
    // 85 collectors less the six that ended long ago, two types each.
    assert.equal(keys.length, 158);
    for (const row of latest) assert.ok(row.delay >= 0 && row.rough_size > 0, JSON.stringify(row));

    const table = await skerry.run('latest', '--project', 'ris', '--type', 'rib');
    assert.equal(table.code, 0, table.stderr);
    assert.match(table.stdout, /^Made up: .*\ncollector .*\n(rrc\d\d +rib .*\n)+\d+ of 158 rows/);
    assert.equal((await skerry.run('latest', '--json')).stdout, `${await (await fetch(`${skerry.url}/latest`)).text()}\n`);

    assert.equal(await stop(child, 'SIGINT'), 0, child.said);
    assert.deepEqual(await processesOf(skerry.folder), [], 'nothing is left running');
  },

  async 'a second start serves the last view at once, and reads only what changed'() {
    const { source, skerry } = await started();
    let child = skerry.start('up');
    await ready(child);
    const before = await view(skerry.url);
    assert.equal(await stop(child), 0, child.said);
    await stop(source.child); // the archive is gone: the view has to come from the folder
    child = skerry.start('up');
    const after = await until('the view', () => view(skerry.url).catch(() => null), { child });
    assert.deepEqual(after, before);
    await until('a word about the archive', () => child.said.includes('all_collectors_failed'), { child, seconds: 120 });
    assert.deepEqual(await view(skerry.url), before);
    assert.equal(await stop(child), 0);
  },

  async 'in a copy of the folder of a running service, no command asks the original for its database'() {
    const { skerry } = await started();
    const child = skerry.start('up');
    await ready(child);
    const ask = async (place, statement) => place.run('db', 'psql', '-At', '-c', statement);
    assert.equal((await ask(skerry, 'CREATE TABLE public.mine (a int)')).code, 0);
    const copy = await installation();
    await run('cp', ['-a', skerry.data, copy.data]);
    const dropped = await ask(copy, 'DROP TABLE public.mine');
    assert.equal(dropped.code, 1, dropped.stdout);
    assert.match(dropped.stderr, /is a copy, made while that of .* ran\); `skerry up` starts it/);
    for (const command of [['status'], ['gaps'], ['doctor']]) {
      const told = await copy.run(...command);
      assert.match(told.stdout + told.stderr, /is a copy, made while/, command[0]);
    }
    assert.equal((await ask(skerry, 'SELECT count(*) FROM public.mine')).stdout, '0\n');
    assert.equal(await stop(child, 'SIGINT'), 0, child.said);
  },

  async 'a port that is taken is refused with the name of its holder, and nothing is started'() {
    const { skerry } = await started();
    const holder = createServer().listen(skerry.port, '127.0.0.1');
    try {
      const { code, stderr } = await skerry.run('up');
      assert.equal(code, 1, stderr);
      assert.match(stderr, new RegExp(`${skerry.port}.*node.*pid ${process.pid}.*address_in_use`));
      assert.deepEqual(await processesOf(skerry.data), []);
    } finally {
      holder.close();
    }
  },

  async 'PostgreSQL that is killed is started again at once, not with the next round'() {
    const { skerry } = await started();
    const child = skerry.start('--set', 'update.interval=1h', 'up');
    await ready(child);
    const before = await view(skerry.url);
    process.kill(await postmaster(skerry.data), 'SIGKILL');
    await until('the new PostgreSQL', () => child.said.match(/PostgreSQL \d+ started in/g)?.length === 2, { child });
    assert.match(child.said, /PostgreSQL has ended, and is started again/);
    assert.deepEqual(await view(skerry.url), before);
    assert.match((await skerry.run('status')).stdout, /PostgreSQL answers/);
    assert.equal(await stop(child), 0, child.said);
  },

  async 'PostgreSQL that is killed comes back for who updates alone, for who serves alone, and in the middle of a round'() {
    const { source, skerry } = await started();
    const starts = (child) => child.said.match(/PostgreSQL \d+ started in/g)?.length ?? 0;
    const killed = async (child) => {
      const before = starts(child);
      process.kill(await postmaster(skerry.data), 'SIGKILL');
      await until('the new PostgreSQL', () => starts(child) === before + 1, { child });
      assert.match((await skerry.run('status')).stdout, /PostgreSQL answers/);
    };
    const updater = skerry.start('--set', 'update.interval=1h', 'update');
    await until('a round', () => updater.said.includes('info Updated'), { child: updater, seconds: 120 });
    await killed(updater);
    await killed(updater);
    assert.equal(await stop(updater), 0, updater.said);

    const server = skerry.start('serve');
    await until('the PostgreSQL of an updater', () => starts(server) === 1, { child: server });
    await killed(server);
    assert.equal(await stop(server), 0, server.said);

    const flags = ['update.interval=10s', 'update.timeout=5s', 'update.attempts=1', 'update.probe=false'].flatMap((one) => ['--set', one]);
    const both = skerry.start(...flags, 'up');
    await ready(both);
    const before = await view(skerry.url);
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/', delay: 3600 }));
    const locks = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND application_name = 'skerry update'";
    await until('a round that waits', async () => (await skerry.run('db', 'psql', '-Atc', locks)).stdout.trim() === '1', { child: both, seconds: 60 });
    await killed(both);
    await until('the end of that round', () => /error .*code=(db_unreachable|all_collectors_failed)/.test(both.said), { child: both, seconds: 60 });
    assert.deepEqual(await view(skerry.url), before);
    await source.control('DELETE', 'fault');
    await until('a round that goes well', () => both.said.includes('Rounds go well again'), { child: both, seconds: 120 });
    assert.notEqual((await view(skerry.url)).last_updated_at, before.last_updated_at);
    assert.equal(await stop(both), 0, both.said);
    assert.deepEqual(await processesOf(skerry.folder), [], 'nothing is left running');
    await stop(source.child);
  },

  async 'a PostgreSQL that hangs holds up no stop, and a second signal ends at once'() {
    const { skerry } = await started();
    let child = skerry.start('--set', 'stop_timeout=4s', 'up');
    await ready(child);
    let server = await postmaster(skerry.data);
    process.kill(server, 'SIGSTOP');
    try {
      assert.equal(await stop(child), 0, child.said);
      assert.match(child.said, new RegExp(`PostgreSQL \\(process ${server}\\) has not stopped within 2000 ms`));
    } finally {
      process.kill(server, 'SIGCONT');
    }
    child = skerry.start('--set', 'stop_timeout=1h', 'up');
    await ready(child);
    server = await postmaster(skerry.data);
    process.kill(server, 'SIGSTOP');
    try {
      child.kill('SIGTERM');
      await until('the stop', () => child.said.includes('info Stopping'), { child });
      assert.equal(await insist(child), 128 + 15, child.said);
      assert.match(child.said, /stopped at once\. Where a PostgreSQL of its own runs, it goes on/);
    } finally {
      process.kill(server, 'SIGCONT');
    }
    child = skerry.start('up');
    await ready(child);
    child.kill('SIGINT'); // one stop that comes twice, as from a terminal and from npm
    assert.equal(await stop(child), 0, child.said);
    assert.deepEqual(await processesOf(skerry.folder), [], 'nothing is left running');
  },

  async 'a dry run in a new folder leaves nothing there'() {
    const { skerry } = await started();
    const aside = join(skerry.folder, 'tmp');
    await mkdir(aside);
    await chmod(skerry.folder, 0o755);
    skerry.env.TMPDIR = aside;
    const dry = await skerry.run('update', '--once', '--dry-run', '--json');
    assert.equal(dry.code, 0, dry.stderr);
    assert.ok(JSON.parse(dry.stdout).collectors.length > 0, dry.stdout);
    assert.equal(existsSync(skerry.data), false, 'no data folder');
    assert.deepEqual(await readdir(aside), []);
    assert.deepEqual(await processesOf(aside), []);
  },

  async 'a second one that would serve from the same folder is refused, and changes nothing'() {
    const { skerry } = await started();
    const child = skerry.start('up');
    await ready(child);
    const served = () => fetch(`${skerry.kv}/v1/health`).then((response) => response.text());
    const before = await served();
    const files = async () => (await readdir(skerry.data)).filter((name) => !/-(wal|shm)$/.test(name)).sort();
    const there = await files();
    const running = await processesOf(skerry.folder);
    for (const command of [['up'], ['serve'], ['up', '--archive', 'replica'], ['serve', '--set', 'archive=replica'], ['up', '--archive', 'auto']]) {
      const other = await skerry.run('--set', 'listen=127.0.0.1:0', '--set', 'kv_listen=', ...command);
      assert.equal(other.code, 5, other.stderr);
      assert.match(other.stderr, /Another skerry serves from .*code=already_serving/);
      // Before an archive is asked, or the replica is started.
      assert.doesNotMatch(other.stderr, /replica listens|No archive host|Starting PostgreSQL/);
      assert.deepEqual(await files(), there);
    }
    assert.deepEqual(await processesOf(skerry.folder), running);
    assert.equal(await served(), before);
    assert.equal((await skerry.run('update', '--once', '--dry-run')).code, 0, 'who does not serve may come');
    assert.equal(await stop(child), 0, child.said);
  },

  async 'kill -9 in the middle of the first cycle: the next start completes it'() {
    const { source, skerry } = await started();
    let child = skerry.start('up');
    await until('PostgreSQL', () => child.said.includes('Reading the listings'), { child });
    child.kill('SIGKILL');
    await child.ended;
    child = skerry.start('up');
    await ready(child);
    assert.equal((await view(skerry.url)).latest.length, 2 * kFew.length);
    assert.equal(await stop(child), 0, child.said);
    await stop(source.child);
  },

  async 'a listing that breaks off and an error page are failures of their own'() {
    const { source, skerry } = await started();
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/data.ris.ripe.net/rrc00', truncate_at: 4000 }));
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/archive.routeviews.org/route-views2', error_page: 'plain' }));
    const first = await skerry.run('--set', 'update.attempts=1', 'update', '--once', '--json');
    assert.equal(first.code, 4, 'a failed listing shows in the exit code');
    const report = JSON.parse(first.stdout);
    const failed = report.collectors.filter(({ failures }) => failures.length > 0).map(({ id }) => id);
    assert.deepEqual(failed.sort(), ['route-views2', 'rrc00'], first.stdout);
    const shown = JSON.parse((await skerry.run('latest', '--json')).stdout).latest.map((row) => row.collector_id);
    assert.ok(shown.includes('rrc01') && shown.includes('amsix.ams'), 'the others are there');
    await source.control('DELETE', 'fault');
    const second = await skerry.run('update', '--once', '--json');
    assert.equal(second.code, 0, second.stdout + second.stderr);
    const whole = JSON.parse((await skerry.run('latest', '--json')).stdout);
    assert.equal(whole.latest.length, 2 * kFew.length);
  },

  async 'update --dry-run keeps nothing, two updates at once exclude each other, an unchanged archive is not read again'() {
    const { skerry } = await started();
    const dry = await skerry.run('update', '--once', '--dry-run', '--json');
    assert.equal(dry.code, 0, dry.stderr);
    assert.ok(JSON.parse(dry.stdout).total.files_added > 0);
    assert.equal((await skerry.run('latest')).code, 1, 'there is no view');

    const both = await Promise.all([skerry.run('update', '--once', '--json'), skerry.run('update', '--once', '--json')]);
    const refused = both.filter(({ stderr }) => stderr.includes('update_running'));
    assert.ok(both.some(({ code }) => code === 0) && refused.length <= 1, JSON.stringify(both));

    const again = JSON.parse((await skerry.run('update', '--once', '--json')).stdout);
    assert.equal(again.total.files_added < 20, true, JSON.stringify(again.total));
    assert.ok(again.total.bytes < 100_000, 'what was read a minute ago is not read again');
  },

  async 'a full disk: the last good view is still served'({ skip }) {
    if (process.getuid() !== 0) skip('only root can mount a small file system');
    const { source, skerry } = await started();
    const child = skerry.start('up');
    await ready(child);
    const before = await view(skerry.url);
    assert.equal(await stop(child), 0);
    // The same store on a file system that has no room left.
    const small = join(skerry.folder, 'small');
    await run('mkdir', [small]);
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=755', 'tmpfs', small]).then(() => true, () => false);
    if (!mounted) skip('no file system can be mounted here');
    try {
      await run('cp', [join(skerry.data, 'kv.sqlite3'), small]);
      const server = start(join(process.env.SKERRY_BUILD ?? 'build/native', 'skerry'), [
        '--config', skerry.config, '--set', `data_dir=${small}`, 'serve',
      ]);
      await until('the view', () => view(skerry.url).catch(() => null), { child: server });
      await run('sh', ['-c', `head -c 4000000 /dev/zero > ${small}/fill || true`]);
      const put = await fetch(`${skerry.kv}/latest?urlencoded=true`, { method: 'PUT', headers: mayWrite, body: 'x'.repeat(500_000) });
      assert.equal(put.status, 503);
      assert.equal((await put.json()).code, 'kv_unavailable');
      await sleep(200);
      assert.deepEqual(await view(skerry.url), before);
      assert.equal(await stop(server), 0, server.said);
    } finally {
      await run('umount', ['-l', small]);
    }
    await stop(source.child);
  },

  async 'a data folder that cannot be made is named, with what to do'() {
    const skerry = await installation();
    await writeFile(join(skerry.folder, 'file'), '');
    for (const folder of ['/proc/skerry', join(skerry.folder, 'file', 'data')]) {
      for (const command of [['serve'], ['up'], ['update', '--once']]) {
        const { code, stderr } = await skerry.run('--set', `data_dir=${folder}`, ...command);
        assert.equal(code, 1, stderr);
        assert.match(stderr, /(Can't make the folder \S+: .*set data_dir to another\.|file is a file, and data_dir has to be a folder: set it to another\.).*data_dir_failed/);
      }
    }
  },

  async 'flags and settings that mean nothing are refused with exit code 2'() {
    const skerry = await installation('listn = "x"\n');
    const misspelt = await skerry.run('serve');
    assert.equal(misspelt.code, 2);
    assert.match(misspelt.stderr, /skerry\.toml:\d+: .*listn.*listen/);
    const good = await installation();
    for (const flags of [[], ['fly'], ['serve', '--port', '1'], ['up', '--archive', 'maybe'], ['--set', 'workers=many', 'serve']]) {
      assert.equal((await good.run(...flags)).code, 2, flags.join(' '));
    }
    assert.equal((await good.run('latest', '--project', 'foo', '--url', 'http://127.0.0.1:1')).code, 1);
    assert.match((await good.run('--help')).stdout, /Exit codes/);
    assert.match((await good.run('--version')).stdout, /^skerry \d/);
    const config = JSON.parse((await good.run('config', '--json')).stdout);
    assert.equal(config.listen.origin.includes('skerry.toml'), true);
  },
};
