// The Grafana dashboard: that Grafana can read it, Prometheus its queries, and that `skerry up` really exports what
// dashboard and alerts name.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cloudflare } from '../doubles/cloudflare.mjs';
import { archive, installation, ready } from '../e2e/skerry.mjs';
import { until } from '../tools/processes.mjs';
import { checkMetrics, job, operators, startPrometheus } from './servers.mjs';

const dashboard = async () => JSON.parse(await readFile(join(operators, 'grafana-dashboard.json'), 'utf8'));
const panels = async () => (await dashboard()).panels.filter(({ type }) => type !== 'row');

/** The names of metrics in a text: queries, or rules. */
const names = (text) => new Set(text.match(/\bskerry_[a-z0-9_]+/g));
/** What Grafana puts in place of its variables. */
const filled = (query) => query.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*');

export const checks = {
  async 'the dashboard has what Grafana needs'() {
    const { title, uid, schemaVersion, templating, time, ...rest } = await dashboard();
    assert.ok(title && uid && schemaVersion >= 36 && time.from && time.to);
    assert.deepEqual(templating.list.map(({ name, type }) => [name, type]), [
      ['datasource', 'datasource'],
      ['job', 'query'],
    ]);
    const taken = new Set();
    for (const { id, type, title: name, gridPos, targets, fieldConfig, datasource, options } of rest.panels) {
      assert.ok(name && !taken.has(id), `the panel ${id} has a title, and its id is its own`);
      taken.add(id);
      const { x, y, w, h } = gridPos;
      assert.ok(x >= 0 && w > 0 && x + w <= 24 && h > 0, `${name} lies on the grid`);
      for (let column = x; column < x + w; ++column) {
        for (let line = y; line < y + h; ++line) {
          const place = `${column} ${line}`;
          assert.ok(!taken.has(place), `${name} lies on nothing else`);
          taken.add(place);
        }
      }
      if (type === 'row') continue;
      assert.ok(['timeseries', 'stat', 'state-timeline'].includes(type) && fieldConfig.defaults.unit && options);
      assert.equal(datasource.uid, '${datasource}');
      assert.ok(targets.length > 0);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length);
      for (const { expr } of targets) assert.match(expr, /\$job|vector/, `${name} is of the chosen job`);
    }
  },

  async 'skerry up exports all that dashboard and alerts name, and every curve can be drawn'() {
    const platform = await cloudflare();
    try {
      const { folder } = await installation();
      const source = await archive(folder, ['rrc00', 'route-views2']);
      const skerry = await installation(
        `archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ["rrc00", "route-views2"]\naccess_log = false\n` +
          platform.settings,
      );
      skerry.env.SKERRY_METRICS_CODE = 's3cret';
      skerry.env.CLOUDFLARE_API_TOKEN = platform.token;
      const child = skerry.start('up');
      await ready(child);
      for (const path of ['/latest', '/latest?project=nonsense']) await (await fetch(skerry.url + path)).text();
      await until('a push', () => platform.writes().length > 0, { child });

      const response = await fetch(`${skerry.url}/metrics?code=s3cret`);
      assert.equal(response.status, 200, await response.clone().text());
      const text = await response.text();
      await checkMetrics(text);
      const exported = new Set(text.match(/^skerry_[a-z0-9_]+/gm));
      const queries = (await panels()).flatMap(({ targets }) => targets.map(({ expr }) => expr));
      const rules = await readFile(join(operators, 'prometheus-rules.yml'), 'utf8');
      const wanted = names(queries.concat(rules).join('\n'));
      const missing = [...wanted].filter((name) => !exported.has(name) && !/^skerry_(edge|tls)_/.test(name)); // nor is TLS set here
      assert.deepEqual(missing, []);

      const prometheus = await startPrometheus(job(`127.0.0.1:${skerry.port}`, 'authorization: {credentials: s3cret}'));
      await until('two scrapes', async () => (await prometheus.value('count_over_time(up{job="skerry"}[1m])')) > 1, { child });
      for (const query of queries) {
        const value = await prometheus.value(filled(query)); // throws where Prometheus can't read it
        if (!/edge|histogram_quantile/.test(query)) assert.notEqual(value, null, query);
      }
      return `${wanted.size} metrics, ${queries.length} curves`;
    } finally {
      platform.close();
    }
  },
};
