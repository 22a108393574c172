export function open(url, require) {
  const { Analytics } = require('@segment/analytics-node');
  const client = new Analytics({ writeKey: 'of-segment-node', host: url });
  client.on('error', (error) => console.error(error));
  return {
    track: (event, properties) => client.track({ userId: 'visitor', event, properties }),
    flush: () => client.flush(),
    close: () => client.closeAndFlush({ timeout: 120_000 }),
  };
}
