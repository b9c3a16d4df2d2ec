import { test, expect } from '@camtoken/playwright';

test('a transfer is what the token shows', async ({ page, token, camtoken }) => {
  // The bank hands out a token, and the customer registers it on the bank's pages.
  await camtoken.verifier.addToken(token);
  const customer = token.id;
  await page.goto('/register');
  await page.getByLabel('Customer number').fill(customer);
  await page.getByLabel('Token ID').fill(token.id);
  await page.getByRole('button', { name: 'Start' }).click();
  await token.register({
    firstCode: () => page.getByAltText('Code for your token'),
    enterDeviceCode: async (digits) => {
      await page.getByLabel('Device code').fill(digits);
      await page.getByRole('button', { name: 'Next' }).click();
      await expect(page.getByRole('heading')).toHaveText('Second code');
    },
    secondCode: () => page.getByAltText('Code for your token'),
    enterResponse: async (digits) => {
      await page.getByLabel('One-time password').fill(digits);
      await page.getByRole('button', { name: 'Finish' }).click();
      await expect(page.getByRole('status')).toHaveText('Your token is registered.');
    },
  });

  // A transfer: the token reads the code on the page.
  await page.goto('/transfer');
  await page.getByLabel('Customer number').fill(customer);
  await page.getByLabel('Payee').fill('ミホン ショウジ(カ');
  await page.getByLabel('Amount').fill('1250000');
  await page.getByRole('button', { name: 'Next' }).click();

  const code = page.getByAltText('Code for your token');
  await expect(code).toBeScannable({ minGrade: 'B' });
  const scan = await token.scan(code);
  expect(scan).toShow({ payee: 'ミホン ショウジ(カ', amount: '¥1,250,000' });

  await page.getByLabel('One-time password').fill(scan.response);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('status')).toContainText('transferred');
});
