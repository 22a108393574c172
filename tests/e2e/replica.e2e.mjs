// The archive replica's data as an operator meets them: marked wherever they are shown, at a port that can be chosen; and
// archives of one's own beside them.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort, run, stop } from '../tools/processes.mjs';
import { installation, program, ready } from './skerry.mjs';

/** `skerry up` with the replica, two of its collectors and one of our own. */
async function replicated(more = '') {
  const port = await freePort();
  const skerry = await installation(
    `archive = "replica"\nreplica_listen = "127.0.0.1:${port}"\ncollectors = ["rrc00", "route-views2", "lab-1"]\naccess_log = false\n${more}`,
  );
  const lab = join(skerry.folder, 'lab');
  const now = new Date();
  const [year, month] = [now.getUTCFullYear(), String(now.getUTCMonth() + 1).padStart(2, '0')];
  await mkdir(join(lab, `${year}/${month}`), { recursive: true });
  const name = `updates.${year}${month}${String(now.getUTCDate()).padStart(2, '0')}.0000.gz`;
  await writeFile(join(lab, `${year}/${month}`, name), 'MRT');
  const collectors = join(skerry.folder, 'collectors.json');
  await writeFile(collectors, JSON.stringify([{ id: 'lab-1', project: 'lab', url: `file://${lab}`, layout: { update: '{year}/{month}/', update_seconds: 900 } }]));
  skerry.env.SKERRY_COLLECTORS_FILE = collectors;
  return { skerry, replica: `http://127.0.0.1:${port}` };
}

export const checks = {
  async 'what the replica made up is marked in every form, page and table, and has the port that was chosen'() {
    const { skerry, replica } = await replicated();
    const child = skerry.start('up');
    await ready(child);
    const ask = async (path, accept = '*/*') => fetch(skerry.url + path, { headers: { accept } });
    const latest = await (await ask('/latest')).json();
    assert.equal(latest.made_up, true);
    const urls = latest.latest.filter(({ project }) => project !== 'lab').map(({ item_url }) => item_url);
    assert.ok(urls.length >= 3 && urls.every((url) => url.startsWith(`${replica}/`)), urls.join(' '));
    for (const path of ['/', '/latest', '/v2/latest', '/v3/broker/latest']) assert.equal((await ask(path)).headers.get('skerry-data'), 'made-up', path);
    assert.equal((await (await ask('/v3/broker/latest')).json()).meta.made_up, true);
    assert.match(await (await ask('/', 'text/html')).text(), /Made up/);
    for (const words of [['latest'], ['status'], ['gaps'], ['latest', '--url', skerry.url]]) {
      const { code, stdout, stderr } = await skerry.run(...words);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^Made up: these listings are the archive replica's/m, words.join(' '));
    }
    assert.equal(JSON.parse((await skerry.run('status', '--json')).stdout).view.made_up, true);
    assert.equal(JSON.parse((await skerry.run('latest', '--json')).stdout).made_up, true);
    for (const gap of JSON.parse((await skerry.run('gaps', '--json')).stdout)) assert.equal(gap.made_up, true);

    // psql finds the private database, and what stands behind the command is psql's.
    const asked = await skerry.run('db', 'psql', '-At', '-c', 'SELECT count(*) FROM broker.latest_times');
    assert.deepEqual([asked.code, asked.stdout.trim()], [0, String(latest.latest.length)], asked.stderr);

    // An archive of one's own is a project like the others.
    for (const path of ['/latest?project=lab', '/latest?project=LAB']) {
      const { latest: rows } = await (await ask(path)).json();
      assert.deepEqual(rows.map(({ collector_id, project }) => [collector_id, project]), [['lab-1', 'lab']], path);
    }
    assert.equal((await (await ask('/v3/broker/latest?project=lab')).json()).count, 1);
    const unknown = await ask('/latest?project=isolario');
    assert.equal(unknown.status, 400);
    assert.match((await unknown.json()).error, /use "routeviews", "riperis" or "lab"/);
    assert.match((await skerry.run('latest', '--project', 'lab')).stdout, /lab-1/);
    assert.match((await skerry.run('latest', '--project', 'isolario')).stderr, /there are: routeviews, riperis, lab/);
    assert.equal((await skerry.run('gaps', '--project', 'lab')).code, 0);
    assert.equal(await stop(child), 0, child.said);
  },

  async 'one round beside the service reads the replica that runs, and the doctor knows both by their ports'() {
    for (const chosen of [true, false]) {
      const address = `127.0.0.1:${await freePort()}`;
      const skerry = await installation(`archive = "replica"\ncollectors = ["rrc00"]\naccess_log = false\n${chosen ? `replica_listen = "${address}"\n` : ''}`);
      const child = skerry.start('up');
      await ready(child);
      const origin = async () => [...new Set((await (await fetch(`${skerry.url}/latest`)).json()).latest.map(({ item_url }) => new URL(item_url).origin))];
      const before = await origin();
      assert.equal(before.length, 1);
      if (chosen) assert.deepEqual(before, [`http://${address}`]);
      for (const words of [['--dry-run'], ['--json'], []]) {
        const { code, stderr } = await skerry.run('update', '--once', ...words);
        assert.ok(code === 0 || code === 5, `${words}: ${code} ${stderr}`);
        assert.doesNotMatch(stderr, /replica listens|did not start/);
        assert.deepEqual(await origin(), before, words.join(' '));
      }
      assert.ok((await fetch(before[0])).ok);
      // One that stays would lose it with the service.
      const stays = await skerry.run('update');
      assert.equal(stays.code, 5, stays.stderr);
      assert.match(stays.stderr, /replica_running/);

      const findings = async (config) => {
        const { stdout } = await run(program, ['--config', config, 'doctor', '--json'], { cwd: skerry.folder, env: skerry.env }).catch((failed) => failed);
        return new Map(JSON.parse(stdout).findings.map((finding) => [finding.name, finding]));
      };
      const own = await findings(skerry.config);
      for (const name of ['listen', 'kv_listen', ...(chosen ? ['replica_listen'] : [])]) {
        assert.equal(own.get(name).status, 'ok', JSON.stringify(own.get(name)));
        assert.match(own.get(name).message, /is served by skerry/);
      }
      // From another data folder the same ports are another service's.
      const elsewhere = join(skerry.folder, 'elsewhere.toml');
      await writeFile(elsewhere, (await readFile(skerry.config, 'utf8')).replace('/data"', '/elsewhere"'));
      const theirs = await findings(elsewhere);
      for (const name of ['listen', 'kv_listen', ...(chosen ? ['replica_listen'] : [])]) {
        assert.equal(theirs.get(name).status, 'failed', JSON.stringify(theirs.get(name)));
        assert.match(theirs.get(name).message, /serves another data folder/);
      }
      assert.equal(await stop(child), 0, child.said);
    }
  },

  async 'a port of the replica that is taken, or that can be none, is named'() {
    const holder = createServer();
    await new Promise((resolve) => holder.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = holder.address();
      const skerry = await installation(`archive = "replica"\nreplica_listen = "127.0.0.1:${port}"\n`);
      const { code, stderr } = await skerry.run('up');
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`replica did not start.*127\\.0\\.0\\.1:${port}.*replica_listen`));
    } finally {
      holder.close();
    }
    const skerry = await installation();
    for (const wrong of ['9082', 'unix:/x', ':80', 'localhost']) {
      const { code, stderr } = await skerry.run('--set', `replica_listen=${wrong}`, 'config');
      assert.equal(code, 2, wrong);
      assert.match(stderr, /"replica_listen" must be an address: HOST:PORT/, wrong);
    }
    const same = await skerry.run('--set', `replica_listen=127.0.0.1:${skerry.port}`, 'config');
    assert.equal(same.code, 2);
    assert.match(same.stderr, /are the same/);
  },
};
