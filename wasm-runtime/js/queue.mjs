// Events through a Cloudflare Queue: whole records go in as messages, and the consumer takes them to the native host.

import { PortError } from './host.mjs';

// Of Cloudflare, less what it counts as its own: 128 KB a message, 256 KB and 100 messages a call.
const kMaxMessage = 127_000;
const kMaxCall = 254_000;
const kMaxMessages = 100;
// Of the native host (shared/events/event.hpp).
const kMaxBatch = 8 * 1024 * 1024;
const kMaxRecords = 10_000;
const kLongestDelay = 3600; // seconds

/// The records of a batch, each with its size before it. Throws where there is none, or something else behind them.
function* records_of(batch) {
  if (batch.length === 0) throw new PortError('events_refused', 'the batch is empty');
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  for (let at = 0; at < batch.length; ) {
    const end = at + 4 <= batch.length ? at + 4 + view.getUint32(at, true) : Infinity;
    if (end > batch.length) throw new PortError('events_refused', 'the batch is damaged');
    yield batch.subarray(at, end);
    at = end;
  }
}

/// Groups neighbours as long as they fit.
function* grouped(items, size_of, most_bytes, most_items) {
  let group = [];
  let bytes = 0;
  for (const item of items) {
    const size = size_of(item);
    if (group.length > 0 && (bytes + size > most_bytes || group.length === most_items)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(item);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/// Records that lie one behind the other, as the bytes from the first to the last.
const joined = (records) =>
  new Uint8Array(
    records[0].buffer,
    records[0].byteOffset,
    records.at(-1).byteOffset + records.at(-1).length - records[0].byteOffset,
  );

/// The events port. A record that is too large for a message goes to `ingest`; null where there is none.
export function queue_port(queue, ingest) {
  return {
    async send(batch) {
      if (batch.length <= kMaxMessage) return queue.send(batch, { contentType: 'bytes' });
      const size = (bytes) => bytes.length;
      const messages = [];
      for (const records of grouped(records_of(batch), size, kMaxMessage, Infinity)) {
        const message = joined(records);
        if (message.length <= kMaxMessage) messages.push(message);
        else if (ingest !== null) await ingest([message], records.length);
        else throw new PortError('events_refused', 'the record is larger than a message of the queue');
      }
      for (const group of grouped(messages, size, kMaxCall, kMaxMessages))
        await queue.sendBatch(group.map((body) => ({ body, contentType: 'bytes' })));
    },
  };
}

/// The queue's consumer. What the native host does not take comes again later, and in the end to the dead letters; a
/// message that it refuses holds up no other.
export function create_consumer(ingest, log) {
  const later = (message) =>
    message.retry({ delaySeconds: Math.min(5 * 2 ** Math.min(message.attempts - 1, 10), kLongestDelay) });

  async function deliver(entries) {
    try {
      await ingest(
        entries.map(({ bytes }) => bytes),
        entries.reduce((sum, { count }) => sum + count, 0),
      );
      for (const { message } of entries) message.ack();
    } catch (error) {
      if (error.code === 'events_refused' && entries.length > 1) {
        const middle = entries.length >> 1;
        await deliver(entries.slice(0, middle));
        await deliver(entries.slice(middle));
        return;
      }
      log('error', `events: ${entries.length} messages are left to a later try: ${error.message}`);
      for (const { message } of entries) later(message);
    }
  }

  return async ({ messages }) => {
    const entries = [];
    for (const message of messages) {
      try {
        const bytes = new Uint8Array(message.body);
        entries.push({ message, bytes, count: [...records_of(bytes)].length });
      } catch {
        log('error', `events: the message ${message.id} is no batch of events`);
        later(message);
      }
    }
    const by_count = grouped(entries, ({ count }) => count, kMaxRecords, Infinity);
    for (const group of by_count)
      for (const entries_of_batch of grouped(group, ({ bytes }) => bytes.length, kMaxBatch, Infinity))
        await deliver(entries_of_batch);
  };
}
