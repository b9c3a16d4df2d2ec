// The first day of a customer: login, registration by two codes, a transfer, the ledger. Both languages, phone and desktop.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, PHONE, Token, login, look, register, sign, startBank, startBrowser, toCode, visitor } from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

for (const [lang, viewport, device, dark] of [
  ["ja", DESKTOP, "desktop", false],
  ["en", PHONE, "phone", false],
  ["ja", PHONE, "phone-dark", true],
  ["en", DESKTOP, "desktop-dark", true],
]) {
  test(`a transfer is booked as the token has shown it (${lang}, ${device})`, async () => {
    const bank = await startBank();
    try {
      const { page, complaints } = await visitor(browser, bank, { lang, viewport, dark });
      const token = new Token(bank, "KKK0000001");
      const shot = (name) => look(page, `${lang}-${device}-${name}`);

      await page.goto("/");
      await shot("login");
      await login(page, "ADMIN01");
      await page.locator(".todo").waitFor();
      await shot("home-new");
      await register(page, token, "KKK0000001", { shot });

      await page.goto("/transfer");
      await page.locator("input[value=new]").check();
      await page.locator("#branch").selectOption("9903-007");
      await page.locator("#account").fill("1200034");
      await page.locator("#payee").fill("レイコウギョウ（ユ");
      await page.locator("#amount").fill("1,250,000");
      await shot("transfer");
      await page.locator("main form.card button.main").click();
      await shot("confirm");
      await toCode(page);
      await shot("code");
      const beside = await page.locator("main").innerText();
      for (const said of ["1,250,000", "1250000", "1200034", "ﾚｲｺｳｷﾞ"]) {
        assert.ok(!beside.includes(said), `the page beside the code says ${said}`);
      }
      const module = await page.locator("figure.code img").evaluate((img) => img.clientWidth / (img.naturalWidth / 8));
      assert.ok(module >= 2, `${module} px per module`);

      const scan = await sign(page, token);
      assert.equal(scan.operation, "transfer");
      const shown = Object.fromEntries(scan.fields.map((field) => [field.name, field.value]));
      assert.equal(shown.amount, "1250000");
      assert.equal(shown.payee, "ﾚｲｺｳｷﾞﾖｳ(ﾕ");
      assert.equal(shown.newPayee, "yes");
      await page.locator("p.success").waitFor();
      await shot("booked");

      await page.goto("/accounts/102-0012345");
      const statement = await page.locator("main").innerText();
      assert.ok(statement.includes("57,170,000"), "58,420,000 less 1,250,000");
      await shot("statement");
      await page.goto("/orders");
      await shot("orders");
      await page.goto("/home");
      await shot("home");
      assert.deepEqual(complaints, []);
    } finally {
      await bank.stop();
    }
  });
}
