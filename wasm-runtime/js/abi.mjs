// The boundary's records in JavaScript. The page that defines them is ../abi/README.md.

export const kVersion = 2;
export const State = { done: 1, waiting: 2 };
export const Operation = { kv_get: 1, kv_get_many: 2, kv_put: 3, events_send: 4, origin_fetch: 5 };

const kMaxKeys = 100;
const kOutcomeSize = 20;
const kFieldSize = 8; // at least: two empty strings

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strict_decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/// The module said something that can't be read: nothing else that it says can be trusted.
export class Violation extends Error {}

class Writer {
  #bytes = new Uint8Array(4096);
  #size = 0;

  clear() {
    this.#size = 0;
    return this;
  }

  u32(value) {
    this.#reserve(4);
    this.#store(this.#size, value);
    this.#size += 4;
    return this;
  }

  // Nearly all text is short and ASCII: faster byte by byte than through an encoder.
  str(text) {
    this.#reserve(4 + 3 * text.length);
    const start = this.#size + 4;
    const bytes = this.#bytes;
    let length = text.length;
    for (let i = 0; i < length; ++i) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        length = encoder.encodeInto(text, bytes.subarray(start)).written;
        break;
      }
      bytes[start + i] = code;
    }
    this.#store(start - 4, length);
    this.#size = start + length;
    return this;
  }

  /// Valid until the next use of this writer.
  bytes() {
    return this.#bytes.subarray(0, this.#size);
  }

  #store(at, value) {
    const bytes = this.#bytes;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  #reserve(size) {
    if (this.#size + size <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#size + size));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}

/// Reads a record from the left; throws a Violation where it ends too early.
class Reader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  u32() {
    const at = this.#advance(4);
    const bytes = this.#bytes;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }

  str() {
    const size = this.u32();
    const at = this.#advance(size);
    return this.#bytes.subarray(at, at + size);
  }

  text() {
    return decoder.decode(this.str());
  }

  count(item_size) {
    const count = this.u32();
    if (count * item_size > this.#bytes.length - this.#at) throw new Violation('a list is longer than its record');
    return count;
  }

  /// Pairs of strings.
  fields() {
    return Array.from({ length: this.count(kFieldSize) }, () => [this.text(), this.text()]);
  }

  finish() {
    if (this.#at !== this.#bytes.length) throw new Violation('a record is followed by other bytes');
  }

  #advance(size) {
    const at = this.#at;
    if (size > this.#bytes.length - at) throw new Violation('a record is cut off');
    this.#at = at + size;
    return at;
  }
}

// Records travel to the module as lists of chunks, so that bodies and values are copied once. The first chunk
// is the writer's own: it is valid until the next record is encoded.
const writer = new Writer();

function write_fields(out, fields) {
  out.u32(fields.length);
  for (const [name, value] of fields) out.str(name).str(value);
}

export function encode_settings(settings) {
  writer.clear();
  write_fields(writer, Object.entries(settings));
  return [writer.bytes()];
}

/// `headers` is a Headers object, or has its `forEach`. `hints` is a list of pairs. `body` is a Uint8Array or null.
export function encode_request({ method, target, client, headers, hints, body }) {
  writer.clear().str(method).str(target).str(client);
  const fields = [];
  headers.forEach((value, name) => fields.push([name, value])); // in workerd twice as fast as iterating
  write_fields(writer, fields);
  write_fields(writer, hints);
  writer.u32(body === null ? 0 : body.length);
  return body === null ? [writer.bytes()] : [writer.bytes(), body];
}

export function encode_failure(code, message) {
  return [writer.clear().u32(1).str(code).str(message).bytes()];
}

function value_chunks(head, value) {
  if (value === null) return [head.u32(0).bytes()];
  return [head.u32(1).u32(value.byteLength).bytes(), new Uint8Array(value)];
}

/// `value` is an ArrayBuffer, or null where there is no such key.
export function encode_kv_get(value) {
  return value_chunks(writer.clear().u32(0), value);
}

export function encode_kv_get_many(values) {
  const chunks = [new Writer().u32(0).u32(values.length).bytes()];
  for (const value of values) chunks.push(...value_chunks(new Writer(), value));
  return chunks;
}

/// `headers` is a list of pairs, `body` a Uint8Array.
export function encode_origin_fetch({ status, headers, body }) {
  writer.clear().u32(0).u32(status);
  write_fields(writer, headers);
  return [writer.u32(body.length).bytes(), body];
}

/// The answer to what has no result.
export function encode_done() {
  return [writer.clear().u32(0).bytes()];
}

/// What `begin` or `resume` returned the address of: `{state, record, body}`, the last two as views into the
/// module's memory.
export function decode_outcome(memory, address) {
  const bytes = new Uint8Array(memory.buffer);
  if (address + kOutcomeSize > bytes.length) throw new Violation('the outcome lies outside the memory');
  const outcome = new Reader(bytes.subarray(address, address + kOutcomeSize));
  const state = outcome.u32();
  const slice = () => {
    const start = outcome.u32();
    const end = start + outcome.u32();
    if (end > bytes.length) throw new Violation('a record lies outside the memory');
    return bytes.subarray(start, end);
  };
  if (state !== State.done && state !== State.waiting) throw new Violation(`there is no state ${state}`);
  return { state, record: slice(), body: slice() };
}

/// `{status, headers}`, the headers as pairs of strings.
export function decode_response(record) {
  const reader = new Reader(record);
  const status = reader.u32();
  const headers = reader.fields();
  reader.finish();
  if (status < 200 || status > 599) throw new Violation(`there is no status ${status}`);
  return { status, headers };
}

/// A call by its `operation`: `{keys}`, `{keys, value}`, `{count, batch}`, or `{request}` with `{method, target,
/// headers, body}`. A key that is no UTF-8 is null; bulk data are a copy of the outcome's body.
export function decode_call({ record, body }) {
  const reader = new Reader(record);
  const operation = reader.u32();
  const call = { operation };
  switch (operation) {
    case Operation.kv_get:
      call.keys = [decode_key(reader.str())];
      break;
    case Operation.kv_get_many: {
      const count = reader.count(4);
      if (count > kMaxKeys) throw new Violation(`more than ${kMaxKeys} keys`);
      call.keys = Array.from({ length: count }, () => decode_key(reader.str()));
      break;
    }
    case Operation.kv_put:
      call.keys = [decode_key(reader.str())];
      call.value = body.slice();
      break;
    case Operation.events_send:
      call.count = reader.u32();
      call.batch = body.slice();
      break;
    case Operation.origin_fetch: {
      const method = reader.text();
      const target = reader.text();
      if (!/^\/[!-~]*$/.test(target)) throw new Violation('the target of a request to the origin is no path');
      call.request = { method, target, headers: reader.fields(), body: body.slice() };
      break;
    }
    default:
      throw new Violation(`there is no operation ${operation}`);
  }
  reader.finish();
  return call;
}

function decode_key(bytes) {
  try {
    return strict_decoder.decode(bytes);
  } catch {
    return null;
  }
}
