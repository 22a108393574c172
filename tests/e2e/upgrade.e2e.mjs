// A data folder, a database and a settings file of the program as it was before it had capabilities
// (testdata/before-capabilities.tar.gz: `skerry update --once`, `skerry up`, seven events, pg_dump; at 2026-11-21T08:00Z).
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { answers, freePort, run, scratchFolder, start, stop, until } from '../tools/processes.mjs';
import { startPostgres } from '../tools/postgres.mjs';
import { archive, program } from './skerry.mjs';

const kOldOrigin = 'http://127.0.0.1:45371';

async function before() {
  const folder = await scratchFolder();
  await run('tar', ['-xzf', join(import.meta.dirname, 'testdata/before-capabilities.tar.gz'), '-C', folder, '--no-same-owner']);
  await chmod(folder, 0o755);
  const postgres = await startPostgres(folder);
  const admin = postgres.session('postgres');
  await admin.query('CREATE ROLE skerry LOGIN');
  await admin.query('CREATE DATABASE skerry OWNER skerry');
  await admin.close();
  await mkdir(join(folder, 'archive'));
  const source = await archive(join(folder, 'archive'), ['rrc00'], { stands: true });
  const replaced = async (name, change) => {
    const path = join(folder, name);
    await writeFile(path, change(await readFile(path, 'utf8')));
  };
  await replaced('dump.sql', (text) => text.replaceAll(kOldOrigin, source.origin));
  await replaced('collectors.json', (text) => text.replaceAll(kOldOrigin, source.origin));
  await run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', postgres.url('skerry'), '-f', join(folder, 'dump.sql')]);
  const [port, kvPort] = [await freePort(), await freePort()];
  await replaced('skerry.toml', (text) => text.replace(':18090', `:${port}`).replace(':18091', `:${kvPort}`));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SKERRY_')));
  env.DATABASE_URL = postgres.url('skerry');
  const options = { cwd: folder, env, maxBuffer: 1 << 28 };
  return {
    source,
    postgres,
    url: `http://127.0.0.1:${port}`,
    look: postgres.session('skerry'),
    start: (...args) => start(program, args, options),
    run: (...args) =>
      run(program, args, options).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
      ),
  };
}

export const checks = {
  async 'what the program made before it had capabilities goes on: settings, database, view, events'() {
    const skerry = await before();
    const config = await skerry.run('config', '--json');
    assert.equal(config.code, 0, config.stderr);
    assert.equal(config.stderr, '', 'no setting is unknown');
    const settings = JSON.parse(config.stdout);
    assert.equal(settings['events.dedupe_window'].value, '2h');
    assert.equal(settings['functions.tracker.gpc'].value, 'drop');
    assert.equal(settings['functions.latest.view_promise_seconds'].origin, 'skerry.toml:29');

    const events = await skerry.run('events', 'tail', '-n', '100', '--json');
    assert.equal(events.code, 0, events.stderr);
    assert.equal(events.stdout.trim().split('\n').length, 7);
    const table = await skerry.run('latest');
    assert.match(table.stdout, /rrc00 +update +2026-11-21 07:5/);

    const doctor = await skerry.run('doctor', '--json');
    const database = JSON.parse(doctor.stdout).findings.find(({ name }) => name === 'database');
    assert.equal(database.status, 'warning', JSON.stringify(database));
    assert.match(database.message, /its schema is not this program's/);

    const child = skerry.start('up');
    await until('the first cycle', () => child.said.includes('Ctrl-C stops everything'), { child, seconds: 120 });
    await answers(`${skerry.url}/latest`, child);
    const log = child.said.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    const cycle = log.find(({ event }) => event === 'cycle_done');
    assert.equal(cycle.new_files, 0, JSON.stringify(cycle));
    assert.equal(cycle.failed, 0);
    assert.deepEqual(await skerry.look.query('SELECT count(*) FROM broker.files'), [['5916']]);
    const again = await fetch(`${skerry.url}/v1/batch`, {
      method: 'POST',
      body: JSON.stringify({ batch: [{ type: 'track', event: 'signup', messageId: 'm-1' }] }),
    });
    assert.equal(again.status, 200);
    assert.equal((await fetch(`${skerry.url}/health?code=geheim`)).status, 200, 'the code comes from the file that is named');
    assert.equal(await stop(child), 0);
    const after = await skerry.run('events', 'stats', '--json');
    assert.equal(JSON.parse(after.stdout).next, 8, 'an event that was there before is known again');
    await skerry.look.close();
    await stop(skerry.source.child);
  },
};
