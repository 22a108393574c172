// The program and the archive replica, as the checks use them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { build, freePort, run, scratchFolder, start, until } from '../tools/processes.mjs';

export const program = join(build, 'skerry');

/** A data folder with a config file of its own; `more` is TOML for the top, or for tables. */
export async function installation(more = '') {
  const folder = await scratchFolder();
  const [port, kvPort] = [await freePort(), await freePort()];
  const config = join(folder, 'skerry.toml');
  const settings = `data_dir = "${folder}/data"\nlisten = "127.0.0.1:${port}"\nkv_listen = "127.0.0.1:${kvPort}"\n${more}`;
  await writeFile(config, settings);
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

/** The replica with a clock that stands still, and a collectors file that points there. */
export async function archive(folder, clock, only) {
  const child = start(join(build, 'archive-replica'), ['--clock', clock]);
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
  return { child, origin, file, control, setClock: (time) => control('PUT', 'clock', time) };
}

export const view = async (url, path = '/latest') => (await fetch(url + path)).json();
