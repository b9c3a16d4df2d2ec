// Payments by hand in the browser: payees, batches, Pay-easy, remittances, login by method 1, refused forms, the attack room.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { LOGIN, PHONE, Token, administrator, go, login, look, register, sign, startBrowser, toCode, value, withBank } from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

for (const [lang, viewport] of [["ja", undefined], ["en", PHONE]]) {
  const device = viewport ? "phone" : "desktop";
  test(`every payment is signed with what the token has shown (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ bank, page }) => {
      const token = await administrator(bank, page);
      const shot = (name) => look(page, `${lang}-${device}-${name}`);

      await page.goto("/payees");
      await page.locator("#branch").selectOption("9903-007");
      await page.locator("#account").fill("120 0034");
      await page.locator("#payee").fill("れいこうぎょう");
      await shot("payees");
      await go(page);
      if (await page.locator(".summary").count()) {
        await shot("payees-error");
        await page.locator("#payee").fill("レイコウギョウ");
        await go(page);
      }
      await toCode(page);
      const payee = await sign(page, token);
      assert.equal(payee.operation, "payee-registration");
      assert.equal(value(payee, "payee"), "ﾚｲｺｳｷﾞﾖｳ");
      await page.locator("p.success").waitFor();

      for (const [path, operation] of [["/bulk", "bulk"], ["/payroll", "payroll"]]) {
        await page.goto(path);
        await shot(operation);
        const sample = await page.request.get(`${path}/sample.txt`);
        await page.locator("#file").setInputFiles({ name: "sample.txt", mimeType: "text/plain", buffer: await sample.body() });
        await go(page);
        await shot(`${operation}-confirm`);
        await toCode(page);
        const scan = await sign(page, token);
        assert.equal(scan.operation, operation);
        assert.deepEqual(["count", "total", "largestAmount", "payingAccount"].map((name) => value(scan, name)), ["3", "1085500", "812000", "1020012345"]);
        await page.locator("p.success").waitFor();
      }

      await page.goto("/pay-easy");
      await page.locator("#billerCode").fill("00200");
      await page.locator("#biller").fill("架空税務署");
      await page.locator("#paymentNumber").fill("1234 5678 9012");
      await page.locator("#amount").fill("33,000");
      await shot("pay-easy");
      await go(page);
      await toCode(page);
      assert.equal(value(await sign(page, token), "amount"), "33000");
      await page.locator("p.success").waitFor();

      await page.goto("/remittance");
      await page.locator("#amount").fill("1000.00");
      await page.locator("#payee").fill("Specimen Trading GmbH");
      await page.locator("#account").fill("DE02100100100006820101");
      await page.locator("#country").fill("DE");
      await page.locator("#purpose").fill("Invoice 2026-11");
      await shot("remittance");
      await go(page);
      await toCode(page);
      const abroad = await sign(page, token);
      assert.equal(value(abroad, "amount"), "USD 1000.00");
      await page.locator("p.success").waitFor();
      await shot("remittance-booked");

      await page.goto("/accounts/102-0012345");
      const statement = await page.locator("main").innerText();
      // 58,420,000 - 2 x 1,085,500 - 33,000 - 150,000
      assert.ok(statement.includes("56,066,000"), statement);
      await page.goto("/orders");
      assert.equal(await page.locator("tbody tr").count(), 5);
    });
  });
}

test("login by method 1 asks for the token, after it was registered", async () => {
  await withBank(browser, { lang: "ja" }, async ({ bank, page }) => {
    const token = new Token(bank, "KKK0000011");
    const enter = async () => {
      await page.goto("/login?service=direct");
      await page.locator("#login-id").fill("mihon-admin");
      await page.locator("#password").fill(LOGIN);
      await page.locator("main button.main").click();
    };
    await enter();
    await page.locator("#serial").waitFor();
    await page.goto("/transfer");
    assert.ok(page.url().endsWith("/registration"), "nothing else is open");
    await register(page, token, "KKK0000011");
    await page.locator("main button.main").click();
    await enter();
    await page.locator("figure.code img").waitFor();
    await look(page, "ja-desktop-login-otp");
    await page.goto("/home");
    assert.ok(page.url().endsWith("/login/otp"), "the password alone opens nothing");
    await page.locator("#otp").fill("00000000");
    await page.locator("main form.card button.main").click();
    await page.locator(".summary").waitFor();
    const scan = await sign(page, token);
    assert.equal(scan.operation, "login");
    assert.equal(value(scan, "user"), "MIHON01");
    await page.locator("ul.accounts").waitFor();
  });
});

test("a form that this session was not shown is refused, and so is a page that nobody has", async () => {
  await withBank(browser, { lang: "en" }, async ({ page }) => {
    await login(page, "ADMIN01");
    await page.locator("ul.accounts").waitFor();
    for (const csrf of [undefined, "", "0".repeat(32)]) {
      const answer = await page.request.post("/transfer", { form: { ...(csrf === undefined ? {} : { csrf }), amount: "1" } });
      assert.equal(answer.status(), 403);
    }
    assert.equal((await page.goto("/nowhere")).status(), 404);
    await look(page, "en-desktop-not-found");
    const headers = (await page.request.get("/home")).headers();
    assert.match(headers["content-security-policy"], /default-src 'none'/);
    assert.doesNotMatch(headers["content-security-policy"], /unsafe/);
    assert.equal(headers["cache-control"], "no-store");
  });
});

for (const lang of ["ja", "en"]) {
  test(`no attack of the attack room succeeds (${lang})`, async () => {
    await withBank(browser, { lang, viewport: lang === "en" ? PHONE : undefined }, async ({ page }) => {
      await page.goto("/attacks");
      await look(page, `${lang}-attacks`);
      const count = await page.locator("ul.rows form").count();
      assert.equal(count, 9);
      for (let place = 0; place < (lang === "ja" ? count : 3); place += 1) {
        await page.goto("/attacks");
        await page.locator("ul.rows form button").nth(place).click();
        await page.locator("p.success").waitFor({ timeout: 60_000 });
        if (place < 3) await look(page, `${lang}-attack-${place + 1}`);
        const text = await page.locator("main").innerText();
        assert.doesNotMatch(text, /attack-|reason-/, "every line has its words");
      }
    });
  });
}
