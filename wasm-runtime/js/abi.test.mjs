import assert from 'node:assert/strict';
import test from 'node:test';

import * as abi from './abi.mjs';

const u32 = (value) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
/// Numbers become u32, strings UTF-8, arrays raw bytes.
const bytes = (...parts) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? u32(part) : Array.isArray(part) ? part : [...Buffer.from(part)])),
  );
const buffer = (...parts) => bytes(...parts).buffer;

const request = (changes) => ({ method: 'GET', target: '/', client: '', headers: [], hints: [], body: null, ...changes });

test('records are written as the page says', () => {
  const long = 'é'.repeat(5000); // more than the writer's first room
  const cases = [
    [() => abi.encode_settings({}), bytes(0)],
    [() => abi.encode_settings({ gzip: 'off' }), bytes(1, 4, 'gzip', 3, 'off')],
    [() => abi.encode_request(request({ target: '/?a=%zz' })), bytes(3, 'GET', 7, '/?a=%zz', 0, 0, 0, 0)],
    [
      () =>
        abi.encode_request({
          method: 'POST',
          target: '/ü',
          client: '2001:db8::1',
          headers: new Headers({ 'X-A': '1', Accept: '' }),
          hints: [['country', 'DE']],
          body: bytes('body'),
        }),
      bytes(
        ...[4, 'POST', 3, '/ü', 11, '2001:db8::1', 2, 6, 'accept', 0, 3, 'x-a', 1, '1'],
        ...[1, 7, 'country', 2, 'DE', 4, 'body'],
      ),
    ],
    [() => abi.encode_request(request({ target: long })), bytes(3, 'GET', 10000, long, 0, 0, 0, 0)],
    [() => abi.encode_failure('kv_unavailable', 'schläft'), bytes(1, 14, 'kv_unavailable', 8, 'schläft')],
    [() => abi.encode_kv_get(null), bytes(0, 0)],
    [() => abi.encode_kv_get(new ArrayBuffer(0)), bytes(0, 1, 0)],
    [() => abi.encode_kv_get(buffer('abc')), bytes(0, 1, 3, 'abc')],
    [() => abi.encode_kv_get_many([]), bytes(0, 0)],
    [() => abi.encode_kv_get_many([null, buffer('x'), null]), bytes(0, 3, 0, 1, 1, 'x', 0)],
    [
      () => abi.encode_origin_fetch({ status: 503, headers: [['a', 'ü']], body: bytes('no') }),
      bytes(0, 503, 1, 1, 'a', 2, 'ü', 2, 'no'),
    ],
    [() => abi.encode_done(), bytes(0)],
  ];
  for (const [encode, expected] of cases) assert.deepEqual(new Uint8Array(Buffer.concat(encode())), expected);
});

test('responses are read whole or not at all', () => {
  const good = bytes(200, 2, 4, 'ETag', 3, '"1"', 0, 0);
  assert.deepEqual(abi.decode_response(good), { status: 200, headers: [['ETag', '"1"'], ['', '']] });
  for (let size = 0; size < good.length; ++size)
    assert.throws(() => abi.decode_response(good.subarray(0, size)), abi.Violation, `cut after ${size} bytes`);
  const bad = {
    'more than the record': bytes(200, 0, 0),
    'an endless list': bytes(200, 0xffffffff),
    'an endless string': bytes(200, 1, 0xffffffff, 'a', 0),
    'status 0': bytes(0, 0),
    'status 101': bytes(101, 0),
    'status 600': bytes(600, 0),
  };
  for (const [what, record] of Object.entries(bad)) assert.throws(() => abi.decode_response(record), abi.Violation, what);
});

test('calls are read whole or not at all', () => {
  const call = (record, body = bytes()) => abi.decode_call({ record, body });
  assert.deepEqual(call(bytes(1, 6, 'latest')), { operation: 1, keys: ['latest'] });
  assert.deepEqual(call(bytes(2, 2, 1, 'a', 2, 'ü')), { operation: 2, keys: ['a', 'ü'] });
  assert.deepEqual(call(bytes(2, 0)), { operation: 2, keys: [] });
  assert.deepEqual(call(bytes(3, 1, 'a'), bytes('v')), { operation: 3, keys: ['a'], value: bytes('v') });
  assert.deepEqual(call(bytes(1, 2, [0xc3, 0x28])), { operation: 1, keys: [null] });
  assert.deepEqual(call(bytes(4, 7), bytes('batch')), { operation: 4, count: 7, batch: bytes('batch') });
  assert.deepEqual(call(bytes(5, 3, 'GET', 4, '/a?b', 1, 1, 'A', 1, 'b'), bytes('body')), {
    operation: 5,
    request: { method: 'GET', target: '/a?b', headers: [['A', 'b']], body: bytes('body') },
  });
  const bad = {
    nothing: bytes(),
    'operation 0': bytes(0, 1, 'a'),
    'operation 6': bytes(6, 1, 'a'),
    'a batch without a count': bytes(4),
    'bytes behind the count': bytes(4, 1, 0),
    'another host': bytes(5, 3, 'GET', 9, 'http://b/', 0),
    'no path': bytes(5, 3, 'GET', 0, 0),
    'a target that ends its line': bytes(5, 3, 'GET', 4, '/a\r\n', 0),
    'fewer headers than said': bytes(5, 3, 'GET', 1, '/', 0xffffffff),
    'no key': bytes(1),
    'a key that is cut': bytes(1, 2, 'a'),
    'bytes behind the key': bytes(1, 1, 'a', 0),
    '101 keys': bytes(2, 101, ...Array(101).fill(0)),
    'fewer keys than said': bytes(2, 3, 1, 'a'),
  };
  for (const [what, record] of Object.entries(bad)) assert.throws(() => call(record), abi.Violation, what);
});

test('outcomes stay inside the memory', () => {
  const size = 65536;
  const memory = (...outcome) => ({ buffer: buffer(...outcome, Array(size - 4 * outcome.length).fill(7)) });
  const { state, record, body } = abi.decode_outcome(memory(1, 20, 2, 30, 0), 0);
  assert.deepEqual([state, record, body], [1, bytes([7, 7]), bytes()]);
  assert.equal(abi.decode_outcome(memory(2, 0, size, size, 0), 0).record.length, size);
  const bad = {
    'state 0': [memory(0, 0, 0, 0, 0), 0],
    'state 3': [memory(3, 0, 0, 0, 0), 0],
    'the outcome beyond the end': [memory(1, 0, 0, 0, 0), size - 19],
    'the outcome far out': [memory(1, 0, 0, 0, 0), 0xffffffff],
    'the record beyond the end': [memory(1, size - 1, 2, 0, 0), 0],
    'the record around the end': [memory(1, 0xffffffff, 2, 0, 0), 0],
    'the body beyond the end': [memory(1, 0, 0, 0, size + 1), 0],
  };
  for (const [what, [where, address]] of Object.entries(bad))
    assert.throws(() => abi.decode_outcome(where, address), abi.Violation, what);
});
