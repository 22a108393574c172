// What Node can do at most: express.mjs without Express and without a Redis client, the protocol written by hand.
// Usage: bare.mjs PORT REDIS_PORT
import { createServer } from 'node:http';
import { connect } from 'node:net';

const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = connect(redisPort, '127.0.0.1');
redis.setNoDelay(true);
redis.resume(); // answers are `:n`, which nobody reads

const push = (text) =>
  redis.write(`*3\r\n$5\r\nLPUSH\r\n$6\r\nevents\r\n$${Buffer.byteLength(text)}\r\n${text}\r\n`);

createServer((request, response) => {
  const url = new URL(request.url, 'http://tracker');
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    let body = null;
    try {
      body = text === '' ? null : JSON.parse(text);
    } catch {
      response.writeHead(400).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' });
    response.end('{"status":"ok"}');
    push(
      JSON.stringify({
        received: Date.now(),
        client: request.headers['x-forwarded-for'] ?? request.socket.remoteAddress,
        host: request.headers.host,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        user_agent: request.headers['user-agent'],
        body,
      }),
    );
  });
}).listen(port, '127.0.0.1');
