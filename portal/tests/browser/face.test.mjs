// As a newcomer does it: the bank in one tab, the token's face in another, and nothing but what stands on the two pages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { FIRST_OTP, gallery, login, look, startBank, startBrowser, toCode, visitor } from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

/// Waits until the token's screen shows something else than before.
async function changed(face, act) {
  const before = await face.locator("#panel").textContent();
  await act();
  await face.waitForFunction((text) => document.getElementById("panel").textContent !== text, before);
}

const ok = (face) => changed(face, () => face.locator('[data-button="right"]').click());

/// The code is held before the token, its pages are turned by OK, and the digits are read off its screen.
async function read(page, face, role) {
  await page.locator("figure.code img").evaluate((img) => img.decode());
  const buffer = await page.locator("figure.code img").screenshot();
  await changed(face, () => face.locator("#file").setInputFiles({ name: "code.png", mimeType: "image/png", buffer }));
  const digits = face.locator(`#panel [data-role="${role}"]`);
  for (let pages = 0; pages < 6 && !(await digits.count()); pages += 1) await ok(face);
  return (await digits.allTextContents()).join(" ").trim();
}

for (const lang of ["ja", "en"]) {
  test(`a newcomer registers and pays with the token's face in another tab (${lang})`, async () => {
    const bank = await startBank();
    try {
      const { page, context, complaints } = await visitor(browser, bank, { lang });
      await login(page, "ADMIN01");
      const opened = context.waitForEvent("page");
      await page.locator("header a[target=_blank]").click();
      const face = await opened;
      await face.waitForSelector("#panel.unlit, #panel .line");
      assert.equal(await face.locator("#serial").textContent(), "KKK0000001");

      await page.goto("/registration");
      await page.locator("#first-otp").fill(FIRST_OTP);
      await page.locator("#serial").fill("KKK0000001");
      await page.locator("main form.card button.main").click();
      await page.locator("#device-code").fill(await read(page, face, "deviceCode"));
      await page.locator("main form.card button.main").click();
      await page.locator("#otp").fill(await read(page, face, "response"));
      await page.locator("main form.card button.main").click();
      await page.locator("p.success").waitFor();
      // "Did it work?" Yes.
      await ok(face);
      await ok(face);
      await look(page, `${lang}-face-registered`);

      await page.goto("/transfer");
      await page.locator("#amount").fill("128,000");
      await page.locator("main form.card button.main").click();
      await toCode(page);
      const digits = await read(page, face, "response");
      await face.screenshot({ path: `${gallery}/${lang}-face.png` });
      await page.locator("#otp").fill(digits);
      await page.locator("main form.card button.main").click();
      await page.locator("p.success").waitFor();
      await page.goto("/accounts/102-0012345");
      assert.ok((await page.locator("main").innerText()).includes("58,292,000"));
      assert.deepEqual(complaints, []);
    } finally {
      await bank.stop();
    }
  });
}
