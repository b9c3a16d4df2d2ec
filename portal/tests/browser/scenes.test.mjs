// The visitor is the customer: whoever reads the token loses nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, PHONE, look, startBrowser, withBank } from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

for (const [lang, viewport, device] of [["ja", DESKTOP, "desktop"], ["en", PHONE, "phone"]]) {
  test(`a caller gets nine million from whoever does not read, and nothing from whoever does (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ page }) => {
      await page.goto("/attacks");
      await look(page, `${lang}-${device}-scenes`);
      await page.goto("/attacks/you/call");
      assert.ok((await page.locator(".screens desc").allTextContents()).join(" ").includes("9,000,000"));
      await look(page, `${lang}-${device}-scene-call`);
      await page.locator("button[value=approve]").click();
      assert.ok((await page.locator("p.warning").textContent()).includes("9,000,000"));
      await look(page, `${lang}-${device}-scene-lost`);
      await page.goto("/attacks/you/call");
      await page.locator("button[value=differs]").click();
      await page.locator("p.success").waitFor();
      await look(page, `${lang}-${device}-scene-saved`);
    });
  });
}
