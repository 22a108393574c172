// page-pictures.mjs: the README's pictures of /status, taken in Chromium from the real program with made-up documents
// (tests/browser/documents.mjs). The build folder is build/native, or $SKERRY_BUILD.
import { join } from 'node:path';

import { openPage, openTab, startChromium, startServer } from '../browser/chromium.mjs';
import { documents } from '../browser/documents.mjs';
import { cleanUp, top } from './processes.mjs';

const kPictures = [
  { name: 'status-light', viewport: { width: 1280, height: 640 }, colorScheme: 'light' },
  { name: 'status-dark', viewport: { width: 1280, height: 560 }, colorScheme: 'dark', query: '?sort=missing' },
  { name: 'status-phone', viewport: { width: 375, height: 800 }, colorScheme: 'light', query: '?sort=updates' },
];

const server = await startServer();
await server.publish(await documents({ now: Date.now() - 100_000, count: 85 }));
const browser = await startChromium();
for (const { name, query = '', ...options } of kPictures) {
  const tab = await openTab(browser, options);
  await openPage(tab, server, query);
  await tab.screenshot({ path: join(top, 'tests', 'pictures', `${name}.png`) });
}
await browser.close();
await cleanUp();
