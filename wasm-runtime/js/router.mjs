// Finds the function for a request, in the order that shared/routes.hpp describes.

import { create_host, problem, target_of } from './host.mjs';

/// The name or address in a Host header, in lower case and without its port.
const host_name = (host) => /^(?:\[[^\]]*\]|[^:]*)/.exec(host.trim())[0].toLowerCase().replace(/\.$/, '');

/// `functions` is a list of `{name, routes, host_setting}`, the last may be empty or missing. The result takes a
/// path and a request's Headers, and gives a name or undefined.
export function create_routes(functions, settings) {
  const paths = new Map();
  const prefixes = [];
  const hosts = new Map();
  for (const { name, routes, host_setting } of functions) {
    for (const route of routes) {
      if (route.endsWith('/*')) prefixes.push([route.slice(0, -1), name]);
      else paths.set(route, name);
    }
    for (const host of (settings[host_setting] ?? '').split(',')) {
      const known = host.trim().toLowerCase();
      if (known !== '' && !hosts.has(known)) hosts.set(known, name);
    }
  }
  prefixes.sort(([a], [b]) => b.length - a.length);
  return (path, headers) =>
    (hosts.size > 0 ? hosts.get(host_name(headers.get('host') ?? '')) : undefined) ??
    paths.get(path) ??
    prefixes.find(([prefix]) => path.startsWith(prefix))?.[1];
}

/// `bundle` is a list of `{name, routes, host_setting, max_body, module}`. The options are those of `create_host`, the same
/// for all. The result has `fetch(request, context)`, as a host has, and `hosts` by name.
export function create_router(bundle, options) {
  const find = create_routes(bundle, options.settings ?? {});
  const hosts = {};
  for (const { name, max_body, module } of bundle) hosts[name] = create_host(module, { ...options, name, max_body });
  return {
    hosts,
    fetch(request, context) {
      const target = target_of(request.url);
      const query = target.indexOf('?');
      const name = find(query === -1 ? target : target.slice(0, query), request.headers);
      if (name === undefined) return problem(request.method, 404, 'not_found', 'There is nothing here.');
      return hosts[name].fetch(request, { ...context, target });
    },
  };
}
