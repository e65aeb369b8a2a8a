#!/usr/bin/env node
import { EXIT } from './exit-codes.js';
import { runCommandLine } from './run.js';

// A reader that has seen enough (`| head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}
process.once('SIGINT', () => process.exit(EXIT.interrupted));
process.once('SIGTERM', () => process.exit(EXIT.terminated));

process.exitCode = await runCommandLine(process.argv.slice(2));
