import { expect } from '@camtoken/playwright';
import { test } from './bank.js';

test('a challenge expires, and nobody waits', async ({ token, camtoken, registered }) => {
  const challenge = await registered.issue();
  const { response } = await token.scan(challenge.code);
  await token.clock.advance('3m1s');
  expect(await camtoken.verifier.verify(challenge, response)).toMatchObject({ result: 'expired', browser: 'rejected' });
  // What is issued next goes by the same clock.
  const next = await registered.issue();
  expect(next.expiresAt.getTime()).toBeGreaterThan((await token.clock.now()).getTime());
  expect((await camtoken.verifier.verify(next, (await token.scan(next.code)).response)).result).toBe('accepted');
});

test('a challenge is good until its time is over', async ({ token, camtoken, registered }) => {
  await token.clock.set('2030-01-01T00:00:00Z');
  const challenge = await registered.issue();
  expect(challenge.expiresAt).toEqual(new Date('2030-01-01T00:03:00Z'));
  const { response } = await token.scan(challenge.code);
  await token.clock.advance('2m59s');
  expect((await camtoken.verifier.verify(challenge, response)).result).toBe('accepted');
});

test('the time of one session is not that of another', async ({ token, camtoken, registered }) => {
  const challenge = await registered.issue();
  const session = await camtoken.session();
  const other = await session.token();
  const activation = await camtoken.verifier.enroll(other, { contract: '1234567890', user: 'SUZUKI' });
  await session.clock.advance('90d');
  expect(activation).toMatch(/^[0-9a-f]{12}$/);
  expect((await camtoken.verifier.verify(challenge, (await token.scan(challenge.code)).response)).result).toBe('accepted');
  await session.close();
});
