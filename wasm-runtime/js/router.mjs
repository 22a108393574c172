// Finds the function for a request by its path.

import { create_host, problem, target_of } from './host.mjs';

/// `bundle` is a list of `{name, routes, module}`; a route is a whole path. The options are those of
/// `create_host`, the same for all. The result has `fetch(request, context)`, as a host has, and `hosts` by name.
export function create_router(bundle, options) {
  const hosts = {};
  const by_path = new Map();
  for (const { name, routes, module } of bundle) {
    hosts[name] = create_host(module, { ...options, name });
    for (const route of routes) by_path.set(route, hosts[name]);
  }
  return {
    hosts,
    fetch(request, context) {
      const target = target_of(request.url);
      const query = target.indexOf('?');
      const host = by_path.get(query === -1 ? target : target.slice(0, query));
      if (host === undefined) return problem(request.method, 404, 'not_found', 'There is nothing here.');
      return host.fetch(request, { ...context, target });
    },
  };
}
