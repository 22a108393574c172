// `/metrics` as a real Prometheus reads it, in both of its formats, and the alerts that are made of it.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { run, top, until } from '../tools/processes.mjs';
import { checkMetrics, job, operators, snapshot, startFunctions, startPrometheus } from './servers.mjs';

const kCode = 'authorization: {credentials: s3cret}';
const settings = { metrics_code: 's3cret' };

export const checks = {
  async 'promtool finds nothing to complain of'() {
    const functions = await startFunctions({ settings, values: { metrics: await snapshot() } });
    const response = await fetch(`${functions.url}/metrics?code=s3cret`);
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    await checkMetrics(await response.text());
  },

  async 'Prometheus scrapes it, with its code, and alarms when the native host is silent'() {
    const functions = await startFunctions({ settings, values: { metrics: await snapshot(Date.now() - 5000) } });
    const prometheus = await startPrometheus(job(functions.address, kCode));
    const seen = (what, expression, test) =>
      until(what, async () => {
        const value = await prometheus.value(expression);
        return value !== null && test(value);
      }, { child: prometheus.child });
    await seen('a scrape', 'up{job="skerry"}', (value) => value === 1);
    assert.equal(await prometheus.value('skerry_http_requests_total{function="latest",code="200"}'), 99);
    assert.equal(await prometheus.value('count(skerry_http_requests_total{function="\\"} 1\\nä"})'), 1);
    assert.equal(await prometheus.value('histogram_quantile(0.9, skerry_http_request_duration_seconds_bucket)'), 0.001);
    assert.equal(await prometheus.value('skerry_edge_snapshot_available'), 1);
    await seen('the count of scrapes', 'skerry_edge_requests_total', (value) => value > 1);
    const [target] = await prometheus.targets();
    assert.deepEqual([target.health, target.lastError], ['up', '']);
    assert.deepEqual(await prometheus.alerts(), []);

    await functions.put('metrics', await snapshot(Date.now() - 1_300_000));
    const silent = async () => (await prometheus.alerts()).find(({ labels }) => labels.alertname === 'SkerrySnapshotOld');
    assert.equal((await until('the alert', silent)).state, 'pending');
    await functions.put('metrics', 'garbage');
    await seen('an edge on its own', 'skerry_edge_snapshot_available', (value) => value === 0);
    assert.equal(await prometheus.value('up{job="skerry"}'), 1);
  },

  async 'without the code it gets nothing'() {
    const functions = await startFunctions({ settings, values: { metrics: await snapshot() } });
    const prometheus = await startPrometheus(job(functions.address, 'authorization: {credentials: wrong}'));
    const [target] = await until('a scrape', async () => {
      const targets = await prometheus.targets();
      return targets[0]?.health === 'down' && targets;
    }, { child: prometheus.child });
    assert.match(target.lastError, /403/);
  },

  async 'the alerts fire when they should'() {
    await run('promtool', ['check', 'rules', join(operators, 'prometheus-rules.yml')]);
    await run('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: join(top, 'tests/observe') });
  },
};
