// An HTTP/1.1 client for requests that no client library would send: bytes out, bytes in.

import net from 'node:net';

const kPatience = 15_000;

/// Sends `bytes` and reads one response: `{status, headers, body}`, headers as a Map of lower-case names to joined
/// values; `closed` where the server closes the connection without one, `waits` where it says nothing in time.
///
/// A server that answers and closes while we still write may reset the connection, and the reset may overtake the answer
/// (RFC 9112, section 9.6): that is tried again, twice.
export async function exchange(port, bytes, method, patience = kPatience) {
  let response;
  for (let attempt = 0; attempt < 3; ++attempt) {
    response = await exchange_once(port, bytes, method, patience);
    if (!response.reset) break;
  }
  return response;
}

function exchange_once(port, bytes, method, patience) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    let reset = false;
    const finish = (closed) => {
      let response;
      try {
        response = parse(received, method, closed);
      } catch (error) {
        socket.destroy();
        return reject(error);
      }
      if (response === undefined) return;
      socket.destroy();
      resolve(response.status === 'closed' ? { ...response, reset } : response);
    };
    socket.setTimeout(patience, () => {
      socket.destroy();
      resolve({ status: 'waits' });
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      finish(false);
    });
    socket.on('error', () => (reset = true)); // a server may close while we still write: 'close' follows
    socket.on('close', () => finish(true));
    socket.write(bytes);
  });
}

/// Undefined while the response is not whole.
function parse(bytes, method, closed) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) {
    if (!closed) return undefined;
    if (bytes.length === 0) return { status: 'closed' };
    throw new Error(`the response breaks off: ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`);
  }
  const [status_line, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(status_line)?.[1]);
  if (!status) throw new Error(`no status line: ${JSON.stringify(status_line)}`);
  if (status < 200) return parse(bytes.subarray(end + 4), method, closed);
  const headers = new Map();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  const body = read_body(bytes.subarray(end + 4), headers, closed, method === 'HEAD' || status === 204 || status === 304);
  return body && { status, headers, body };
}

function read_body(rest, headers, closed, none) {
  if (none) return Buffer.alloc(0);
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return read_chunks(rest, closed);
  if (!headers.has('content-length')) return closed ? rest : undefined;
  const size = Number(headers.get('content-length'));
  if (rest.length >= size) return rest.subarray(0, size);
  if (closed) throw new Error(`the body breaks off after ${rest.length} of ${size} bytes`);
  return undefined;
}

function read_chunks(rest, closed) {
  const chunks = [];
  for (;;) {
    const line = rest.indexOf('\r\n');
    const size = line === -1 ? NaN : parseInt(rest.subarray(0, line).toString('latin1'), 16);
    if (size === 0) return Buffer.concat(chunks);
    if (Number.isNaN(size) || rest.length < line + 2 + size + 2) {
      if (closed) throw new Error('the chunked body breaks off');
      return undefined;
    }
    chunks.push(rest.subarray(line + 2, line + 2 + size));
    rest = rest.subarray(line + 2 + size + 2);
  }
}
