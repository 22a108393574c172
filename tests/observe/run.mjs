// run.mjs [PATTERN]: runs the checks of every *.observe.mjs file.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runChecks } from '../tools/checks.mjs';

const here = dirname(fileURLToPath(import.meta.url));
process.exit((await runChecks(here, '.observe.mjs', process.argv[2])) ? 0 : 1);
