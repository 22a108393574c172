// The SDKs, one entry each: what runs them, and what they do. A new one is an entry, its file in sdk/, and its version in the
// lock file (shared/tools/npm/clients) or the list (shared/tools/python/clients.txt).
//
//   on       node, python or chromium
//   file     in sdk/; it opens the SDK with its defaults, which are pointed at the tracker
//   read     {name, props} of a recorded event, given its body as JSON; props may have more than was sent
//   lost     an event that it is given while nobody listens for 8 s may be lost, and why: the SDK does not send it again that late
//   twice    an event whose answer was lost may be recorded twice, and why
//   itself   what it sends by itself once provoke() of its file was called, if it got its configuration
//   flat     its properties are texts
import assert from 'node:assert/strict';

const readers = {
  postHog: ({ event, properties }) => ({ name: event, props: properties }),
  segment: ({ event, properties, type }) => ({ name: event ?? type, props: properties }),
  snowplow: ({ e, ue_px, ue_pr }) => {
    if (e !== 'ue') return { name: e };
    const { data, schema } = JSON.parse(ue_px ? Buffer.from(ue_px, 'base64url').toString() : ue_pr);
    assert.match(schema, /unstruct_event/);
    const { name, ...props } = data.data;
    return { name, props };
  },
  plausible: ({ n, name, p, props }) => ({ name: n ?? name, props: typeof (p ?? props) === 'string' ? JSON.parse(p ?? props) : (p ?? props) }),
  umami: ({ type, payload, ...own }) => ({ name: (payload ?? own).name ?? type, props: (payload ?? own).data }),
};

export const clients = {
  'posthog-node': { on: 'node', file: 'posthog-node.mjs', read: readers.postHog },
  'posthog-js': { on: 'chromium', file: 'posthog-js.mjs', read: readers.postHog, itself: '$autocapture' },
  'posthog (Python)': { on: 'python', file: 'posthog.py', read: readers.postHog, lost: 'its four attempts end within 7 s' },
  '@segment/analytics-node': { on: 'node', file: 'segment-node.mjs', read: readers.segment },
  '@segment/analytics-next': { on: 'chromium', file: 'segment-next.mjs', read: readers.segment },
  'segment-analytics-python': { on: 'python', file: 'segment.py', read: readers.segment },
  '@rudderstack/rudder-sdk-node': { on: 'node', file: 'rudder-node.mjs', read: readers.segment, lost: 'its four attempts end within 2 s' },
  'rudder-sdk-python': { on: 'python', file: 'rudder.py', read: readers.segment },
  '@snowplow/node-tracker': { on: 'node', file: 'snowplow-node.mjs', read: readers.snowplow },
  '@snowplow/browser-tracker': { on: 'chromium', file: 'snowplow-browser.mjs', read: readers.snowplow },
  'snowplow-tracker (Python)': { on: 'python', file: 'snowplow.py', read: readers.snowplow },
  'plausible-tracker': { on: 'chromium', file: 'plausible.mjs', read: readers.plausible, lost: 'it tries once', twice: 'it gives them no ids, and Chromium sends again what a reused connection lost', flat: true },
  '@umami/node': { on: 'node', file: 'umami.mjs', read: readers.umami, lost: 'it tries once' },
};
