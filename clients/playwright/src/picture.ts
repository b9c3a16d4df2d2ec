/** What is held before the token's camera: a part of a page, a file, bytes, or the text of a code. */

import { readFile } from 'node:fs/promises';

import type { Locator, Page } from '@playwright/test';

import { CamtokenError } from './http.js';

/** A place on a page, a whole page, a picture's bytes, its path, or the text of a code (`CT1:…`). */
export type Picture = Locator | Page | Uint8Array | string;

/** What the camera sees, and how many of its pixels make a CSS pixel. */
export interface Shot {
  bytes: Uint8Array | string;
  dpr: number | undefined;
}

/** CSS pixels around an element: a code's quiet zone is often the page's and not the picture's. */
const MARGIN = 24;

/** A picture that is not loaded in this time is taken as it is. */
const LOADING_MS = 2_000;

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
  return 'page' in picture ? ofElement(picture, timeout) : ofPage(picture, timeout);
}

async function ofPage(page: Page, timeout: number): Promise<Shot> {
  const dpr = await page.evaluate(() => window.devicePixelRatio);
  return { bytes: await page.screenshot({ animations: 'disabled', scale: 'device', timeout }), dpr };
}

async function ofElement(locator: Locator, timeout: number): Promise<Shot> {
  const page = locator.page();
  await locator.scrollIntoViewIfNeeded({ timeout });
  const { dpr, width, height } = await locator.evaluate(loaded, LOADING_MS, { timeout });
  const box = await locator.boundingBox({ timeout });
  const options = { animations: 'disabled', scale: 'device', timeout } as const;
  // Beyond the window there is nothing to photograph; Playwright's own way moves and resizes.
  const isInside = box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
  if (!isInside) return { bytes: await locator.screenshot(options), dpr };
  const x = Math.max(0, box.x - MARGIN);
  const y = Math.max(0, box.y - MARGIN);
  const clip = {
    x,
    y,
    width: Math.min(width, box.x + box.width + MARGIN) - x,
    height: Math.min(height, box.y + box.height + MARGIN) - y,
  };
  return { bytes: await page.screenshot({ ...options, clip }), dpr };
}

/** Runs in the page: waits until its pictures are decoded. */
async function loaded(element: Element, patience: number): Promise<{ dpr: number; width: number; height: number }> {
  const images = element instanceof HTMLImageElement ? [element] : [...element.querySelectorAll('img')];
  const decoded = Promise.all(images.map((image) => image.decode().catch(() => undefined)));
  await Promise.race([decoded, new Promise((over) => setTimeout(over, patience))]);
  const { clientWidth, clientHeight } = window.top?.document.documentElement ?? document.documentElement;
  return { dpr: window.devicePixelRatio, width: clientWidth, height: clientHeight };
}
