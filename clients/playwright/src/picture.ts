/** What is held before the token's camera: a part of a page, a file, bytes, or the text of a code. */

import { readFile } from 'node:fs/promises';

import { photograph as ofPlace } from '@camtoken/fake-camera';
import type { Locator, Page } from '@playwright/test';

import { CamtokenError } from './http.js';
import { absenceOf } from './sight.js';

/** A place on a page, a whole page, a picture's bytes, its path, or the text of a code (`CT1:…`, `otpauth://…`). */
export type Picture = Locator | Page | Uint8Array | string;

/** How long a screenshot of an element that is there may take, at least. */
const SHUTTER_MS = 5_000;

/** What the camera sees, and how many of its pixels make a CSS pixel. */
export interface Shot {
  bytes: Uint8Array | string;
  dpr: number | undefined;
}

/** Whether it may look different a moment later. */
export function isLive(picture: Picture): picture is Locator | Page {
  return typeof picture === 'object' && !(picture instanceof Uint8Array);
}

/** Whether it is a whole page. */
export function isPage(picture: Locator | Page): picture is Page {
  return !('page' in picture);
}

/** Takes the picture. A place on a page is waited for until `timeout` milliseconds have passed since `begin`. */
export async function photograph(picture: Picture, timeout: number, begin: number): Promise<Shot> {
  if (typeof picture === 'string') return { bytes: await named(picture), dpr: undefined };
  if (picture instanceof Uint8Array) return { bytes: picture, dpr: undefined };
  if (!isScreenshotable(picture)) throw notAPicture(picture);
  try {
    if (!isPage(picture) && !(await picture.evaluateAll(takesRoom))) {
      await picture.scrollIntoViewIfNeeded({ timeout: Math.max(begin + timeout - Date.now(), 1) });
    }
    return await ofPlace(picture, Math.max(timeout, SHUTTER_MS));
  } catch (error) {
    if (isPage(picture) || !(error instanceof Error && error.name === 'TimeoutError')) throw error;
    const hint = 'Does the page show it by then? What it shows is in the report, or in a trace.';
    throw new CamtokenError(`camtoken: ${await absenceOf(picture)}, after ${timeout / 1_000} s\n  hint  ${hint}`, undefined, { cause: error });
  }
}

/** Runs in the page: whether one of the elements can be photographed now. */
function takesRoom(found: { getClientRects: () => ArrayLike<unknown> }[]): boolean {
  return found.some((element) => element.getClientRects().length > 0);
}

/** Whether it is the text of a code: one of a bank, or one with a scheme of its own such as `otpauth://`. */
export function isCode(text: string): boolean {
  return /^(CT\d+:|(?!(?:https?|file):)[a-z][a-z\d+.-]*:\/\/)/i.test(text);
}

/** The text of a code as it is, a picture in base64, or a file. */
async function named(text: string): Promise<Uint8Array | string> {
  if (isCode(text)) return text;
  const [, base64] = /^(?:data:image\/[\w.+-]+;base64,)?((?:iVBORw0KGgo|\/9j\/|UklGR|Qk)[\w+/\s]{60,}={0,2})\s*$/.exec(text) ?? [];
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  try {
    return await readFile(text);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new CamtokenError(
      `camtoken: the picture ${text.slice(0, 200)} cannot be read: ${why}\n  hint  ${TAKEN} A path counts from ${process.cwd()}.`,
    );
  }
}

const TAKEN = 'A picture is a locator, a page, bytes, base64, a path, or the text of a code (CT1:…, otpauth://…).';

function isScreenshotable(picture: unknown): boolean {
  return typeof picture === 'object' && picture !== null && 'screenshot' in picture && ('page' in picture || 'goto' in picture);
}

function notAPicture(picture: unknown): CamtokenError {
  const isPromise = picture instanceof Promise;
  const what = isPromise ? 'a promise' : picture === undefined ? 'undefined' : `${Object.prototype.toString.call(picture).slice(8, -1)}`;
  return new CamtokenError(`camtoken: ${what} is no picture\n  hint  ${isPromise ? 'Write await before it.' : TAKEN}`);
}
