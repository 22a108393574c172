// What was acknowledged is in the event log once, whenever the program is killed.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';

import { installation } from '../e2e/skerry.mjs';
import { build, run, scratchFolder, sleep, stop } from '../tools/processes.mjs';

const kLogKills = Number(process.env.SKERRY_LOG_KILLS ?? 1500);
const kServerKills = Number(process.env.SKERRY_SERVER_KILLS ?? 100);
const kClients = 4;
const kSecret = 'a secret of the tests';

function record(id) {
  const text = (value) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(Buffer.byteLength(value));
    return [size, Buffer.from(value)];
  };
  const received = Buffer.alloc(8);
  received.writeBigInt64LE(BigInt(Date.now()));
  const bytes = Buffer.concat([
    Buffer.from([1]),
    received,
    ...[id, '203.0.113.9', 'trk.example.com', '/t/w', `n=${id}`, 'test', ''].flatMap(text),
    Buffer.alloc(4),
  ]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  return Buffer.concat([size, bytes]);
}

const post = (url, ids) => {
  const body = Buffer.concat(ids.map(record));
  const time = String(Date.now());
  const sum = createHmac('sha256', kSecret).update(`v1\n${time}\n`).update(body).digest('hex');
  const headers = {
    'Content-Type': 'application/vnd.skerry.events',
    'X-Skerry-Time': time,
    'X-Skerry-Signature': `v1=${sum}`,
  };
  return fetch(`${url}/ingest`, { method: 'POST', headers, body });
};

export const checks = {
  async 'the log is killed at random moments, and while it recovers'() {
    const folder = await scratchFolder();
    const seed = process.env.SKERRY_LOG_SEED ?? String(Date.now() % 1_000_000);
    const program = join(build, 'tests', 'fault', 'log_killer');
    const { stdout } = await run(program, [join(folder, 'log'), String(kLogKills), seed]).catch((error) => {
      error.message += `\n${error.stdout}seed ${seed}`;
      throw error;
    });
    const { kills, acknowledged, records, missing, doubled, damaged } = JSON.parse(stdout);
    assert.deepEqual({ kills, missing, doubled, damaged }, { kills: kLogKills, missing: 0, doubled: 0, damaged: 0 });
    assert.ok(acknowledged > kills, stdout);
    assert.ok(records >= acknowledged);
    return `${kills} kills, ${acknowledged} ids acknowledged; seed ${seed}`;
  },

  async 'skerry serve is killed under load, and clients send again'() {
    const place = await installation('workers = 2\naccess_log = false\n');
    place.env.SKERRY_EVENTS_INGEST_SECRET = kSecret;
    const acknowledged = new Set();
    const unsure = [];
    let sent = 0;
    let stopping = false;

    // Takes what no answer came for first; whether it is there or not, it must be there once.
    const client = async () => {
      while (!stopping || unsure.length > 0) {
        const ids = unsure.splice(0, 3);
        while (!stopping && ids.length < 3) ids.push(`id-${sent++}`);
        const status = await post(place.url, ids).then(
          async (response) => (await response.arrayBuffer(), response.status),
          () => 0,
        );
        if (status === 200) {
          for (const id of ids) acknowledged.add(id);
        } else {
          assert.equal(status, 0, `the server answers ${status}`);
          unsure.push(...ids);
          await sleep(5);
        }
      }
    };
    const clients = Promise.all(Array.from({ length: kClients }, client));
    for (let kill = 0; kill < kServerKills; ++kill) {
      const server = place.start('serve');
      const before = acknowledged.size;
      while (acknowledged.size === before) {
        assert.equal(server.exitCode, null, server.said);
        await Promise.race([sleep(5), clients]);
      }
      await sleep(Math.random() * 60);
      server.kill('SIGKILL');
      await server.ended;
    }
    const server = place.start('serve');
    stopping = true;
    await clients;
    assert.equal(await stop(server), 0, server.said);

    const tail = await place.run('events', 'tail', '--from', 'beginning', '--json');
    assert.equal(tail.code, 0, tail.stderr);
    const there = tail.stdout.trimEnd().split('\n').map((line) => JSON.parse(line).id);
    assert.equal(new Set(there).size, there.length, 'an id is there twice');
    assert.equal(acknowledged.size, sent);
    assert.deepEqual(there.sort(), [...acknowledged].sort());
    const stats = await place.run('events', 'stats', '--verify', '--json');
    assert.equal(stats.code, 0, stats.stdout);
    return `${kServerKills} kills, ${acknowledged.size} ids acknowledged`;
  },
};
