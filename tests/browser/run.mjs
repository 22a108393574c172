// run.mjs [PATTERN]: runs the checks of every *.e2e.mjs file here, one after the other, and counts them.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runChecks } from '../tools/checks.mjs';

process.exit((await runChecks(dirname(fileURLToPath(import.meta.url)), '.e2e.mjs', process.argv[2])) ? 0 : 1);
