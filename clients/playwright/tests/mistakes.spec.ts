import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';

import { Camtoken, expect, type Button, type Challenge } from '@camtoken/playwright';
import { pageWith, test, transfer } from './bank.js';
import { said } from './said.js';

/** What a test makes of a scan that has found nothing. */
const short = { timeout: 300 };

const NOTHING = 'Nothing in the picture looks like a 2D code: is it the right place, and drawn by then?';

/** The message when no code is seen: the place in lines, and a hint. */
const unseen = (lines: string[], hint: string) =>
  [
    'camtoken: there is no response: the token saw no code: T01 No 2D code found',
    ...lines.map((line) => `  ${line}`),
    '  picture  in the report: what the token’s camera saw',
    `  hint     ${hint}`,
  ].join('\n');

const element = (tag: string, width: number, height: number) => `element  ${tag}, ${width} x ${height} CSS px, ${width} x ${height} device pixels`;

test.describe('no code is seen, and the cause is told', () => {
  test('a banner lies in front', async ({ page, token, registered }) => {
    await page.setContent(await pageWith(await registered.issue()));
    await page.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<div id="cookie" class="banner" style="position:fixed;inset:0;background:#eee">We use cookies</div>');
    });
    const code = page.getByAltText('code');
    const place = [
      "looked   …, at getByAltText('code')",
      element('<img>', 240, 240),
      'visible  yes',
      'front    <div id="cookie" class="banner"> covers 100 % of it',
    ];
    const hint = 'Close or move <div id="cookie" class="banner">, which lies in front of it.';
    expect(await said(async () => (await token.scan(code, short)).response)).toBe(unseen(place, hint));
    expect(test.info().attachments.filter(({ name }) => name === 'what the token’s camera saw')).toHaveLength(1);

    const graded = await said(() => expect(code).toBeScannable(short));
    expect(graded).toContain(`Grade F, at least B is wanted\n  ${place.join('\n  ')}\n  hint     ${hint}`);
    expect(graded).not.toContain('Show the code larger');
  });

  test('a banner covers half of it, and lets the mouse through', async ({ page, token, registered }) => {
    await page.setContent(await pageWith(await registered.issue()));
    await page.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<div class="stripe" style="position:fixed;left:0;right:0;top:60px;height:120px;background:#48c;pointer-events:none"></div>');
    });
    expect(await said(async () => (await token.scan(page.getByAltText('code'), short)).response)).toBe(
      unseen(
        ["looked   …, at getByAltText('code')", element('<img>', 240, 240), 'visible  yes', 'front    <div class="stripe"> covers 43 % of it'],
        'Close or move <div class="stripe">, which lies in front of it.',
      ),
    );
  });

  for (const [style, visible, hint] of [
    ['visibility: hidden', 'visibility: hidden', 'It is not visible (visibility: hidden): let the page show it before the token looks.'],
    ['opacity: 0', 'opacity 0', 'It is all but transparent (opacity 0): wait until it has faded in.'],
  ] as const) {
    test(`it has ${style}`, async ({ page, token, registered }) => {
      await page.setContent(await pageWith(await registered.issue(), `width: 240px; ${style}`));
      expect(await said(async () => (await token.scan(page.getByAltText('code'), short)).response)).toBe(
        unseen(["looked   …, at getByAltText('code')", element('<img>', 240, 240), `visible  ${visible}`], hint),
      );
    });
  }

  test('it is another element', async ({ page, token }) => {
    await page.setContent('<h1 class="title" style="height: 200px">Confirm the transfer</h1>');
    expect(await said(async () => (await token.scan(page.getByRole('heading'), short)).response)).toBe(
      unseen(["looked   …, at getByRole('heading')", element('<h1 class="title">', 1264, 200), 'visible  yes'], NOTHING),
    );
  });

  test('its image is not loaded', async ({ page, token }) => {
    await page.route('http://bank.example/none.png', (route) => route.fulfill({ status: 404 }));
    await page.setContent('<img alt="code" src="http://bank.example/none.png" width="200" height="200">');
    expect(await said(async () => (await token.scan(page.getByAltText('code'), short)).response)).toBe(
      unseen(
        ["looked   …, at getByAltText('code')", element('<img>', 200, 200), 'visible  yes', 'image    http://bank.example/none.png is not loaded'],
        'Its image is not loaded: does http://bank.example/none.png answer?',
      ),
    );
  });

  test('it is small', async ({ page, token, registered }) => {
    await page.setContent(await pageWith(await registered.issue(), 'width: 40px'));
    expect(await said(async () => (await token.scan(page.getByAltText('code'), short)).response)).toBe(
      unseen(
        ["looked   …, at getByAltText('code')", element('<img>', 40, 40), 'visible  yes'],
        'It is small for a code: 100 CSS px and more are wanted.',
      ),
    );
  });

  test('it lies in a frame, behind something of the page around', async ({ page, token, registered }) => {
    const inner = await pageWith(await registered.issue());
    await page.setContent('<iframe style="width: 500px; height: 500px; margin-left: 440px"></iframe><dialog style="width: 400px; height: 400px">Are you there?</dialog>');
    await page.locator('iframe').evaluate((frame: HTMLIFrameElement, html) => (frame.srcdoc = html), inner);
    const code = page.frameLocator('iframe').getByAltText('code');
    await code.waitFor();
    await page.locator('dialog').evaluate((dialog: HTMLDialogElement) => dialog.showModal());
    expect(await said(async () => (await token.scan(code, short)).response)).toBe(
      unseen(
        ["looked   …, at locator('iframe').contentFrame().getByAltText('code')", element('<img>', 240, 240), 'visible  yes', 'front    <dialog> covers 100 % of it'],
        'Close or move <dialog>, which lies in front of it.',
      ),
    );
  });

  test('it is another page, or another picture', async ({ page, token }) => {
    await page.setContent('<h1>Welcome</h1>');
    expect(await said(async () => (await token.scan(page, short)).response)).toBe(unseen(['looked   …, at the page about:blank', 'picture  1280 x 720 px'], NOTHING));
    const bytes = await token.screenshot();
    expect(await said(async () => (await token.scan(bytes)).response)).toBe(
      unseen([`looked   …, at ${bytes.length} bytes`, 'picture  680 x 520 px'], NOTHING),
    );
  });

  test('there is no such element, or there are two, or it is not shown', async ({ page, token }) => {
    const hint = '\n  hint  Does the page show it by then? What it shows is in the report, or in a trace.';
    await page.setContent('<p>One</p><p>Two</p><img alt="code" style="display: none">');
    expect(await said(() => token.scan(page.getByAltText('none'), short))).toBe(
      `camtoken: there is nothing at getByAltText('none') on about:blank, after 0.3 s${hint}`,
    );
    expect(await said(() => token.scan(page.getByAltText('code'), short))).toBe(
      `camtoken: <img> at getByAltText('code') is not visible (display: none), after 0.3 s${hint}`,
    );
    expect(await said(() => token.scan(page.locator('p'), short))).toMatch(/strict mode violation: locator\('p'\) resolved to 2 elements/);
  });
});

test('two codes are in view', async ({ page, token, registered }) => {
  const picture = async (challenge: Challenge) => `<img style="width: 240px" src="data:image/png;base64,${(await challenge.png()).toString('base64')}">`;
  const show = async () => page.setContent((await picture(await registered.issue())) + (await picture(await registered.issue())));
  const body = page.locator('body');
  await show();
  expect(await said(() => token.scan(body))).toBe(
    "camtoken: 2 codes are in view at locator('body'), and the token reads whichever it finds first\n" +
      '  hint  Let the page show one code alone, or name the element of one. If several are meant: scan(…, { several: true }).',
  );
  expect(await said(() => expect(body).toBeScannable(short))).toContain(
    '2 codes are in view\n  Show one code alone: a token reads whichever it finds first, be it the older one.',
  );
  await expect(body).toBeScannable({ several: true });
  await show();
  expect((await token.scan(body, { several: true })).codes).toBe(2);
  // One that stands twice is one.
  const twice = await picture(await registered.issue());
  await page.setContent(twice + twice);
  expect((await token.scan(body)).codes).toBe(1);
});

test('what is no picture says what is one', async ({ token }, info) => {
  const pictures = 'A picture is a locator, a page, bytes, base64, a path, or the text of a code (CT1:…, otpauth://…).';
  for (const [picture, message] of [
    [undefined, `camtoken: undefined is no picture\n  hint  ${pictures}`],
    [Promise.resolve(), 'camtoken: a promise is no picture\n  hint  Write await before it.'],
    [{ x: 1 }, `camtoken: Object is no picture\n  hint  ${pictures}`],
    ['shots/code.png', `camtoken: the picture shots/code.png cannot be read: there is no such file\n  hint  ${pictures} A path counts from ${process.cwd()}.`],
  ] as const) {
    expect(await said(() => token.scan(picture as string))).toBe(message);
  }
  const text = info.outputPath('code.txt');
  await writeFile(text, 'not a picture');
  expect(await said(() => token.scan(text))).toMatch(
    /^camtoken: error\[CT-E042\]: the body is no picture and no code: the file is neither PNG, JPEG, WebP, [^\n]* nor PDF\n[^]*hint {2}Send a PNG, JPEG, WebP, BMP/,
  );
});

test('a picture may be base64', async ({ token, registered }) => {
  expect((await token.scan((await (await registered.issue()).png()).toString('base64'))).outcome).toBe('shown');
  const url = `data:image/png;base64,${(await (await registered.issue()).png()).toString('base64')}`;
  expect((await token.scan(url)).outcome).toBe('shown');
});

test('a value that is not allowed says what is', async ({ camtoken, token, registered }) => {
  const challenge = { activation: registered.activation, operation: 'transfer', fields: transfer };
  const spans = "Seconds as a number, or text such as '3m1s', '2h', '90d' or '-5s'.";
  const refusals = Array.from({ length: 14 }, (_, index) => `'T${String(index + 1).padStart(2, '0')}'`).join(', ');
  for (const [failing, what, hint] of [
    [() => token.press('ok' as Button), "'ok' is no button of the token", "Allowed: 'left', 'center', 'right'."],
    [() => token.hold('middle' as Button), "'middle' is no button of the token", "Allowed: 'left', 'center', 'right'."],
    [
      () => token.rules([{ when: { screen: 'x' }, do: ['ok' as Button] }]),
      "'ok' is no button of a rule",
      "Allowed: 'left', 'center', 'right', 'holdCenter'.",
    ],
    [() => token.faults({ nextScan: 'T15' }), "'T15' is no refusal of a token", `Allowed: ${refusals}.`],
    [() => token.scan('CT1:A', { confirm: 'yes' as 'auto' }), "'yes' is no way to confirm", "Allowed: 'auto', 'step'."],
    [() => token.clock.advance('3 minutes'), "'3 minutes' is no span of time", spans],
    [() => token.clock.advance(Number.NaN), 'NaN is no span of time', spans],
    [() => camtoken.session({ ttl: '1 hour' }), "'1 hour' is no span of time", spans],
    [() => camtoken.verifier.issue({ ...challenge, ttl: 'soon' }), "'soon' is no span of time", spans],
    [
      () => token.clock.set('tomorrow'),
      "'tomorrow' is no moment",
      "A Date, or text such as '2026-11-24T09:00:00Z'; a span of time goes to advance().",
    ],
    [() => camtoken.session({ lang: 'de' as 'en' }), "'de' is no language of the token", "Allowed: 'ja', 'en'."],
    [
      () => expect(new Uint8Array()).toBeScannable({ minGrade: 'E' as 'F' }),
      "'E' is no grade",
      "Allowed: 'A', 'B', 'C', 'D', 'F'.",
    ],
  ] as const) {
    expect(await said(failing)).toBe(`camtoken: ${what}\n  hint  ${hint}`);
  }
  expect(await said(() => camtoken.verifier.issue({ ...challenge, operation: 'payment' }))).toContain(
    'camtoken: error[CT-E070]: there is no such operation: "payment"; known are deletion, login, transfer, ',
  );
  expect(await said(() => camtoken.verifier.issue({ ...challenge, fields: { ...transfer, amount: '12.50' } }))).toContain(
    'camtoken: error[CT-E071]: the fields are not a valid transaction: field "amount": expected decimal digits only\n',
  );
});

test('a service that is none says what is wanted', async ({}, info) => {
  for (const [url, meant] of [
    ['127.0.0.1:4999', 'http://127.0.0.1:PORT'],
    ['localhost:4999', 'http://localhost:4999'],
    ['http:/localhost', 'http://localhost'],
    ['//bank.example', 'http://bank.example'],
  ] as const) {
    expect(await said(() => Camtoken.start({ url }))).toBe(
      `camtoken: '${url.replace('127.0.0.1:4999', '127.0.0.1:PORT')}' is no address of a service\n` +
        `  hint  It begins with http:// or https://, such as ${meant} (CAMTOKEN_URL, or \`url\` in camtokenOptions).`,
    );
  }
  expect(await said(() => Camtoken.start({ bin: '/bin/true' }))).toBe(
    'camtoken: /bin/true serve ended with exit code 0, and did not say where it listens\n' +
      '  hint  Is it camtoken? `/bin/true --version` tells. CAMTOKEN_BIN is the path of the binary `camtoken`.',
  );
  const path = info.outputPath('token.json');
  await writeFile(path, '[]');
  const camtoken = await Camtoken.start();
  const session = await camtoken.session();
  const hint = '\n  hint  `camtoken token export NAME` and token.state() give one.';
  expect(await said(() => session.token({ state: path }))).toBe(`camtoken: ${path} is no test token${hint}`);
  await writeFile(path, 'x');
  expect(await said(() => session.token({ state: path }))).toBe(`camtoken: ${path} is no test token: it is no JSON${hint}`);
  await camtoken.close();
});

test('a service with one half says so', async () => {
  const half = async (only: string, use: (url: string) => Promise<void>) => {
    const state = test.info().outputPath(`state-${only}`);
    const args = ['serve', '--json', '--port', '0', '--end-with-stdin', '--log', 'warn', '--state-dir', state, '--only', only];
    const child = spawn(process.env['CAMTOKEN_BIN']!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    await use((JSON.parse(line.toString()) as { url: string }).url);
    child.stdin.end();
    await once(child, 'exit');
  };
  await half('verifier', async (url) => {
    const camtoken = await Camtoken.start({ url });
    expect(await said(() => camtoken.session())).toBe(
      'camtoken: error[CT-E132]: this service has no virtual token\n  call  POST /v1/sessions (404)\n' +
        '  hint  Start it with one: camtoken serve --emulator --accept-test-keys.\n  docs  camtoken explain CT-E132',
    );
  });
  await half('token', async (url) => {
    const camtoken = await Camtoken.start({ url });
    const token = await (await camtoken.session()).token();
    expect(await said(() => camtoken.verifier.addToken(token))).toBe(
      'camtoken: error[CT-E133]: this service has no verifier\n  call  POST /v1/tokens (404)\n' +
        '  hint  Start it without --only token: camtoken serve --emulator --accept-test-keys has both.\n  docs  camtoken explain CT-E133',
    );
  });
});
