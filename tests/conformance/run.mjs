// Runs every case on every runtime: `run.mjs [--runtime NAME]… [--case PATTERN]`. See README.md.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

import { read_groups } from './cases.mjs';
import { exchange } from './http.mjs';
import { kPages, kRuntimes, with_runtime } from './runtimes.mjs';

/// What a platform adds by itself: everything else in a response is the function's.
const kPlatformHeaders = new Set([
  ...['connection', 'content-length', 'date', 'keep-alive', 'server', 'transfer-encoding'],
]);

const kPatienceForNothing = 2_000;

const { values: options } = parseArgs({
  options: { runtime: { type: 'string', multiple: true, default: kRuntimes }, case: { type: 'string', default: '' } },
});

function shown(bytes) {
  const text = bytes.toString('latin1');
  return JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}… (${text.length} bytes)` : text);
}

/// `5..7` stands for a number that chance makes, from the first to the last.
function meets(wanted, got) {
  const range = /^(\d+)\.\.(\d+)$/.exec(wanted ?? '');
  if (range === null) return wanted === got;
  return /^\d+$/.test(got ?? '') && Number(got) >= Number(range[1]) && Number(got) <= Number(range[2]);
}

/// What differs between a response and the expected one, a line each.
function differences(expected, actual) {
  if (typeof actual.status === 'string') return [`no response: the connection ${actual.status}`];
  const lines = [];
  if (actual.status !== expected.status) lines.push(`status: expected ${expected.status}, got ${actual.status}`);
  const names = new Set([...expected.headers.keys(), ...actual.headers.keys()].filter((name) => !kPlatformHeaders.has(name)));
  for (const name of [...names].sort()) {
    const [wanted, got] = [expected.headers.get(name), actual.headers.get(name)];
    if (!meets(wanted, got)) lines.push(`${name}: expected ${wanted ?? 'none'}, got ${got ?? 'none'}`);
  }
  let body = actual.body;
  if (expected.gzip) {
    try {
      body = gunzipSync(body);
    } catch (error) {
      lines.push(`body: ${error.message}`);
    }
  }
  if (!body.equals(expected.body)) lines.push(`body: expected ${shown(expected.body)}, got ${shown(body)}`);
  return lines;
}

async function run_case(port, one, runtime, bodies) {
  const accepted = one.alternatives
    .filter(({ runtimes }) => runtimes.includes(runtime) || runtimes.includes('all'))
    .map(({ status }) => status);
  let actual;
  try {
    actual = await exchange(port, one.request, one.method, accepted.includes('waits') ? kPatienceForNothing : undefined);
  } catch (error) {
    return [error.message];
  }
  if (accepted.includes(actual.status)) return [];
  if (one.expected === null) return [`status: none of those named, but ${actual.status}`];
  const lines = differences(one.expected, actual);
  if (lines.length === 0) {
    // What is compressed must be the same bytes everywhere, too.
    const first = bodies.get(one) ?? actual.body;
    bodies.set(one, first);
    return first.equals(actual.body) ? [] : ['body: compressed to other bytes than elsewhere'];
  }
  return lines;
}

/// What is not the same everywhere: who asks, as far as the platform knows, and the ids that are made.
function comparable(events) {
  const made = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  return events
    .map(({ client, id, ...event }) => JSON.stringify({ id: made.test(id) ? 'made' : id, ...event }))
    .sort();
}

/// What differs between the events that arrived and those of the first runtime.
function compare_events(first, events) {
  const [wanted, got] = [comparable(first), comparable(events)];
  const missing = wanted.filter((event) => !got.includes(event));
  const strange = got.filter((event) => !wanted.includes(event));
  const lines = [...missing.map((event) => `missing: ${event}`), ...strange.map((event) => `only here: ${event}`)];
  if (lines.length === 0 && wanted.length !== got.length) lines.push(`${got.length} events, not ${wanted.length}`);
  return lines.slice(0, 10);
}

const pattern = new RegExp(options.case);
const groups = read_groups(join(import.meta.dirname, 'cases'), { data: join(import.meta.dirname, 'data'), pages: kPages });
const failed_groups = []; // said at the end, where a log that is cut still has them
const results = Object.fromEntries(options.runtime.map((name) => [name, { passed: 0, failed: 0 }]));

for (const group of groups) {
  const cases = group.cases.filter((one) => pattern.test(`${group.name}: ${one.name}`));
  if (cases.length === 0) continue;
  const bodies = new Map();
  const arrived = {};
  const reports = await Promise.all(
    options.runtime.map(async (runtime) => {
      const failures = [];
      let failed = 0;
      const fail = (one, lines) => {
        ++failed;
        failures.push(`  ${runtime} · ${one.name}\n${lines.map((line) => `    ${line}\n`).join('')}`);
      };
      try {
        await with_runtime(runtime, group, async (port, output, events) => {
          for (const one of cases) {
            const lines = await run_case(port, one, runtime, bodies);
            if (lines.length > 0) fail(one, lines);
          }
          if (group.origin === 'up' && events) arrived[runtime] = await events();
          if (failures.length > 0 && output() !== '') failures.push(`  ${runtime} said:\n    ${output().trim().replaceAll('\n', '\n    ')}\n`);
        });
      } catch (error) {
        for (const one of cases) fail(one, one === cases[0] ? [error.message] : ['not run']);
      }
      results[runtime].failed += failed;
      results[runtime].passed += cases.length - failed;
      return { runtime, failed, failures };
    }),
  );
  const first = Object.values(arrived)[0];
  for (const { runtime, failures } of reports.filter((report) => report.runtime in arrived)) {
    const lines = compare_events(first, arrived[runtime]);
    results[runtime][lines.length === 0 ? 'passed' : 'failed'] += 1;
    if (lines.length > 0) failures.push(`  ${runtime} · the events that arrived\n    ${lines.join('\n    ')}\n`);
  }
  const summary = reports.map(({ runtime, failed }) => `${runtime} ${cases.length - failed}/${cases.length}`);
  console.log(`${group.name}: ${summary.join('  ')}`);
  const failures = reports.flatMap((report) => report.failures);
  if (failures.length > 0) failed_groups.push(`${group.name}:\n${failures.join('')}`);
}

console.log(`\n${failed_groups.join('')}`);
let [passed, failed] = [0, 0];
for (const [name, result] of Object.entries(results)) {
  console.log(`${name.padEnd(10)} ${result.passed} passed, ${result.failed} failed`);
  passed += result.passed;
  failed += result.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
