/** What was looked at, for a test whose token has seen no code there. */

import { readFileSync } from 'node:fs';

import type { Locator } from '@playwright/test';

import { isLive, isPage, type Picture, type Shot } from './picture.js';

/** What was looked at when no code was found. */
export interface Sight {
  /** A locator, a page's address, a file, or `bytes`. */
  place: string;
  /** How long, in milliseconds, and how often. */
  ms: number;
  looks: number;
  /** The picture in pixels, where it is a PNG. */
  picture?: { width: number; height: number };
  /** The element on its page. */
  element?: Element;
}

interface Element {
  /** Such as `<img id="code">`. */
  tag: string;
  /** In CSS pixels. */
  width: number;
  height: number;
  /** Device pixels for a CSS pixel. */
  dpr: number;
  /** Why a person would not see it, such as `visibility: hidden`. */
  hidden: string | null;
  /** 0 to 1, ancestors included. */
  opacity: number;
  /** What lies in front of most of it, such as `<div id="cookie">`, and over how much of it, 0 to 1. */
  front: string | null;
  covered: number;
  /** An image that is not loaded. */
  unloaded: string | null;
}

/** Runs in the page. */
const inspect = new Function(
  `const inspect = ${readFileSync(new URL('../sight.js', import.meta.url), 'utf8')}\nreturn inspect;`,
)() as (element: unknown) => Element;

/** Fewer CSS pixels than these are too few for a code, quiet zone included. */
const SMALLEST = 100;

/** Looks at a place again, as a person would who wonders why. */
export async function sightOf(picture: Picture, shot: Shot, looks: number, ms: number): Promise<Sight> {
  const seen = { looks, ms, ...sizeOf(shot.bytes) };
  if (!isLive(picture)) return { place: typeof picture === 'string' ? picture : `${shot.bytes.length} bytes`, ...seen };
  if (isPage(picture)) return { place: `the page ${picture.url()}`, ...seen };
  const element = await elementOf(picture);
  return { place: String(picture), ...seen, ...(element && { element }) };
}

/** The same in lines. */
export function linesOf(sight: Sight): string[] {
  const { place, looks, ms, picture, element } = sight;
  const often = looks === 1 ? 'once' : `${looks} times in ${(ms / 1_000).toFixed(1)} s`;
  const lines = [`  looked   ${often}, at ${place}`];
  if (element) {
    const { tag, width, height, dpr } = element;
    lines.push(`  element  ${tag}, ${width} x ${height} CSS px, ${round(width * dpr)} x ${round(height * dpr)} device pixels`);
    const visibility = element.hidden ?? (element.opacity < 1 ? `opacity ${round(element.opacity)}` : 'yes');
    lines.push(`  visible  ${visibility}`);
    if (element.front) lines.push(`  front    ${element.front} covers ${Math.round(element.covered * 100)} % of it`);
    if (element.unloaded) lines.push(`  image    ${element.unloaded} is not loaded`);
  } else if (picture) {
    lines.push(`  picture  ${picture.width} x ${picture.height} px`);
  }
  return lines;
}

/** What most likely keeps the code from being seen; nothing where the place looks as it should. */
export function causeOf({ element }: Sight): string | undefined {
  if (!element) return undefined;
  if (element.hidden) return `It is not visible (${element.hidden}): let the page show it before the token looks.`;
  if (element.opacity < 0.2) return `It is all but transparent (opacity ${round(element.opacity)}): wait until it has faded in.`;
  if (element.front) return `Close or move ${element.front}, which lies in front of it.`;
  if (element.unloaded) return `Its image is not loaded: does ${element.unloaded} answer?`;
  if (Math.min(element.width, element.height) < SMALLEST) return `It is small for a code: ${SMALLEST} CSS px and more are wanted.`;
  return undefined;
}

/** What is at a place of which no picture could be taken. */
export async function absenceOf(locator: Locator): Promise<string> {
  const element = await elementOf(locator);
  return element
    ? `${element.tag} at ${locator} is not visible${element.hidden ? ` (${element.hidden})` : ''}`
    : `there is nothing at ${locator} on ${locator.page().url()}`;
}

async function elementOf(locator: Locator): Promise<Element | undefined> {
  // It may be gone by now, and the next step of the test reports that.
  return locator.first().evaluate(inspect, undefined, { timeout: 1_000 }).catch(() => undefined);
}

/** The size that a PNG has in its head. */
function sizeOf(bytes: Uint8Array | string): { picture?: { width: number; height: number } } {
  const view = typeof bytes === 'string' ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!view || view.length < 24 || view.toString('latin1', 1, 4) !== 'PNG') return {};
  return { picture: { width: view.readUInt32BE(16), height: view.readUInt32BE(20) } };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
