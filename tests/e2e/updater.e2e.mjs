// The updater and what stands in its way: no network, a database that goes away, hosts that want to be left alone; and of
// which collectors it speaks.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { answers, scratchFolder, stop, until } from '../tools/processes.mjs';
import { startPostgres } from '../tools/postgres.mjs';
import { archive, installation, ready, view } from './skerry.mjs';

const kFew = ['rrc00', 'route-views2'];

/** An updater of two collectors of the replica, as if they were real. */
async function updater(settings = '') {
  const place = await installation();
  const source = await archive(place.folder, kFew, { stands: true });
  const skerry = await installation(`archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ${JSON.stringify(kFew)}\naccess_log = false\n${settings}`);
  return { source, skerry };
}

/** A host that says 429. */
async function busyHost(retryAfter) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(429, { 'Retry-After': retryAfter }).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { asked, url: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}

const idsOf = (document) => [...new Set(document.latest.map(({ collector_id }) => collector_id))].sort();

export const checks = {
  async 'without internet the replica is taken as long as nothing real was ever read, whatever was tried before'() {
    const skerry = await installation(`collectors = ["rrc00"]\naccess_log = false\n`);
    const dead = join(skerry.folder, 'dead.json');
    await writeFile(dead, JSON.stringify([{ id: 'rrc00', url: 'http://127.0.0.1:1/rrc00' }]));
    skerry.env.SKERRY_COLLECTORS_FILE = dead;
    assert.equal((await skerry.run('--set', 'update.attempts=1', 'update', '--once')).code, 1);
    const server = skerry.start('serve');
    await answers(`${skerry.url}/livez`, server);
    assert.equal(await stop(server), 0, server.said);
    const up = skerry.start('up');
    await ready(up);
    assert.match(up.said, /using the archive replica/);
    assert.equal((await view(skerry.url)).made_up, true);
    assert.equal(await stop(up), 0, up.said);
  },

  async 'with a real view, it stays where no archive answers, and what to set is named'() {
    const { source, skerry } = await updater();
    assert.equal((await skerry.run('update', '--once')).code, 0);
    await stop(source.child);
    const up = skerry.start('--set', 'archive=auto', '--set', 'update.attempts=1', 'up');
    await ready(up);
    assert.match(up.said, /the last view stays until one does.*archive = \\?"replica\\?"/);
    assert.equal((await view(skerry.url)).made_up, undefined);
    assert.equal(await stop(up), 0, up.said);
  },

  async 'what is not chosen leaves the view and comes back with its files; a part that is read leaves the others'() {
    const { source, skerry } = await updater();
    const shown = async (...words) => {
      const { code, stderr } = await skerry.run(...words);
      assert.equal(code, 0, stderr);
      return idsOf(JSON.parse((await skerry.run('latest', '--json')).stdout));
    };
    assert.deepEqual(await shown('update', '--once'), ['route-views2', 'rrc00']);
    assert.deepEqual(await shown('--set', 'collectors=rrc00', 'update', '--once'), ['rrc00']);
    assert.deepEqual(await shown('update', '--once', '--collector', 'rrc00'), ['route-views2', 'rrc00']);
    for (const month of ['2999-01', '2027-06']) {
      const { code, stderr } = await skerry.run('update', '--once', '--since', month);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /bad_time/);
    }
    await stop(source.child);
  },

  async 'a host that asks for a pause is left alone by later processes too, told once and no failure'() {
    const host = await busyHost('3600');
    const skerry = await installation(`archive = "real"\ncollectors = ["rrc00"]\n`);
    const file = join(skerry.folder, 'collectors.json');
    await writeFile(file, JSON.stringify([{ id: 'rrc00', url: `${host.url}/rrc00` }]));
    skerry.env.SKERRY_COLLECTORS_FILE = file;
    const first = await skerry.run('update', '--once', '--json');
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /Retry-After/);
    const report = JSON.parse(first.stdout);
    assert.deepEqual([report.total.delayed > 0, report.failed_listings], [true, 0]);
    const asked = host.asked.length;
    assert.ok(asked > 0);
    const second = await skerry.run('update', '--once');
    assert.deepEqual([second.code, second.stderr], [0, '']);
    assert.equal(host.asked.length, asked);
    host.close();
  },

  async 'a database that goes away under a running program is told within a minute, and that it is back'() {
    const { source, skerry } = await updater();
    const postgres = await startPostgres(await scratchFolder());
    const admin = postgres.session('postgres');
    await admin.query('CREATE DATABASE skerry');
    await admin.close();
    skerry.env.DATABASE_URL = postgres.url('skerry');
    const child = skerry.start('--set', 'log.format=json', 'up');
    await ready(child);
    const readyz = async (query = '') => {
      const response = await fetch(`${skerry.url}/readyz${query}`);
      return `${response.status} ${await response.text()}`;
    };
    assert.equal((await readyz()).trim(), '200 ok');
    assert.equal((await skerry.run('status')).code, 0);
    await postgres.crash();
    const told = (event) => child.said.split('\n').filter((line) => line.includes(`"${event}"`)).length;
    await until('a word', () => told('database_lost') === 1, { child, seconds: 90 });
    await until('readiness', async () => (await readyz()).includes('not ready: database'), { child });
    assert.match(await readyz(), /^200 /, 'the last view is served');
    assert.match(await readyz('?capability=database'), /^503 /);
    const status = await until('the check', async () => {
      const found = await skerry.run('status');
      return found.code === 1 && found;
    }, { child });
    assert.match(status.stdout, /Not well: database/);
    await postgres.start();
    await until('a word', () => told('database_back') === 1, { child, seconds: 90 });
    await until('readiness', async () => (await readyz()).trim() === '200 ok', { child });
    assert.deepEqual([told('database_lost'), told('database_back')], [1, 1]);
    assert.equal(await stop(child), 0, child.said);
    await stop(source.child);
  },
};
