import { virtualCamera } from '@camtoken/fake-camera';
import { expect, test } from '@playwright/test';
import QRCode from 'qrcode';

const ticket = (text: string) => QRCode.toBuffer(text, { scale: 8 });

for (const scanner of ['html5-qrcode', 'qr-scanner']) {
  test(`${scanner} reads what is held before the camera`, async ({ context, page }) => {
    // The page under test. Yours comes from your own server.
    await context.route('https://tickets.example/**', (route) => route.fulfill({ path: `.${new URL(route.request().url()).pathname}` }));
    const camera = await virtualCamera(context);
    await page.goto(`https://tickets.example/pages/${scanner}.html`);

    await camera.refuse('NotAllowedError');
    await page.getByRole('button', { name: 'Scan a ticket' }).click();
    await expect(page.getByRole('status')).toContainText('No camera');

    await camera.show(await ticket('TICKET 0001'));
    await page.getByRole('button', { name: 'Scan a ticket' }).click();
    await expect(page.getByRole('status')).toHaveText('TICKET 0001');

    await camera.show(await ticket('TICKET 0002'));
    await expect(page.getByRole('status')).toHaveText('TICKET 0002');
  });
}
