/** What a camera sees of a page: a screenshot with some of the page around the element. */

import type { Locator, Page } from '@playwright/test';

/** A screenshot, and how many of its pixels make a CSS pixel. */
export interface Photograph {
  bytes: Uint8Array;
  dpr: number;
}

/** CSS pixels around an element: a code's quiet zone is often the page's and not the picture's. */
const MARGIN = 24;

/** A picture that is not loaded in this time is taken as it is. */
const LOADING_MS = 2_000;

/** Takes a picture of a page or of an element with what is around it, in device pixels, when its pictures are loaded. */
export async function photograph(place: Locator | Page, timeout: number): Promise<Photograph> {
  return 'page' in place ? ofElement(place, timeout) : ofPage(place, timeout);
}

async function ofPage(page: Page, timeout: number): Promise<Photograph> {
  const dpr = await page.evaluate(() => window.devicePixelRatio);
  return { bytes: await page.screenshot({ animations: 'disabled', scale: 'device', timeout }), dpr };
}

async function ofElement(locator: Locator, timeout: number): Promise<Photograph> {
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
