import { test, expect } from '@camtoken/playwright';

test('a wrong one-time password transfers nothing', async ({ page, token, camtoken }) => {
  const activation = await camtoken.verifier.enroll(token, { contract: '1234567890', user: 'TANAKA' });
  await page.goto('/transfer');
  await page.getByLabel('Customer number').fill(activation);
  await page.getByLabel('Payee').fill('ミホン ショウジ(カ');
  await page.getByLabel('Amount').fill('1250000');
  await page.getByRole('button', { name: 'Next' }).click();
  const { wrongResponse } = await token.scan(page.getByAltText('Code for your token'));

  await page.getByLabel('One-time password').fill(wrongResponse);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('status')).toHaveText('Nothing was transferred.');
});
