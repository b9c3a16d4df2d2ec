import { writeFile } from 'node:fs/promises';

import { CamtokenError, expect, Token } from '@camtoken/playwright';
import { pageWith, test, transfer } from './bank.js';

test('a code on a page is shown, answered, and accepted once', async ({ page, token, camtoken, registered }) => {
  const challenge = await registered.issue();
  await page.setContent(await pageWith(challenge));
  const scan = await token.scan(page.getByAltText('code'));
  expect(scan.operation).toBe('transfer');
  expect(scan.fields['amount']).toEqual({ name: 'amount', label: 'Amount', value: '1250000', shown: '¥1,250,000' });
  expect(Object.keys(scan.fields)).toEqual(Object.keys(transfer));
  expect(scan.response).toMatch(/^\d{8}$/);
  expect(scan.wrongResponse).toMatch(/^\d{8}$/);
  expect(scan.quality).toMatchObject({ grade: 'A' });
  expect(await (await fetch(scan.overlayUrl!)).text()).toMatch(/^<svg/);

  expect(await camtoken.verifier.verify(challenge, scan.wrongResponse)).toMatchObject({ result: 'rejected', attemptsLeft: 2 });
  expect(await camtoken.verifier.verify(challenge, scan.response)).toMatchObject({
    result: 'accepted', transaction: { operation: 'transfer', fields: { amount: '1250000' } },
  });
  expect(await camtoken.verifier.verify(challenge, scan.response)).toMatchObject({ result: 'used' });
});

test('a picture may be bytes, a file, a page or the text of a code', async ({ page, token, registered }, info) => {
  const bytes = await (await registered.issue()).png();
  expect((await token.scan(bytes)).outcome).toBe('shown');

  const path = info.outputPath('code.png');
  await writeFile(path, await (await registered.issue()).png());
  expect((await token.scan(path)).outcome).toBe('shown');

  const challenge = await registered.issue();
  await page.setContent(await pageWith(challenge));
  expect((await token.scan(page)).outcome).toBe('shown');

  expect((await token.scan((await registered.issue()).code)).outcome).toBe('shown');
});

test('a code that comes late, below the fold and without a quiet zone is read', async ({ page, token, registered }) => {
  const picture = (await (await registered.issue()).png()).toString('base64');
  await page.setContent(`<div style="height: 3000px"></div><div id="code" style="width: 200px; height: 200px"></div><div style="height: 2000px"></div>
    <script>setTimeout(() => {
      const image = new Image();
      image.onload = () => {
        const canvas = document.createElement('canvas');
        const zone = 16;
        canvas.width = canvas.height = image.width - 2 * zone;
        canvas.getContext('2d').drawImage(image, -zone, -zone);
        canvas.style.width = '200px';
        document.getElementById('code').append(canvas);
      };
      image.src = 'data:image/png;base64,${picture}';
    }, 700)</script>`);
  expect((await token.scan(page.locator('#code'))).outcome).toBe('shown');
});

test('a code in a frame is read', async ({ page, token, registered }) => {
  const inner = await pageWith(await registered.issue());
  await page.setContent('<iframe style="width: 500px; height: 500px; margin-left: 300px"></iframe>');
  await page.locator('iframe').evaluate((frame: HTMLIFrameElement, html) => (frame.srcdoc = html), inner);
  expect((await token.scan(page.frameLocator('iframe').getByAltText('code'))).outcome).toBe('shown');
});

test('a code larger than the window is read', async ({ page, token, registered }) => {
  await page.setViewportSize({ width: 400, height: 300 });
  await page.setContent(await pageWith(await registered.issue(), 'width: 700px'));
  expect((await token.scan(page.getByAltText('code'))).outcome).toBe('shown');
});

test('a page without a code is looked at until the time is over', async ({ page, token }) => {
  await page.setContent('<h1>no code</h1>');
  const scan = await token.scan(page.locator('h1'), { timeout: 600 });
  expect(scan.outcome).toBe('refused');
  expect(scan.refusal?.code).toBe('T01');
  expect(() => scan.response).toThrow(/the token saw no code: T01 [^]*hint/);
});

test('a fault strikes once, on a page too', async ({ page, token, registered }) => {
  await page.setContent(await pageWith(await registered.issue()));
  await token.faults({ nextScan: 'T02' });
  expect((await token.scan(page.getByAltText('code'))).refusal?.code).toBe('T02');
  expect((await token.scan(page.getByAltText('code'))).outcome).toBe('shown');
  await token.faults({ battery: 0 });
  expect((await token.scan(page.getByAltText('code'))).refusal?.code).toBe('T13');
});

test('time passes for the token', async ({ token, registered }) => {
  const challenge = await registered.issue();
  const before = await token.clock.now();
  const after = await token.clock.advance('3m1s');
  expect(after.getTime() - before.getTime()).toBeGreaterThanOrEqual(181_000);
  const lines = (await token.scan(challenge.code)).screen.pages.flatMap((page) => page.lines);
  expect(lines.filter((line) => line.role === 'stale').map((line) => line.text).join(' ')).toMatch(/time is over/);
  expect(await token.clock.set('2030-01-01T00:00:00Z')).toEqual(new Date('2030-01-01T00:00:00Z'));
  expect(await token.clock.advance(5)).toEqual(new Date('2030-01-01T00:00:05Z'));
});

test('somebody presses the buttons', async ({ token, camtoken, registered }) => {
  const challenge = await registered.issue();
  const scan = await token.scan(challenge.code, { confirm: 'step' });
  expect(() => scan.response).toThrow(/nobody has pressed the buttons/);
  const first = await token.screen();
  expect(first).toMatchObject({ state: 'showing', page: 1, pages: 2 });
  await token.press('right');
  const answered = await token.press('right');
  expect(answered.state).toBe('answered');
  expect((await camtoken.verifier.verify(challenge, answered.response!)).result).toBe('accepted');
  expect((await token.hold('center')).state).toBe('off');
  expect((await token.screenshot()).subarray(1, 4).toString()).toBe('PNG');
});

test('a test waits for the screen', async ({ token, registered }) => {
  const challenge = await registered.issue();
  const waiting = token.waitForScreen(/¥[\d,]+/);
  await token.scan(challenge.code, { confirm: 'step' });
  expect((await waiting).state).toBe('showing');
  await expect(token.waitForScreen('¥9', { timeout: 300 })).rejects.toThrow(/does not show ¥9\. It shows:\n[^]*¥1,250,000/);
});

test('rules press by themselves', async ({ token, registered }) => {
  await token.rules([{ when: { screen: /ＴＡＮＡＫＡ|tanaka/i }, do: ['left'] }]);
  await token.scan((await registered.issue()).code, { confirm: 'step' });
  expect((await token.screen()).state).not.toBe('showing');
});

test('a token is kept and brought back', async ({ camtoken, token, registered }) => {
  const challenge = await registered.issue();
  const session = await camtoken.session();
  const again: Token = await session.token({ state: await token.state() });
  expect(again.id).toBe(token.id);
  expect((await again.activations()).map(({ id, user }) => ({ id, user }))).toEqual([{ id: registered.activation, user: 'TANAKA' }]);
  expect((await camtoken.verifier.verify(challenge, (await again.scan(challenge.code)).response)).result).toBe('accepted');
  await again.forget(registered.activation);
  expect(await again.activations()).toEqual([]);
  await session.close();
});

test('what is refused says what to do', async ({ camtoken, registered }) => {
  const wrong = camtoken.verifier.issue({ activation: registered.activation, operation: 'transfer', fields: {} });
  const error = await wrong.then(() => undefined, (error: unknown) => error);
  if (!(error instanceof CamtokenError)) throw new Error(`it should have been refused: ${error}`);
  expect(error.code).toBe('CT-E071');
  expect(error.message).toMatch(/hint {2}.*GET \/v1\/operations[^]*docs {2}camtoken explain CT-E071/);
});

test('a registration waits for the page with the second code', async ({ page, token, camtoken }) => {
  // A page that takes a second to go on, and a test that does not wait for it.
  const http = (path: string, body: object) =>
    fetch(camtoken.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }).then((answer) => answer.json());
  await camtoken.verifier.addToken(token);
  const begun = await http('/v1/enrollments', { tokenId: token.id, contract: '1234567890', user: 'TANAKA' });
  const picture = async (path: string) => `data:image/png;base64,${Buffer.from(await (await fetch(camtoken.url + path)).arrayBuffer()).toString('base64')}`;
  await page.setContent(`<img alt="code" style="width: 300px" src="${await picture(begun.code1.png)}">`);
  const activation = await token.register({
    firstCode: () => page.getByAltText('code'),
    enterDeviceCode: async (deviceCode) => {
      const { code2 } = await http(`/v1/enrollments/${begun.id}/device-code`, { deviceCode });
      const second = await picture(code2.png);
      await page.evaluate((second) => setTimeout(() => (document.images[0]!.src = second), 1_000), second);
    },
    secondCode: () => page.getByAltText('code'),
    enterResponse: async (response) => {
      expect(await http(`/v1/enrollments/${begun.id}/confirm`, { response })).toEqual({ result: 'accepted' });
    },
  });
  expect(activation).toMatchObject({ id: begun.id, user: 'TANAKA' });
});

test('a token with a PIN reads nothing before it is entered', async ({ camtoken }) => {
  const session = await camtoken.session({ lang: 'en' });
  const token = await session.token({ pin: '48213' });
  await expect(token.scan('CT1:ABC')).rejects.toThrow(/waits for another answer/);
  expect((await token.enterPin('48214')).state).toBe('pin');
  expect((await token.enterPin('48213')).state).toBe('ready');
  expect((await token.scan('CT1:ABC')).refusal?.code).toMatch(/^T0/);
  await session.close();
});

test('a token is made for as many users as it is asked for', async ({ camtoken }) => {
  const session = await camtoken.session({ lang: 'en' });
  const token = await session.token({ profile: 'japan', slots: 2 });
  expect(await token.state()).toMatchObject({ profile: 'japan', slots: [null, null], language: 'ja' });
  await expect(session.token({ profile: 'japan', pin: '48213' })).rejects.toThrow(/pin/);
  await session.close();
});

test('a suspended activation is not accepted', async ({ token, camtoken, registered }) => {
  const challenge = await registered.issue();
  const { response } = await token.scan(challenge.code);
  await camtoken.verifier.suspend(registered.activation);
  expect((await camtoken.verifier.verify(challenge, response)).result).toBe('suspended');
  await camtoken.verifier.resume(registered.activation);
});

test.describe('in Japanese, by a clock and a seed', () => {
  test.use({ tokenOptions: { lang: 'ja', clock: '2026-11-24T09:00:00Z', seed: 'one', id: 'SEEDED-1' } });

  for (const time of ['first', 'second']) {
    test(`the ${time} time keys are the same`, async ({ token, camtoken }) => {
      expect(token.id).toBe('SEEDED-1');
      expect(await token.clock.now()).toEqual(new Date('2026-11-24T09:00:00Z'));
      const other = await (await camtoken.session({ seed: 'one' })).token({ id: 'SEEDED-1' });
      expect((await other.state())['deviceKey']).toBe((await token.state())['deviceKey']);
      expect((await token.hold('center')).text).toMatch(/[ぁ-ん]/);
    });
  }
});
