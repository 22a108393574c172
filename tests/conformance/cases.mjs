// Reads case files. README.md explains their form.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

export class CaseError extends Error {}

const kEscapes = { r: '\r', n: '\n', t: '\t', '\\': '\\', '{': '{' };

/// The bytes of a piece of a request: `\r \n \t \\ \{ \xNN`, and `{text*1000}` for repetitions.
function bytes_of(text) {
  const unescape = (part) =>
    Buffer.concat(
      part.split(/(\\x[0-9a-fA-F]{2}|\\[rnt\\{])/).map((piece, i) => {
        if (i % 2 === 0) return Buffer.from(piece);
        return piece[1] === 'x' ? Buffer.from(piece.slice(2), 'hex') : Buffer.from(kEscapes[piece[1]]);
      }),
    );
  return Buffer.concat(
    text.split(/((?<!\\)\{[^{}]+\*\d+\})/).map((piece, i) => {
      if (i % 2 === 0) return unescape(piece);
      const star = piece.lastIndexOf('*');
      const unit = unescape(piece.slice(1, star));
      return Buffer.alloc(unit.length * Number(piece.slice(star + 1, -1)), unit);
    }),
  );
}

/// A file of the data folder or, after `@pages/`, of the built pages; or the text as it stands.
function content(text, { data, pages }) {
  if (text.startsWith('@pages/')) return readFileSync(join(pages, text.slice('@pages/'.length)));
  return text.startsWith('@') ? readFileSync(join(data, text.slice(1))) : Buffer.from(text);
}

/// `${etag status.html}` is the ETag of a page's file, which only the build knows.
function fill_in(line, { pages }) {
  return line.replace(/\$\{etag (\S+)\}/g, (_, name) => {
    const bytes = readFileSync(join(pages, name));
    return `W/"${crc32(bytes).toString(16)}-${bytes.length.toString(16)}"`;
  });
}

function header_of(line) {
  const colon = line.indexOf(':');
  if (colon < 1) throw new CaseError(`no header: ${line}`);
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

/// `{name, clock, kv, settings, origin, cases}`; a case is `{name, method, request, expected, alternatives}`.
export function parse_group(name, text, folders) {
  const group = { name, clock: null, kv: new Map(), settings: {}, origin: 'none', cases: [] };
  const sets = new Map();
  let target; // what indented lines belong to: a Map of headers
  let current;

  const rules = [
    [/^clock (\S+)$/, (time) => (group.clock = Date.parse(time))],
    [/^kv (\S+) =(?: (.*))?$/, (key, value = '') => group.kv.set(key, content(value, folders))],
    [/^kv (\S+) := (.*)$/, (key, value) => group.kv.set(key, bytes_of(value))],
    [/^setting (\S+) =(?: (.*))?$/, (key, value = '') => (group.settings[key] = value)],
    [/^origin (up|down)$/, (state) => (group.origin = state)],
    [/^headers (\S+)$/, (set) => sets.set(set, (target = new Map()))],
    [
      /^== (.+)$/,
      (title) => {
        current = { name: title, lines: [], raw: null, body: null, expected: null, alternatives: [] };
        group.cases.push(current);
      },
    ],
    [/^>! (.*)$/, (raw) => (current.raw = Buffer.concat([current.raw ?? Buffer.alloc(0), bytes_of(raw)]))],
    [/^>> (.*)$/, (body) => (current.body = bytes_of(body))],
    [/^> (.+)$/, (line) => current.lines.push(line)],
    [
      /^< (\d{3})((?: \S+)*)$/,
      (status, names) => {
        target = new Map();
        for (const set of names.split(' ').filter(Boolean)) {
          if (!sets.has(set)) throw new CaseError(`there are no headers ${set}`);
          for (const [key, value] of sets.get(set)) target.set(key, value);
        }
        current.expected = { status: Number(status), headers: target, body: null, gzip: false };
      },
    ],
    [
      /^=(?: (gzip )?(.*))?$/,
      (gzip, body = '') => {
        const { expected } = current;
        const piece = content(body, folders);
        expected.gzip = gzip !== undefined;
        expected.body = expected.body === null ? piece : Buffer.concat([expected.body, Buffer.from('\n'), piece]);
      },
    ],
    [
      /^:= (gzip )?(.*)$/,
      (gzip, body) => Object.assign(current.expected, { gzip: gzip !== undefined, body: bytes_of(body) }),
    ],
    [
      /^or (\S+) (\d{3}|closed|waits): (.+)$/,
      (runtimes, status) =>
        current.alternatives.push({ runtimes: runtimes.split(','), status: Number(status) || status }),
    ],
    [/^ {2}(\S.*)$/, (line) => target.set(...header_of(line))],
  ];
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const rule = rules.find(([pattern]) => pattern.test(line));
    try {
      if (rule === undefined) throw new CaseError(`what does this mean? ${line}`);
      rule[1](...rule[0].exec(fill_in(line, folders)).slice(1));
    } catch (error) {
      throw new CaseError(`${name}, line ${i + 1}: ${error.message}`);
    }
  }
  if (!group.clock) throw new CaseError(`${name}: no clock`);
  for (const one of group.cases) finish_case(name, one);
  return group;
}

/// What a plain request needs is added to it; raw bytes (`>!`) go out as they are.
function finish_case(group, one) {
  if ((!one.expected && one.alternatives.length === 0) || (!one.raw && one.lines.length === 0))
    throw new CaseError(`${group}: "${one.name}" is not whole`);
  if (one.expected) one.expected.body ??= Buffer.alloc(0);
  if (one.raw) {
    one.method = /^\S*/.exec(one.raw.toString('latin1'))[0];
    one.request = one.raw;
    return;
  }
  const [request_line, ...fields] = one.lines;
  one.method = request_line.split(' ', 1)[0];
  const has = (name) => fields.some((field) => field.toLowerCase().startsWith(`${name}:`));
  if (!has('host')) fields.unshift('Host: edge.example');
  if (!has('connection')) fields.push('Connection: close');
  if (one.body && !has('content-length') && !has('transfer-encoding')) fields.push(`Content-Length: ${one.body.length}`);
  const head = [`${request_line} HTTP/1.1`, ...fields].map((line) => Buffer.concat([bytes_of(line), Buffer.from('\r\n')]));
  one.request = Buffer.concat([...head, Buffer.from('\r\n'), one.body ?? Buffer.alloc(0)]);
}

/// Every group of a folder, in the order of their names. `folders` are `{data, pages}`.
export function read_groups(folder, folders) {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.cases'))
    .sort()
    .map((file) => parse_group(file.slice(0, -'.cases'.length), readFileSync(join(folder, file), 'utf8'), folders));
}
