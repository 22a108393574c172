// The updater behind a pooler that lends sessions of the server out for one transaction each.
import assert from 'node:assert/strict';

import { scratchFolder, stop, until } from '../tools/processes.mjs';
import { startPgBouncer, startPostgres } from '../tools/postgres.mjs';
import { archive, installation } from './skerry.mjs';

const kFew = ['rrc00', 'route-views2'];
const kMigrationsLock = '5428190433518011137';
const kUpdatersLock = '5428190433518011138';

async function behindPgBouncer(settings) {
  const folder = await scratchFolder();
  const postgres = await startPostgres(folder);
  const admin = postgres.session('postgres');
  await admin.query('CREATE DATABASE skerry');
  await admin.close();
  const bouncer = await startPgBouncer(postgres, folder, settings);
  const source = await archive(folder, kFew);
  const skerry = await installation(
    `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ${JSON.stringify(kFew)}\naccess_log = false\n`,
  );
  skerry.env.DATABASE_URL = bouncer.url('skerry');
  return { postgres, bouncer, source, skerry, look: postgres.session('skerry') };
}

export const checks = {
  async 'PgBouncer in transaction mode: of two updaters one is refused, and the next one gets the lock'() {
    const { bouncer, source, skerry, look, postgres } = await behindPgBouncer();
    await source.control('PUT', 'fault', JSON.stringify({ prefix: '/', delay: 3600 }));
    const first = skerry.start('--set', 'update.timeout=1h', 'update', '--once');
    const locks = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid::bigint = ${kUpdatersLock} & 4294967295`;
    await until('the first one at work', async () => (await look.query(locks))[0][0] === '1', { child: first });
    const refused = await skerry.run('update', '--once');
    assert.equal(refused.code, 5, refused.stderr);
    assert.match(refused.stderr, /update_running/);
    assert.match(refused.stderr, /process \d+ \(skerry update, since /);
    assert.equal(await stop(first), 1, first.said);
    await until('the lock is free', async () => (await look.query(locks))[0][0] === '0');
    await source.control('DELETE', 'fault');

    const next = await skerry.run('update', '--once', '--json');
    assert.equal(next.code, 0, next.stderr);
    const added = JSON.parse(next.stdout).total.files_added;
    assert.ok(added > 0);
    assert.deepEqual(await look.query('SELECT count(*) FROM broker.files'), [[String(added)]]);
    assert.equal((await skerry.run('doctor', '--json')).stdout.includes('"schema'), false);
    assert.match((await skerry.run('status')).stdout, /PostgreSQL answers/);
    const both = await Promise.all([skerry.run('update', '--once'), skerry.run('update', '--once')]);
    assert.ok(both.some(({ code }) => code === 0) && both.every(({ code }) => code === 0 || code === 5), JSON.stringify(both));
    await look.close();
    await stop(bouncer.child);
    await stop(source.child);
    await postgres.crash();
  },

  async 'SIGTERM ends the wait for a lock and for a server that hangs; who holds the lock is said'() {
    const { bouncer, source, skerry, look, postgres } = await behindPgBouncer();
    const holder = postgres.session('skerry');
    await holder.query(`SET application_name = 'the holder'; SELECT pg_advisory_lock(${kMigrationsLock})`);
    const waiting = skerry.start('--set', 'log.level=debug', 'update', '--once');
    await until('a word about the lock', () => waiting.said.includes("The migrations' lock is held by process"), { child: waiting });
    assert.match(waiting.said, /the holder/);
    assert.equal(await stop(waiting), 1, waiting.said);
    assert.match(waiting.said, /stopped/);
    await holder.close();

    bouncer.child.kill('SIGSTOP');
    const hanging = skerry.start('--set', 'log.level=debug', 'update', '--once');
    await until('the settings', () => hanging.said.includes('event=settings') || hanging.said.length > 0, { child: hanging });
    assert.equal(await stop(hanging), 1, hanging.said);
    bouncer.child.kill('SIGCONT');
    assert.deepEqual(await look.query("SELECT to_regclass('broker.files') IS NULL"), [['t']]);
    assert.equal((await skerry.run('update', '--once')).code, 0);
    await look.close();
    await stop(bouncer.child);
    await stop(source.child);
    await postgres.crash();
  },

  async 'a pooler in statement mode is refused, with what to do'() {
    const { bouncer, source, skerry, look, postgres } = await behindPgBouncer(['pool_mode = statement']);
    const refused = await skerry.run('update', '--once');
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /db_pooling/);
    assert.match(refused.stderr, /pool_mode/);
    await look.close();
    await stop(bouncer.child);
    await stop(source.child);
    await postgres.crash();
  },
};
