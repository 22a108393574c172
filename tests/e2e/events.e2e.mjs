// `skerry events`, with a log that has something in it, beside a running server and without one.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { answers, scratchFolder, stop, until } from '../tools/processes.mjs';
import { startRedis } from '../tools/redis.mjs';
import { installation, ready } from './skerry.mjs';

const kSecret = 'a secret of the tests';

const text = (value) => {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(Buffer.byteLength(value));
  return Buffer.concat([size, Buffer.from(value)]);
};
function batch(...events) {
  const records = events.map(({ id, path = '/t/w', body = '' }) => {
    const received = Buffer.alloc(8);
    received.writeBigInt64LE(BigInt(Date.UTC(2026, 10, 21, 8)));
    const strings = [id, '203.0.113.9', 'trk.example.com', path, '', 'test', body].map(text);
    return text(Buffer.concat([Buffer.from([1]), received, ...strings, Buffer.alloc(4)]));
  });
  return Buffer.concat(records);
}
async function ingest(place, ...events) {
  const body = batch(...events);
  const time = String(Date.now());
  const sum = createHmac('sha256', kSecret).update(`v1\n${time}\n`).update(body).digest('hex');
  const headers = { 'X-Skerry-Time': time, 'X-Skerry-Signature': `v1=${sum}` };
  const response = await fetch(`${place.url}/ingest`, { method: 'POST', headers, body });
  assert.equal(response.status, 200, await response.text());
}
const ids = ({ code, stdout, stderr }) => {
  assert.equal(code, 0, stderr);
  return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line).id);
};

async function running(more = '') {
  const place = await installation(`access_log = false\n${more}`);
  place.env.SKERRY_EVENTS_INGEST_SECRET = kSecret;
  const server = place.start('serve');
  await answers(`${place.url}/livez`, server);
  return { place, server };
}

/** CRC-32C (Castagnoli). */
function crc32c(data) {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/** Gives the first record of the frame at `at` a version that is to come, as a newer program would have written it. */
function makeUnknown(segment, at) {
  const size = segment.readUInt32LE(at + 12);
  segment[at + 40 + 4] = 99;
  segment.writeUInt32LE(crc32c(segment.subarray(at + 40, at + 40 + size)), at + 8);
  segment.writeUInt32LE(crc32c(Buffer.concat([segment.subarray(12, 16), segment.subarray(at + 8, at + 40)])), at + 4);
  return at + 40 + size;
}

export const checks = {
  async 'tail and stats show what a running server takes'() {
    const { place, server } = await running();
    await ingest(place, { id: 'a' }, { id: 'b', path: '/t/page', body: '{"x":1}\x1b[2J' });
    assert.deepEqual(ids(await place.run('events', 'tail', '--json')), ['a', 'b']);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '--last', '1')), ['b']);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '--type', 'page')), ['b']);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '--last', '1', '--path', '/t/w')), ['a'], 'the last of those that are asked for');
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '--from', '2')), ['b']);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '--from', '1h', '--path', '/t/w')), ['a']);
    const { stdout } = await place.run('events', 'tail');
    assert.match(stdout, /^2 2026-11-21T08:00:00Z page 203\.0\.113\.9 trk\.example\.com \/t\/page \{"x":1\}\\u001b\[2J$/m);

    const following = place.start('events', 'tail', '-f', '--json', '--from', 'end');
    let posted = 0;
    const comes = async () => {
      await ingest(place, { id: `c${posted++}` });
      return following.printed.includes('"id":"c');
    };
    await until('the new event', comes, { child: following });
    assert.doesNotMatch(following.printed, /"id":"a"/);
    assert.equal(await stop(following, 'SIGINT'), 0);

    const stats = JSON.parse((await place.run('events', 'stats', '--json', '--verify')).stdout);
    assert.equal(stats.records, 2 + posted);
    assert.deepEqual(stats.verified.damage, []);
    assert.match((await place.run('events', 'stats')).stdout, /records +\d+ .*\n.*\n.*readers +none/);
    await stop(server);
  },

  async 'replay and import bring events to another server, each once'() {
    const [one, two] = [await running(), await running()];
    await ingest(one.place, { id: 'a' }, { id: 'b' }, { id: 'c' });
    const to = ['--to', two.place.url];
    const dry = await one.place.run('events', 'replay', '--from', 'beginning', '--dry-run', ...to);
    assert.match(dry.stdout, /^3 records .* would be sent/);
    for (let twice = 0; twice < 2; ++twice) {
      const done = await one.place.run('events', 'replay', '--from', '2', '--until', '4', ...to);
      assert.equal(done.code, 0, done.stderr);
    }
    assert.deepEqual(ids(await two.place.run('events', 'tail', '--json')), ['b', 'c']);

    const folder = join(one.place.folder, 'edge');
    await mkdir(folder);
    await writeFile(join(folder, '1.events'), batch({ id: 'b' }, { id: 'd' }));
    await writeFile(join(folder, '2.events'), batch({ id: 'e' }));
    await appendFile(join(folder, '2.events'), batch({ id: 'torn' }).subarray(0, 20));
    const busy = await two.place.run('events', 'import', folder);
    assert.equal(busy.code, 1);
    assert.match(busy.stderr, /say --to with its address/);
    const taken = await two.place.run('events', 'import', '--remove', folder, ...to);
    assert.equal(taken.code, 4);
    assert.match(taken.stderr, /20 bytes from \d+ on are torn/);
    assert.deepEqual(await readdir(folder), ['2.events']);
    assert.deepEqual(ids(await two.place.run('events', 'tail', '--json')), ['b', 'c', 'd', 'e']);
    await stop(two.server);
    const local = await two.place.run('events', 'import', join(folder, '2.events'));
    assert.equal(local.code, 4);
    assert.deepEqual(ids(await two.place.run('events', 'tail', '--json')), ['b', 'c', 'd', 'e']);
    await stop(one.server);
  },

  async 'what of a file can be imported is; what cannot is counted, in the exit code and as JSON'() {
    const unknown = () => {
      const record = batch({ id: 'unknown' });
      record[4] = 99;
      return record;
    };
    const torn = batch({ id: 'torn' }).subarray(0, 20);
    const page = '<!doctype html><title>Not found</title>';
    let number = 0;
    const place = await installation();
    for (const [what, files, code, wanted] of [
      ['nothing', {}, 0, { records: 0, unreadable: 0 }],
      ['an empty file', { a: [] }, 0, { records: 0 }, ''],
      ['all well', { a: [batch({ id: 'x-1' })], b: [batch({ id: 'x-2' }, { id: 'x-3' })] }, 0, { records: 3, unreadable: 0 }],
      ['one odd record', { a: [batch({ id: 'x-4' }), unknown(), batch({ id: 'x-5' })] }, 4, { records: 2, unreadable: 1 }, 'torn'],
      ['a torn end', { a: [batch({ id: 'x-6' }), torn] }, 4, { records: 1, unreadable: 0 }, 'torn'],
      ['one file of several', { a: [page], b: [batch({ id: 'x-7' })], c: null }, 4, { records: 1 }, 'events_unreadable'],
      ['every record', { a: [unknown(), unknown()] }, 1, { records: 0, unreadable: 2 }, 'events_unreadable'],
      ['every file', { a: [page], b: [torn] }, 1, { records: 0 }, 'events_unreadable'],
      ['a file of zeros', { a: [Buffer.alloc(4096)] }, 1, { records: 0 }, 'events_unreadable'],
      ['what is no file', { a: null }, 1, { records: 0 }],
    ]) {
      const folder = join(place.folder, `edge-${++number}`);
      await mkdir(folder);
      // `null`: a folder of that name, which can't be read as a file.
      for (const [name, pieces] of Object.entries(files))
        if (pieces === null) await mkdir(join(folder, `${name}.events`));
        else await writeFile(join(folder, `${name}.events`), Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
      const dry = await place.run('events', 'import', '--dry-run', folder);
      assert.equal(dry.code, code, `${what}: ${dry.stdout}${dry.stderr}`);
      const said = await place.run('events', 'import', '--json', folder);
      assert.equal(said.code, code, `${what}: ${said.stdout}${said.stderr}`);
      const [report, failure, ...rest] = said.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
      assert.deepEqual(rest, [], what);
      for (const [name, value] of Object.entries(wanted)) assert.equal(report[name], value, `${what}: ${said.stdout}`);
      assert.equal(report.files.length, Object.keys(files).length, what);
      const failed = report.files.filter(({ error }) => error !== undefined);
      assert.equal(failed.length > 0, code !== 0, `${what}: ${said.stdout}`);
      assert.equal(failure !== undefined, code === 1, what);
      if (failure !== undefined) assert.deepEqual(failure, { error: failed[0].error }, what);
      for (const { path, error } of failed) assert.ok(error.message.includes(path) && said.stderr.includes(error.message), `${what}: ${said.stderr}`);
      assert.equal(said.stderr.trim().split('\n').filter(Boolean).length, failed.length, `each once: ${said.stderr}`);
    }
    assert.deepEqual(ids(await place.run('events', 'tail', '--json')), ['x-1', 'x-2', 'x-3', 'x-4', 'x-5', 'x-6', 'x-7']);
  },

  async 'records that a newer program wrote are named, and are an error where there are no others'() {
    const { place, server } = await running();
    for (const id of ['a', 'b', 'c']) await ingest(place, { id });
    await stop(server);
    const [name] = (await readdir(join(place.data, 'events'))).filter((file) => /^\d+/.test(file));
    const path = join(place.data, 'events', name);
    const segment = await readFile(path);
    const second = makeUnknown(segment, 8192);
    await writeFile(path, segment);
    const some = await place.run('events', 'tail', '--json');
    assert.deepEqual(ids(some), ['b', 'c']);
    assert.match(some.stderr, /Record 1 can't be read/);
    makeUnknown(segment, makeUnknown(segment, second));
    await writeFile(path, segment);
    for (const flags of [[], ['--json'], ['--type', 'w'], ['--from', 'beginning']]) {
      const { code, stderr } = await place.run('events', 'tail', ...flags);
      assert.equal(code, 1, `${flags}: ${stderr}`);
      assert.match(stderr, /3 records, from number 1 on, can't be read.*events_unreadable/);
    }
  },

  async 'what is asked wrongly is told'() {
    const place = await installation();
    const missing = await place.run('events', 'tail');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /no event log .* start `skerry serve`/);
    const { place: other, server } = await running();
    await ingest(other, { id: 'a' });
    for (const [args, code, words] of [
      [['tail', '--from', 'yesterday'], 2, /Write beginning, end/],
      [['replay', '--from', 'beginning'], 2, /either --reader NAME or --to URL/],
      [['replay', '--from', 'beginning', '--reader', 'kafka'], 2, /There is no reader kafka/],
      [['replay'], 2, /--from is required/],
      [['import', join(other.folder, 'nothing')], 1, /at work here/],
      [['import', '--dry-run', join(other.folder, 'nothing')], 1, /Can't read/],
      [[], 2, /subcommand is required/],
    ]) {
      const { code: actual, stderr } = await other.run('events', ...args);
      assert.match(stderr, words);
      assert.equal(actual, code, args.join(' '));
    }
    await stop(server);
  },

  async 'where Redis has the events, the commands show its stream, and what waits in the log for it'() {
    const redis = await startRedis(await scratchFolder());
    const { place, server } = await running(`events.queue = "redis"\nevents.redis_url = "${redis.url}"\n`);
    const json = async (...args) => {
      const { code, stdout, stderr } = await place.run('events', ...args, '--json');
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    await ingest(place, { id: 'a' });
    await until('the first event in Redis', async () => (await redis.eventIds()).length === 1, { child: server });
    await ingest(place, { id: 'b' }, { id: 'c', path: '/t/page' });
    assert.deepEqual(await redis.eventIds(), ['a', 'b', 'c']);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json')), ['a', 'b', 'c']);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '-n', '2')), ['b', 'c']);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '--from', '1h', '--type', 'w')), ['a', 'b']);
    const [shown] = (await place.run('events', 'tail', '--json', '-n', '1')).stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(shown.number, null);
    assert.match(shown.entry, /^\d+-\d+$/);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '--from', shown.entry)), ['b', 'c']);

    // Readers are groups of the stream.
    await redis.ask('XGROUP', 'CREATE', 'skerry:events', 'kafka', '0');
    await redis.ask('XREADGROUP', 'GROUP', 'kafka', 'one', 'COUNT', '1', 'STREAMS', 'skerry:events', '>');
    const kafka = async () => (await json('readers')).readers.find(({ name }) => name === 'kafka');
    const entries = await redis.ask('XLEN', 'skerry:events');
    assert.deepEqual({ ...(await kafka()), entry: null }, { name: 'kafka', in: 'redis', next: null, entry: null, lag: entries, pending: 1 });
    const stats = await json('stats', '--verify');
    assert.equal(stats.stream.entries, entries);
    assert.equal(stats.stream.last, shown.entry);
    assert.equal(stats.waiting, 0);
    const held = await place.run('events', 'trim', '--before', shown.entry);
    assert.equal(held.code, 1);
    assert.match(held.stderr, /kafka/);
    const sized = await place.run('events', 'trim', '--to-size', '1MiB');
    assert.equal(sized.code, 2);
    assert.match(sized.stderr, /redis_max_length/);
    assert.match((await place.run('events', 'trim', '--before', shown.entry, '--force', '--dry-run')).stdout, /would go\.\nThe reader kafka would lose/);
    assert.equal(await redis.ask('XLEN', 'skerry:events'), entries);
    const trimmed = await place.run('events', 'trim', '--before', shown.entry, '--force');
    assert.equal(trimmed.code, 0, trimmed.stderr);
    assert.deepEqual(await redis.eventIds(), ['b', 'c']);
    const back = await place.run('events', 'replay', '--reader', 'kafka', '--from', 'beginning');
    assert.equal(back.code, 0, back.stderr);

    // Away, the log is shown when it is asked for.
    await redis.kill();
    await ingest(place, { id: 'd' });
    for (const command of [['tail'], ['stats'], ['readers'], ['trim', '--before', '1h']]) {
      const { code, stderr } = await place.run('events', ...command);
      assert.equal(code, 1, command.join(' '));
      assert.match(stderr, /Start Redis, or correct events\.redis_url; --log shows/, command.join(' '));
      assert.doesNotMatch((await place.run('events', ...command, '--log')).stderr, /Redis/, command.join(' '));
    }
    assert.deepEqual(ids(await place.run('events', 'tail', '--json', '--log', '-n', '1')), ['d']);
    const failed = await place.run('events', 'stats', '--json');
    assert.equal(JSON.parse(failed.stdout).error.code, 'redis_unreachable');
    await stop(server);
    await redis.start();
    assert.equal((await json('stats')).waiting, 1);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json')), ['b', 'c', 'd']);
    assert.equal((await place.run('events', 'readers', '--forget', 'kafka')).code, 0);
    assert.equal(await kafka(), undefined);
    await redis.stop();
  },

  async 'what is imported beside a replica is where tail looks'() {
    // No setting says so: it is the data folder that has nothing but made-up data.
    const place = await installation();
    const server = place.start('up', '--archive', 'replica');
    await ready(server);
    assert.equal((await fetch(`${place.url}/t/w`, { method: 'POST', body: '{"id":"posted"}' })).status, 200);
    const file = join(place.folder, '1.events');
    await writeFile(file, batch({ id: 'a' }, { id: 'b' }));
    const busy = await place.run('events', 'import', file);
    assert.equal(busy.code, 1);
    assert.match(busy.stderr, /say --to with its address/);
    assert.equal(await stop(server), 0);
    const taken = await place.run('events', 'import', file);
    assert.equal(taken.code, 0, taken.stderr);
    assert.match(taken.stdout, /: 2 records$/m);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json')), ['posted', 'a', 'b']);
    assert.equal(existsSync(join(place.data, 'events')), false, 'and nothing is where true events would be');
  },
};
