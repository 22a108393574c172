// `skerry db upgrade`: a private cluster that PostgreSQL 15 made, carried over to 17. Both servers are real; what copies is the
// system's pg_dumpall and psql.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, chown, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run, scratchFolder, until } from '../tools/processes.mjs';
import { archive, installation } from './skerry.mjs';

const kFew = ['rrc00', 'route-views2'];
const kModules = process.env.SKERRY_POSTGRES_MODULES ?? '';

/** The programs of a version in a folder that PostgreSQL's user may enter. */
async function programs(version) {
  const place = await scratchFolder();
  await cp(join(kModules, `postgres-${version}`, 'native'), place, { recursive: true, verbatimSymlinks: true });
  return join(place, 'bin');
}

const asServer = (command, ...args) => {
  const user = process.getuid() === 0 ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  return run('setpriv', [...user, command, ...args], { maxBuffer: 1 << 26 });
};

/** An empty cluster as skerry of that version would have made it. */
async function makeCluster(skerry, bin) {
  const place = join(skerry.data, 'postgres');
  await mkdir(place, { recursive: true });
  if (process.getuid() === 0) {
    const id = async (flag) => Number((await run('id', [flag, 'postgres'])).stdout);
    await chown(place, await id('-u'), await id('-g'));
  }
  const data = join(place, 'data');
  await asServer(join(bin, 'initdb'), `--pgdata=${data}`, '--username=skerry', '--auth=trust', '--encoding=UTF8', '--locale=C', '--data-checksums');
  await appendFile(join(data, 'postgresql.conf'), "\ninclude 'skerry.conf'\n");
  return { place, data };
}

const version = async (data) => (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();

export const checks = {
  async 'a database that PostgreSQL 15 made is carried over to 17, whatever happens in between; the old one is kept'({ skip }) {
    if (!existsSync(join(kModules, 'postgres-17'))) skip('the servers of 15 and 17 are not there (shared/tools/setup postgres), or not for this machine');
    const source = await archive((await installation()).folder, kFew, { stands: true });
    const skerry = await installation(
      `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ${JSON.stringify(kFew)}\naccess_log = false\n`,
    );
    const [old, fresh] = [await programs(15), await programs(17)];
    const path = skerry.env.PATH;
    const has = (...folders) => (skerry.env.PATH = [path, ...folders].join(':'));
    const upgrade = async (...flags) => {
      const { code, stdout, stderr } = await skerry.run('db', 'upgrade', '--json', ...flags);
      return { code, stderr, said: JSON.parse(stdout) };
    };
    has(old);
    const { place, data } = await makeCluster(skerry, old);
    const round = async () => {
      const { code, stderr } = await skerry.run('update', '--once');
      assert.equal(code, 0, stderr);
    };
    await round();
    assert.equal(await version(data), '15');

    // What somebody has made by hand beside ours, and whose name needs quotes.
    const holder = skerry.start('serve');
    const socket = await until('the server', () => readFile(join(data, 'postmaster.pid'), 'utf8').then((text) => text.split('\n')[4], () => ''), { child: holder });
    const sql = async (database, text) => (await run('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-h', socket, '-U', 'skerry', '-d', database, '-c', text])).stdout.trim();
    await until('the database', () => sql('skerry', 'SELECT 1').catch(() => ''), { child: holder });
    await sql('postgres', `CREATE ROLE "a reader" LOGIN`);
    await sql('postgres', `CREATE DATABASE "it's mine" OWNER "a reader"`);
    await sql("it's mine", `CREATE TABLE "T t" AS SELECT n, repeat('CREATE ROLE skerry;' || chr(10), 3) AS text FROM generate_series(1, 30000) n`);
    await sql("it's mine", `SELECT lo_from_bytea(0, 'large')`);
    await sql('skerry', `GRANT USAGE ON SCHEMA broker TO "a reader"`);
    const rows = Number(await sql('skerry', 'SELECT count(*) FROM broker.files'));
    assert.ok(rows > 100);

    has(old, fresh);
    const busy = await upgrade();
    assert.equal(busy.code, 5, busy.stderr);
    assert.equal(busy.said.error.code, 'postgres_in_use');
    assert.match(busy.said.error.message, /Stop skerry first/);
    const advice = JSON.parse((await skerry.run('doctor', '--json')).stdout).findings.find(({ name }) => name === 'database');
    assert.equal(advice.status, 'warning');
    assert.match(advice.message + advice.advice, /17 is installed.*`skerry db upgrade`/);
    holder.kill('SIGTERM');
    assert.equal(await holder.ended, 0, holder.said);

    const before = await readdir(place);
    const dry = await upgrade('--dry-run');
    assert.equal(dry.code, 0, dry.stderr);
    assert.deepEqual([dry.said.from, dry.said.to, dry.said.upgraded, dry.said.dry_run], [15, 17, false, true]);
    assert.ok(dry.said.bytes > 1e6 && dry.said.free_bytes > dry.said.bytes);
    assert.match((await skerry.run('db', 'upgrade', '--dry-run')).stdout, /would carry .* of PostgreSQL 15 over to 17/);
    assert.deepEqual(await readdir(place), before);
    for (const [flags, code, says] of [[['--to', '99'], 3, /postgres_version/], [['--to', '3'], 2, /--to/], [['--to', 'new'], 2, /--to/]]) {
      const refused = await upgrade(...flags);
      assert.equal(refused.code, code, `${flags}: ${refused.stderr}`);
      assert.match(refused.stderr, says);
    }
    const elsewhere = await skerry.run('--set', 'archive=real', 'db', 'upgrade', '--data-dir', join(skerry.folder, 'none'));
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.stderr, /postgres_none/);
    skerry.env.DATABASE_URL = 'host=127.0.0.1 port=1';
    assert.equal((await upgrade()).code, 2, 'not ours');
    delete skerry.env.DATABASE_URL;

    // Killed, or asked to stop, in the middle: the old one is as it was, and works.
    for (const signal of ['SIGKILL', 'SIGTERM']) {
      const child = skerry.start('db', 'upgrade');
      await until('the copy', () => child.said.includes('Copying'), { child });
      child.kill(signal);
      assert.notEqual(await child.ended, 0);
      assert.equal(await version(data), '15');
      if (signal === 'SIGTERM') assert.match(child.said, /\(stopped\)/);
      await round();
      assert.equal(await version(data), '15');
    }

    const done = await upgrade();
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual([done.said.from, done.said.to, done.said.upgraded], [15, 17, true]);
    assert.ok(done.said.tables > 5 && done.said.rows >= rows + 30000, JSON.stringify(done.said));
    assert.deepEqual([await version(data), await version(done.said.kept)], ['17', '15']);
    assert.equal(done.said.kept, join(place, 'data.15'));
    assert.ok(!existsSync(join(place, 'upgrade')));
    assert.equal((await upgrade()).said.upgraded, false, 'nothing more to do');

    await source.advance(60);
    await round();
    const again = skerry.start('serve');
    await until('the database', () => sql('skerry', 'SELECT 1').catch(() => ''), { child: again });
    assert.match(await sql('skerry', 'SHOW server_version'), /^17/);
    assert.ok(Number(await sql('skerry', 'SELECT count(*) FROM broker.files')) >= rows);
    assert.equal(await sql("it's mine", `SELECT count(*), min(length(text)), sum(n) FROM "T t"`), '30000|60|450015000');
    assert.equal(await sql("it's mine", 'SELECT count(*) FROM pg_largeobject_metadata'), '1');
    assert.equal(await sql('skerry', `SELECT has_schema_privilege('a reader', 'broker', 'USAGE')`), 't');
    assert.equal(await sql('skerry', "SELECT count(*) > 0 FROM pg_stats WHERE schemaname = 'broker'"), 't', 'the planner knows the rows');
    again.kill('SIGTERM');
    assert.equal(await again.ended, 0, again.said);
  },

  async 'a database of a PostgreSQL that is not installed: said clearly, what to install, and what then'() {
    const skerry = await installation('archive = "replica"\naccess_log = false\n');
    const data = join(skerry.data, 'replica/postgres/data');
    await mkdir(data, { recursive: true });
    for (const [made, says] of [['14', /postgresql-14.*`skerry db upgrade`/], ['98', /PostgreSQL 98 made the database.*postgresql-98/]]) {
      await writeFile(join(data, 'PG_VERSION'), `${made}\n`);
      for (const command of [['update', '--once'], ['up'], ['db', 'upgrade']]) {
        const { code, stderr } = await skerry.run(...command);
        assert.equal(code, 3, `${command}: ${stderr}`);
        assert.match(stderr, says, `${command}`);
      }
      const finding = JSON.parse((await skerry.run('doctor', '--json')).stdout).findings.find(({ name }) => name === 'database');
      assert.equal(finding.status, 'failed');
      assert.match(finding.advice, says);
      assert.deepEqual(await readdir(data), ['PG_VERSION']);
    }
  },
};
