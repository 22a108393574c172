import { newTracker, trackSelfDescribingEvent } from '@snowplow/browser-tracker';

export function open(url) {
  newTracker('sp', url, { appId: 'of-snowplow-browser' });
  const schema = 'iglu:com.acme/clicked/jsonschema/1-0-0';
  return { track: (name, props) => trackSelfDescribingEvent({ event: { schema, data: { name, ...props } } }) };
}
