#!/usr/bin/env node
/** Starts the program in this one's place: its arguments, its streams, its end. */

import { spawn } from 'node:child_process';

import { findProgram } from './index.js';

function program(): string {
  try {
    return findProgram();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: 'inherit' });
// A terminal's Ctrl-C reaches both; how to end is the program's to decide.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`camtoken: ${child.spawnfile} did not start: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
