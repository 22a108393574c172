// Reads batches of events, as shared/events/event.hpp writes them.

/** The events of a batch in their order. Throws where it is damaged or empty. */
export function read_batch(bytes) {
  const events = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32LE(at);
    at += 4 + size;
    if (at > bytes.length) throw new Error('a record is cut off');
    events.push(read_record(bytes.subarray(at - size, at)));
  }
  if (events.length === 0) throw new Error('the batch is empty');
  return events;
}

const kFurther = ['key', 'sdk', 'sdk_version', 'outer', 'method']; // of version 2, by their numbers from 1 on

function read_record(record) {
  let at = 9;
  const u32 = () => record.readUInt32LE((at += 4) - 4);
  const text = () => {
    const size = u32();
    if (at + size > record.length) throw new Error('a text is cut off');
    return record.toString('latin1', at, (at += size));
  };
  if (record[0] !== 1 && record[0] !== 2) throw new Error(`there is no version ${record[0]}`);
  const event = { received: new Date(Number(record.readBigInt64LE(1))).toISOString() };
  for (const name of ['id', 'client', 'host', 'path', 'query', 'user_agent', 'body']) event[name] = text();
  event.hints = Array.from({ length: u32() }, () => [text(), text()]);
  for (let left = record[0] === 2 ? u32() : 0; left > 0; --left) {
    const name = kFurther[record[at++] - 1];
    event[name] = text();
  }
  if (at !== record.length) throw new Error('a record is longer than its fields');
  return event;
}
