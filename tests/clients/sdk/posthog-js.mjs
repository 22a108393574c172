import posthog from 'posthog-js';

export const open = (url) =>
  new Promise((resolve) => {
    posthog.init('phc_of_js', { api_host: url, loaded: () => resolve({ track: (name, props) => posthog.capture(name, props) }) });
  });
