export function open(url, require) {
  const { buildSelfDescribingEvent, newTracker } = require('@snowplow/node-tracker');
  const client = newTracker({ namespace: 'sp', appId: 'of-snowplow-node' }, { endpoint: url });
  const schema = 'iglu:com.acme/clicked/jsonschema/1-0-0';
  return {
    track: (name, props) => client.track(buildSelfDescribingEvent({ event: { schema, data: { name, ...props } } })),
    flush: () => client.flush(),
    close: () => client.flush(),
  };
}
