// `/health`, `/livez` and `/readyz` of the program while its database and its disk come and go.
import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { archive, installation, ready } from '../e2e/skerry.mjs';
import { startPostgres } from '../tools/postgres.mjs';
import { scratchFolder, stop, until } from '../tools/processes.mjs';

const kFew = ['rrc00', 'route-views2'];

/** `skerry up` over a PostgreSQL of the test's; `health` asks it. */
async function started() {
  const folder = await scratchFolder();
  const postgres = await startPostgres(folder);
  const source = await archive(folder, kFew);
  const skerry = await installation(
    `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ${JSON.stringify(kFew)}\naccess_log = false\n` +
      `database_url = "${postgres.url('postgres')}"\n`,
  );
  skerry.env.HEALTH_CHECK_CODE = 's3cret';
  const child = skerry.start('up');
  await ready(child);
  const health = async (query = '?code=s3cret') => {
    const response = await fetch(`${skerry.url}/health${query}`);
    const body = await response.json();
    return { status: response.status, body, failing: body.ident?.filter((word) => word.endsWith('=False')) };
  };
  const status = async (path) => (await fetch(skerry.url + path)).status;
  return { skerry, postgres, child, health, status };
}

export const checks = {
  async 'a database that crashes and comes back; a door that stays closed'() {
    const { postgres, child, health, status } = await started();
    const well = await health();
    assert.deepEqual([well.status, well.failing], [200, []], JSON.stringify(well.body));
    assert.deepEqual(well.body.ident.slice(0, 3), ['global_status=True', 'storage=True', 'database=True']);
    assert.deepEqual([await status('/livez'), await status('/readyz')], [200, 200]);
    for (const path of ['/internal/health', '/internal/metrics', '/%69nternal/health']) assert.equal(await status(path), 404);
    const refused = { error: 'Access denied for given route or resource', code: 403, type: 'app.fatal-error' };
    for (const query of ['', '?code=', '?code=wrong']) {
      const { status: code, body } = await health(query);
      assert.deepEqual([code, body], [403, refused]);
    }

    await postgres.crash();
    const ill = await until('a failed check', async () => ((await health()).status === 503 ? health() : null), { child });
    assert.deepEqual(ill.failing.slice(0, 2), ['global_status=False', 'database=False']);
    assert.match(ill.body.messages[0].database[0], /PostgreSQL/);
    assert.deepEqual([await status('/livez'), await status('/readyz'), await status('/latest')], [200, 200, 200]);

    await postgres.start();
    await until('good health', async () => (await health()).status === 200, { child });
    assert.equal(await stop(child), 0, child.said);
  },

  async 'storage that can not be written'() {
    const { skerry, child, health } = await started();
    // Root may write everywhere: a file in the place of the folder stops even root.
    await rename(skerry.data, `${skerry.data}.away`);
    await writeFile(skerry.data, '');
    const ill = await until('a failed check', async () => ((await health()).status === 503 ? health() : null), { child });
    assert.ok(ill.failing.includes('storage=False'), JSON.stringify(ill.body));
    await rm(skerry.data);
    await rename(`${skerry.data}.away`, skerry.data);
    await until('good health', async () => (await health()).status === 200, { child });
  },
};
