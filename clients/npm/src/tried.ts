/** What starters have started already in this chain: a wrapper on the path, or the starter of another package, may lead back here. */

import { realpathSync } from 'node:fs';
import { delimiter } from 'node:path';

const TRIED = 'CAMTOKEN_TRIED';

/** The programs, by their real paths. */
export function tried(): string[] {
  return (process.env[TRIED] ?? '').split(delimiter).filter((path) => path !== '');
}

/** The message for a program that is started now. */
export function triedWith(program: string): Record<string, string> {
  return { [TRIED]: [...tried(), realpathSync(program)].join(delimiter) };
}
