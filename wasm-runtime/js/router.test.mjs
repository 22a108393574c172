import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { create_router, create_routes } from './router.mjs';
import { compile_puppet } from './testdata/puppet.mjs';

test('every request finds its function, as in C++', () => {
  const { functions, settings, cases } = JSON.parse(
    readFileSync(new URL('../../shared/routes_cases.json', import.meta.url), 'utf8'),
  );
  const find = create_routes(functions, settings);
  assert.ok(cases.length > 30);
  for (const { target, host, accept, function: expected } of cases) {
    const headers = new Headers(Object.entries({ host, accept }).filter(([, value]) => value !== undefined));
    assert.equal(find(target.split('?')[0], headers) ?? null, expected, JSON.stringify({ target, host, accept }));
  }
  assert.equal(create_routes(functions, {})('/none', new Headers({ host: 't.example.org' })), undefined);
});

test('a request reaches its function, undecoded, or nothing', async () => {
  const bundle = [{ name: 'puppet', routes: ['/empty', '/echo/*'], host_setting: 'hosts', max_body: 5, module: compile_puppet() }];
  const router = create_router(bundle, { settings: { hosts: 'p.example' } });
  const ask = (target, init) => router.fetch(new Request(`http://edge.example${target}`, init));
  assert.equal((await ask('/empty?x=/y')).status, 204);
  const deep = await ask('/echo/%zz?b');
  assert.equal(deep.headers.get('x-run'), '/echo/%zz?b');
  assert.equal((await ask('/count', { headers: { host: 'p.example' } })).status, 200);
  for (const [body, status] of [['small', 200], ['larger', 413]])
    assert.equal((await ask('/echo/', { method: 'POST', body })).status, status);
  for (const target of ['/', '/empty/', '/echo', '/EMPTY', '//empty', '/count']) {
    const missing = await ask(target);
    assert.equal(missing.status, 404, target);
    assert.equal((await missing.json()).code, 'not_found');
  }
  assert.equal(router.hosts.puppet.live_runs, 0);
});
