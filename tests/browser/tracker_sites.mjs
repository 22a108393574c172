// Two origins for the tracker's script: an author's site, and a tracker that keeps events by their ids and misbehaves when
// it is told to.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { build, until } from '../tools/processes.mjs';

const listen = (handler) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => handler(request, response).catch(() => response.destroy()));
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A promise, and what fulfils it. */
export function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return [opened, open];
}

/** Serves t.js, and takes what it sends. `next` holds the answers to the next batches, `{status, headers, until, cut}`:
 *  `body` is another's word, `headers` may be a function that makes them when they are needed, `until` returns a promise that the answer waits
 *  for. When it is empty, `usual` is the answer. */
export async function startReceiver(usual = { status: 200 }) {
  const receiver = {
    events: new Map(), // id -> the event, once it was acknowledged
    requests: [], // every batch that came: {at, headers, events, beacon, status}
    others: [], // requests that the script has no reason to make
    next: [],
    usual,
    scriptUntil: undefined, // a promise that the script waits for
    /** Waits until so many different events are there. */
    async has(count) {
      await until(`${count} events, of which there are ${receiver.events.size}`, () => receiver.events.size >= count);
    },
    types: () => [...receiver.events.values()].map(({ type }) => type),
  };
  const server = await listen(async (request, response) => {
    if (request.url === '/t.js') {
      await receiver.scriptUntil;
      response.setHeader('Content-Type', 'text/javascript; charset=utf-8');
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
      return response.end(await readFile(join(build, 'pages', 't.js')));
    }
    if (request.url === '/moved') {
      // What a tracker says to the GET that a redirect made of a POST, at a path where that is an event.
      response.setHeader('Access-Control-Allow-Origin', '*');
      return response.end('{"status":"ok"}');
    }
    if (request.method !== 'POST') {
      receiver.others.push(`${request.method} ${request.url}`);
      return response.writeHead(404).end();
    }
    const answer = receiver.next.shift() ?? receiver.usual;
    const { batch, sent_at } = JSON.parse(await bodyOf(request));
    const beacon = request.headers['sec-fetch-mode'] === 'no-cors';
    receiver.requests.push({ at: Date.now(), url: request.url, headers: request.headers, events: batch, sent_at, beacon, ...answer });
    await answer.until?.();
    if (answer.cut) return response.destroy();
    // Whether or not the answer gets there: what is stored is stored.
    if ((answer.status < 300 && answer.body === undefined) || answer.forgotten) for (const event of batch) receiver.events.set(event.id, event);
    response.writeHead(answer.status, {
      'Content-Type': 'application/json',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'Retry-After',
      ...(typeof answer.headers === 'function' ? answer.headers() : answer.headers),
    });
    return response.end(answer.body ?? JSON.stringify({ status: 'ok', accepted: batch.length, dropped: 0, rejected: 0, errors: [] }));
  });
  receiver.url = `http://127.0.0.1:${server.address().port}`;
  receiver.close = () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve)));
  return receiver;
}

export const kStub = 'window.skerry ||= Object.assign((...call) => skerry.q.push(call), { q: [] });';

/** An author's site: every path is a page that includes the script with `attributes`, and its own script, `/site.js`. */
export async function startSite(tracker, { attributes = '', csp, script = kStub, head = '' } = {}) {
  const server = await listen(async (request, response) => {
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    if (csp) response.setHeader('Content-Security-Policy', csp);
    if (request.url === '/site.js') {
      response.setHeader('Content-Type', 'text/javascript');
      return response.end(script);
    }
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    const { pathname } = new URL(request.url, 'http://site');
    if (pathname === '/plain') return response.end('<!doctype html><title>plain</title>');
    return response.end(
      `<!doctype html><html lang="en"><title>page ${pathname}</title>${head}` +
        `<script src="/site.js"></script><script async src="${tracker}/t.js" ${attributes}></script>`,
    );
  });
  const { port } = server.address();
  return {
    url: `http://localhost:${port}`,
    insecure: `http://site.test:${port}`, // no secure context: no Web Locks
    close: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))),
  };
}
