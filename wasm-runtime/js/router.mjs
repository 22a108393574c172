// Finds the function for a request, in the order that shared/routes.hpp describes.

import { create_host, problem, target_of } from './host.mjs';

/// The name or address in a Host header, in lower case and without its port.
const host_name = (host) => /^(?:\[[^\]]*\]|[^:]*)/.exec(host.trim())[0].toLowerCase().replace(/\.$/, '');

/// The weight of a part of an Accept header, in thousandths; 0 where it can't be read.
function weight_of(parameters) {
  const q = parameters.map((each) => each.trim()).find((each) => /^q=/i.test(each));
  if (q === undefined) return 1000;
  return /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/i.test(q) ? Math.round(Number(q.slice(2)) * 1000) : 0;
}

/// Whether it names text/html, with a weight not below that of JSON (shared/negotiation.hpp).
function prefers_html(accept) {
  const weights = new Map();
  for (const part of accept.split(',')) {
    const [type, ...parameters] = part.split(';');
    weights.set(type.trim().toLowerCase(), weight_of(parameters));
  }
  const html = weights.get('text/html') ?? 0;
  return html > 0 && html >= (weights.get('application/json') ?? weights.get('application/*') ?? weights.get('*/*') ?? 0);
}

/// `functions` is a list of `{name, routes, html_routes, host_setting}`, the last two may be empty or missing. The result takes a
/// path and a request's Headers, and gives a name or undefined.
export function create_routes(functions, settings) {
  const paths = new Map();
  const html = new Map();
  const prefixes = [];
  const hosts = new Map();
  for (const { name, routes, html_routes = [], host_setting } of functions) {
    for (const route of html_routes) html.set(route, name);
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
    (html.has(path) && prefers_html(headers.get('accept') ?? '') ? html.get(path) : undefined) ??
    paths.get(path) ??
    prefixes.find(([prefix]) => path.startsWith(prefix))?.[1];
}

/// `bundle` is a list of `{name, routes, html_routes, host_setting, max_body, module}`. The options are those of `create_host`, the same
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
