// What went wrong is told: once, and to the right person.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run, stop, until } from '../tools/processes.mjs';
import { startPostgres } from '../tools/postgres.mjs';
import { archive, installation, program } from './skerry.mjs';

const kFew = ['rrc00', 'rrc01', 'route-views2'];
const kOneTry = ['update.attempts=1', 'update.probe=false', 'log.format=json'].flatMap((one) => ['--set', one]);
const kRoot = join(import.meta.dirname, '../..');

async function updater() {
  const place = await installation();
  const source = await archive(place.folder, kFew, { stands: true });
  const skerry = await installation(
    `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ${JSON.stringify(kFew)}\naccess_log = false\n`,
  );
  return { source, skerry };
}

const count = (text, word) => text.split(word).length - 1;

/** Runs the program, as another user where one is given, and takes what it says. */
const attempt = (args, options) =>
  run(program, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, signal, stdout, stderr }) => ({ code, signal, stdout, stderr }),
  );

/** No command may end by a signal, or by what nobody foresaw. */
function checkSaid(what, { code, signal, stdout, stderr }) {
  const all = `${what}: ${code} ${signal}\n${stdout}\n${stderr}`;
  assert.ok(Number.isInteger(code) && code >= 0 && code <= 5, all);
  assert.doesNotMatch(stderr, /terminate called|internal_error/, all);
  assert.ok(code === 0 || (stdout + stderr).trim() !== '', all);
}

export const checks = {
  async 'a collector that stays dead is told when it begins and when it is over, over processes'() {
    const { source, skerry } = await updater();
    const round = async () => {
      const { code, stderr } = await skerry.run(...kOneTry, 'update', '--once');
      return [code, count(stderr, '"event":"listing_failed"'), count(stderr, '"event":"collector_recovered"')];
    };
    assert.deepEqual(await round(), [0, 0, 0]);
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/data.ris.ripe.net/rrc00', status: 500 }));
    assert.deepEqual(await round(), [4, 1, 0]);
    assert.deepEqual(await round(), [4, 0, 0]);
    await source.control('DELETE', 'fault');
    assert.deepEqual(await round(), [0, 0, 1]);
    assert.deepEqual(await round(), [0, 0, 0]);
    await stop(source.child);
  },

  async 'rounds that fail as a whole are told when it begins, for each reason, and when it is over, over processes'() {
    const { source, skerry } = await updater();
    const round = async (...flags) => {
      const { code, stdout, stderr } = await skerry.run(...kOneTry, 'update', '--once', ...flags);
      const told = stderr.split('\n').filter(Boolean).map((line) => JSON.parse(line));
      return { code, stdout, told: told.map(({ event, code }) => (code === undefined ? event : `${event} ${code}`)) };
    };
    const rounds = async (...expected) => {
      for (const [code, ...told] of expected) {
        const { stdout, ...said } = await round();
        assert.deepEqual(said, { code, told });
      }
    };
    await rounds([0], [0]);
    skerry.env.DATABASE_URL = 'host=127.0.0.1 port=1';
    await rounds([1, 'cycle_failed db_unreachable'], [1], [1]);
    // Who asks for JSON gets it each time.
    assert.equal(JSON.parse((await round('--json')).stdout).error.code, 'db_unreachable');
    delete skerry.env.DATABASE_URL;
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/', status: 500 }));
    await rounds([1, 'cycle_failed all_collectors_failed'], [1], [1]);
    assert.equal(JSON.parse((await round('--json')).stdout).error.code, 'all_collectors_failed');
    assert.equal((await round('--dry-run')).code, 1, 'a trial changes nothing of it');
    await rounds([1]);
    await source.control('DELETE', 'fault');
    assert.deepEqual((await round('--dry-run')).told.filter((event) => event === 'cycle_recovered'), []);
    await rounds([0, 'cycle_recovered'], [0]);
    // No network: no name leads anywhere.
    const file = await readFile(source.file, 'utf8');
    await writeFile(source.file, file.replaceAll('127.0.0.1', 'nowhere.invalid'));
    await rounds([1, 'cycle_failed all_collectors_failed'], [1]);
    await writeFile(source.file, file);
    await rounds([0, 'cycle_recovered'], [0]);
    // What somebody has to set right is told each time.
    for (let twice = 0; twice < 2; ++twice) {
      const { code, told } = await round('--collector', 'none');
      assert.deepEqual([code, told], [2, ['cycle_failed unknown_collector']]);
    }
    await stop(source.child);
  },

  async 'of collectors only those that are chosen are spoken of'() {
    const { source, skerry } = await updater();
    assert.equal((await skerry.run('update', '--once')).code, 0);
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/archive.routeviews.org', status: 500 }));
    assert.equal((await skerry.run(...kOneTry, 'update', '--once')).code, 4);
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/', status: 500 }));
    for (const [chosen, words] of [
      [kFew, 'None of 3 collectors'],
      [['rrc00', 'rrc01'], 'None of 2 collectors'],
      [['rrc00'], 'The one collector'],
    ]) {
      const only = ['--set', `collectors=${chosen.join(',')}`];
      // Each is the first time.
      await rm(join(skerry.data, 'update.failing'), { force: true });
      const { code, stderr } = await skerry.run(...kOneTry, 'update', '--once', '--collector', chosen.join(','));
      assert.equal(code, 1, stderr);
      assert.match(stderr, new RegExp(words));
      const doctor = JSON.parse((await skerry.run(...only, 'doctor', '--json')).stdout);
      const said = doctor.findings.find(({ name }) => name === 'collectors');
      assert.match(said.message, new RegExp(`^${chosen.length} collectors? (is|are) read`));
      const status = JSON.parse((await skerry.run(...only, 'status', '--json')).stdout);
      assert.deepEqual([...new Set(status.freshness.map(({ collector_id: id }) => id))].sort(), [...chosen].sort());
      for (const { collector_id: id } of status.failing_listings) assert.ok(chosen.includes(id), id);
    }
    await stop(source.child);
  },

  async 'who may not read the data folder is told so, by every command'({ skip }) {
    if (process.getuid() !== 0) skip('only root can be somebody else');
    const { source, skerry } = await updater();
    assert.equal((await skerry.run('update', '--once')).code, 0);
    await chmod(skerry.folder, 0o755);
    await chmod(join(skerry.folder, '..'), 0o755).catch(() => {});
    const other = { cwd: '/', uid: 65534, gid: 65534, env: skerry.env };
    const commands = [['doctor'], ['doctor', '--json'], ['status'], ['latest'], ['gaps'], ['config'], ['update', '--once'], ['serve'], ['events', 'stats']];
    for (const mode of [0o700, 0o600, 0o000]) {
      await chmod(skerry.data, mode);
      for (const command of commands) {
        const said = await attempt(['--config', skerry.config, ...command], other);
        checkSaid(`${mode.toString(8)} ${command}`, said);
        assert.doesNotMatch(said.stdout + said.stderr, /PostgreSQL does not run/, command.join(' '));
      }
    }
    await chmod(skerry.data, 0o700);
    const doctor = await attempt(['--config', skerry.config, 'doctor'], other);
    assert.equal(doctor.code, 1);
    assert.match(doctor.stdout, /can't be read by this user.*db_hidden/);
    await stop(source.child);
  },

  async 'a file in place of the folder, settings that cannot be read, and a home that is gone'({ skip }) {
    if (process.getuid() !== 0) skip('only root can be somebody else');
    const skerry = await installation();
    await chmod(skerry.folder, 0o755);
    const file = join(skerry.folder, 'file');
    await writeFile(file, '');
    const secret = join(skerry.folder, 'secret');
    await writeFile(secret, 'SKERRY_LISTEN=127.0.0.1:0\n', { mode: 0o600 });
    const other = { cwd: '/', uid: 65534, gid: 65534, env: skerry.env };
    const gone = join(skerry.folder, 'gone');
    await mkdir(gone);
    const { HOME, TMPDIR, ...homeless } = skerry.env;
    for (const command of ['doctor', 'status', 'latest', 'gaps', 'config', 'update']) {
      const once = command === 'update' ? ['--once', '--dry-run', '--set', 'update.timeout=100ms', '--set', 'collectors=rrc00'] : [];
      checkSaid(`file ${command}`, await attempt(['--config', skerry.config, '--set', `data_dir=${file}`, command, ...once], { cwd: '/', env: skerry.env }));
      checkSaid(`config ${command}`, await attempt(['--config', secret, command, ...once], other));
      checkSaid(`env ${command}`, await attempt(['--config', skerry.config, '--env', secret, command, ...once], other));
      if (command === 'update') continue;
      checkSaid(`home ${command}`, await attempt(['--config', skerry.config, command], { cwd: '/', env: homeless }));
      const nowhere = await run('sh', ['-c', `mkdir -p ${gone} && cd ${gone} && rmdir ${gone} && exec "$@"`, 'sh', program, command], { env: skerry.env }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        (error) => error,
      );
      checkSaid(`gone ${command}`, nowhere);
    }
  },

  async 'a dry run beside what is there leaves no file that was not there'() {
    const { source, skerry } = await updater();
    assert.equal((await skerry.run('update', '--once')).code, 0);
    const before = (await readdir(skerry.data, { recursive: true })).filter((name) => !name.startsWith('postgres/')).sort();
    assert.equal((await skerry.run('update', '--once', '--dry-run')).code, 0);
    assert.deepEqual((await readdir(skerry.data, { recursive: true })).filter((name) => !name.startsWith('postgres/')).sort(), before);
    await stop(source.child);
  },

  async 'a dry run changes nothing in a database of somebody’s'() {
    const { source, skerry } = await updater();
    const postgres = await startPostgres(skerry.folder);
    const admin = postgres.session('postgres');
    await admin.query('CREATE DATABASE skerry');
    skerry.env.DATABASE_URL = postgres.url('skerry');
    const { code, stderr } = await skerry.run('update', '--once', '--dry-run');
    assert.equal(code, 2, stderr);
    assert.match(stderr, /migration_needed/);
    const look = postgres.session('skerry');
    assert.deepEqual(await look.query("SELECT count(*) FROM pg_namespace WHERE nspname IN ('broker', 'skerry', 'events')"), [['0']]);
    assert.equal(existsSync(skerry.data), false, 'no data folder');
    await look.close();
    await admin.close();
    await stop(source.child);
    await postgres.crash();
  },

  async 'archive = "replica" is obeyed by update, too'() {
    const skerry = await installation();
    const { code, stderr } = await skerry.run('update', '--once', '--archive', 'replica', '--collector', 'rrc00');
    assert.equal(code, 0, stderr);
    const rows = JSON.parse((await skerry.run('--set', 'archive=replica', 'latest', '--json')).stdout).latest;
    assert.ok(rows.length > 0);
    for (const row of rows) assert.match(row.item_url, /^http:\/\/127\.0\.0\.1:\d+\//);
    assert.deepEqual(await readdir(skerry.data), ['replica']);
  },

  async 'not ready before there is a view'() {
    const skerry = await installation('access_log = false\n');
    const child = skerry.start('serve');
    const status = (path) => fetch(skerry.url + path).then((response) => (response.body.cancel(), response.status), () => 0);
    await until('it serves', async () => (await status('/livez')) === 200, { child });
    assert.equal(await status('/latest'), 503);
    assert.equal(await status('/readyz'), 503);
    assert.equal(await stop(child), 0);
  },

  async 'the tools’ environment has no name that is taken for a setting'() {
    const { stderr } = await run('bash', ['-c', 'source shared/tools/env && exec "$0" config', program], { cwd: kRoot });
    assert.doesNotMatch(stderr, /is no setting/);
  },
};
