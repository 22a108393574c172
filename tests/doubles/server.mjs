// What the doubles have in common: a server on a loopback port that notes every request and can be told to fail.
import { createServer } from 'node:http';

/**
 * `answer(request, body)` returns `{status, headers, body}`. What the result's `fail` is told overrides it:
 *
 *   fail({ status: 500, headers: {…}, body: '…' }, 2)   the next two requests
 *   fail({ reset: true })                               every request, until fail(null)
 *   fail({ silent: true })                              no answer at all
 *   fail({ slow: 300 })                                 the true answer, after so many milliseconds
 *   fail({ apply: true, status: 502 })                  the write happens, the answer says otherwise
 */
export async function startDouble(answer) {
  const double = { requests: [], fault: null, times: 0 };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks);
      const noted = { method: request.method, url: request.url, headers: request.headers, at: Date.now(), size: body.length, start: body.subarray(0, 4096).toString() };
      double.requests.push(noted);
      const fault = double.fault;
      if (fault && double.times > 0 && --double.times === 0) double.fault = null;
      if (fault?.reset) return request.socket.resetAndDestroy();
      if (fault?.silent) return;
      if (fault?.slow) await new Promise((resolve) => setTimeout(resolve, fault.slow));
      if (request.socket.destroyed) return; // nobody waits any more: nothing is written
      const truth = !fault || fault.slow || fault.apply ? answer(request, body) : null;
      const { status, headers, body: text } = fault && !fault.slow ? { status: 200, ...fault } : truth;
      noted.status = status;
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(text ?? '');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref(); // a check that forgets to close it must not hold up the run
  return Object.assign(double, {
    origin: `http://127.0.0.1:${server.address().port}`,
    fail(fault, times = 0) {
      double.fault = fault;
      double.times = times;
    },
    writes: () => double.requests.filter(({ method }) => method === 'PUT'),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

/** One write a second for each key: refuses the rest, as both platforms do. */
export class WriteRate {
  #last = new Map();

  /** Keys that were written less than a second ago; else notes the write. */
  tooSoon(keys, now = Date.now()) {
    const soon = keys.filter((key) => now - (this.#last.get(key) ?? 0) < 1000);
    if (soon.length === 0) for (const key of keys) this.#last.set(key, now);
    return soon;
  }
}
