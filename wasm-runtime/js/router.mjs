// Finds the function for a request, in the order that shared/routes.hpp describes.

import { create_host, problem, target_of } from './host.mjs';

/// The name or address in a Host header, in lower case and without its port.
const host_name = (host) => /^(?:\[[^\]]*\]|[^:]*)/.exec(host.trim())[0].toLowerCase().replace(/\.$/, '');

/// The pieces of `text` between the `end`s that stand outside of quoted strings.
function split_outside_quotes(text, end) {
  const pieces = [];
  let [start, quoted] = [0, false];
  for (let at = 0; at < text.length; ++at) {
    if (text[at] === '"') quoted = !quoted;
    else if (quoted && text[at] === '\\') ++at;
    else if (!quoted && text[at] === end) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...pieces, text.slice(start)];
}

/// A qvalue in thousandths; 0 if it is none.
const weight_in = (text) => (/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Math.round(Number(text) * 1000) : 0);

/// The members of a list with weights, as WeightedList in shared/negotiation.hpp reads them.
function* weighted(list) {
  for (const member of split_outside_quotes(list, ',')) {
    const [value, ...parameters] = split_outside_quotes(member, ';');
    let weight = 1000;
    for (const parameter of parameters) {
      const [name, ...rest] = parameter.split('=');
      if (name.trim().toLowerCase() === 'q') weight = Math.min(weight, weight_in(rest.join('=').trim()));
    }
    if (value.trim() !== '') yield { value: value.trim().toLowerCase(), weight };
  }
}

/// Whether it names text/html, with a weight not below that of JSON (shared/negotiation.hpp).
function prefers_html(accept) {
  const weights = new Map();
  for (const { value, weight } of weighted(accept)) weights.set(value, Math.max(weight, weights.get(value) ?? 0));
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
