// run.mjs [PATTERN]: runs the checks of every *.clients.mjs file.
import { runChecks } from '../tools/checks.mjs';

process.exit((await runChecks(import.meta.dirname, '.clients.mjs', process.argv[2])) ? 0 : 1);
