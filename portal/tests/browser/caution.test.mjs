// The bank's caution about payments, and the emergency stop, by hand in the browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, PHONE, act, actButton, administrator, go, login, look, operator, sign, startBrowser, toCode, visitor, withBank } from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

for (const [lang, viewport, device] of [
  ["ja", PHONE, "phone"],
  ["en", DESKTOP, "desktop"],
]) {
  test(`cautious limits are shown with their reason, and a person stops everything without the token (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ bank, page }) => {
      const shot = (one, name) => look(one, `${lang}-${device}-${name}`);
      const token = await administrator(bank, page);
      await page.goto("/transfer");
      assert.equal(await page.locator("p.notice").count(), 2, "the first days, and new payees");
      await shot(page, "caution-transfer");
      await page.locator("input[value=new]").check();
      await page.locator("#branch").selectOption("9903-007");
      await page.locator("#account").fill("1200034");
      await page.locator("#payee").fill("レイコウギョウ（ユ");
      await page.locator("#amount").fill("2,000,001");
      await go(page);
      await page.locator("#amount-error").waitFor();
      await page.locator("#amount").fill("2,000,000");
      await go(page);
      await page.locator("#transaction-password").waitFor();
      assert.equal(await page.locator("p.notice").count(), 2, "before the signature");
      await shot(page, "caution-confirm");

      for (const path of ["pay-easy", "remittance"]) {
        await page.goto(`/${path}`);
        assert.equal(await page.locator("p.notice").count(), 2, "the first days, and first payments");
        await shot(page, `caution-${path}`);
      }

      await page.goto("/limits");
      await page.locator("#limit-new").fill("20,000,000");
      await go(page);
      await shot(page, "caution-limit");
      await toCode(page);
      await sign(page, token);
      await page.locator("p.success").waitFor();
      await page.goto("/limits");
      await page.locator("p.notice").waitFor();
      await shot(page, "caution-limits");

      await page.goto("/stop");
      await shot(page, "stop");
      await page.locator("main form button.danger").click();
      await page.waitForURL("**/stopped");
      await shot(page, "stopped");
      await login(page, "ADMIN01");
      await page.locator(".summary").waitFor();

      const desk = await visitor(browser, bank, { lang, viewport });
      await operator(desk.page);
      await desk.page.goto("/operator/1234567890/ADMIN01");
      await shot(desk.page, "desk-stopped");
      await act(browser, bank, desk.page, actButton(desk.page, "resume"), { lang });
      await login(page, "ADMIN01");
      await page.waitForURL("**/home");
      assert.deepEqual(desk.complaints, []);
    });
  });
}
