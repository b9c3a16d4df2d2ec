// Ways out of corners: a "no" on the token, a lost one, a wrong screen, a wrong entry, and Back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, FIRST_OTP, LOGIN, PHONE, Token, act, actButton, administrator, go, login, look, operator, register, sign, startBrowser, toCode, visitor, withBank } from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

const VARIANTS = [
  ["ja", DESKTOP, "desktop"],
  ["en", PHONE, "phone"],
];

/// The login of method 1, as far as the password leads.
async function enter(page) {
  await page.goto("/login?service=direct");
  await page.locator("#login-id").fill("mihon-admin");
  await page.locator("#password").fill(LOGIN);
  await go(page);
}

/// Logs in by the token, from the login page on.
async function enterBy(page, token) {
  await enter(page);
  await page.locator("figure.code img").waitFor();
  await sign(page, token);
  await page.locator("ul.accounts").waitFor();
}

/// The words of the newest letter with this subject.
async function letter(page, subject) {
  await page.goto("/outbox");
  await page.locator("ul.rows a", { hasText: subject }).first().click();
  return page.locator("article code").allTextContents();
}

for (const [lang, viewport, device] of VARIANTS) {
  test(`after a "no" on the token, and after its loss, a lone administrator logs in and signs (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ bank, page }) => {
      const shot = (where, name) => look(where, `${lang}-${device}-corner-${name}`);
      const token = new Token(bank, "KKK0000011");
      // The bank has registered the token, and the token has not kept it.
      await enter(page);
      await page.locator("#first-otp").fill("wrong");
      await page.locator("#serial").fill("KKK0000011");
      await go(page);
      await page.locator("#first-otp-error").waitFor();
      await shot(page, "first-otp-form");
      await page.locator("#first-otp").fill(FIRST_OTP.toLowerCase());
      await page.locator("#serial").fill("KKK0000011");
      await go(page);
      await page.locator("#device-code").fill((await token.read(page)).deviceCode);
      await go(page);
      await page.locator("#otp").waitFor();
      await page.locator("#otp").fill((await token.read(page, "?keep=no")).response);
      await go(page);
      await page.locator("p.success").waitFor();
      await page.locator("main button.main").click();
      await enter(page);
      const refused = await token.read(page).catch(() => ({ outcome: "refused" }));
      assert.equal(refused.outcome, "refused", "the token knows nothing of it");
      // What is behind the page is folded up below it.
      await page.locator("details.more summary").first().click();
      await shot(page, "no-on-the-token");
      await page.locator("#first-otp").fill(FIRST_OTP);
      await page.locator("form[action='/login/otp/initialise'] button").click();
      await page.locator("#serial").waitFor();
      await register(page, token, "KKK0000011");
      await page.locator("main button.main").click();
      await enterBy(page, token);

      // It is lost: one call, two letters.
      const desk = await visitor(browser, bank, { lang, viewport });
      await operator(desk.page);
      await desk.page.goto("/operator?q=KKK0000011");
      await act(browser, bank, desk.page, actButton(desk.page, "revoke"), { lang, shot });
      await page.goto("/home");
      await enter(page);
      await page.locator(".warning").waitFor();
      await shot(page, "no-token");
      await desk.page.goto("/operator?q=mihon-admin");
      await shot(desk.page, "desk-search");
      await desk.page.goto("/operator/2345678901/MIHON01");
      await act(browser, bank, desk.page, actButton(desk.page, "lend"), { lang });
      await shot(desk.page, "desk-lent");
      const [, first] = await letter(desk.page, lang === "ja" ? "初回OTP" : "first-OTP");
      const [, serial] = await letter(desk.page, lang === "ja" ? "トークンのお届け" : "Your token");
      await shot(desk.page, "letter-token");
      const lent = new Token(bank, serial);
      await enter(page);
      await register(page, lent, serial, { firstOtp: first });
      await page.locator("main button.main").click();
      await enterBy(page, lent);
      // What the verifier has of the lost one is still there.
      await desk.page.goto("/operator/2345678901/MIHON01");
      await shot(desk.page, "desk-person");
      await desk.page.locator("a[href$='/records']").click();
      assert.equal(await desk.page.locator("main table").count(), 3);
      await shot(desk.page, "desk-records");
      await desk.page.goto("/operator/events");
      await shot(desk.page, "desk-events");
      assert.deepEqual(desk.complaints, []);
    });
  });

  test(`a form is corrected, gone back to, and a wrong screen is told to the desk (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ bank, page }) => {
      const shot = (where, name) => look(where, `${lang}-${device}-form-${name}`);
      await administrator(bank, page);
      // All errors are shown at once, and Back and Forward lead through them.
      await page.goto("/transfer");
      await page.locator("input[name=to][value=new]").check();
      await page.locator("#account").fill("12");
      await page.locator("#payee").fill("漢字");
      await page.locator("#amount").fill("-5");
      await go(page);
      for (const input of ["account", "payee", "amount"]) await page.locator(`#${input}-error`).waitFor();
      await shot(page, "all-errors");
      const there = page.url();
      await page.goto("/home");
      await page.goBack();
      assert.equal(page.url(), there);
      await page.locator("#payee-error").waitFor();

      // The limit and the balance are shown before the token is needed.
      await page.goto("/transfer");
      await page.locator("input[name=to]").first().check();
      await page.locator("#amount").fill("60,000,000");
      await go(page);
      await page.locator("#amount-error").waitFor();
      await shot(page, "over-limit");
      await page.locator("#amount").fill("12,345");
      await go(page);
      await page.locator("#transaction-password").waitFor();
      await shot(page, "confirm");
      await page.locator("main a[href='/transfer']").click();
      assert.equal(await page.locator("#amount").inputValue(), "12,345", "it is as it was typed");
      await go(page);
      await toCode(page);
      await shot(page, "code");

      // The token shows something else: the code is withdrawn.
      const order = page.url();
      await page.locator("form.differs button").click();
      await page.locator(".warning").waitFor();
      await shot(page, "differs");
      await page.goto(order);
      assert.equal(await page.locator("#otp").count(), 0, "no response to it is taken any more");
      const desk = await visitor(browser, bank, { lang, viewport });
      await operator(desk.page);
      await shot(desk.page, "desk-alarm");
      await act(browser, bank, desk.page, actButton(desk.page, "see-to"), { lang });
      assert.equal(await desk.page.locator("input[value=see-to]").count(), 0);
      assert.deepEqual(desk.complaints, []);
    });
  });
}

test("what a batch pays is looked through before it is signed, and a broken file is told by line and column", async () => {
  await withBank(browser, { lang: "ja" }, async ({ bank, page }) => {
    await administrator(bank, page);
    const sample = Buffer.from(await (await page.request.get("/bulk/sample.txt")).body());
    await page.goto("/bulk");
    const broken = Buffer.from(sample);
    broken[122 + 43] = 0x58;
    await page.locator("#file").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: broken });
    await go(page);
    assert.match(await page.locator("#file-error").innerText(), /2行目、44桁目の「口座番号」/);
    await look(page, "ja-desktop-batch-fault");
    await page.locator("#file").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: sample });
    await go(page);
    await page.locator("#transaction-password").waitFor();
    await page.locator("#q").fill("ﾐﾎﾝ");
    await page.locator("form.search button").click();
    assert.equal(await page.locator("details.more tbody tr").count(), 2);
    await look(page, "ja-desktop-batch-rows");
  });
});

test("who gave the token back sees what is open to them and nothing else", async () => {
  await withBank(browser, { lang: "ja", viewport: PHONE }, async ({ bank, page }) => {
    await login(page, "KEIRI01");
    const desk = await visitor(browser, bank, { lang: "ja" });
    await operator(desk.page);
    await desk.page.goto("/operator/1234567890/KEIRI01");
    await act(browser, bank, desk.page, actButton(desk.page, "generator"));
    await login(page, "KEIRI01");
    await page.locator("ul.accounts").waitFor();
    await look(page, "ja-phone-gave-back");
    assert.equal(await page.locator("a[href='/transfer'], a[href='/registration']").count(), 0);
    assert.equal((await page.goto("/transfer")).status(), 403);
    await look(page, "ja-phone-gave-back-transfer");
    await page.goto("/password");
    await look(page, "ja-phone-gave-back-password");
    await page.locator("#otp").waitFor();
  });
});
