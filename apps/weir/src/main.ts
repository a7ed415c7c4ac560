import { runCommandLine } from './run.js';

process.exit(await runCommandLine(process.argv.slice(2)));
