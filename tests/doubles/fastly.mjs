// A double of Fastly's REST API as far as publishing needs it: writing an item of a KV store, and describing a store. It
// refuses what the API refuses, by what is documented (fastly.com/documentation/reference/api/services/resources/kv-store-item,
// /guides/concepts/edge-state/data-stores): keys of 1 to 1,024 bytes, neither `.` nor `..`, without `#;?^|` and line ends, not
// below `.well-known/acme-challenge/`; values up to 25 MB; one write a second for each key. The words of a 401 are Fastly's, the other errors have
// the members `title` and `detail`.
import { startDouble, WriteRate } from './server.mjs';

const kMaxValue = 25_000_000;

const refusal = (status, title, detail, headers) => ({ status, headers, body: JSON.stringify({ title, detail, status }) });

function wrongWithKey(key) {
  if (key === '' || key === '.' || key === '..') return 'not a key';
  if (Buffer.byteLength(key, 'utf8') > 1024) return 'a key has 1,024 bytes at most';
  if (/[#;?^|\r\n]/.test(key)) return 'a key has none of #;?^|';
  if (key.startsWith('.well-known/acme-challenge/')) return 'reserved';
  return null;
}

export async function fastly({ token = 'fastly-secret', store = 'store0' } = {}) {
  const values = new Map();
  const rate = new WriteRate();
  const path = `/resources/stores/kv/${store}`;

  const answer = (request, body) => {
    if (request.headers['fastly-key'] !== double.token) {
      return { status: 401, body: JSON.stringify({ msg: 'Provided credentials are missing or invalid' }) };
    }
    if (request.url === path) {
      if (request.method !== 'GET') return refusal(405, 'Method Not Allowed', request.method);
      return { status: 200, body: JSON.stringify({ id: store, name: 'skerry' }) };
    }
    if (!request.url.startsWith(`${path}/keys/`)) return refusal(404, 'Not Found', 'there is no such store');
    const segment = request.url.slice(path.length + 6);
    if (segment.includes('/')) return refusal(404, 'Not Found', 'a key is one segment');
    if (request.method !== 'PUT') return refusal(405, 'Method Not Allowed', request.method);
    if (request.headers['content-type'] !== 'application/octet-stream') return refusal(415, 'Unsupported Media Type', 'use application/octet-stream');
    const key = decodeURIComponent(segment);
    const wrong = wrongWithKey(key);
    if (wrong) return refusal(400, 'Bad Request', wrong);
    if (body.length > kMaxValue) return refusal(413, 'Payload Too Large', 'a value has 25 MB at most');
    if (rate.tooSoon([key]).length > 0) return refusal(429, 'Too Many Requests', 'one write a second for each key', { 'Retry-After': '1' });
    values.set(key, body.toString('utf8'));
    return { status: 200, body: '' };
  };
  const double = await startDouble(answer);
  return Object.assign(double, {
    token,
    values,
    settings: `[publish.fastly]\nstore = "${store}"\nbase = "${double.origin}"\n`,
  });
}
