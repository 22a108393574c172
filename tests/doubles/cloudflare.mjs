// A double of Cloudflare's REST API as far as publishing needs it: writing key-value pairs in bulk, and describing a
// namespace. It refuses what the API refuses, by what is documented (developers.cloudflare.com/api/resources/kv,
// /kv/platform/limits, /fundamentals/api/reference/limits): at most 10,000 pairs and 100 MB, keys of 1 to 512 bytes and neither
// `.` nor `..`, values up to 25 MiB, one write a second for each key, 1,200 requests in five minutes.
// The envelope `{success, errors, messages, result}` and the codes 10000 (authentication) and 10013 (no such namespace) are
// the documented ones; the other codes are not documented and made up.
import { startDouble, WriteRate } from './server.mjs';

const kMaxPairs = 10_000;
const kMaxRequest = 100_000_000;
const kMaxValue = 25 * 1024 * 1024;
const kMaxRequests = 1200;
const kWindow = 300_000;
const kPairMembers = new Set(['key', 'value', 'expiration', 'expiration_ttl', 'metadata', 'base64']);

const envelope = (status, result, errors = [], headers = {}) => ({
  status,
  headers,
  body: JSON.stringify({ success: errors.length === 0, errors, messages: [], result }),
});
const refusal = (status, code, message, headers) => envelope(status, null, [{ code, message }], headers);

const bytes = (text) => Buffer.byteLength(text, 'utf8');

/** What is wrong with the pairs of a bulk write, or nothing. */
function wrongWith(pairs) {
  if (!Array.isArray(pairs)) return 'the body must be an array';
  if (pairs.length === 0 || pairs.length > kMaxPairs) return `from 1 to ${kMaxPairs} pairs`;
  for (const pair of pairs) {
    if (pair === null || typeof pair !== 'object' || Array.isArray(pair)) return 'a pair must be an object';
    const odd = Object.keys(pair).find((name) => !kPairMembers.has(name));
    if (odd) return `a pair has no member ${odd}`;
    if (typeof pair.key !== 'string' || bytes(pair.key) < 1 || bytes(pair.key) > 512) return 'key: from 1 to 512 bytes';
    if (pair.key === '.' || pair.key === '..') return 'key: neither . nor ..';
    if (typeof pair.value !== 'string') return 'value must be a string';
    if (bytes(pair.value) > kMaxValue) return 'value: 25 MiB at most';
  }
  return null;
}

export async function cloudflare({ token = 'cloudflare-secret', account = 'acc0', namespace = 'ns0' } = {}) {
  const values = new Map();
  const rate = new WriteRate();
  const path = `/client/v4/accounts/${account}/storage/kv/namespaces/${namespace}`;
  let recent = [];

  const answer = (request, body) => {
    const now = Date.now();
    recent = recent.filter((at) => now - at < kWindow);
    recent.push(now);
    if (recent.length > kMaxRequests) return refusal(429, 10100, 'Too many requests', { 'Retry-After': '300' });
    const authorization = request.headers.authorization;
    if (!authorization) return refusal(400, 9106, 'Missing Authorization header');
    if (!/^Bearer \S+$/.test(authorization)) return refusal(400, 6003, 'Invalid request headers');
    if (authorization !== `Bearer ${double.token}`) return refusal(401, 10000, 'Authentication error');
    if (!request.url.startsWith(`/client/v4/accounts/${account}/`)) return refusal(403, 10000, 'Authentication error');
    if (request.url !== path && request.url !== `${path}/bulk`) return refusal(404, 10013, 'namespace not found');
    if (request.url === path) {
      if (request.method !== 'GET') return refusal(405, 10405, 'Method not allowed');
      return envelope(200, { id: namespace, title: 'skerry', supports_url_encoding: true });
    }
    if (request.method !== 'PUT') return refusal(405, 10405, 'Method not allowed');
    if (request.headers['content-type'] !== 'application/json') return refusal(415, 10415, 'Content-Type must be application/json');
    if (body.length > kMaxRequest) return refusal(413, 10413, 'The request is larger than 100 MB');
    let pairs;
    try {
      pairs = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    } catch {
      return refusal(400, 10400, 'The body is no JSON');
    }
    const wrong = wrongWith(pairs);
    if (wrong) return refusal(400, 10400, wrong);
    const soon = rate.tooSoon(pairs.map(({ key }) => key));
    if (soon.length > 0) return refusal(429, 10429, `Too many writes to ${soon[0]}`, { 'Retry-After': '1' });
    for (const { key, value } of pairs) values.set(key, value);
    return envelope(200, { successful_key_count: pairs.length, unsuccessful_keys: [] });
  };
  const double = await startDouble(answer);
  return Object.assign(double, {
    token,
    values,
    settings: `[publish.cloudflare]\naccount = "${account}"\nnamespace = "${namespace}"\nbase = "${double.origin}/client/v4"\n`,
  });
}
