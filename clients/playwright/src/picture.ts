/** What is held before the token's camera: a part of a page, a file, bytes, or the text of a code. */

import { readFile } from 'node:fs/promises';

import { photograph as ofPlace } from '@camtoken/fake-camera';
import type { Locator, Page } from '@playwright/test';

import { CamtokenError } from './http.js';

/** A place on a page, a whole page, a picture's bytes, its path, or the text of a code (`CT1:…`). */
export type Picture = Locator | Page | Uint8Array | string;

/** What the camera sees, and how many of its pixels make a CSS pixel. */
export interface Shot {
  bytes: Uint8Array | string;
  dpr: number | undefined;
}

/** Whether it may look different a moment later. */
export function isLive(picture: Picture): picture is Locator | Page {
  return typeof picture === 'object' && !(picture instanceof Uint8Array);
}

/** Takes the picture. */
export async function photograph(picture: Picture, timeout: number): Promise<Shot> {
  if (typeof picture === 'string') {
    if (/^CT\d+:/.test(picture)) return { bytes: picture, dpr: undefined };
    try {
      return { bytes: await readFile(picture), dpr: undefined };
    } catch (error) {
      throw new CamtokenError(`camtoken: the picture ${picture} cannot be read: ${(error as Error).message}`);
    }
  }
  if (!isLive(picture)) return { bytes: picture, dpr: undefined };
  return ofPlace(picture, timeout);
}
