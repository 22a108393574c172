// run.mjs [PATTERN]: runs the checks of every *.e2e.mjs file, here and of the capability that tests build.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runChecks } from '../tools/checks.mjs';

const here = dirname(fileURLToPath(import.meta.url));
process.exit((await runChecks([here, join(here, '../guestbook')], '.e2e.mjs', process.argv[2])) ? 0 : 1);
