export function open(url, require) {
  const Analytics = require('@rudderstack/rudder-sdk-node');
  const client = new (Analytics.default ?? Analytics)('of-rudder-node', { dataPlaneUrl: url });
  return {
    track: (event, properties) => client.track({ userId: 'visitor', event, properties }),
    flush: () => client.flush(),
    close: () => client.flush(),
  };
}
