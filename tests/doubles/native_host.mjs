// The native host as an edge sees it: POST /ingest with a strict eye on what is signed (shared/ingest.hpp), and /livez,
// /readyz. It keeps every event that it took.
import { createHmac, timingSafeEqual } from 'node:crypto';

import { read_batch } from '../tools/events.mjs';
import { startDouble } from './server.mjs';

const kWindow = 5 * 60 * 1000;
const problem = (status, code) => ({ status, body: JSON.stringify({ error: code, code }) });

/** `now()` is the time of both ends, in milliseconds. The result's `events` are what came, duplicates too. */
export async function startNativeHost({ secret, now = Date.now }) {
  const events = [];
  const ids = new Set();

  function ingest({ method, headers }, body) {
    if (method !== 'POST') return problem(405, 'method_not_allowed');
    const time = headers['x-skerry-time'] ?? '';
    const given = Buffer.from(headers['x-skerry-signature'] ?? '');
    const mac = createHmac('sha256', secret).update(`v1\n${time}\n`).update(body).digest('hex');
    const expected = Buffer.from(`v1=${mac}`);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return problem(403, 'signature_invalid');
    if (!/^\d+$/.test(time) || Math.abs(Number(time) - now()) > kWindow) return problem(403, 'signature_expired');
    if (headers['content-type'] !== 'application/vnd.skerry.events') return problem(400, 'batch_invalid');
    let batch;
    try {
      batch = read_batch(body);
    } catch {
      return problem(400, 'batch_invalid');
    }
    events.push(...batch);
    const accepted = batch.filter(({ id }) => !ids.has(id) && ids.add(id)).length;
    return { status: 200, body: JSON.stringify({ status: 'ok', accepted, duplicates: batch.length - accepted }) };
  }

  const double = await startDouble((request, body) => {
    if (request.url === '/ingest') return ingest(request, body);
    if (request.url === '/livez' || request.url.split('?')[0] === '/readyz') return { status: 200, body: '{"status":"ok"}' };
    return problem(404, 'not_found');
  });
  return Object.assign(double, { events });
}
