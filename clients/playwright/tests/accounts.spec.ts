import { expect, test } from '@camtoken/playwright';
import { CODE } from './shop.js';

test('the token is the authenticator app of a sign-up', async ({ page, token }) => {
  await page.setContent(`<img alt="Code for your app" src="data:image/png;base64,${CODE}">`);
  const scan = await token.scan(page.getByAltText('Code for your app'));
  expect(scan.outcome).toBe('shown');
  expect(await token.accounts()).toEqual([{ issuer: 'ACME', user: 'alice', kind: 'otp', pin: false, blocked: false }]);

  // The values of the RFC.
  await token.clock.set(new Date(59_000));
  expect(await token.otp()).toBe('94287082');
  await token.clock.set(new Date(1_111_111_109_000));
  expect(await token.otp('ACME:alice')).toBe('07081804');
  await expect(token.otp('bob')).rejects.toThrow('The token holds ACME:alice.');

  // The key that was registered is not replaced by a picture.
  expect((await token.scan(page.getByAltText('Code for your app'))).refusal?.code).toBe('CT-E068');
});

test('the text of a sign-up is read like its picture', async ({ token }) => {
  expect((await token.scan('otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME&digits=8')).outcome).toBe('shown');
  await token.clock.set(new Date(59_000));
  expect(await token.otp()).toBe('94287082'); // RFC 6238, appendix B
  await expect(token.scan('https://shop.example/code.png')).rejects.toThrow('the picture https://shop.example/code.png cannot be read');
});
