#!/usr/bin/env node
/** Starts the program in this one's place: its arguments, its streams, its end. */

import { spawn, type ChildProcess } from 'node:child_process';

import { findProgram } from './index.js';
import { triedWith } from './tried.js';

function fail(why: unknown): never {
  console.error((why as Error).message);
  process.exit(1);
}

function program(): string {
  try {
    return findProgram();
  } catch (error) {
    fail(error);
  }
}

function started(path: string): ChildProcess {
  const failed = ({ message }: Error) => fail(new Error(`camtoken: ${path} did not start: ${message}\n  hint  Is it a program for this machine?`));
  try {
    return spawn(path, process.argv.slice(2), { stdio: 'inherit', env: { ...process.env, ...triedWith(path) } }).on('error', failed);
  } catch (error) {
    // Some errors of the system come as an event, the others so.
    return failed(error as Error);
  }
}

const child = started(program());
// A terminal's Ctrl-C reaches both; how to end is the program's to decide.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
