// drive.mjs FILE URL: an SDK of Node in a process of its own. Lines on standard input say what to do, {track, props} or {flush};
// at its end the SDK is closed as its documentation says.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [file, url] = process.argv.slice(2);
const { open } = await import(join(import.meta.dirname, 'sdk', file));
const client = await open(url, createRequire(join(process.env.SKERRY_CLIENTS_MODULES, '_')));
console.log('open');
for await (const line of createInterface({ input: process.stdin })) {
  const { track, props } = JSON.parse(line);
  if (track) client.track(track, props);
  else client.flush?.()?.catch((error) => console.error(error));
}
await client.close();
