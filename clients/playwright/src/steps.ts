/** What a test does with the token, as one step of its report. */

import { test } from '@playwright/test';

/** Does it as a step that is told at the caller's line; outside of a test, just does it. */
export async function step<T>(title: string, body: () => Promise<T>): Promise<T> {
  try {
    test.info();
  } catch {
    return body();
  }
  return test.step(title, body, { box: true });
}
