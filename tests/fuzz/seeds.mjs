// seeds.mjs FUZZER FOLDER: writes what a fuzzer starts from, made of data that the repository has anyway: the requests, bodies and
// values of the conformance cases, settings, links. What no data file has lies in `corpus/` beside the fuzzer.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';

import { parse_group } from '../conformance/cases.mjs';
import { top } from '../tools/processes.mjs';
import * as abi from '../../wasm-runtime/js/abi.mjs';

const kCases = join(top, 'tests/conformance/cases');
const kData = join(top, 'tests/conformance/data');
const kLargest = 65_536; // as the fuzzers are run

const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));
const u32 = (value) => (({ buffer }) => new Uint8Array(buffer))(Uint32Array.of(value));
const u64 = (value) => (({ buffer }) => new Uint8Array(buffer))(BigUint64Array.of(BigInt(value)));
const data = (name) => readFileSync(join(kData, name));
const data_like = (pattern) => readdirSync(kData).filter((name) => pattern.test(name)).map(data);
const source = (path) => readFileSync(join(top, path), 'utf8');

/** The groups whose name begins so. Those of the pages need built pages, and have nothing of their own for a fuzzer. */
const groups = (prefix = '') =>
  readdirSync(kCases)
    .filter((file) => file.startsWith(prefix) && file.endsWith('.cases') && !file.startsWith('pages'))
    .sort()
    .map((file) => parse_group(file, readFileSync(join(kCases, file), 'utf8'), { data: kData, pages: kData }));
const cases = (prefix) => groups(prefix).flatMap((group) => group.cases);
/** `{method, path, query, fields, body}` of a request as it is sent. */
function parts({ request }) {
  const end = request.indexOf('\r\n\r\n');
  const [line, ...fields] = request.subarray(0, end < 0 ? request.length : end).toString('latin1').split('\r\n');
  const [method, target = '/'] = line.split(' ');
  const [path, query = ''] = target.split(/\?(.*)/s);
  const headers = fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()]);
  return { method, path, query, headers, body: end < 0 ? Buffer.alloc(0) : request.subarray(end + 4) };
}
const requests = (prefix) => cases(prefix).map(parts);
const values = (key) => groups().flatMap(({ kv }) => (kv.has(key) ? [kv.get(key)] : []));
const settings = (name) => groups().flatMap((group) => (name in group.settings ? [group.settings[name]] : []));
const header_values = (...names) =>
  requests().flatMap(({ headers }) => headers.filter(([name]) => names.includes(name.toLowerCase())).map(([, value]) => value));

const kTrackerPaths = ['/t/w', '/v1/batch', '/beacon/v1/batch', '/e/', '/i/v1/analytics/events', '/com.snowplowanalytics.snowplow/tp2', '/i', '/t/x.gif', '/api/event', '/api/send', '/api/batch'];
const kJson = () => [...data_like(/\.json$/), Buffer.from(source('functions/bundle.json')), ...requests('tracker').map(({ body }) => body)];

// Frames of the event log, as native-host/events/segment.hpp has them.
const kCrc = Uint32Array.from({ length: 256 }, (_, n) => Array.from({ length: 8 }).reduce((c) => (c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1) >>> 0, n));
const crc32c = (data) => (~data.reduce((crc, byte) => (crc >>> 8) ^ kCrc[(crc ^ byte) & 255], ~0) >>> 0) >>> 0;
function frame({ salt, sequence, commit, count, batch }) {
  const fields = bytes(u32(crc32c(batch)), u32(batch.length), u32(count), u32(commit), u64(sequence), u64(0));
  return bytes('FRM1', u32(crc32c(bytes(u32(salt), fields))), fields, batch);
}
function record(id, body, further = {}) {
  const text = (value) => bytes(u32(Buffer.byteLength(value)), value);
  const fields = Object.entries(further).map(([which, value]) => bytes(Number(which), text(value)));
  const content = bytes(fields.length > 0 ? 2 : 1, u64(1_795_248_000_000), ...[id, '203.0.113.9', 'trk.example.com', '/t/w', '', 'test', body].map(text), u32(0),
    ...(fields.length > 0 ? [u32(fields.length), ...fields] : []));
  return bytes(u32(content.length), content);
}
const kRecords = () => [record('one', '{"x":1}'), record('two', '', { 1: 'phc_1' }), record('three', '{}', { 1: 'k', 2: 'posthog-node', 3: '5.1.0', 4: '{"sentAt":"2026-11-21T08:00:00Z"}', 5: 'HEAD' }), record('four', '', { 9: 'later' })];

const kSeeds = {
  abi_fuzz() {
    const copy = (chunks) => Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
    const some = requests().slice(0, 40);
    const request = ({ method, path, headers, body }) =>
      copy(abi.encode_request({ method, target: path, client: '192.0.2.1', headers: new Map(headers), hints: [['a', 'b']], body }));
    return [
      ...some.map(request),
      ...groups().slice(0, 20).map((group) => copy(abi.encode_settings(group.settings))),
      copy(abi.encode_failure('kv_unavailable', 'The store does not answer.')),
      ...[data('one.json'), null].map((value) => copy(abi.encode_kv_get(value))),
      copy(abi.encode_kv_get_many([data('one.json'), null])),
      copy(abi.encode_origin_fetch({ status: 200, headers: [['Content-Type', 'text/plain']], body: data('one.json') })),
      copy(abi.encode_done()),
    ];
  },
  address_fuzz: () => [...settings('trusted_proxies'), ...header_values('x-forwarded-for', 'x-real-ip', 'x-push-ip'), '2001:db8::/32', '192.0.2.1:80', '::ffff:192.0.2.1'],
  redaction_fuzz: () => ['/health?code=open', '/x?a=s3cret%2dvalue&next=https%3A%2F%2Fx%2F%3Ftoken%3Dabc', 'http://me:open@host/x;key=1?a b#token=c'],
  client_fuzz: () => [...header_values('x-forwarded-for', 'x-real-ip', 'x-push-ip'), 'for=192.0.2.43, for="[2001:db8:cafe::17]:4711"', 'by=203.0.113.43;for=unknown', '6.6.6.6, unknown', 'unix, 10.0.0.0/8'],
  archive_fault_fuzz: () =>
    [...source('tests/archive/README.md').matchAll(/\{"prefix".*?\}/g)].map(([text]) => text).concat(
      ['"delay": 1', '"truncate_at": 4000', '"reset_at": "request"', '"status": 503, "retry_after": 3', '"error_page": "table"', '"chance": 0.5, "seed": 7, "status": 500']
        .map((what) => `{"prefix": "/data.ris.ripe.net/", "method": "GET", "after": 1, "times": 2, ${what}}`)),
  archive_location_fuzz: () => [
    '/data.ris.ripe.net/rrc00/2026.11/bview.20261101.0000.gz', '/rrc00/2026.11/updates.20261101.0005.gz', '/data.ris.ripe.net/rrc00/', '/rv2/bgpdata/2026.11',
    '/archive.routeviews.org/rv2/bgpdata/2026.11/RIBS/rib.20261101.0000.bz2', '/rv2/bgpdata/2026.11/UPDATES/updates.20261101.0015.bz2'],
  arrivals_fuzz: () => [...data_like(/^history/), ...values('history')],
  board_fuzz: () => data_like(/^(view|tricky|one|none|large)\.json$/).flatMap((view) => [bytes('\n', view), bytes('?late=1&sort=updates&q=rrc&project=ris\n', view)]),
  config_fuzz: () => [
    'archive = "replica"\nlisten = "127.0.0.1:8080"\ncollectors = ["rrc00", "route-views2"]\naccess_log = false\n',
    'update.interval = "5m"\n[publish.cloudflare]\naccount = "a"\nnamespace = "n"\n[functions.tracker]\ngpc = "drop"\n[log]\nlevel = "debug"\nformat = "json"\n',
    'events.max_bytes = "1GB"\n[events]\ndedupe_window = "24h"\n', 'postgres://user:secret@host:5432/db?sslmode=require', "host='h' port='5432' user='u' password='p' dbname='d'"],
  config_dotenv_fuzz: () => ['# theirs\nDATABASE_URL="postgres://env@file/d"\nexport SKERRY_WORKERS=3\n', "A='x # y'\r\nB=two words  # why\r\n", 'A="a\\n\\"\\\\"\n=1\nC'],
  event_fuzz: () => [...kRecords(), ...kRecords().map((whole) => whole.subarray(4)), bytes(...kRecords())],
  // Three parts of the same length: event, id, data.
  event_stream_fuzz: () => ['messageid-00001a\nb\r\nc', 'x'.repeat(30), '\n\r\0'.repeat(9), 'event: id: data: \n\n', 'ü'.repeat(12)],
  events_disk_log_fuzz() {
    const batch = record('one', '{"x":1}');
    const title = 'skerry events numbers 1\n1 1 9\n';
    const kept = `${title}${crc32c(Buffer.from(title)).toString(16).padStart(8, '0')}\n`;
    const frames = bytes(frame({ salt: 7, sequence: 1, commit: 8192, count: 1, batch }), frame({ salt: 7, sequence: 2, commit: 8192, count: 2, batch: bytes(record('two', ''), record('three', '')) }));
    return [bytes(0, 0, 0, frames), bytes(0, 0, 0, frames.subarray(0, frames.length - 5)), bytes(0, 0, 0, frames, 'torn', frames), bytes(0, 8, 0, u64(2), frames), bytes(1, 0, 0, 1, frames), bytes(0, 0, kept.length, kept, frames)];
  },
  events_segment_fuzz: () => [[1, 3], [2, 5], [0, 4], [17, 2], [3, 1]].map((_, i, all) =>
    bytes(...all.slice(0, i + 1).flatMap(([what, size]) => [what, size, 'x'.repeat(size)]))),
  exposition_fuzz: () => [...data_like(/^metrics/), ...values('metrics'), ...header_values('accept')],
  function_tracker_fuzz: () =>
    requests('tracker').flatMap(({ method, path, query, body, headers }) => {
      const index = Math.max(0, kTrackerPaths.findIndex((known) => path.startsWith(known)));
      const form = headers.some(([name, value]) => name.toLowerCase() === 'content-type' && value.includes('urlencoded')) ? 1 : 0;
      return [...(query ? [bytes(index | (method === 'GET' ? 0x80 : 0), 32, query)] : []), ...(body.length ? [bytes(index, form, body), bytes(index, form | 64, body)] : [])];
    }),
  function_lz_string_fuzz: () => ['Q===', 'IZA=', 'IY18ZUUA', 'N4IgpgbmB2AuIC5wgDQgK7oJYBNEgAcBaAGwC8QBfIA=', 'CcN4P4NQSLwbgAewBINBAg=='],
  function_view_fuzz: () => [...data_like(/^(view|tricky|one|none|large)\.json$/), ...values('latest')].flatMap((view) => [0, 1, 2].map((filter) => bytes(filter, view))),
  gzip_fuzz: () => [data('view.json'), data('metrics.txt'), Buffer.from('a')].flatMap((text) => [text, zlib.gzipSync(text)]),
  health_document_fuzz: () => values('health'),
  // The strings from the left, each ended by a backslash and a blank; what is picked comes from the right.
  http_fuzz() {
    const names = ['if-none-match', 'if-modified-since', 'accept-encoding', 'access-control-request-method'];
    const methods = ['GET', 'HEAD', 'POST', 'OPTIONS'];
    return requests().flatMap(({ method, path, query, headers }) => {
      const known = headers.filter(([name]) => names.includes(name.toLowerCase()));
      if (known.length === 0) return [];
      const text = (value) => `${value.replaceAll('\\', '\\\\')}\\ `;
      const picks = [Math.max(0, methods.indexOf(method)), ...known.map(([name]) => names.indexOf(name.toLowerCase()))].reverse();
      return [bytes(text(`${path}?${query}`), ...known.map(([, value]) => text(value)), ...picks)];
    });
  },
  json_cursor_fuzz: kJson,
  json_slice_fuzz: kJson,
  kv_wire_fuzz: () => [
    bytes('PUT latest?urlencoded=true\n', data('view.json')), 'GET latest?urlencoded=true\n', 'DELETE latest\n', 'GET ?prefix=la&limit=10\n', 'GET ?prefix=&cursor=bGF0ZXN0\n',
    'PUT a%2Fb?urlencoded=true&expiration_ttl=60\nvalue', 'POST bulk/get\n{"keys":["latest","health"],"type":"text","withMetadata":true}'],
  publish_fuzz: () => [
    data('view.json'), data('history.json'), ...values('health'), ...values('metrics'),
    '{"success":true,"errors":[],"result":{"successful_key_count":1,"unsuccessful_keys":["latest"]}}', '{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}',
    '{"address":"https://x/","keys":{"latest":{"as_of":"2026-11-21T08:00:00Z","digest":"00","pushed":"2026-11-21T08:00:01Z"}},"failing":{"failures":2,"since":"2026-11-21T08:00:00Z","code":"timeout","message":"m","not_before":"2026-11-21T08:00:03Z"}}',
    '120', 'Sat, 21 Nov 2026 08:00:30 GMT'],
  query_fuzz: () => requests().map(({ query }) => query),
  ranges_fuzz: () =>
    [...header_values('range'), 'bytes=0-', 'bytes=-5', 'bytes=0-0,10-19, 30-', 'bytes=5-3', 'bytes=0-4,2-8,1-', 'Bytes=1-2', 'items=0-1', 'bytes=18446744073709551615-']
      .flatMap((field) => [0, 10, 1000, 2n ** 63n].map((length) => bytes(u64(length), field))),
  redis_move_note_fuzz: () => ['skerry events move 1\nsince 5-0\nwriter a\n', 'skerry events move 1\nsince 0-0\nwriter 0192\n1 e-1\n2 e-2\n'],
  redis_url_fuzz: () => ['redis://localhost', 'redis://10.0.0.1:7000/3', 'redis://[::1]:7000', 'redis://me:a%40b%3A%2F%20@h:1/2', 'rediss://h', 'unix:///run/redis.sock?db=1', 'redis+unix:///run/redis.sock'],
  request_reader_fuzz: () => [...cases().map(({ request }) => request),
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  // How long the pieces are, gzip or zstd, and the bytes.
  skerry_files_stages_fuzz: () =>
    ['', 'a', data('view.json'), data('metrics.txt')].flatMap((text) => [
      bytes(6, 0, text), bytes(6, 1, text), bytes(6, 0, zlib.gzipSync(text)), ...(zlib.zstdCompressSync ? [bytes(6, 1, zlib.zstdCompressSync(text))] : [])]),
  skerry_broker_listing_fuzz: () => [],
  url_fuzz: () => [
    ...requests().slice(0, 30).map(({ path, query }) => `http://edge.example${path}${query && `?${query}`}`),
    ...JSON.parse(source('native-host/broker/collectors.json')).slice(0, 5).map(({ url }) => url ?? ''),
    'postgres://user:secret@host:5432/db?sslmode=require#f', 'redis://me:a%40b%3A%2F%20@h:1/2', 'https://[2001:db8::1]:8443/a/../b?x=/y', 'http://127.0.0.1:9', 'HTTPS://Host.Example./%7Ea'],
  time_fuzz: () => ['2028-02-29T23:59:59.999Z', '2026-11-21T08:06:11+01:30', '2026-11-21T08:00:00', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994', ...header_values('if-modified-since')],
};

const [name, folder] = process.argv.slice(2);
const seeds = (kSeeds[name] ?? (() => []))().map((seed) => Buffer.from(seed)).filter((seed) => seed.length > 0 && seed.length <= kLargest);
for (const seed of seeds) writeFileSync(join(folder, createHash('sha1').update(seed).digest('hex')), seed);
