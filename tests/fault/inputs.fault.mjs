// What clients may send, however large or odd it is: an answer of the 2xx or 4xx that fits, never a 500.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';

import { installation } from '../e2e/skerry.mjs';
import { answers, stop } from '../tools/processes.mjs';

const kMost = 8 << 20;
const kJson = 'application/json';
const kForm = 'application/x-www-form-urlencoded';

const events = (count, size) =>
  Array.from({ length: count }, (_, i) => ({ id: `${i}-${randomBytes(4).toString('hex')}`, type: 'page', text: randomBytes(size / 2).toString('hex') }));
/** JSON of nearly `size` bytes in all. */
const batch = (size, each) => JSON.stringify(events(Math.floor(size / (each + 70)), each));

const kBodies = () => {
  const near = batch(kMost - 200_000, 2000);
  const small = JSON.stringify(Array.from({ length: 10_000 }, (_, i) => ({ id: `${i}`, n: i })));
  return [
    ['a batch of nearly 8 MiB', kJson, near],
    ['the same as gzip', kJson, gzipSync(near), 'gzip'],
    ['the same as gzip, with level 1', kJson, gzipSync(near, { level: 1 }), 'gzip'],
    ['8 MiB that shrink to little', kJson, gzipSync(`[${'{"type":"page","a":"b"},'.repeat(9000)}{}]`), 'gzip'],
    ['10,000 small events', kJson, small],
    ['10,000 small events as gzip', kJson, gzipSync(small), 'gzip'],
    ['gzip in gzip', kJson, gzipSync(gzipSync(near)), 'gzip'],
    ['a bomb', kJson, gzipSync(Buffer.alloc(64 << 20)), 'gzip'],
    ['half of a gzip', kJson, gzipSync(near).subarray(0, 1 << 20), 'gzip'],
    ['no gzip', kJson, 'x'.repeat(1 << 20), 'gzip'],
    ['deflate', kJson, deflateSync(near), 'deflate'],
    ['two million pairs', kForm, 'a=1&'.repeat(2_000_000)],
    ['four million names', kForm, 'a&'.repeat(4_000_000)],
    ['8 MiB of ampersands', kForm, '&'.repeat(kMost)],
    ['8 MiB of percents', kForm, '%'.repeat(kMost)],
    ['8 MiB in percents', kForm, '%41'.repeat(kMost / 3)],
    ['two million data', kForm, 'data=e30&'.repeat(900_000)],
    ['8 MiB of data', kForm, `data=${encodeURIComponent(Buffer.from(batch(5 << 20, 2000)).toString('base64'))}`.slice(0, kMost)],
    ['data with gzip', kForm, `data=${encodeURIComponent(gzipSync(near).toString('base64'))}`],
    ['two million pairs as gzip', kForm, gzipSync('a=1&'.repeat(2_000_000)), 'gzip'],
    ['8 MiB of brackets', kJson, '['.repeat(kMost)],
    ['8 MiB of braces', kJson, '{"a":'.repeat(kMost / 5)],
    ['8 MiB of brackets and their ends', kJson, '['.repeat(kMost / 2) + ']'.repeat(kMost / 2)],
    ['8 MiB of empty objects', kJson, `[${'{},'.repeat(kMost / 3 - 4)}{}]`],
    ['8 MiB of numbers', kJson, `[${'1,'.repeat(kMost / 2 - 4)}1]`],
    ['one number of 8 MiB', kJson, `[{"a":${'1'.repeat(kMost - 20)}}]`],
    ['8 MiB of members', kJson, `{${'"a":1,'.repeat(kMost / 6 - 4)}"b":2}`],
    ['8 MiB of escapes', kJson, `{"a":"${'\\u0041'.repeat(kMost / 6 - 4)}"}`],
    ['8 MiB of lone surrogates', kJson, `[${'"\\ud800",'.repeat(kMost / 9 - 4)}1]`],
    ['8 MiB of space', kJson, ' '.repeat(kMost)],
    ['8 MiB of zeros', kJson, Buffer.alloc(kMost)],
    ['8 MiB of noise', kJson, randomBytes(kMost)],
    ['8 MiB of noise as a form', kForm, randomBytes(kMost)],
    ['a segment batch of 8 MiB', kJson, JSON.stringify({ batch: events(3500, 2000) })],
    ['a snowplow batch', kJson, JSON.stringify({ schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4', data: events(3500, 2000) })],
    ['a byte too much', kJson, ' '.repeat(kMost + 1)],
  ];
};
const kPaths = [
  '/t', '/t/page', '/w', '/e', '/e/', '/i/v0/e/', '/batch', '/track', '/capture', '/engage', '/v1/batch', '/v1/track', '/v1/import',
  '/com.snowplowanalytics.snowplow/tp2', '/pixel/x', '/beacon/x', '/latest', '/metrics', '/health', '/status/',
];
const kOthers = new Set(['/latest', '/metrics', '/health', '/status/']);
const kTargets = [
  `/i?data=${gzipSync(Buffer.alloc(1 << 20, '{"a":1},')).toString('base64url')}`,
  `/t?${'a&'.repeat(4000)}`,
  `/latest?${'project=ris&'.repeat(600)}`,
  `/latest?collector_id=${'a,'.repeat(4000)}`,
  `/v3/broker/latest?${'%'.repeat(8000)}`,
  `/history?${'&'.repeat(8000)}`,
  `/health?${'code=%00&'.repeat(800)}`,
  `/t/${'%2e%2e/'.repeat(1000)}`,
];

export const checks = {
  async 'no input is answered with 500'() {
    const place = await installation('workers = 2\naccess_log = false\n');
    const child = place.start('serve');
    await answers(`${place.url}/livez`, child);
    const failed = [];
    const count = {};
    const note = (what, status, code) => {
      count[status] = (count[status] ?? 0) + 1;
      const fits = status < 500 || (status === 503 && code !== 'function_trapped');
      if (!fits) failed.push(`${what}: ${status} ${code}`);
    };
    const ask = async (what, target, options) => {
      const answer = await fetch(place.url + target, { signal: AbortSignal.timeout(60_000), ...options }).catch((error) => error);
      if (answer instanceof Error) {
        if (what.startsWith('a byte too much')) return 413;
        failed.push(`${what}: ${answer.cause ?? answer}`);
        return 0;
      }
      const text = await answer.text();
      note(what, answer.status, /"code":"(\w+)"/.exec(text)?.[1]);
      return answer.status;
    };
    for (const [what, type, body, encoding] of kBodies()) {
      for (const path of kPaths) {
        // What is too large for a route is refused by its head; who is still sending may not hear of it.
        if (body.length > (kOthers.has(path) ? 1 << 20 : kMost) && path !== '/t') continue;
        await ask(`${what} to ${path}`, path, { method: 'POST', body, headers: { 'Content-Type': type, ...(encoding && { 'Content-Encoding': encoding }) } });
      }
    }
    for (const target of kTargets) for (const method of ['GET', 'POST']) await ask(`${method} ${target.slice(0, 40)}`, target, { method });
    assert.deepEqual(failed, [], child.said.slice(-3000));
    assert.ok(!child.said.includes('function_trapped'), child.said.slice(-3000));

    // What is legal is taken.
    const near = batch(7 << 20, 20_000);
    for (const [body, encoding] of [[near, 'identity'], [gzipSync(near), 'gzip'], [gzipSync(near, { level: 1 }), 'gzip']]) {
      const headers = { 'Content-Type': kJson, 'Content-Encoding': encoding };
      assert.equal(await ask('a legal batch', '/t', { method: 'POST', body, headers }), 200, encoding);
    }
    assert.equal(await stop(child), 0, child.said);
    return JSON.stringify(count);
  },
};
