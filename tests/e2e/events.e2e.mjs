// `skerry events`, with a log that has something in it, beside a running server and without one.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
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
  place.env.SKERRY_FUNCTIONS_METRICS_METRICS_PUBLIC = 'on';
  const server = place.start('serve');
  await answers(`${place.url}/livez`, server);
  return { place, server };
}

/** `/metrics` is as of some seconds ago. */
const counted = async (place, server, ...lines) => {
  let shown = '';
  const there = async () => {
    shown = await (await fetch(`${place.url}/metrics`)).text();
    return lines.every((line) => shown.split('\n').includes(line));
  };
  await until(lines.join(', '), there, { child: server, seconds: 60 });
};

/** A log that some forty events of `poster` fill. */
const kSmallLog = 'events.max_bytes = "512KiB"\nevents.segment_bytes = "64KiB"\nevents.min_free = 0\nevents.limits.burst = "0s"\n';
const poster = (place) => (id) => fetch(`${place.url}/t/w`, { method: 'POST', body: JSON.stringify({ id, fill: 'x'.repeat(10_000) }) });

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
    // Whose terminal is gone; to the server it means something else.
    const left = place.start('events', 'tail', '-f', '--json', '--from', 'beginning');
    await until('the events', () => left.printed.includes('"id":"c'), { child: left });
    assert.equal(await stop(left, 'SIGHUP'), 0);

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
    assert.equal(busy.code, 5);
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

  async 'what answers and is no /ingest has no event: no file goes, and nothing is said to be sent'() {
    const { place, server } = await running();
    await ingest(place, { id: 'a' }, { id: 'b' });
    const folder = join(place.folder, 'edge');
    await mkdir(folder);
    await writeFile(join(folder, '1.events'), batch({ id: 'c' }, { id: 'd' }));
    let answer;
    const other = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(answer[0], { 'Content-Type': 'text/html' }).end(answer[1]));
    });
    await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
    const to = ['--to', `http://127.0.0.1:${other.address().port}`];
    for (answer of [
      [200, '<!doctype html><title>Sign in</title>'],
      [200, ''],
      [204, ''],
      [202, '{"status":"ok","accepted":2,"duplicates":0}'],
      [200, '{"status":"ok"}'],
      [200, '{"status":"ok","accepted":0,"duplicates":0}'],
      [200, '{"status":"ok","accepted":1,"duplicates":0}'],
      [200, '{"status":"ok","accepted":2,"duplicates":2}'],
    ]) {
      const what = JSON.stringify(answer);
      for (const command of [['import', '--remove', folder], ['replay', '--from', 'beginning']]) {
        const said = await place.run('events', ...command, ...to);
        assert.equal(said.code, 1, what);
        assert.match(said.stderr, new RegExp(`answers ${answer[0]}, but not that it has these events`), what);
        assert.doesNotMatch(said.stdout, /^[1-9]\d* records? .*sent|: [1-9]\d* records/m, what);
      }
      const said = await place.run('events', 'import', '--json', '--remove', folder, ...to);
      assert.equal(said.code, 1, what);
      assert.equal(JSON.parse(said.stdout.split('\n')[0]).files[0].error.code, 'events_garbled', what);
      assert.deepEqual(await readdir(folder), ['1.events'], what);
    }
    answer = [200, '{"status":"ok","accepted":1,"duplicates":1}'];
    const taken = await place.run('events', 'import', '--remove', folder, ...to);
    assert.equal(taken.code, 0, taken.stderr);
    assert.deepEqual(await readdir(folder), []);
    other.close();
    await stop(server);
  },

  async 'a newest segment that was emptied or removed is told, and its numbers are not given again'() {
    for (const lose of [(path) => truncate(path), (path) => rm(path)]) {
      const { place, server } = await running();
      await ingest(place, { id: 'a' }, { id: 'b' }, { id: 'c' });
      await stop(server);
      await lose(join(place.data, 'events', '0000000000000001.events'));
      const verified = await place.run('events', 'stats', '--verify', '--json');
      assert.equal(verified.code, 1);
      assert.equal(JSON.parse(verified.stdout).verified.damage[0].records, 3);
      const again = place.start('serve');
      await answers(`${place.url}/livez`, again);
      assert.match(again.said + again.printed, /header of a segment can't be read: it is now|is missing, the newest segment/);
      await ingest(place, { id: 'd' });
      const [line] = (await place.run('events', 'tail', '--json')).stdout.split('\n');
      assert.deepEqual([JSON.parse(line).id, JSON.parse(line).number], ['d', 4]);
      await stop(again);
    }
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
      assert.match(stderr, /3 records, from 1 on, can't be read.*events_unreadable/);
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
      [['import', join(other.folder, 'nothing')], 5, /Can't read .*\/nothing: No such file[^]*at work here/],
      [['import', '--dry-run', join(other.data, 'events')], 1, /0000000000000001\.events: this is a segment of an event log.* replay --from beginning --to URL/],
      ...[['5', '2'], ['2026-11-02', '2026-11-01'], ['1h', '2h'], ['1', 'beginning']].map(([from, until]) => [
        ['replay', '--from', from, '--until', until, '--to', other.url], 2, /--until \S+ comes before --from/,
      ]),
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
    assert.equal(busy.code, 5);
    assert.match(busy.stderr, /say --to with its address/);
    assert.equal(await stop(server), 0);
    const taken = await place.run('events', 'import', file);
    assert.equal(taken.code, 0, taken.stderr);
    assert.match(taken.stdout, /: 2 records$/m);
    assert.deepEqual(ids(await place.run('events', 'tail', '--json')), ['posted', 'a', 'b']);
    assert.equal(existsSync(join(place.data, 'events')), false, 'and nothing is where true events would be');
  },

  async 'a repeat in a later request, and what is refused, are told, counted and logged'() {
    const { place, server } = await running('log.format = "json"\n');
    const post = (path, body, headers) => fetch(`${place.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers });
    for (const [path, body] of [['/t/w', { id: 'a' }], ['/t/batch', { batch: [{ id: 'b' }, { id: 'c' }] }], ['/v1/batch', { batch: [{ type: 'track', event: 'e', messageId: 'm' }] }]]) {
      const first = await post(path, body);
      assert.equal(first.status, 200, await first.text());
      assert.equal(first.headers.get('x-track-duplicates'), null);
      const again = await post(path, body, { Origin: 'https://shop.example' });
      assert.equal(again.status, 200);
      assert.equal(again.headers.get('x-track-duplicates'), String(body.batch?.length ?? 1), path);
      assert.equal(again.headers.get('x-track-dropped'), 'duplicate');
      assert.match(again.headers.get('access-control-expose-headers'), /X-Track-Duplicates/);
    }
    const bad = [1, { id: 'd' }, 'x'];
    for (let i = 0; i < 5; ++i) assert.equal((await post('/t/x', bad)).headers.get('x-track-rejected'), 'event_invalid=2');
    await counted(place, server, 'skerry_events_duplicate_total 8', 'skerry_events_accepted_total 5', 'skerry_events_rejected_total{reason="event_invalid"} 10');
    assert.equal(await stop(server), 0);
    const lines = server.said.split('\n').filter((line) => line.includes('"events_rejected"')).map((line) => JSON.parse(line));
    assert.ok(lines.length >= 1 && lines.length < 5, server.said);
    assert.deepEqual([lines[0].reason, lines[0].count, lines[0].level], ['event_invalid', 2, 'warning']);
  },

  async 'who sends too much is told to wait, the longer the more it was; nobody else is'() {
    const { place, server } = await running(
      'trusted_proxies = ["127.0.0.1"]\nlog.format = "json"\nevents.limits.burst = "1s"\nevents.limits.client_events = 1\nevents.limits.site_events = 10\n',
    );
    let next = 0;
    const post = async (client, count, origin) => {
      const batch = Array.from({ length: count }, () => ({ id: `e${next++}` }));
      const headers = { 'X-Forwarded-For': client, Origin: origin ?? `https://${client.replaceAll('.', '-')}.example` };
      const response = await fetch(`${place.url}/t/batch`, { method: 'POST', body: JSON.stringify({ batch }), headers });
      const body = await response.text();
      if (response.status === 429) assert.match(body, /"code":"events_limited"/);
      return { status: response.status, wait: Number(response.headers.get('retry-after') ?? 0) };
    };
    // What begins within the limit is taken whole, and owed.
    assert.equal((await post('198.51.100.1', 100)).status, 200);
    assert.equal((await post('198.51.100.2', 1000)).status, 200);
    const [little, much] = [await post('198.51.100.1', 1), await post('198.51.100.2', 1)];
    assert.deepEqual([little.status, much.status], [429, 429]);
    assert.ok(little.wait >= 5 && much.wait > little.wait, JSON.stringify([little, much]));
    assert.equal((await post('198.51.100.3', 1)).status, 200, 'another one');
    // The pages of a site are limited together, whoever reads them.
    assert.equal((await post('198.51.100.4', 5000, 'https://shop.example')).status, 200);
    const site = await post('198.51.100.5', 1, 'https://shop.example');
    assert.ok(site.status === 429 && site.wait >= 5, JSON.stringify(site));
    assert.equal((await post('198.51.100.5', 1, 'https://other.example')).status, 200);
    for (let i = 0; i < 50; ++i) assert.equal((await post('198.51.100.2', 1)).status, 429);
    await counted(place, server, 'skerry_events_limited_total{by="client"} 52', 'skerry_events_limited_total{by="site"} 1');

    // What counts from the next start on is said so.
    const config = await readFile(place.config, 'utf8');
    await writeFile(place.config, config.replace('client_events = 1\n', 'client_events = 0\n'));
    server.kill('SIGHUP');
    const line = await until('the settings', () => server.said.split('\n').find((each) => each.includes('"restart_needed"')), { child: server });
    assert.match(JSON.parse(line).settings, /events\.limits\.client_events/);
    assert.equal(await stop(server), 0);
    const told = server.said.split('\n').filter((each) => each.includes('"events_limited"') && each.includes('"client"'));
    assert.ok(told.length >= 1 && told.length < 20, server.said);
  },

  async 'a full log refuses, and what still works goes on; trim makes room, and it takes events again'() {
    const place = await installation(`archive = "replica"\naccess_log = false\n${kSmallLog}`);
    const server = place.start('up');
    await ready(server);
    const post = poster(place);
    const part = async () => (await fetch(`${place.url}/readyz?capability=events`)).status;
    await until('readiness', async () => (await part()) === 200, { child: server });
    let refused;
    for (let i = 0; i < 200 && !refused; ++i) {
      const response = await post(`e${i}`);
      if (response.status !== 200) refused = response;
    }
    assert.equal(refused?.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) >= 5);
    assert.equal((await refused.json()).code, 'events_full');
    await until('the word of the check', async () => (await part()) === 503, { child: server });
    assert.equal((await fetch(`${place.url}/sink-health`)).status, 503);
    assert.equal((await fetch(`${place.url}/livez`)).status, 200);
    const rest = await fetch(`${place.url}/readyz`);
    assert.deepEqual([rest.status, (await rest.text()).includes('events')], [200, true], 'the rest stays in rotation');
    assert.equal((await fetch(`${place.url}/latest`)).status, 200);

    const inspected = async (...flags) => JSON.parse((await place.run(...flags, 'doctor', '--json')).stdout).findings.find(({ name }) => name === 'queue');
    const full = await inspected();
    assert.equal(full.status, 'failed');
    assert.match(full.message, /events_full/);
    assert.match(full.advice, /skerry events trim.*events\.when_full/);
    const filling = await inspected('--set', 'events.max_bytes=600KiB');
    assert.equal(filling.status, 'warning', filling.message);
    assert.match(filling.message, /^The log is 8\d % full/);
    assert.equal((await inspected('--set', 'events.max_bytes=1MiB')).status, 'ok');
    await until('the word of status', async () => /queue[^]*events_full/.test((await place.run('status')).stdout), { child: server });

    const before = JSON.parse((await place.run('events', 'stats', '--json')).stdout);
    const trimmed = await place.run('events', 'trim', '--to-size', '0');
    assert.equal(trimmed.code, 0, trimmed.stderr);
    assert.match(trimmed.stdout, /records of the log \(numbers 1 to \d+\), .*: deleted\.$/m);
    const after = JSON.parse((await place.run('events', 'stats', '--json')).stdout);
    assert.ok(after.bytes < before.bytes && after.first > before.first, JSON.stringify([before, after]));
    await until('readiness again, without an event', async () => (await part()) === 200, { child: server });
    assert.equal((await post('later')).status, 200);
    assert.equal(ids(await place.run('events', 'tail', '--json')).at(-1), 'later');
    await stop(server);
  },

  async 'a full log that may drop its oldest takes every event, and says what went'() {
    const { place, server } = await running(`${kSmallLog}events.when_full = "drop_oldest"\nlog.format = "json"\n`);
    const post = poster(place);
    for (let i = 0; i < 120; ++i) assert.equal((await post(`e${i}`)).status, 200, `event ${i}`);
    const left = ids(await place.run('events', 'tail', '--json', '--from', 'beginning'));
    assert.equal(left.at(-1), 'e119');
    assert.deepEqual(left, Array.from({ length: left.length }, (_, i) => `e${120 - left.length + i}`), 'the newest, all of them');
    assert.ok(left.length < 120);
    await counted(place, server, `skerry_events_dropped_total ${120 - left.length}`, 'skerry_events_queue_max_bytes 524288');
    assert.equal((await fetch(`${place.url}/readyz?capability=events`)).status, 200);
    await stop(server);
    const told = server.said.split('\n').filter((line) => line.includes('"event":"events_dropped"'));
    assert.ok(told.length >= 1 && told.length < 10, 'as long as it lasts, once in a while');
  },
};
