import { expect } from '@camtoken/playwright';
import { pageWith, test } from './bank.js';
import { said } from './said.js';

test('fields are held against the screen and against their canonical form', async ({ token, registered }) => {
  const scan = await token.scan((await registered.issue()).code);
  expect(scan).toShow({ payee: 'ミホン ショウジ(カ', amount: '¥1,250,000', account: '0012345' });
  expect(scan).toShow({ payee: 'ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ', amount: 1250000, date: '2026-11-24', bankName: /ｶｸｳ/ });
  expect(scan).not.toShow({ amount: 125000 });
  expect(scan).not.toShow({ amount: '1,250,000' });
  expect(scan).not.toShow({ payee: 'ミホン シヨウシ(カ' });
  expect(scan).not.toShow({ payee: 'ミホン ショウジ(カ', amount: 1 });
  expect(scan).not.toShow({ memo: 'x' });
});

test('what differs is told line by line', async ({ token, registered }) => {
  const scan = await token.scan((await registered.issue()).code);
  const told = await said(() => expect(scan).toShow({ payee: 'ミホン ショウジ(カ', amount: '¥125,000', purpose: 'rent' }));
  expect(told).toContain('transfer on the token’s screen');
  expect(told).toContain('    payee: "ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ"');
  expect(told).toContain('  - amount: "¥125,000"\n  + amount: "¥1,250,000" (1250000)');
  expect(told).toContain('  + purpose: the token shows no such field');
  expect(told).toContain('account: "0012345" (not asked for)');

  const again = await token.scan((await registered.issue({ amount: 7 })).code + 'X');
  expect(await said(() => expect(again).toShow({ amount: 7 }))).toMatch(/the token refused the code: T\d\d .*\n +hint/);
});

test('a code is graded on its page', async ({ page, registered }) => {
  await page.setContent(await pageWith(await registered.issue()));
  await expect(page.getByAltText('code')).toBeScannable();
  await expect(page.getByAltText('code')).toBeScannable({ minGrade: 'A' });
  await expect(await (await registered.issue()).png()).toBeScannable({ minGrade: 'A' });
});

test('a code that becomes large enough is waited for', async ({ page, registered }) => {
  await page.setContent(await pageWith(await registered.issue(), 'width: 40px'));
  await page.evaluate(() => setTimeout(() => (document.images[0]!.style.width = '300px'), 800));
  await expect(page.getByAltText('code')).toBeScannable();
});

test('a code that is too pale fails, with a picture that says why', async ({ page, registered }) => {
  // Large enough to be read for certain: what is drawn onto the picture is the symbol.
  await page.setContent(await pageWith(await registered.issue(), 'width: 200px; opacity: 0.3'));
  const code = page.getByAltText('code');
  await expect(code).not.toBeScannable({ timeout: 500 });
  // Long enough for a busy machine to have looked once.
  const told = await said(() => expect(code).toBeScannable({ minGrade: 'A', timeout: 3000 }));
  expect(told).toMatch(/Grade [B-F], at least A is wanted/);
  const attached = test.info().attachments.find((attachment) => attachment.name === 'what a camera sees');
  expect(attached?.contentType).toBe('image/svg+xml');
  expect(attached?.body?.toString()).toMatch(/^(<\?xml|<svg)/);
});

test('a picture without a code says so, and is attached as it is', async ({ token }) => {
  const picture = await token.screenshot();
  const told = await said(() => expect(picture).toBeScannable());
  expect(told).toMatch(/Grade F, at least B is wanted\n\n {2}\S/);
  expect(test.info().attachments.map(({ contentType }) => contentType)).toEqual(['image/png']);
});
