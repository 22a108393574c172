// A stretch of simulated time with faults throughout, and the comparison of database and view with the truth at its end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { build, sleep } from '../tools/processes.mjs';
import { differences, kFilesQuery, truthOf, viewDifferences, viewSteppedBack } from '../tools/truth.mjs';
import { effects, startWorld } from '../tools/world.mjs';

const kMinute = 60_000;
const kHour = 60 * kMinute;
const kCycle = 5 * kMinute;
const kHealthy = 4 * kHour; // without faults at the end: listings are read at least every hour
const kLateFiles = 48 * kHour; // after its month, no file comes later than that

/** Numbers in [0, 1) that a seed decides (SplitMix32). */
function dice(seed) {
  let state = seed >>> 0;
  const roll = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
  return {
    chance: (share) => roll() < share,
    number: (from, to) => from + Math.floor(roll() * (to - from + 1)),
    of: (list) => list[Math.floor(roll() * list.length)],
  };
}

// Faults of answers, with how likely a request is struck: those that cost real time strike few.
const kAnswers = [
  [{ status: 404 }, 0.5],
  [{ status: 429 }, 0.5],
  [{ status: 429, retry_after: 3600 }, 0.5],
  [{ status: 429, retry_after: 0 }, 0.5],
  [{ status: 503 }, 0.7],
  [{ status: 503, retry_after_date: 60 }, 0.5],
  [{ status: 500 }, 0.3],
  [{ error_page: 'plain' }, 0.6],
  [{ error_page: 'table' }, 0.6],
  [{ error_page: 'pre' }, 0.6],
  [{ redirect: 'loop' }, 0.3],
  [{ redirect: '/' }, 0.3],
  [{ redirect: 'http://127.0.0.1:1/' }, 0.1],
  [{ truncate_at: 3000 }, 0.6],
  [{ truncate_at: 3000, framing: 'close' }, 0.6],
  [{ truncate_at: 3000, framing: 'chunked' }, 0.6],
  [{ framing: 'chunked' }, 0.8],
  [{ framing: 'close' }, 0.8],
  [{ reset_at: 'request' }, 0.4],
  [{ reset_at: 0 }, 0.4],
  [{ reset_at: 2000 }, 0.4],
  [{ etag: 'missing' }, 1],
  [{ etag: 'missing', last_modified: 'missing' }, 1],
  [{ etag: 'constant' }, 1],
  [{ etag: 'changing' }, 1],
  [{ etag: 'missing', last_modified: 'constant' }, 1],
  [{ etag: 'missing', last_modified: 'future' }, 1],
  [{ slow: 20_000 }, 0.05],
  [{ delay: 0.05 }, 0.3],
  [{ stall_at: 'request' }, 0.01],
  [{ stall_at: 2000 }, 0.02],
];

/** Faults that begin in the hour from `time` on. */
function drawFaults(random, world, time, end) {
  const faults = [];
  const iso = (moment) => new Date(moment).toISOString();
  const month = (moment) => iso(moment).slice(0, 7).replace('-', '.');
  const path = ({ url }) => new URL(url).pathname;
  for (let count = random.number(0, 3); count > 0; --count) {
    const [effect, chance] = random.of(kAnswers);
    const base = path(random.of(world.archive.collectors));
    const prefix = random.of(['/', '/data.ris.ripe.net/', '/archive.routeviews.org/', `${base}/`, `${base}/${month(time)}/`]);
    const from = time + random.number(0, 11) * kCycle;
    // A lie that lasts hides files; one of three hours is as long as the archives' mistakes last.
    const until = from + random.number(1, 36) * kCycle;
    faults.push({ ...effect, prefix, chance, seed: random.number(1, 1e6), from: iso(from), until: iso(until) });
  }
  if (random.chance(0.2)) {
    const from = iso(time + random.number(0, 59) * kMinute);
    faults.push({ prefix: '/', reset_at: 'accept', times: random.number(1, 20), from });
  }
  // Files that come late, or are listed before they are whole.
  for (let count = random.number(0, 2); count > 0; --count) {
    const collector = random.of(world.archive.collectors);
    const ris = collector.project === 'riperis';
    const begin = Math.floor(time / (15 * kMinute)) * 15 * kMinute + random.number(0, 3) * 15 * kMinute;
    const stamp = iso(begin).replace(/[-:]/g, '').slice(0, 13).replace('T', '.');
    const prefix = `${path(collector)}/${month(begin)}/${ris ? '' : 'UPDATES/'}updates.${stamp}`;
    const turn = new Date(begin);
    const latest = Math.min(Date.UTC(turn.getUTCFullYear(), turn.getUTCMonth() + 1) + kLateFiles - 2 * kHour, end);
    const until = begin + random.number(3, 30 * 60) * kMinute;
    if (until >= latest) continue;
    faults.push({ prefix, until: iso(until), ...(random.chance(0.5) ? { hide: true } : { size: random.number(1, 2000) }) });
  }
  return faults;
}

/** The process that runs cycle after cycle (soak_updater.cpp). */
function startUpdater(world, place) {
  const { collectors } = world.archive;
  const args = [
    world.postgres.url(place.name),
    join(world.folder, 'collectors.json'),
    collectors.map(({ id }) => id).join(','),
    join(place.data, 'kv.sqlite3'),
  ];
  const child = spawn(join(build, 'tests/soak/soak_updater'), args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, no_proxy: '*' },
  });
  let text = '';
  let said = '';
  let answer = null;
  child.stdin.on('error', () => {});
  child.stderr.on('data', (piece) => (said += piece));
  child.stdout.on('data', (piece) => {
    text += piece;
    const end = text.indexOf('\n');
    if (end < 0) return;
    answer?.(text.slice(0, end));
    text = text.slice(end + 1);
  });
  child.once('error', (error) => (said += error.message));
  child.ended = new Promise((resolve) => child.once('close', resolve));
  child.ended.then(() => answer?.(`ended ${child.signalCode ?? child.exitCode} ${said}`));
  return {
    child,
    /** `ok {…}`, `failed …` or `ended …`. */
    cycle: (moment) =>
      new Promise((resolve) => {
        answer = resolve;
        if (child.exitCode !== null || child.signalCode !== null) return resolve('ended before');
        child.stdin.write(`cycle ${moment}\n`);
      }),
    async megabytes() {
      return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024;
    },
    async stop() {
      child.stdin.end();
      await child.ended;
    },
  };
}

/**
 * Runs a cycle each `step` from `begin` to `end` (ms since 1970), and some more without faults. The process is killed until `killsUntil`
 * (its memory is looked at afterwards), the program as cron starts it and PostgreSQL until the end.
 * Returns the figures; throws at the first difference.
 */
export async function soak({ ids, begin, end, step = kCycle, seed = 1, killsUntil = end, say = () => {} }) {
  const started = Date.now();
  const random = dice(seed);
  const world = await startWorld({
    time: begin,
    ids,
    settings: ['[update]', 'timeout = "800ms"', 'connect_timeout = "400ms"', 'attempts = 1', 'run_timeout = "20s"'],
  });
  const place = await world.place('soak');
  const figures = { cycles: 0, failed: {}, faults: 0, kills: 0, programKills: 0, programRuns: 0, crashes: 0 };
  let updater = startUpdater(world, place);
  let view = null;
  let rssBegin = null;

  const look = async (time) => {
    const next = await world.view(place);
    if (view && !next) throw new Error(`${new Date(time).toISOString()}: the view has gone`);
    if (next) {
      const wrong = viewSteppedBack(view, next);
      assert.deepEqual(wrong, [], new Date(time).toISOString());
      view = next;
    }
  };

  /** One cycle of the program, as cron would start it, killed at some effect or not. */
  const runProgram = async () => {
    const more = {};
    if (random.chance(0.7)) {
      const record = join(world.folder, 'effects');
      const file = await open(record, 'w');
      await file.truncate(1 << 16);
      await file.close();
      more.LD_PRELOAD = `${world.clock.library}:${effects}`;
      more.EFFECTS_RECORD = record;
      more.EFFECTS_FOLDER = place.data;
      more.EFFECTS_HTTP_PORT = String(world.archive.port);
      more.EFFECTS_KILL = `${random.of(['before', 'after'])}:${random.number(1, 150)}`;
    }
    ++figures.programRuns;
    const { signal } = await world.run(place, ['update', '--once'], more);
    if (signal === 'SIGKILL') ++figures.programKills;
  };

  const cycle = async (time, faulty) => {
    await world.setTime(time);
    ++figures.cycles;
    if (faulty && random.chance(1 / 60)) {
      await runProgram();
      return look(time);
    }
    const answered = updater.cycle(time);
    if (faulty && time < killsUntil && random.chance(1 / 80)) {
      await sleep(random.number(0, 40));
      updater.child.kill('SIGKILL'); // in the middle, or right after
      await updater.child.ended;
      ++figures.kills;
    } else if (faulty && random.chance(1 / 250)) {
      await sleep(random.number(0, 40));
      await world.postgres.crash();
      await world.postgres.start();
      world.renewAdmin();
      ++figures.crashes;
    }
    const answer = await answered;
    if (!answer.startsWith('ok')) {
      const code = answer.split(' ')[1];
      figures.failed[code] = 1 + (figures.failed[code] ?? 0);
    }
    if (updater.child.signalCode === 'SIGKILL') {
      updater = startUpdater(world, place);
    } else if (answer.startsWith('ended')) {
      throw new Error(`the updater ended by itself: ${answer}`);
    } else if (!faulty && !answer.startsWith('ok')) {
      throw new Error(`a cycle without faults: ${answer}`);
    }
    if (figures.cycles % 6 === 0) await look(time);
  };

  let time = begin;
  for (let hour = begin; time < end; time += step) {
    if (time >= hour) {
      for (const fault of drawFaults(random, world, hour, end)) {
        await world.archive.fault(fault);
        ++figures.faults;
      }
      hour += kHour;
    }
    await cycle(time, true);
    if (rssBegin === null && time >= killsUntil + kHour) rssBegin = await updater.megabytes();
    if (figures.cycles % 288 === 0) say(new Date(time).toISOString(), figures);
  }
  await world.archive.heal();
  for (const last = time + kHealthy; time < last; time += step) await cycle(time, false);
  figures.rss = [rssBegin, await updater.megabytes()];
  await updater.stop();
  await look(time);

  const monthOf = (moment) => new Date(moment).toISOString().slice(0, 7).replace('-', '.');
  const months = new Set([monthOf(time)]);
  // At its beginning the late files of the month before are looked for.
  for (let moment = begin - kLateFiles; moment <= time; moment += 24 * kHour) months.add(monthOf(moment));
  const truth = await truthOf(world.archive, months);
  const wrong = [...differences(truth, await world.query(place, kFilesQuery)), ...viewDifferences(truth, view)];
  const { requests, head_bytes: heads, body_bytes: bodies } = await world.archive.requests();
  Object.assign(figures, { requests, bytes: heads + bodies, files: truth.size, differences: wrong.length });
  figures.seconds = (Date.now() - started) / 1000;
  await world.close();
  return { figures, wrong };
}
