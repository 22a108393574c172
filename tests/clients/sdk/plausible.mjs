import Plausible from 'plausible-tracker';

export function open(url) {
  const { trackEvent } = Plausible({ domain: 'shop.example', apiHost: url });
  return { track: (name, props) => trackEvent(name, { props }) };
}
