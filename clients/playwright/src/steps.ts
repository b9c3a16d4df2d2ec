/** What a test does with the token, as steps and pictures of its report. */

import { test, type TestInfo } from '@playwright/test';

/** The test that runs; nothing outside of one. */
export function running(): TestInfo | undefined {
  try {
    return test.info();
  } catch {
    return undefined;
  }
}

/** Does it as a step that is reported at the caller's line; outside of a test, just does it. */
export async function step<T>(title: string, body: () => Promise<T>): Promise<T> {
  return running() ? test.step(title, body, { box: true }) : body();
}

/** Puts a picture into the report of the test that runs. */
export async function attach(name: string, body: Uint8Array | string, contentType: 'image/png' | 'image/svg+xml'): Promise<void> {
  await running()?.attach(name, { body: typeof body === 'string' ? body : Buffer.from(body), contentType });
}
