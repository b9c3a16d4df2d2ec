/** The fixtures: a service for each worker, a token for each test. */

import { test as base } from '@playwright/test';

import { useForMatchers } from './matchers.js';
import { Camtoken, type ServiceOptions, type SessionOptions } from './service.js';
import type { Token, TokenOptions } from './token.js';

/** What a test may ask for. */
export interface TokenSetup {
  /** A virtual token in a session of its own. */
  token: Token;
  /** How `token` is made: `test.use({ tokenOptions: { lang: 'ja' } })`. */
  tokenOptions: TokenOptions & Omit<SessionOptions, 'lang'>;
}

/** What a worker has. */
export interface WorkerSetup {
  /** The service: more sessions and tokens, and the verifier. */
  camtoken: Camtoken;
  /** Which service it is; in the configuration under `use`. */
  camtokenOptions: ServiceOptions;
}

/** Playwright's `test` with `token` and `camtoken`. */
export const test = base.extend<TokenSetup, WorkerSetup>({
  camtokenOptions: [{}, { option: true, scope: 'worker' }],

  // Always there, because matchers have no fixtures of their own to ask for it.
  camtoken: [
    async ({ camtokenOptions }, use) => {
      const camtoken = await Camtoken.start(camtokenOptions);
      useForMatchers(camtoken);
      await use(camtoken);
      useForMatchers(undefined);
      await camtoken.close();
    },
    { scope: 'worker', auto: true, timeout: 60_000 },
  ],

  tokenOptions: [{}, { option: true }],

  token: async ({ camtoken, tokenOptions }, use, info) => {
    const { clock, seed, ttl, ...rest } = tokenOptions;
    const session = await camtoken.session({
      lang: rest.lang ?? 'en',
      ...(clock === undefined ? {} : { clock }),
      ...(seed === undefined ? {} : { seed }),
      ...(ttl === undefined ? {} : { ttl }),
    });
    const token = await session.token(rest);
    await use(token);
    if (info.status !== info.expectedStatus) {
      // What the token showed last often says why.
      const body = await token.screenshot().catch(() => undefined);
      if (body) await info.attach('the token’s screen', { body, contentType: 'image/png' });
    }
    await session.close();
  },
});
