// A Redis server of one's own, whose answered commands are on its disk, and commands for it.
import { connect } from 'node:net';
import { join } from 'node:path';

import { start, stop, until } from './processes.mjs';

/** One answer of RESP 2 from `at` on: `[value, end]`, or null where it is not whole yet. Strings are Buffers. */
function parse(bytes, at) {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) return null;
  const line = bytes.toString('latin1', at + 1, end);
  const size = Number(line);
  switch (String.fromCharCode(bytes[at])) {
    case '-':
      return [new Error(line), end + 2];
    case ':':
      return [size, end + 2];
    case '$':
      if (size < 0) return [null, end + 2];
      return bytes.length < end + 4 + size ? null : [bytes.subarray(end + 2, end + 2 + size), end + 4 + size];
    case '*': {
      const list = [];
      let next = end + 2;
      for (let i = 0; i < size; ++i) {
        const item = parse(bytes, next);
        if (!item) return null;
        list.push(item[0]);
        next = item[1];
      }
      return [list, next];
    }
    default:
      return [line, end + 2];
  }
}

function ask(socket, words) {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    let bytes = Buffer.alloc(0);
    connection.on('error', reject);
    connection.on('close', () => reject(new Error('Redis closed the connection')));
    connection.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      const answer = parse(bytes, 0);
      if (!answer) return;
      connection.destroy();
      if (answer[0] instanceof Error) reject(answer[0]);
      else resolve(answer[0]);
    });
    connection.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
  });
}

/** A server with its data and its socket in `folder`; `url` is for `events.redis_url`. */
export async function startRedis(folder, settings = []) {
  const socket = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'yes'];
  const server = {
    url: `unix:${socket}`,
    ask: (...words) => ask(socket, words),
    async start() {
      server.child = start('redis-server', [...args, '--appendfsync', 'always', ...settings]);
      await until('Redis', () => server.ask('PING').then(() => true, () => false), { child: server.child });
    },
    stop: () => stop(server.child),
    async kill() {
      server.child.kill('SIGKILL');
      await server.child.ended;
    },
    /** The ids of all events in the stream, in their order. */
    async eventIds(stream = 'skerry:events') {
      const ids = [];
      for (const [, fields] of await server.ask('XRANGE', stream, '-', '+')) {
        const at = fields.findIndex((field) => field.equals(Buffer.from('events')));
        if (at < 0) continue;
        const batch = fields[at + 1];
        for (let place = 0; place < batch.length; place += 4 + batch.readUInt32LE(place)) {
          const size = batch.readUInt32LE(place + 13);
          ids.push(batch.toString('utf8', place + 17, place + 17 + size));
        }
      }
      return ids;
    },
  };
  await server.start();
  return server;
}
