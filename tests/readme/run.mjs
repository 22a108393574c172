// run.mjs [PATTERN]: runs the checks of every *.readme.mjs file.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runChecks } from '../tools/checks.mjs';

const here = dirname(fileURLToPath(import.meta.url));
process.exit((await runChecks(here, '.readme.mjs', process.argv[2])) ? 0 : 1);
