// The tracker as a Worker in JavaScript: the same records, signed in the same way, acknowledged when they are taken.
const encoder = new TextEncoder();
let key;

async function inflated(request) {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new TextDecoder().decode(bytes);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
}

/// A record of shared/events/event.hpp with its size before it.
function append_record(out, at, texts, received) {
  const start = at;
  const view = new DataView(out.buffer);
  out[start + 4] = 1;
  view.setBigInt64(start + 5, received, true);
  at += 13;
  for (const text of texts) {
    const { written } = encoder.encodeInto(text, out.subarray(at + 4));
    view.setUint32(at, written, true);
    at += 4 + written;
  }
  view.setUint32(at, 0, true); // no hints
  view.setUint32(start, at - start, true);
  return at + 4;
}

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

export default {
  async fetch(request, env) {
    const text = await inflated(request);
    const body = JSON.parse(text);
    const list = Array.isArray(body.batch) ? body.batch : [body];
    const url = new URL(request.url);
    const user_agent = request.headers.get('user-agent') ?? '';
    const now = Date.now();
    const time = String(now);
    const head = encoder.encode(`v1\n${time}\n`);
    const bodies = list === body.batch ? list.map((event) => JSON.stringify(event)) : [text];
    const room = bodies.reduce((size, one) => size + 3 * one.length + 1024 + 3 * (url.search.length + user_agent.length), 0);
    const signed = new Uint8Array(head.length + room);
    signed.set(head);
    let at = head.length;
    for (const [i, event] of list.entries()) {
      const id = event.id ?? event.messageId ?? crypto.randomUUID();
      at = append_record(signed, at, [id, '', url.hostname, url.pathname, url.search.slice(1), user_agent, bodies[i]], BigInt(now));
    }
    key ??= await crypto.subtle.importKey('raw', encoder.encode(env.SKERRY_INGEST_SECRET), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const signature = await crypto.subtle.sign('HMAC', key, signed.subarray(0, at));
    const response = await env.ORIGIN.fetch('http://origin/ingest', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/vnd.skerry.events',
        'X-Skerry-Time': time,
        'X-Skerry-Signature': `v1=${hex(signature)}`,
      },
      body: signed.subarray(head.length, at),
    });
    await response.text();
    const answer = response.ok
      ? { status: 'ok', ...(body.batch && { accepted: list.length, dropped: 0, rejected: 0, errors: [] }) }
      : { error: 'Come again.', code: 'events_unavailable' };
    return new Response(JSON.stringify(answer), {
      status: response.ok ? 200 : 503,
      headers: {
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Expose-Headers': 'Retry-After, X-Track-Dropped, X-Track-Duplicates, X-Track-Error, X-Track-Rejected',
      },
    });
  },
};
