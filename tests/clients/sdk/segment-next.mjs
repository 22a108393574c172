import { AnalyticsBrowser } from '@segment/analytics-next';

export async function open(url) {
  const { host } = new URL(url);
  const client = AnalyticsBrowser.load(
    { writeKey: 'of-segment-next', cdnURL: url },
    { integrations: { 'Segment.io': { apiHost: `${host}/v1`, protocol: 'http' } } },
  );
  await client.ready();
  return { track: (name, props) => void client.track(name, props) };
}
