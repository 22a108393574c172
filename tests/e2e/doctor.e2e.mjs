// The doctor and those who ask for readiness hear what is so: secrets that can't be read, settings of functions that can't be, a
// disk that is too small, a part that there is not; and who may not look is told that, not that there is nothing.
import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run, stop, until } from '../tools/processes.mjs';
import { installation, program, ready } from './skerry.mjs';

const attempt = (args, options) =>
  run(program, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

async function doctor(skerry, ...args) {
  const { stdout, stderr } = await skerry.run(...args, 'doctor', '--json');
  assert.notEqual(stdout, '', stderr);
  return new Map(JSON.parse(stdout).findings.map((finding) => [finding.name, finding]));
}

export const checks = {
  async 'the doctor knows which secret is set and can not be read, and which is not set'() {
    const skerry = await installation('archive = "replica"\n');
    const secrets = ['events.ingest_secret', 'health.code', 'metrics.code', 'publish.cloudflare.token', 'publish.fastly.token'];
    const before = await doctor(skerry);
    for (const secret of secrets) assert.notEqual(before.get(secret)?.status, 'failed', secret);
    assert.match(before.get('health.code').message, /not set: \/health is closed/);
    const open = join(skerry.folder, 'open');
    await writeFile(open, 'x', { mode: 0o644 });
    for (const secret of [...secrets, 'kv_token'])
      for (const file of ['/nope', open, skerry.folder]) {
        const finding = (await doctor(skerry, '--set', `${secret}_file=${file}`)).get(secret);
        assert.equal(finding?.status, 'failed', `${secret} ${file} ${JSON.stringify(finding)}`);
        assert.ok(finding.message.includes(file), finding.message);
        assert.doesNotMatch(finding.message, /not set/);
      }
  },

  async 'what is wrong with a setting of a function is said at once, and no other name opens a door'() {
    const skerry = await installation();
    for (const [setting, value, words] of [
      ['tracker.event_paths', 't', /begin with \//],
      ['tracker.event_paths', '/health', /\/health is a path of the function health/],
      ['tracker.event_paths', '/t, /latest', /\/latest is a path of the function latest/],
      ['tracker.tracker_hosts', 'http://x', /host names/],
      ['tracker.credentials_origins', 'example.org', /origins/],
      ['health.origin_url', 'host', /URL of http or https/],
      ['latest.gzip', 'perhaps', /on or off/],
      ['health.health_code', 'abc', /health\.code_file|SKERRY_HEALTH_CODE/],
      ['metrics.metrics_code', 'abc', /metrics\.code_file|SKERRY_METRICS_CODE/],
    ]) {
      const [table, name] = setting.split('.');
      const config = join(skerry.folder, 'wrong.toml');
      await writeFile(config, `[functions.${table}]\n${name} = "${value}"\n`);
      const variable = `SKERRY_FUNCTIONS_${table}_${name}`.toUpperCase();
      for (const [args, env] of [
        [['--config', config], {}],
        [[], { [variable]: value }],
      ])
        for (const command of ['config', 'serve', 'doctor']) {
          const { code, stdout, stderr } = await attempt([...args, command], { cwd: skerry.folder, env: { ...skerry.env, ...env } });
          assert.equal(code, command === 'doctor' ? 1 : 2, `${setting} ${command} ${stderr}`);
          assert.match((stdout + stderr).replaceAll(/\s+/g, ' '), words, `${setting} ${command}`);
        }
    }
    // A host of its own has any path.
    const own = await skerry.run('--set', 'functions.tracker.tracker_hosts=t.example.org', '--set', 'functions.tracker.event_paths=/health', 'config');
    assert.equal(own.code, 0, own.stderr);
    const { stdout } = await skerry.run('config', '--json');
    for (const hidden of ['functions.health.health_code', 'functions.metrics.metrics_code']) assert.ok(!(hidden in JSON.parse(stdout)), hidden);
  },

  async 'write keys may stand in a file, and the doctor says who can read that'() {
    const skerry = await installation('archive = "replica"\n[functions.tracker]\nkeys = "first,second"\n');
    await chmod(skerry.config, 0o644);
    const seen = (await doctor(skerry)).get('functions.tracker.keys');
    assert.equal(seen?.status, 'warning');
    assert.ok(seen.message.includes(skerry.config) && !seen.message.includes('first'), seen.message);
    await chmod(skerry.config, 0o640);
    assert.equal((await doctor(skerry)).has('functions.tracker.keys'), false);
  },

  async 'a disk that is smaller than events.min_free is found'() {
    const skerry = await installation('archive = "replica"\n');
    assert.equal((await doctor(skerry, '--set', 'events.min_free=0')).get('queue').status, 'ok');
    const finding = (await doctor(skerry, '--set', 'events.min_free=900 TiB')).get('queue');
    assert.equal(finding.status, 'failed');
    assert.match(finding.message, /less than events\.min_free/);
  },

  async 'readyz refuses a capability that there is not, and names those that there are'() {
    const skerry = await installation('access_log = false\n');
    const child = skerry.start('serve');
    await until('the server', () => child.said.includes('The view is at'), { child });
    for (const [query, status] of [
      ['capability=events', 200],
      ['capability=zzz', 400],
      ['capability=Events', 400],
    ]) {
      const response = await fetch(`${skerry.url}/readyz?${query}`);
      const text = await response.text();
      assert.equal(response.status, status, `${query} ${text}`);
      if (status === 400) assert.match(text, /there are: events/);
    }
    assert.equal(await stop(child), 0, child.said);
  },

  async 'another user in the folder of a running service is told that, and how to ask'({ skip }) {
    if (process.getuid() !== 0) skip('only root can be somebody else');
    for (const how of ['replica', 'auto']) {
      const skerry = await installation(`collectors = ["rrc00"]\naccess_log = false\narchive = "${how}"\n`);
      const child = skerry.start('up', '--archive', 'replica');
      await ready(child);
      await chmod(skerry.folder, 0o755);
      await chmod(skerry.config, 0o644);
      for (const mode of [0o755, 0o700]) {
        await chmod(skerry.data, mode);
        const other = { uid: 65534, gid: 65534, cwd: skerry.folder, env: skerry.env };
        for (const words of [['db', 'psql', '-c', 'SELECT 1'], ['status'], ['latest'], ...(how === 'auto' ? [] : [['doctor']])]) {
          const { code, stdout, stderr } = await attempt(['--config', skerry.config, ...words], other);
          const all = stdout + stderr;
          assert.notEqual(code, 0, `${words} ${mode.toString(8)} ${all}`);
          assert.doesNotMatch(all, /There is no view|PostgreSQL does not run|view_missing|db_unreachable/, `${words} ${mode.toString(8)}`);
          assert.match(all, /sudo -u/, `${words} ${mode.toString(8)}`);
        }
      }
      assert.equal(await stop(child), 0, child.said);
    }
  },
};
