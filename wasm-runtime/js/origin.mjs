// The native host as JavaScript reaches it: the origin port, and signed batches for its /ingest (shared/ingest.hpp).

import { PortError, read_stream } from './host.mjs';

const kMaxAnswer = 1024 * 1024;
const encoder = new TextEncoder();

/// `url` is where the native host is, `fetch` what reaches it.
export function origin_port({ url, fetch }) {
  return {
    async fetch({ method, target, headers, body }) {
      const response = await fetch(url + target, {
        method,
        headers,
        body: body.length > 0 ? body : undefined,
        redirect: 'manual',
      });
      // `fetch` has undone the coding.
      const kept = [...response.headers].filter(([name]) => name !== 'content-encoding' && name !== 'content-length');
      const answer = await read_stream(response.body ?? [], kMaxAnswer);
      if (answer === null) throw new PortError('origin_too_large', 'the native host answered with more than 1 MiB');
      return { status: response.status, headers: kept, body: answer };
    },
  };
}

/// True of the answer of /ingest that it has so many events.
function says_taken(text, count) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return false;
  }
  const { status, accepted, duplicates } = answer ?? {};
  return status === 'ok' && [accepted, duplicates].every((n) => Number.isInteger(n) && n >= 0) && accepted + duplicates === count;
}

function failure_of(status, text) {
  const message = `the native host answered ${status}`;
  if (status >= 200 && status < 300) return new PortError('events_garbled', `${message}, but not that it has these events`);
  if (status === 400 || status === 413) return new PortError('events_refused', message);
  return new PortError(text.includes('"events_full"') ? 'events_full' : 'events_unavailable', message);
}

/// Takes a batch of `count` events (a list of Uint8Arrays, one behind the other) to the native host. Resolves once it says
/// that all of them are durable there; rejects with a PortError.
export function create_ingest({ url, fetch, secret, clock = Date.now }) {
  let key; // not its promise: workerd lets no request wait for another's
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

  async function sign(signed) {
    key ??= await crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return `v1=${hex(await crypto.subtle.sign('HMAC', key, signed))}`;
  }

  return async (parts, count) => {
    const time = String(clock());
    const head = encoder.encode(`v1\n${time}\n`);
    let at = head.length;
    const signed = new Uint8Array(parts.reduce((size, part) => size + part.length, at));
    signed.set(head);
    for (const part of parts) {
      signed.set(part, at);
      at += part.length;
    }
    const response = await fetch(`${url}/ingest`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/vnd.skerry.events',
        'X-Skerry-Time': time,
        'X-Skerry-Signature': await sign(signed),
      },
      body: signed.subarray(head.length),
      redirect: 'manual',
    });
    const text = await response.text(); // also frees the connection
    if (response.status !== 200 || !says_taken(text, count)) throw failure_of(response.status, text);
  };
}
