// The program and the archive replica, as the checks use them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { moveClock } from '../clock/clock.mjs';
import { build, freePort, run, scratchFolder, start, until } from '../tools/processes.mjs';

export const program = join(build, 'skerry');

const kKvToken = 'token-of-the-store';
/** What a request says that may write into the store. */
export const mayWrite = { Authorization: `Bearer ${kKvToken}` };

/** A data folder with a config file of its own; `more` is TOML for the top, or for tables. */
export async function installation(more = '') {
  const folder = await scratchFolder();
  const [port, kvPort] = [await freePort(), await freePort()];
  const config = join(folder, 'skerry.toml');
  const settings = `data_dir = "${folder}/data"\nlisten = "127.0.0.1:${port}"\nkv_listen = "127.0.0.1:${kvPort}"\nkv_token_file = "${folder}/kv-token"\n${more}`;
  await writeFile(config, settings);
  await writeFile(join(folder, 'kv-token'), kKvToken, { mode: 0o600 });
  // The program's environment, which a check may change; nothing of that of the checks themselves.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SKERRY_')));
  return {
    folder,
    config,
    env,
    data: join(folder, 'data'),
    url: `http://127.0.0.1:${port}`,
    kv: `http://127.0.0.1:${kvPort}`,
    port,
    start: (...args) => start(program, ['--config', config, ...args], { cwd: folder, env }),
    run: (...args) =>
      run(program, ['--config', config, ...args], { cwd: folder, env, maxBuffer: 1 << 28 }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
      ),
  };
}

/** Waits until `skerry up` has shown its addresses: the first cycle is over. */
export const ready = (child) => until('the first cycle', () => child.said.includes('Ctrl-C stops everything'), { child, seconds: 120 });

/**
 * The replica, and a collectors file that points there. Its clock is that of the check; `stands`: as at the start, so that
 * nothing is new, until `advance` moves both.
 */
export async function archive(folder, only, { stands = false } = {}) {
  const child = start(join(build, 'archive-replica'), ['--clock', 'now', ...(stands ? ['--speed', '0'] : [])]);
  const origin = await until('the replica', () => /listening (\S+)/.exec(child.printed)?.[1], { child });
  const collectors = only.map((id) => ({
    id,
    project: id.startsWith('rrc') ? 'riperis' : 'routeviews',
    url: id.startsWith('rrc') ? `${origin}/data.ris.ripe.net/${id}` : `${origin}/archive.routeviews.org/${id}/bgpdata`,
  }));
  const file = join(folder, 'collectors.json');
  await writeFile(file, JSON.stringify(collectors));
  const control = async (method, path, body) => {
    const response = await fetch(`${origin}/_control/${path}`, { method, body });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  /** Minutes pass: for the archive, the program, its database and this check. */
  const advance = async (minutes) => {
    const time = Date.now() + minutes * 60_000;
    moveClock(time);
    await control('PUT', 'clock', new Date(time).toISOString());
  };
  return { child, origin, file, control, advance };
}

export const view = async (url, path = '/latest') => (await fetch(url + path)).json();
