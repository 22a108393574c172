// The report, written into a real InfluxDB as it stands, and read back.
import assert from 'node:assert/strict';

import { report, snapshot, startFunctions, startInfluxdb } from './servers.mjs';

const kTime = Date.parse('2026-11-21T08:05:11.250Z');
const kReport = {
  storage_declared_space: 125000000,
  storage_used_space: 4096,
  users_active_accounts: 3,
  users_active_jwt_keys: 4,
  backup_versions: 5,
  backup_collections: 6,
  resources_tags: 7,
};

/** What InfluxDB holds of the report: `{time, base_url, …}` for each point. */
async function points(influxdb) {
  const { series } = await influxdb.query('SELECT * FROM backup_repository_report');
  return series[0].values.map((row) => Object.fromEntries(series[0].columns.map((name, i) => [name, row[i]])));
}

export const checks = {
  async 'the line is stored as it is, once however often it is written'() {
    const influxdb = await startInfluxdb();
    const settings = { metrics_code: 's3cret', base_url: 'http://localhost:8000', app_env: 'dev' };
    const functions = await startFunctions({ settings, values: { metrics: await snapshot(kTime) } });
    const line = await (await fetch(`${functions.url}${report}?code=s3cret`)).text();
    for (let i = 0; i < 2; ++i) assert.equal((await influxdb.write(line)).status, 204);
    assert.deepEqual(await points(influxdb), [
      { time: `${kTime}000000`, app_env: 'dev', base_url: 'http://localhost:8000', ...kReport },
    ]);
    const { series } = await influxdb.query('SHOW FIELD KEYS FROM backup_repository_report');
    assert.deepEqual([...new Set(series[0].values.map(([, type]) => type))], ['float']);

    await functions.put('metrics', await snapshot(kTime + 60_000));
    const next = await (await fetch(`${functions.url}${report}?code=s3cret`)).text();
    assert.equal((await influxdb.write(next)).status, 204);
    assert.equal((await points(influxdb)).length, 2);
  },

  async 'tags with all that has to be escaped come back as they were'() {
    const influxdb = await startInfluxdb();
    const kTags = [
      ['a b,c=d', 'a b,c=d'],
      ['"quoted" \'too\'', '"quoted" \'too\''],
      ['C:\\data\\x', 'C:\\data\\x'],
      ['ends in \\', 'ends in /'],
      ['x,y\\,z', 'x,y\\,z'],
      ['zürich', 'zürich'],
      ['two\nlines v=1 1', 'two_lines v=1 1'],
    ];
    for (const [i, [app_env, stored]] of kTags.entries()) {
      const time = kTime + i * 1000;
      const functions = await startFunctions({
        settings: { metrics_code: 's3cret', app_env },
        values: { metrics: await snapshot(time) },
      });
      const line = await (await fetch(`${functions.url}${report}?code=s3cret`)).text();
      const written = await influxdb.write(line);
      assert.equal(written.status, 204, written.text);
      const all = await points(influxdb);
      assert.equal(all.length, i + 1);
      assert.deepEqual(all.at(-1), { time: `${time}000000`, app_env: stored, ...kReport });
    }
  },
};
