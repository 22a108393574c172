// The rival: a tracker with Express and the redis package, as one writes it, which answers first and then pushes the event into a Redis list.
// Usage: express.mjs PORT REDIS_PORT
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.SKERRY_BENCH_MODULES}/`);
const express = require('express');
const { createClient } = require('redis');

const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = createClient({ url: `redis://127.0.0.1:${redisPort}` });
await redis.connect();

const app = express();
app.set('trust proxy', 'loopback');
app.use(express.json({ type: () => true }));
app.all('*', (request, response) => {
  response.set('Access-Control-Allow-Origin', '*').json({ status: 'ok' });
  const event = {
    received: Date.now(),
    client: request.ip,
    host: request.hostname,
    path: request.path,
    query: request.query,
    user_agent: request.get('user-agent'),
    body: request.body,
  };
  redis.lPush('events', JSON.stringify(event)).catch((error) => console.error(error.message));
});
app.listen(port, '127.0.0.1');
