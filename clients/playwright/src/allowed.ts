/** Checks the values of a test: a wrong one is an error at once, with the allowed values. */

import { CamtokenError } from './http.js';

/** A span of time: seconds, or text such as `3m1s`, `90d` or `PT181S`; `-` before it goes back. */
export type Span = number | string;

const SECONDS: Record<string, number> = { d: 86_400, h: 3_600, m: 60, s: 1 };

/** A word out of a list. */
export function oneOf<T extends string>(what: string, said: T, allowed: readonly T[]): T {
  if (allowed.includes(said)) return said;
  throw new CamtokenError(`camtoken: ${shown(said)} is no ${what}\n  hint  Allowed: ${allowed.map(shown).join(', ')}.`);
}

/** A span as the service reads it. */
export function span(said: Span): string {
  const seconds = typeof said === 'number' ? Math.round(said) : secondsOf(said);
  if (seconds === undefined || !Number.isFinite(seconds)) {
    throw new CamtokenError(
      `camtoken: ${shown(said)} is no span of time\n  hint  Seconds as a number, or text such as '3m1s', '2h', '90d' or '-5s'.`,
    );
  }
  const left = Math.abs(seconds);
  return `${seconds < 0 ? '-' : ''}${Math.floor(left / 3_600)}h${Math.floor(left / 60) % 60}m${left % 60}s`;
}

/** A moment as the service reads it. */
export function moment(said: Date | string): string {
  const date = new Date(said);
  if (Number.isNaN(date.getTime())) {
    throw new CamtokenError(
      `camtoken: ${shown(said)} is no moment\n  hint  A Date, or text such as '2026-11-24T09:00:00Z'; a span of time goes to advance().`,
    );
  }
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function secondsOf(said: unknown): number | undefined {
  const [, sign, parts] = /^(-?)(?:PT)?((?:\d{1,6}[dhms]){1,4})$/i.exec(String(said)) ?? [];
  if (parts === undefined) return undefined;
  const sum = [...parts.matchAll(/(\d+)(\D)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS[unit!.toLowerCase()]!, 0);
  return sign ? -sum : sum;
}

function shown(said: unknown): string {
  return typeof said === 'string' ? `'${said}'` : String(said);
}
