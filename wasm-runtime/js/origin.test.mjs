import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import test, { after, before } from 'node:test';

import { create_ingest, origin_port } from './origin.mjs';

let server;
let url;
let answer;
const asked = [];
before(async () => {
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString('latin1') });
    answer(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());
const answers = (status, body = '', headers = {}) => {
  answer = (response) => response.writeHead(status, headers).end(body);
};
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'latin1'));

test('a batch goes to /ingest with its signature', async () => {
  answers(200, '{"status":"ok","accepted":1,"duplicates":0}');
  const ingest = create_ingest({ url, fetch, secret: 'a shared secret', clock: () => 1795248372000 });
  await ingest([bytes('the batch')], 1);
  const { method, url: target, headers, body } = asked.at(-1);
  assert.deepEqual([method, target, body], ['POST', '/ingest', 'the batch']);
  assert.equal(headers['content-type'], 'application/vnd.skerry.events');
  assert.equal(headers['x-skerry-time'], '1795248372000');
  // As in shared/ingest_test.cpp.
  assert.equal(headers['x-skerry-signature'], 'v1=f56a74081bfc6168d35ddac927725e590eff75d3ec2ab514c3984b73adad1544');

  await ingest([bytes('the '), bytes('batch')], 1);
  assert.equal(asked.at(-1).headers['x-skerry-signature'], headers['x-skerry-signature']);
  assert.equal(asked.at(-1).body, 'the batch');

  await ingest([bytes('\0\xff')], 1);
  const signed = Buffer.concat([Buffer.from('v1\n1795248372000\n'), bytes('\0\xff')]);
  const expected = createHmac('sha256', 'a shared secret').update(signed).digest('hex');
  assert.equal(asked.at(-1).headers['x-skerry-signature'], `v1=${expected}`);
});

test('an answer says whether to come again, as in C++', async () => {
  const ingest = create_ingest({ url, fetch, secret: 's' });
  for (const [status, body, code] of [
    [400, '', 'events_refused'],
    [413, '', 'events_refused'],
    [403, '{"code":"signature_expired"}', 'events_unavailable'],
    [404, '', 'events_unavailable'],
    [408, '', 'events_unavailable'],
    [429, '', 'events_unavailable'],
    [500, '', 'events_unavailable'],
    [503, '{"code":"events_full"}', 'events_full'],
    [503, '{"code":"events_unavailable"}', 'events_unavailable'],
    [301, '', 'events_unavailable'],
  ]) {
    answers(status, body);
    await assert.rejects(ingest([bytes('x')], 3), { code }, String(status));
  }
  const nobody = create_ingest({ url: 'http://127.0.0.1:1', fetch, secret: 's' });
  await assert.rejects(nobody([bytes('x')], 1), TypeError);
});

test('events are taken where /ingest itself says so of all of them, and nowhere else, as in C++', async () => {
  const ingest = create_ingest({ url, fetch, secret: 's' });
  const send = (count = 3) => ingest([bytes('x')], count);
  for (const body of [
    '{"status":"ok","accepted":3,"duplicates":0}',
    '{"status":"ok","accepted":0,"duplicates":3}',
    ' { "duplicates" : 1, "more": [{}], "accepted" : 2, "status" : "ok" } ',
  ]) {
    answers(200, body);
    await send();
    for (const count of [0, 2, 4]) await assert.rejects(send(count), { code: 'events_garbled' }, body);
    for (const status of [201, 202, 204, 299]) {
      answers(status, body);
      await assert.rejects(send(), { code: 'events_garbled' }, `${status} ${body}`);
    }
  }
  for (const body of [
    '',
    'ok',
    '<!doctype html><title>Sign in</title>',
    'null',
    '{}',
    '[]',
    '3',
    '"ok"',
    '{"status":"ok"}',
    '{"status":"ok","accepted":3}',
    '{"status":"ok","duplicates":3}',
    '{"accepted":3,"duplicates":0}',
    '{"status":"Ok","accepted":3,"duplicates":0}',
    '{"status":"down","accepted":3,"duplicates":0}',
    '{"status":true,"accepted":3,"duplicates":0}',
    '{"status":"ok","accepted":0,"duplicates":0}',
    '{"status":"ok","accepted":2,"duplicates":0}',
    '{"status":"ok","accepted":3,"duplicates":3}',
    '{"status":"ok","accepted":4,"duplicates":-1}',
    '{"status":"ok","accepted":2.5,"duplicates":0.5}',
    '{"status":"ok","accepted":"3","duplicates":0}',
    '{"status":"ok","accepted":3,"duplicates":null}',
    '{"status":"ok","accepted":18446744073709551615,"duplicates":4}',
    '{"status":"ok","accepted":3,"dropped":0,"rejected":0,"errors":[]}',
    '{"status":"ok","accepted":3,"duplicates":0',
    '{"status":"ok","accepted":3,"duplicates":0} x',
    '[{"status":"ok","accepted":3,"duplicates":0}]',
    '{"answer":{"status":"ok","accepted":3,"duplicates":0}}',
  ]) {
    answers(200, body);
    await assert.rejects(send(), { code: 'events_garbled', message: /answered 200, but not/ }, body);
  }
});

test('the origin port passes on what it is asked and what is answered', async () => {
  const port = origin_port({ url, fetch });
  const request = { method: 'GET', target: '/livez?a=%zz', headers: [['x-a', 'b']], body: bytes('') };
  answers(503, 'down', { 'X-B': 'c', Location: 'http://elsewhere/' });
  const response = await port.fetch(request);
  assert.equal(response.status, 503);
  assert.equal(Buffer.from(response.body).toString(), 'down');
  assert.ok(response.headers.some(([name, value]) => name === 'x-b' && value === 'c'));
  assert.deepEqual([asked.at(-1).method, asked.at(-1).url, asked.at(-1).headers['x-a']], ['GET', '/livez?a=%zz', 'b']);

  answers(302, '', { Location: 'http://127.0.0.1:1/' });
  assert.equal((await port.fetch({ ...request, method: 'POST', body: bytes('sent') })).status, 302);
  assert.equal(asked.at(-1).body, 'sent');

  answers(200, 'x'.repeat(1024 * 1024));
  assert.equal((await port.fetch(request)).body.length, 1024 * 1024);
  answers(200, 'x'.repeat(1024 * 1024 + 1));
  await assert.rejects(port.fetch(request), { code: 'origin_too_large' });
  answer = (response) => response.socket.destroy();
  await assert.rejects(port.fetch(request), TypeError);
});
