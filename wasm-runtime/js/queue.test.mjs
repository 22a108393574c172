import assert from 'node:assert/strict';
import test from 'node:test';

import { PortError } from './host.mjs';
import { create_consumer, queue_port } from './queue.mjs';

/// A record of so many bytes with its size before it, filled with `mark`.
function record(size, mark) {
  const bytes = new Uint8Array(4 + size).fill(mark);
  new DataView(bytes.buffer).setUint32(0, size, true);
  return bytes;
}
const batch = (...records) => Uint8Array.from(Buffer.concat(records));
const text = (parts) => Buffer.concat(parts).toString('latin1');

/// A queue with the limits that Cloudflare documents.
class TestQueue {
  messages = [];
  calls = 0;
  fails = null;

  async send(body, options) {
    await this.sendBatch([{ body, ...options }]);
  }
  async sendBatch(messages) {
    if (this.fails) throw this.fails;
    ++this.calls;
    const size = messages.reduce((sum, { body }) => sum + body.length, 0);
    assert.ok(messages.length <= 100 && size <= 256_000);
    for (const { body, contentType } of messages) {
      assert.equal(contentType, 'bytes');
      assert.ok(body.length <= 128_000);
      this.messages.push(body.slice());
    }
  }
}

test('batches are cut between records into messages that fit', async () => {
  for (const sizes of [[1], [100, 200], Array(3000).fill(90), [126_996], [126_990, 5, 126_000], Array(40).fill(60_000)]) {
    const queue = new TestQueue();
    const whole = batch(...sizes.map((size, i) => record(size, i % 256)));
    await queue_port(queue, null).send(whole);
    assert.equal(text(queue.messages), text([whole]));
    for (const message of queue.messages) {
      let at = 0;
      while (at < message.length) at += 4 + new DataView(message.buffer, message.byteOffset).getUint32(at, true);
      assert.equal(at, message.length, 'a record is torn');
    }
    if (whole.length < 127_000) assert.equal(queue.messages.length, 1);
  }
});

test('a record that no message holds goes to the native host, or is refused', async () => {
  const queue = new TestQueue();
  const direct = [];
  const records = [record(10, 1), record(200_000, 2), record(10, 3)];
  await queue_port(queue, async ([bytes], count) => direct.push([bytes, count])).send(batch(...records));
  assert.deepEqual(direct.map(([bytes, count]) => [text([bytes]), count]), [[text([records[1]]), 1]]);
  assert.equal(text(queue.messages), text([records[0], records[2]]));

  const alone = new TestQueue();
  await assert.rejects(queue_port(alone, null).send(batch(...records)), { code: 'events_refused' });
  assert.equal(alone.messages.length, 0);
  const down = async () => {
    throw new PortError('events_full', 'full');
  };
  await assert.rejects(queue_port(alone, down).send(batch(...records)), { code: 'events_full' });
  await assert.rejects(queue_port(alone, null).send(batch(...records).subarray(0, 150_000)), { code: 'events_refused' });
  assert.equal(alone.messages.length, 0);
});

test('a queue that fails makes the events unavailable', async () => {
  const queue = new TestQueue();
  queue.fails = new Error('Queue sendBatch failed: Too Many Requests');
  for (const whole of [record(5, 1), batch(record(100_000, 1), record(100_000, 2))])
    await assert.rejects(queue_port(queue, null).send(whole), /Too Many Requests/);
});

function message(body, attempts = 1) {
  const state = { id: 'm', body, attempts, done: null };
  return Object.assign(state, {
    ack: () => (state.done = 'ack'),
    retry: ({ delaySeconds }) => (state.done = delaySeconds),
  });
}

test('the consumer takes whole batches to the native host, and acknowledges what is durable', async () => {
  const lines = [];
  const taken = [];
  const consume = create_consumer(async (parts, count) => taken.push([text(parts), count]), (...line) => lines.push(line));
  const messages = [record(3, 1), batch(record(4, 2), record(5, 3)), record(6, 4)].map((bytes) => message(bytes.buffer));
  await consume({ messages });
  assert.deepEqual(taken, [[text(messages.map(({ body }) => Buffer.from(body))), 4]]);
  assert.deepEqual(messages.map(({ done }) => done), ['ack', 'ack', 'ack']);

  taken.length = 0; // more than 8 MiB, and more than 10,000 records
  const large = Array.from({ length: 70 }, () => message(record(126_000, 5).buffer));
  await consume({ messages: large });
  assert.equal(taken.length, 2);
  assert.ok(taken[0][0].length <= 8 * 1024 * 1024);
  taken.length = 0;
  const many = Array.from({ length: 5 }, () => message(batch(...Array(2500).fill(record(1, 6))).buffer));
  await consume({ messages: many });
  assert.deepEqual(taken.map(([{ length }, count]) => [length, count]), [[4 * 2500 * 5, 10_000], [2500 * 5, 2500]]);
  assert.ok([...large, ...many].every(({ done }) => done === 'ack'));
  assert.deepEqual(lines, []);
});

test('what the native host does not take comes later, and later each time', async () => {
  const lines = [];
  const down = async () => {
    throw new PortError('events_unavailable', 'the native host answered 503');
  };
  const messages = [1, 2, 5, 100].map((attempts) => message(record(1, 1).buffer, attempts));
  await create_consumer(down, (...line) => lines.push(line))({ messages });
  assert.deepEqual(messages.map(({ done }) => done), [5, 10, 80, 3600]);
  assert.match(lines.join(), /4 messages are left to a later try: the native host answered 503/);
});

test('a message that is refused, or that is no batch, holds up no other', async () => {
  const lines = [];
  let posts = 0;
  const picky = async (parts) => {
    ++posts;
    if (parts.some((part) => part[4] === 13)) throw new PortError('events_refused', 'the native host answered 400');
  };
  const messages = Array.from({ length: 20 }, (_, i) => message(record(1, i).buffer));
  messages.push(message(record(9, 1).buffer.slice(0, 5)), message('text'), message(null));
  await create_consumer(picky, (...line) => lines.push(line))({ messages });
  const later = messages.flatMap(({ done }, i) => (done === 'ack' ? [] : [i]));
  assert.deepEqual(later, [13, 20, 21, 22]);
  assert.ok(posts < 12);
  assert.equal(lines.length, 4);
});
