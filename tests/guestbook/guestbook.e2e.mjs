// The guestbook's program from the outside: everything that a capability may have, with what goes wrong around it.
import assert from 'node:assert/strict';
import { readFile, readlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';

import { startPostgres } from '../tools/postgres.mjs';
import { build, freePort, run, scratchFolder, start, stop, until } from '../tools/processes.mjs';

const kKey = 'the key of the book';

/** A data folder with its settings; `more` is TOML. */
async function installation(more = '', { binary = 'guestbook', env: own = {} } = {}) {
  const folder = await scratchFolder();
  const port = await freePort();
  const config = join(folder, 'skerry.toml');
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SKERRY_')));
  Object.assign(env, { SKERRY_GUESTBOOK_KEY: kKey, SKERRY_METRICS_CODE: 'code', SKERRY_HEALTH_CODE: 'code' }, own);
  const place = {
    folder,
    port,
    env,
    data: join(folder, 'data'),
    url: `http://127.0.0.1:${port}`,
    configure: (text) =>
      writeFile(config, `data_dir = "${folder}/data"\nlisten = "127.0.0.1:${port}"\naccess_log = false\n${binary === 'guestbook' ? 'kv_listen = ""\n' : ''}${text}`),
    start: (...args) => start(join(build, binary), ['--config', config, ...args], { cwd: folder, env }),
    run: (...args) =>
      run(join(build, binary), ['--config', config, ...args], { cwd: folder, env }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
      ),
  };
  await place.configure(more);
  return place;
}

const listens = (place, child) => until('the server', () => fetch(`${place.url}/livez`).then((r) => r.ok, () => false), { child });
const isReady = (place, child) =>
  until('readiness', () => fetch(`${place.url}/readyz`).then((r) => (r.body.cancel(), r.ok), () => false), { child, seconds: 120 });

/** With a PostgreSQL that the check can kill. */
async function withDatabase(more = '', options = {}) {
  const folder = await scratchFolder();
  const postgres = await startPostgres(folder);
  const admin = postgres.session('postgres');
  await admin.query('CREATE DATABASE skerry');
  await admin.close();
  const place = await installation(`[guestbook]\ncount_every = "100ms"\n${more}`, options);
  place.env.DATABASE_URL = postgres.url('skerry');
  return { postgres, ...place };
}

const authorized = { Authorization: `Bearer ${kKey}` };
const post = (place, body, headers = authorized) =>
  fetch(`${place.url}/guestbook/entries`, { method: 'POST', body, headers, duplex: 'half' });
const entries = async (place) => {
  const answer = await fetch(`${place.url}/guestbook/entries`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/x-ndjson');
  return (await answer.text()).split('\n').slice(0, -1).map((line) => JSON.parse(line));
};
const line = (name, text) => `${JSON.stringify({ name, text })}\n`;
const lines = (many, name, length = 10) => Array.from({ length: many }, (_, i) => line(`${name}-${i}`, 'x'.repeat(length))).join('');
const metric = async (place, name) => {
  const text = await (await fetch(`${place.url}/metrics?code=code`)).text();
  const found = text.split('\n').find((each) => each.startsWith(`${name} `));
  return found === undefined ? undefined : Number(found.slice(name.length + 1));
};
const memory = async ({ pid }) => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
/** Sessions of the program that do what `sql` is part of, and what they wait for. */
const atWork = async (look, sql) =>
  (await look.query(`SELECT coalesce(wait_event, '') FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid() AND query ILIKE '%${sql}%'`)).map(([event]) => event);

/** A stream of events; `text` is what came, `over` that it ended well. */
async function listen(place, headers = {}) {
  const answer = await fetch(`${place.url}/guestbook/live`, { headers });
  const stream = { status: answer.status, text: '', over: null, ids: () => [...stream.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1])) };
  stream.ended = (async () => {
    try {
      const decoder = new TextDecoder();
      for await (const piece of answer.body) stream.text += decoder.decode(piece, { stream: true });
      stream.over = true;
    } catch {
      stream.over = false;
    }
  })();
  stream.close = () => answer.body.cancel().catch(() => {});
  return stream;
}

/** A WebSocket of Node's own; `messages` are what came. */
async function talk(place) {
  const socket = new WebSocket(`ws://127.0.0.1:${place.port}/guestbook/socket`, { headers: authorized });
  socket.messages = [];
  socket.addEventListener('message', ({ data }) => socket.messages.push(JSON.parse(data)));
  socket.closed = new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('no WebSocket')));
  });
  return socket;
}

/** A connection that says exactly these bytes; `received` is what came. */
function raw(port, text = '') {
  const socket = connect(port, '127.0.0.1');
  socket.received = Buffer.alloc(0);
  socket.on('data', (data) => (socket.received = Buffer.concat([socket.received, data])));
  socket.on('error', () => {});
  socket.ended = new Promise((resolve) => socket.once('close', resolve));
  socket.say = (bytes) => new Promise((resolve) => socket.write(bytes, resolve));
  if (text !== '') socket.write(text);
  return socket;
}

/** An upload in the middle of its body: what was written of it has reached the database. */
async function beginUpload(place, look) {
  const asked = request({ host: '127.0.0.1', port: place.port, method: 'POST', path: '/guestbook/entries', headers: authorized });
  const upload = {
    asked,
    answered: new Promise((resolve) => {
      asked.on('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('error', () => resolve(null));
    }),
  };
  asked.write(lines(5000, 'half', 100));
  await until('the upload in the database', async () => (await atWork(look, 'COPY pg_temp.arriving')).length === 1);
  return upload;
}

/** A download whose client reads its head and nothing more, until it says `go`. */
async function beginDownload(place, look) {
  const asked = request({ host: '127.0.0.1', port: place.port, path: '/guestbook/entries' }).end();
  const answer = await new Promise((resolve, reject) => asked.once('response', resolve).once('error', reject));
  asked.on('error', () => {});
  assert.equal(answer.statusCode, 200);
  answer.pause();
  const download = {
    asked,
    answer,
    read: () =>
      new Promise((resolve) => {
        let text = '';
        let whole = false;
        answer.setEncoding('utf8');
        answer.on('data', (piece) => (text += piece));
        answer.on('end', () => (whole = answer.complete));
        answer.on('error', () => {});
        answer.on('close', () => resolve({ text, whole }));
        answer.resume();
      }),
  };
  await until('the server waits for its reader', async () => (await atWork(look, 'json_build_object%ORDER BY id')).includes('ClientWrite'));
  return download;
}

/** `many` rows of a kilobyte, as they come from an upload that holds none of them. */
function* rows(many) {
  for (let at = 0; at < many; at += 1000) yield Buffer.from(lines(Math.min(1000, many - at), `row-${at}`, 1000));
}

/** A frame of a client (RFC 6455 §5.2). */
function frame(opcode, payload, { masked = true, fin = true } = {}) {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(body.length < 126 ? 2 : 4);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (body.length < 126 ? body.length : 126);
  if (head.length === 4) head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), body]); // a mask of zeros
}
const kUpgrade = (key = kKey) =>
  `GET /guestbook/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${key}\r\n\r\n`;

export const checks = {
  async 'guestbook: each of its parts is where users of the program look for it'() {
    const place = await installation('[guestbook]\ngreeting = "Hello."\ncount_every = "100ms"\n');
    const child = place.start('up');
    await isReady(place, child);
    await until('its addresses', () => child.said.includes('Ctrl-C stops everything'), { child });
    assert.match(child.said, /the guestbook at http:\S+\/guestbook/);
    assert.equal(await (await fetch(`${place.url}/guestbook`)).text(), 'Hello.\n');
    assert.equal((await fetch(`${place.url}/guestbook`, { method: 'DELETE' })).status, 405);
    assert.deepEqual(await entries(place), []);

    const [stream, first, second] = [await listen(place), await talk(place), await talk(place)];
    await until('the head of the stream', () => stream.status === 200);
    const added = await post(place, line('Ada', 'a\tb\n\\.\u2603') + '\n' + line('Bob', "'; DROP TABLE entries; --").trim());
    assert.equal(added.status, 201);
    assert.deepEqual(await added.json(), { added: 2 });
    first.send(line('Eve', 'from a socket'));
    await until('the entry, told to everybody', () => stream.ids().includes(3) && [first, second].every((s) => s.messages.some((m) => m.name === 'Eve')));
    assert.match(stream.text, /^event: uploaded\nid: 2\ndata: 2$/m);
    first.send('no entry');
    await until('a word about it', () => first.messages.some((m) => m.code === 'bad_entry'));
    const all = await entries(place);
    assert.deepEqual(all.map(({ id, name, text }) => [id, name, text]), [
      [1, 'Ada', 'a\tb\n\\.\u2603'],
      [2, 'Bob', "'; DROP TABLE entries; --"],
      [3, 'Eve', 'from a socket'],
    ]);

    const again = await listen(place, { 'Last-Event-ID': '1' });
    await until('what was missed', () => again.ids().length === 2);
    second.send(line('Fay', 'later'));
    await until('what came then', () => again.ids().length === 3);
    assert.deepEqual(again.ids(), [2, 3, 4]);
    const bad = await fetch(`${place.url}/guestbook/live`, { headers: { 'Last-Event-ID': '4; DROP' } });
    assert.deepEqual([bad.status, (await bad.json()).code], [400, 'bad_last_event_id']);

    await until('the count', async () => (await metric(place, 'skerry_guestbook_entries')) === 4);
    assert.equal(await metric(place, 'skerry_guestbook_added_total{door="upload"}'), 2);
    assert.equal(await metric(place, 'skerry_guestbook_added_total{door="socket"}'), 2);
    const health = await (await fetch(`${place.url}/health?code=code`)).json();
    assert.equal(health.status[0].guestbook, true);

    const doctor = JSON.parse((await place.run('doctor', '--json')).stdout);
    assert.equal(doctor.findings.find(({ name }) => name === 'guestbook').message, '4 entries.');
    assert.equal(doctor.findings.find(({ name }) => name === 'guestbook.key').message, 'It can be read.');
    const config = await place.run('config');
    assert.match(config.stdout, /^guestbook\.greeting +Hello\. +\S*skerry\.toml/m);
    assert.match(config.stdout, /^guestbook\.max_upload +64 GiB/m);
    assert.match(config.stdout, /^guestbook\.key +\*\*\*/m);
    assert.ok(!config.stdout.includes(kKey));
    const status = await place.run('status', '--json');
    assert.equal(JSON.parse(status.stdout).guestbook.entries, 4);
    assert.match((await place.run('status')).stdout, /^Guestbook: *4 entries, the last of 20/m);
    const shown = await place.run('guestbook', 'entries', '--json', '--last', '2');
    assert.deepEqual(shown.stdout.trim().split('\n').map((each) => JSON.parse(each).name), ['Eve', 'Fay']);
    assert.match((await place.run('guestbook', 'entries')).stdout, /"Ada" {2}"a\\tb\\n\\\\\.☃"$/m);

    await place.configure('[guestbook]\ngreeting = "Hello again."\ncount_every = "200ms"\n');
    child.kill('SIGHUP');
    await until('the new greeting', async () => (await (await fetch(`${place.url}/guestbook`)).text()) === 'Hello again.\n', { child });
    await until('a word about the rest', () => /restart_needed|count from the next start.*guestbook\.count_every/.test(child.said), { child });

    // The program's own PostgreSQL dies: the guestbook, which needs it, brings it back.
    const pid = Number((await readFile(join(place.data, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGQUIT');
    await until('its end', () => readlink(`/proc/${pid}/cwd`).then(() => false, () => true));
    await until('PostgreSQL again', async () => (await post(place, line('Gil', 'after the end'))).status === 201, { child });
    assert.equal((await entries(place)).length, 5);
    assert.equal(await stop(child), 0, child.said);
    assert.equal(await first.closed, 1001);
    await stream.ended;
    assert.equal(stream.over, true);
  },

  async 'guestbook: without its key nobody writes, with a wrong one neither'() {
    const { postgres, ...place } = await withDatabase();
    delete place.env.SKERRY_GUESTBOOK_KEY;
    const closed = place.start('up');
    await isReady(place, closed);
    const upgrade = raw(place.port, kUpgrade());
    await until('its refusal', () => /^HTTP\/1\.1 403 [^]*writing_closed/.test(String(upgrade.received)));
    upgrade.destroy();
    const refused = await post(place, line('Ada', ''));
    assert.deepEqual([refused.status, (await refused.json()).code], [403, 'writing_closed']);
    assert.match((await place.run('doctor')).stdout, /guestbook\.key +It is not set: writing into the guestbook is closed\./);
    assert.equal(await stop(closed), 0, closed.said);

    place.env.SKERRY_GUESTBOOK_KEY = kKey;
    const open = place.start('up');
    await isReady(place, open);
    for (const headers of [{}, { Authorization: 'Bearer ' }, { Authorization: `Bearer ${kKey}x` }, { Authorization: kKey }]) {
      const denied = await post(place, line('Ada', ''), headers);
      assert.deepEqual([denied.status, denied.headers.get('www-authenticate')], [401, 'Bearer']);
    }
    assert.deepEqual(await entries(place), []);
    assert.equal((await place.run('--set', 'guestbook.key=x', 'config')).code, 2, 'no secret on a command line');
    assert.equal(await stop(open), 0, open.said);
    await postgres.crash();
  },

  async 'guestbook: of a bad body nothing is kept, and its line is named'() {
    const { postgres, ...place } = await withDatabase('max_upload = "1 MiB"\n');
    const child = place.start('up');
    await isReady(place, child);
    const look = postgres.session('skerry');
    const good = lines(2000, 'good', 100);
    for (const [body, status, code, words] of [
      [`${good}{"name": "Ada"\n${good}`, 400, 'bad_entry', /^Line 2001: /],
      [`${good}[1]`, 400, 'bad_entry', /^Line 2001: /],
      [`${good}${line('a\0', '')}`, 400, 'bad_entry', /NUL/],
      [Buffer.concat([Buffer.from('{"name": "a", "text": "'), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n')]), 400, 'bad_entry', /^Line 1: /],
      ['['.repeat(500_000), 400, 'bad_entry', /at most 64 KiB/],
      ['x'.repeat((1 << 20) + 1), 413, 'body_too_large', /./],
      [lines(20_000, 'good', 100), 413, 'body_too_large', /./],
    ]) {
      const answer = await post(place, body);
      const said = await answer.json();
      assert.deepEqual([answer.status, said.code], [status, code], JSON.stringify(said));
      assert.match(said.error, words);
    }
    // The same in chunks, which say their size when it is too late.
    const endless = raw(place.port, `POST /guestbook/entries HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${kKey}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const piece = Buffer.from(good);
    const chunk = Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
    for (let i = 0; i < 8; ++i) endless.write(chunk);
    await endless.ended;
    assert.match(String(endless.received), /^HTTP\/1\.1 413 /);
    const malformed = raw(place.port, `POST /guestbook/entries HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${kKey}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{}\n\nxx\r\n`);
    await malformed.ended;
    assert.match(String(malformed.received), /^HTTP\/1\.1 400 /);
    // One that goes away in the middle, and one that sends nothing at all.
    const gone = await beginUpload(place, look);
    gone.asked.destroy();
    await until('its end in the database', async () => (await atWork(look, 'arriving')).length === 0);
    assert.deepEqual(await (await post(place, '')).json(), { added: 0 });
    assert.deepEqual(await entries(place), []);
    assert.deepEqual(await look.query('SELECT count(*) FROM guestbook.entries'), [['0']]);
    assert.equal((await post(place, line('Ada', 'well'))).status, 201);
    await look.close();
    assert.equal(await stop(child), 0, child.said);
    await postgres.crash();
  },

  async 'guestbook: what a WebSocket should not say closes it with the code that says why'() {
    const { postgres, ...place } = await withDatabase();
    const child = place.start('up');
    await isReady(place, child);
    for (const [what, bytes, code] of [
      ['unmasked', frame(1, 'hello', { masked: false }), 1002],
      ['no UTF-8', frame(1, Buffer.from([0xc3, 0x28])), 1007],
      ['too large', Buffer.concat([frame(1, 'x'.repeat(60_000), { fin: false }), frame(0, 'x'.repeat(60_000))]), 1009],
      ['binary', frame(2, line('Ada', '')), 1003],
      ['in fragments without end', Buffer.concat([frame(1, '{', { fin: false }), ...Array(70_000).fill(frame(0, 'x', { fin: false }))]), 1009],
    ]) {
      const socket = raw(place.port, kUpgrade());
      await until('the upgrade', () => String(socket.received).includes('\r\n\r\n'));
      assert.match(String(socket.received), /^HTTP\/1\.1 101 /);
      await socket.say(bytes);
      const close = () => socket.received.subarray(socket.received.indexOf('\r\n\r\n') + 4);
      await until(`a close frame for ${what}`, () => close().length >= 4);
      assert.deepEqual([close()[0], close().readUInt16BE(2)], [0x88, code], what);
      socket.end(frame(8, ''));
      await socket.ended;
    }
    const broken = raw(place.port, kUpgrade());
    await until('the upgrade', () => String(broken.received).includes('\r\n\r\n'));
    await broken.say(frame(1, line('Ada', 'half')).subarray(0, 10));
    broken.destroy();
    assert.deepEqual(await entries(place), []);
    const well = await talk(place);
    well.send(line('Ada', 'well'));
    await until('the entry', () => well.messages.length === 1);
    assert.equal(await stop(child), 0, child.said);
    await postgres.crash();
  },

  async 'guestbook: a body of any size goes in, and a reader who does not read holds up nobody and costs no memory'() {
    const { postgres, ...place } = await withDatabase();
    const child = place.start('up');
    await isReady(place, child);
    const look = postgres.session('skerry');
    await post(place, line('first', ''));
    await entries(place);
    const before = await memory(child);
    let most = 0;
    async function* measured() {
      for (const piece of rows(150_000)) {
        yield piece;
        most = Math.max(most, await memory(child));
      }
    }
    const added = await post(place, ReadableStream.from(measured()));
    assert.deepEqual(await added.json(), { added: 150_000 });
    const download = await beginDownload(place, look);
    const waiting = await memory(child);
    // 150 MB went in, and wait to go out.
    assert.ok(most - before < 48, `${before} MB, ${most} MB while it came in`);
    assert.ok(waiting - before < 48, `${before} MB, ${waiting} MB while nobody read`);
    assert.equal((await post(place, line('beside', ''))).status, 201);
    const gone = await beginDownload(place, look);
    gone.asked.destroy();
    const { text, whole } = await download.read();
    assert.ok(whole);
    const all = text.split('\n').slice(0, -1);
    assert.equal(all.length, 150_001, 'as it was when the reading began');
    assert.equal(JSON.parse(all.at(-1)).name, 'row-149000-999');
    await until('both connections back', async () => (await atWork(look, 'json_build_object')).length === 0 && (await metric(place, 'skerry_db_pool_in_use')) === 0);
    await look.close();
    assert.equal(await stop(child), 0, child.said);
    await postgres.crash();
    return `${before.toFixed(0)} MB, at most ${Math.max(most, waiting).toFixed(0)} MB`;
  },

  async 'guestbook: with the database away from the start it says so, and is well when it comes'() {
    const { postgres, ...place } = await withDatabase();
    await postgres.crash();
    const child = place.start('up');
    await listens(place, child);
    await until('a word about it', () => child.said.includes('db_unreachable'), { child });
    assert.equal((await fetch(`${place.url}/guestbook`)).status, 200);
    assert.equal((await fetch(`${place.url}/readyz`)).status, 503);
    for (const answer of [
      await fetch(`${place.url}/guestbook/entries`),
      await post(place, lines(10, 'early')),
      await fetch(`${place.url}/guestbook/live`, { headers: { 'Last-Event-ID': '0' } }),
    ]) {
      assert.deepEqual([answer.status, (await answer.json()).code], [503, 'db_unreachable']);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
    }
    const stream = await listen(place); // who missed nothing needs no database
    assert.equal(stream.status, 200);
    const socket = await talk(place);
    socket.send(line('Ada', 'early'));
    await until('a word about it', () => socket.messages.some((message) => message.code === 'db_unreachable'));
    const health = await (await fetch(`${place.url}/health?code=code`)).json();
    assert.equal(health.status[0].guestbook, false);
    assert.match(health.messages[0].guestbook.join(), /db_unreachable/);
    await postgres.start();
    await isReady(place, child);
    assert.deepEqual(await entries(place), []);
    socket.send(line('Ada', 'in time'));
    await until('the entry', () => stream.ids().length === 1);
    assert.deepEqual((await entries(place)).map(({ text }) => text), ['in time']);
    assert.equal(await stop(child), 0, child.said);
    await postgres.crash();
  },

  async 'guestbook: a database that is killed in the middle leaves nothing half, and is used again when it is back'() {
    const { postgres, ...place } = await withDatabase();
    const child = place.start('up');
    await isReady(place, child);
    assert.equal((await post(place, ReadableStream.from(rows(50_000)))).status, 201);
    const look = postgres.session('skerry');
    const socket = await talk(place);
    const download = await beginDownload(place, look);
    const upload = await beginUpload(place, look);
    await postgres.crash();
    upload.asked.write(lines(20_000, 'more', 100));
    upload.asked.end();
    assert.equal(await upload.answered, 503);
    const { text, whole } = await download.read();
    assert.equal(whole, false, 'the client sees that it is not whole');
    assert.ok(text.split('\n').length < 50_000);
    socket.send(line('Ada', 'nobody there'));
    await until('a word about it', () => socket.messages.some((message) => message.code === 'db_unreachable'));
    assert.equal((await fetch(`${place.url}/guestbook/entries`)).status, 503);
    await until('it is not ready', () => fetch(`${place.url}/readyz`).then((r) => (r.body.cancel(), r.status === 503)), { child });
    await postgres.start();
    await isReady(place, child);
    socket.send(line('Ada', 'again'));
    await until('the entry', () => socket.messages.some((message) => message.text === 'again'));
    const all = await entries(place);
    assert.equal(all.length, 50_001);
    assert.ok(!all.some(({ name }) => name.startsWith('half') || name.startsWith('more')));
    await look.close().catch(() => {});
    assert.equal(await stop(child), 0, child.said);
    await postgres.crash();
  },

  async 'guestbook: SIGTERM in the middle of everything ends it in its time, with nothing half stored'() {
    const { postgres, ...place } = await withDatabase();
    place.env.SKERRY_STOP_TIMEOUT = '1s';
    const child = place.start('up');
    await isReady(place, child);
    assert.equal((await post(place, ReadableStream.from(rows(50_000)))).status, 201);
    const look = postgres.session('skerry');
    const stream = await listen(place);
    const [quiet, busy] = [await talk(place), raw(place.port, kUpgrade())];
    await until('the upgrade', () => String(busy.received).includes('\r\n\r\n'));
    await busy.say(frame(1, line('Ada', 'half')).subarray(0, 10)); // a frame that never ends
    const download = await beginDownload(place, look);
    const upload = await beginUpload(place, look);
    // One whose transaction waits for somebody else's lock.
    const holder = postgres.session('skerry');
    await holder.query('BEGIN; LOCK TABLE guestbook.entries IN SHARE ROW EXCLUSIVE MODE');
    quiet.send(line('Ada', 'waits for the lock'));
    await until('it waits', async () => (await atWork(look, 'LOCK TABLE guestbook')).includes('relation'));

    assert.equal(await stop(child), 0, child.said);
    assert.match(child.said, /Stopped/);
    assert.equal(await quiet.closed, 1001);
    await Promise.all([stream.ended, busy.ended]);
    assert.equal(stream.over, true);
    assert.equal(await upload.answered, null);
    assert.equal((await download.read()).whole, false);
    await holder.query('ROLLBACK');
    await until('its sessions are gone', async () => (await look.query("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'skerry%'"))[0][0] === '0');
    assert.deepEqual(await look.query('SELECT count(*) FROM guestbook.entries'), [['50000']]);

    // The end of an upload that comes in time is taken.
    place.env.SKERRY_STOP_TIMEOUT = '1m';
    const again = place.start('up');
    await isReady(place, again);
    const last = await beginUpload(place, look);
    again.kill('SIGTERM');
    await until('the stop', () => again.said.includes('Stopping'), { child: again });
    last.asked.end();
    assert.equal(await last.answered, 201);
    assert.equal(await again.ended, 0, again.said);
    assert.deepEqual(await look.query('SELECT count(*) FROM guestbook.entries'), [['55000']]);
    await Promise.all([look.close(), holder.close()]);
    await postgres.crash();
  },

  async 'guestbook: what two claim, and what no part of the program knows, is refused at the start, by name'() {
    for (const [settings, words] of [
      ['[guestbook]\npath = "/ingest"\n', /events and guestbook both want to serve \/ingest\./],
      ['[guestbook]\npath = "/latest"\n', /the function latest and guestbook both want to serve \/latest\./],
      ['[guestbook]\npath = "/livez"\n', /guestbook and the program both want to serve \/livez\./],
      ['[guestbook]\npath = "guestbook"\n', /guestbook\.path.*a path: \/guestbook/],
      ['[guestbook]\ngreting = "x"\n', /guestbook\.greting.*Do you mean "guestbook\.greeting"/],
      ['[events]\ngreeting = "x"\n', /events\.greeting/],
      ['[guest]\nmax_upload = "1 GiB"\n', /There is no table \[guest\]\./],
      ['[guestbook]\nmax_upload = "lots"\n', /guestbook\.max_upload/],
      ['[guestbook]\ncount_every = "1ms"\n', /guestbook\.count_every.*100ms/],
      ['[update]\ninterval = "5m"\n', /update/], // of a capability that this program has not
    ]) {
      const place = await installation(settings);
      const refused = await place.run('up');
      assert.equal(refused.code, 2, `${settings}: ${refused.stderr}`);
      assert.match(refused.stderr, words);
    }
  },

  async 'guestbook: of a migration that fails in the middle nothing stays, and the schemas of others are good'() {
    const { postgres, ...place } = await withDatabase();
    const child = place.start('up');
    await isReady(place, child);
    assert.equal((await post(place, lines(10, 'kept'))).status, 201);
    assert.equal(await stop(child), 0, child.said);

    const broken = await installation('', { binary: 'guestbook-broken', env: { DATABASE_URL: postgres.url('skerry') } });
    const failed = await broken.run('up');
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /migration_failed/);
    assert.match(failed.stderr, /0002_broken/);
    const look = postgres.session('skerry');
    assert.deepEqual(await look.query("SELECT to_regclass('guestbook.moods') IS NULL, count(*) FROM information_schema.columns WHERE table_schema = 'guestbook' AND column_name = 'mood'"), [['t', '0']]);
    assert.deepEqual(await look.query('SELECT owner, name FROM skerry.migrations ORDER BY 1'), [
      ['guestbook', '0001_guestbook'],
      ['sound', '0001_sound'],
    ]);
    await look.close();

    const again = place.start('up');
    await isReady(place, again);
    assert.equal((await entries(place)).length, 10);
    assert.equal(await stop(again), 0, again.said);
    await postgres.crash();
  },

  async 'guestbook: a program that only serves uses the database that is there'() {
    const { postgres, ...place } = await withDatabase();
    const up = place.start('up');
    await isReady(place, up);
    assert.equal((await post(place, lines(3, 'kept'))).status, 201);
    assert.equal(await stop(up), 0, up.said);
    const serve = place.start('serve');
    await isReady(place, serve);
    assert.equal((await entries(place)).length, 3);
    assert.equal((await post(place, lines(1, 'more'))).status, 201);
    await postgres.crash();
    await until('it is not ready', () => fetch(`${place.url}/readyz`).then((r) => (r.body.cancel(), r.status === 503)), { child: serve });
    await postgres.start();
    await isReady(place, serve);
    assert.equal((await entries(place)).length, 4);
    assert.equal(await stop(serve), 0, serve.said);
    await postgres.crash();
  },
};
