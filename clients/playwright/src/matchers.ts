/** What is said of codes and of what tokens show. */

import { expect as base, type Locator, type Page } from '@playwright/test';

import { oneOf } from './allowed.js';
import { CamtokenError } from './http.js';
import { alike } from './kana.js';
import { isLive, photograph, type Picture, type Shot } from './picture.js';
import { Scan, told, type Field } from './scan.js';
import type { Camtoken } from './service.js';
import { causeOf, linesOf, sightOf } from './sight.js';
import { attach } from './steps.js';

/** A is the best. */
export type Grade = 'A' | 'B' | 'C' | 'D' | 'F';

/** One measure of a code. */
export interface Measure {
  name: string;
  value: number;
  unit: string;
  grade: Grade;
  /** What to change in the page. */
  advice?: string;
}

/** What `camtoken lint` says of a picture. */
export interface Lint {
  grade: Grade;
  minGrade: Grade;
  passed: boolean;
  measures?: Measure[];
  /** How many different codes for a token are in the picture. */
  codes?: number;
  /** Why nothing was read. */
  reasons?: { text: string; advice: string }[];
  /** What is wrong beside the measures, such as a second code. */
  findings?: { text: string; advice: string }[];
  pxPerModule?: number;
  /** The picture with what was seen drawn onto it, as SVG. */
  overlay?: string;
}

const GRADES: readonly Grade[] = ['A', 'B', 'C', 'D', 'F'];
const AGAIN_MS = 150;

let service: Camtoken | undefined;

/** @internal Says which service grades pictures in this worker. */
export function useForMatchers(camtoken: Camtoken | undefined): void {
  service = camtoken;
}

/** Playwright's `expect` with `toBeScannable` and `toShow`. */
export const expect = base.extend({
  /** Would a camera read this code off the screen? The grade is the lowest of ten measures after ISO/IEC 15415. */
  async toBeScannable(
    picture: Locator | Page | Uint8Array | string,
    options: { minGrade?: Grade; timeout?: number; several?: boolean } = {},
  ) {
    const minGrade = oneOf('grade', options.minGrade ?? 'B', GRADES);
    const timeout = options.timeout ?? this.timeout ?? 5_000;
    const { lint, shot, looks, ms } = await graded(picture, { ...options, minGrade, timeout }, this.isNot);
    let where: string[] = [];
    if (!lint.passed && !this.isNot) {
      // Where nothing was found there is nothing to draw onto the picture.
      if (lint.overlay !== undefined) await attach('what a camera sees', lint.overlay, 'image/svg+xml');
      else await attach('what a camera sees', shot.bytes, 'image/png');
      if (lint.reasons?.length) {
        const sight = await sightOf(picture, shot, looks, ms);
        const cause = causeOf(sight);
        where = cause ? [...linesOf(sight), `  hint     ${cause}`] : linesOf(sight);
        if (cause) lint.reasons = [];
      }
    }
    const head = this.utils.matcherHint('toBeScannable', undefined, `{ minGrade: '${minGrade}' }`, { isNot: this.isNot });
    return { name: 'toBeScannable', pass: lint.passed, message: () => [`${head}\n\n${report(lint)}`, ...where].join('\n') };
  },

  /** Did the token show this? A field is compared with the screen and with its canonical form. */
  toShow(scan: Scan, expected: Record<string, string | number | RegExp>) {
    const head = this.utils.matcherHint('toShow', 'scan', 'expected', { isNot: this.isNot });
    if (!(scan instanceof Scan)) {
      throw new CamtokenError('camtoken: toShow takes what token.scan() gave\n  hint  const scan = await token.scan(…)');
    }
    const lines = Object.entries(expected).map(([name, wanted]) => line(name, wanted, scan.fields[name]));
    const pass = scan.refusal === undefined && lines.every((line) => line.fits);
    const message = () => {
      if (scan.refusal) return `${head}\n\n${told(scan.refusal)}`;
      const rest = Object.values(scan.fields).filter((field) => !(field.name in expected));
      const also = rest.map((field) => `    ${field.name}: ${quoted(field.shown)} (not asked for)`);
      const texts = lines.map((line) => line.text);
      return [`${head}\n\n  ${scan.operation} on the token’s screen`, ...texts, ...also].join('\n');
    };
    return { name: 'toShow', pass, message };
  },
});

interface Graded {
  lint: Lint;
  shot: Shot;
  looks: number;
  ms: number;
}

/** Grades a picture; a page is looked at again until it is as wanted. */
async function graded(
  picture: Picture,
  options: { minGrade: Grade; timeout: number; several?: boolean },
  isNot: boolean,
): Promise<Graded> {
  if (!service) {
    throw new CamtokenError(
      "camtoken: there is no service to grade a picture\n  hint  Import `test` from '@camtoken/playwright', too, or bring it in by mergeTests.",
    );
  }
  const { minGrade, timeout } = options;
  const begin = Date.now();
  for (let looks = 1; ; looks++) {
    const shot = await photograph(picture, timeout, begin);
    const query = { minGrade, overlay: 'svg', dpr: shot.dpr?.toString() };
    const lint = await service.http.json<Lint>('POST', '/v1/lint', { bytes: shot.bytes, query });
    if (options.several && lint.grade <= minGrade) lint.passed = true;
    const ms = Date.now() - begin;
    if (lint.passed !== isNot || !isLive(picture) || ms + AGAIN_MS >= timeout) return { lint, shot, looks, ms };
    await new Promise((later) => setTimeout(later, AGAIN_MS));
  }
}

function report(lint: Lint): string {
  const weak = (lint.measures ?? []).filter((measure) => measure.grade > 'A');
  const rows = weak.map(({ name, value, unit, grade }) => `  ${grade}  ${name}: ${round(value)}${unit ? ` ${unit}` : ''}`);
  const size = lint.pxPerModule === undefined ? '' : `, ${round(lint.pxPerModule)} px per module`;
  const found = [...(lint.reasons ?? []), ...(lint.findings ?? [])];
  const reasons = found.map(({ text, advice }) => `\n  ${text}\n  ${advice}`);
  const advice = new Set(weak.flatMap((measure) => measure.advice ?? []));
  return [`Grade ${lint.grade}, at least ${lint.minGrade} is wanted${size}`, ...rows, ...reasons, '', ...advice].join('\n').trimEnd();
}

function line(name: string, wanted: string | number | RegExp, field: Field | undefined): { fits: boolean; text: string } {
  if (!field) {
    return { fits: false, text: `  - ${name}: ${quoted(wanted)}\n  + ${name}: the token shows no such field` };
  }
  if (matches(wanted, field)) return { fits: true, text: `    ${name}: ${quoted(field.shown)}` };
  const canonical = field.value === field.shown ? '' : ` (${field.value})`;
  return { fits: false, text: `  - ${name}: ${quoted(wanted)}\n  + ${name}: ${quoted(field.shown)}${canonical}` };
}

function matches(wanted: string | number | RegExp, { shown, value }: Field): boolean {
  if (wanted instanceof RegExp) return wanted.test(shown) || wanted.test(value);
  return alike(shown, String(wanted)) || alike(value, String(wanted));
}

function quoted(wanted: string | number | RegExp): string {
  return wanted instanceof RegExp ? String(wanted) : JSON.stringify(String(wanted));
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
