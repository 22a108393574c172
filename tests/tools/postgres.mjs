// A PostgreSQL server of one's own, and sessions with it.
import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run, start, until } from './processes.mjs';

const kUser = process.getuid() === 0 ? 'postgres' : null; // the server refuses to run as root
// What is started so ends with this process, also where that is killed.
const asUser = (command, args) => [
  'setpriv',
  [...(kUser ? [`--reuid=${kUser}`, `--regid=${kUser}`, '--clear-groups'] : []), '--pdeathsig=QUIT', command, ...args],
];

async function programs() {
  const versions = (await readdir('/usr/lib/postgresql')).map(Number).sort((a, b) => b - a);
  return `/usr/lib/postgresql/${versions[0]}/bin`;
}

/** Starts a server with its data in `folder`/postgres; `settings` are lines of postgresql.conf, `env` goes into its environment. */
export async function startPostgres(folder, settings = [], env = {}) {
  const bin = await programs();
  const place = join(folder, 'postgres');
  await mkdir(place);
  if (kUser) {
    const { stdout } = await run('id', ['-u', kUser]);
    await chown(place, Number(stdout), -1);
  }
  await chmod(place, 0o755);
  const data = join(place, 'data');
  const init = [join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C']];
  await run(...asUser(...init));
  // A server that is killed loses nothing that the kernel has: fsync is for power cuts.
  const lines = ['fsync = off', "listen_addresses = ''", `unix_socket_directories = '${place}'`, ...settings];
  await writeFile(join(data, 'postgresql.auto.conf'), `${lines.join('\n')}\n`);
  const server = {
    place,
    /** For `DATABASE_URL`. */
    url: (database) => `host=${place} user=postgres dbname=${database}`,
    async start() {
      server.child = start(...asUser(join(bin, 'postgres'), ['-D', data]), { env: { ...process.env, ...env } });
      await until('PostgreSQL', () => run(join(bin, 'pg_isready'), ['-q', '-h', place]).then(() => true, () => false), {
        child: server.child,
      });
    },
    /** As a crash of the server: nothing is written any more. */
    async crash() {
      await run(...asUser(join(bin, 'pg_ctl'), ['stop', '-D', data, '-m', 'immediate', '-w']));
      await server.child.ended;
    },
    session: (database) => session(place, database),
  };
  await server.start();
  return server;
}

/**
 * Starts a PgBouncer before a server of `startPostgres`: a session of the server is lent to a client for one transaction.
 * `url` as of a server.
 */
export async function startPgBouncer(postgres, folder, settings = []) {
  const place = join(folder, 'pgbouncer');
  await mkdir(place);
  if (kUser) {
    const { stdout } = await run('id', ['-u', kUser]); // it refuses to run as root, too
    await chown(place, Number(stdout), -1);
  }
  const file = join(place, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=${postgres.place} user=postgres`,
    '[pgbouncer]',
    'listen_addr =',
    'listen_port = 6432',
    `unix_socket_dir = ${place}`,
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 8',
    ...settings,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = start(...asUser('/usr/sbin/pgbouncer', [file]));
  await until('PgBouncer', () => run('psql', ['-h', place, '-p', '6432', '-U', 'postgres', '-c', 'SELECT 1', 'postgres']).then(() => true, () => false), {
    child,
  });
  return { child, place, url: (database) => `host=${place} port=6432 user=postgres dbname=${database}` };
}

/** A psql that answers one query after the other: `query(sql)` is a list of rows, each a list of strings. */
export function session(host, database) {
  const child = spawn('psql', ['-qAtX', '-F', '\t', '-h', host, '-U', 'postgres', '-v', 'ON_ERROR_STOP=1', database]);
  const waiting = [];
  let text = '';
  let errors = '';
  child.stderr.on('data', (piece) => (errors += piece));
  child.stdout.on('data', (piece) => {
    text += piece;
    for (let end = text.indexOf('\x01\n'); end >= 0 && waiting.length > 0; end = text.indexOf('\x01\n')) {
      const rows = text.slice(0, end).split('\n').slice(0, -1);
      text = text.slice(end + 2);
      waiting.shift().resolve(rows.map((row) => row.split('\t')));
    }
  });
  child.once('close', () => {
    for (const { reject } of waiting) reject(new Error(`psql: ${errors}`));
    waiting.length = 0;
  });
  child.stdin.on('error', () => {}); // `close` tells
  return {
    query: (sql) =>
      new Promise((resolve, reject) => {
        if (child.exitCode !== null) return reject(new Error(`psql has ended: ${errors}`));
        waiting.push({ resolve, reject });
        child.stdin.write(`${sql};\n\\echo \x01\n`);
      }),
    close: () => new Promise((resolve) => (child.exitCode !== null ? resolve() : child.once('close', resolve), child.stdin.end())),
  };
}
