export function open(url, require) {
  const { PostHog } = require('posthog-node');
  const client = new PostHog('phc_of_node', { host: url });
  return {
    track: (name, props) => client.capture({ distinctId: 'visitor', event: name, properties: props }),
    flush: () => client.flush(),
    close: () => client.shutdown(120_000),
  };
}
