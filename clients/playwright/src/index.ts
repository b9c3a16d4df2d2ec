/**
 * A virtual camera token for Playwright tests.
 *
 * ```ts
 * import { test, expect } from '@camtoken/playwright';
 *
 * test('the token shows what is paid', async ({ page, token }) => {
 *   const scan = await token.scan(page.getByAltText('Code'));
 *   expect(scan).toShow({ payee: 'ミホン ショウジ(カ', amount: '¥1,250,000' });
 *   await page.getByLabel('One-time password').fill(scan.response);
 * });
 * ```
 *
 * @packageDocumentation
 */

export { test, type TokenSetup, type WorkerSetup } from './fixtures.js';
export { expect, type Grade, type Lint, type Measure } from './matchers.js';
export { Camtoken, Session, type ServiceOptions, type SessionOptions } from './service.js';
export {
  Clock, Token, type Account, type Activation, type BankPages, type Button, type Faults, type OtpOptions, type Rule, type Screen, type ScanOptions,
  type TokenOptions,
} from './token.js';
export { Scan, type Field, type Quality, type Refusal } from './scan.js';
export { Challenge, Verifier, type NewChallenge, type Subscriber, type Verdict } from './verifier.js';
export { virtualCamera, type VirtualCamera, type CameraOptions, type CameraRefusal } from '@camtoken/fake-camera';
export { alike, toFullWidth } from './kana.js';
export type { Span } from './allowed.js';
export { CamtokenError } from './http.js';
export type { Picture } from './picture.js';
