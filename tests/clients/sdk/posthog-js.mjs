import posthog from 'posthog-js';

export const open = (url) =>
  new Promise((resolve) => {
    const client = { track: (name, props) => posthog.capture(name, props), provoke: () => document.querySelector('button').click() };
    posthog.init('phc_of_js', { api_host: url, loaded: () => resolve(client) });
  });
