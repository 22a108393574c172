// An updater and its archives at a simulated time: the replica, PostgreSQL and the program, all of them real. The clock of the
// program and of PostgreSQL is a preload (tests/clock), and runs on from where it is set; the replica's is its own, and stands.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { makeClock } from '../clock/clock.mjs';
import { build, scratchFolder, start, until } from './processes.mjs';
import { startPostgres } from './postgres.mjs';

export const program = join(build, 'skerry');
export const effects = join(build, 'tests/fault/effects.so');

/** The replica at `time` (ms since 1970), with the base URLs of the collectors `ids`. */
export async function startArchive(time, ids) {
  const clock = new Date(time).toISOString();
  const child = start(join(build, 'archive-replica'), ['--clock', clock, '--with-parent']);
  const origin = await until('the replica', () => /listening (\S+)/.exec(child.printed)?.[1], { child });
  // A fault may reset any connection, also ours, before the request is read.
  const ask = (url, options, attempts = 30) =>
    fetch(url, options).catch((error) => {
      if (attempts === 0 || child.exitCode !== null) throw error;
      return ask(url, options, attempts - 1);
    });
  const control = async (method, path, body) => {
    const response = await ask(`${origin}/_control/${path}`, { method, body });
    if (!response.ok) throw new Error(`${method} ${path} ${body}: ${response.status} ${await response.text()}`);
    return response;
  };
  const bases = await (await fetch(`${origin}/`)).text();
  const collectors = ids.map((id) => {
    const path = bases.split('\n').find((base) => base.split('/').includes(id));
    return { id, project: id.startsWith('rrc') ? 'riperis' : 'routeviews', url: origin + path.replace(/\/$/, '') };
  });
  return {
    child,
    origin,
    collectors,
    port: Number(new URL(origin).port),
    setClock: (moment) => control('PUT', 'clock', new Date(moment).toISOString()),
    fault: (fault) => control('PUT', 'fault', JSON.stringify(fault)),
    heal: () => control('DELETE', 'fault'),
    requests: async () => (await control('GET', 'requests')).json(),
    forgetRequests: () => control('DELETE', 'requests'),
  };
}

/** The replica, a server, and both clocks at `time`. `settings` and `postgresSettings`: lines of skerry.toml and postgresql.conf. */
export async function startWorld({ time, ids, settings = [], postgresSettings = [] }) {
  const folder = await scratchFolder();
  const clock = await makeClock(folder, time);
  const [archive, postgres] = await Promise.all([startArchive(time, ids), startPostgres(folder, postgresSettings, clock.env)]);
  const collectorsFile = join(folder, 'collectors.json');
  await writeFile(collectorsFile, JSON.stringify(archive.collectors));
  const config = join(folder, 'skerry.toml');
  const lines = [
    'archive = "real"',
    `collectors_file = "${collectorsFile}"`,
    `collectors = ${JSON.stringify(ids)}`,
    'access_log = false',
    ...settings,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const world = {
    program,
    folder,
    archive,
    postgres,
    admin: postgres.session('postgres'),
    /** After a restart of the server. */
    renewAdmin() {
      world.admin.close();
      world.admin = postgres.session('postgres');
    },
    clock,
    config,
    async setTime(moment) {
      world.time = moment;
      clock.set(moment);
      await archive.setClock(moment);
    },
    /** A data folder and a database, both called `name`; the database is a copy of `template`, where there is one. */
    async place(name, template = 'template0') {
      const data = join(folder, name);
      await mkdir(data);
      await world.admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
      return { name, data };
    },
    async query({ name }, sql) {
      const session = postgres.session(name);
      try {
        return await session.query(sql);
      } finally {
        await session.close();
      }
    },
    async drop({ name }) {
      await world.admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    },
    environment: ({ name, data }) => ({
      PATH: process.env.PATH,
      HOME: folder,
      no_proxy: '*',
      ...clock.env,
      SKERRY_DATA_DIR: data,
      SKERRY_DATABASE_URL: postgres.url(name),
    }),
    /** Runs the program to its end: `{code, signal, stdout, stderr}`. */
    run: (place, args, more = {}) =>
      new Promise((resolve) => {
        const env = { ...world.environment(place), ...more };
        execFile(program, ['--config', config, ...args], { env, maxBuffer: 1 << 28 }, (error, stdout, stderr) =>
          resolve({ code: error ? error.code : 0, signal: error?.signal ?? null, stdout, stderr }),
        );
      }),
    /** The view in the store, or null. */
    async view(place) {
      const { code, stdout, stderr } = await world.run(place, ['latest', '--stored']);
      if (code !== 0 && /view_missing|no view|not there/i.test(stderr)) return null;
      if (code !== 0) throw new Error(`latest --stored: ${code} ${stderr}`);
      return JSON.parse(stdout);
    },
    close: () => world.admin.close(),
  };
  await world.setTime(time);
  return world;
}
