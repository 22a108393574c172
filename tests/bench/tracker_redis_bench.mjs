// The tracker of the native host, one worker, with Redis Streams behind it, against the rival of tracker_bench.mjs.
import { median, scratchFolder } from './harness.mjs';
import { megabytes, post, startRival, startTracker } from './tracker_bench.mjs';
import { startRedis } from '../tools/redis.mjs';

export const benchmarks = [{ name: 'tracker_redis', unit: 'requests/s', better: 'higher', goal: 5 }];

export async function measure(_names, { rounds, seconds }) {
  const redis = await startRedis(await scratchFolder());
  const ours = await startTracker(await scratchFolder(), `events.queue = "redis"\nevents.redis_url = "${redis.url}"\n`);
  const rival = await startRival(await scratchFolder());
  const of = { ours: [], rival: [] };
  for (const { url } of [ours, rival]) await post(url, 1);
  for (let round = 0; round < rounds; ++round) {
    of.ours.push(await post(ours.url, seconds));
    of.rival.push(await post(rival.url, seconds));
  }
  const rate = (list) => median(list.map((one) => one.rate));
  const p99 = (list) => median(list.map((one) => one.p99)).toFixed(1);
  return {
    tracker_redis: {
      ours: rate(of.ours),
      rival: rate(of.rival),
      note:
        `POST of one event, wrk -t1 -c64, one worker, appendfsync always before each answer, p99 ${p99(of.ours)} ms, ` +
        `${await megabytes(ours.child)} + Redis ${await megabytes(redis.child)}; rival: Express on Node ${process.version}, answers first, ` +
        `LPUSH into Redis, p99 ${p99(of.rival)} ms, ${await megabytes(...rival.children)}`,
    },
  };
}
