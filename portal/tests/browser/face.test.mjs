// As a newcomer does it: the bank in one window, the token's face in another, and nothing but what stands on the two pages.

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

/// A picture of the code is given to the token's page.
async function byPicture(page, face) {
  await page.locator("figure.code img").evaluate((img) => img.decode());
  const buffer = await page.locator("figure.code img").screenshot();
  await face.locator("#file").setInputFiles({ name: "code.png", mimeType: "image/png", buffer });
}

/// 「トークンに見せる」: the window of the token that is open takes it.
async function byButton(page) {
  await page.locator("figure.code a[data-beside]").click();
}

/// The code is held before the token, its pages are turned by OK, and the digits are read off its screen.
async function read(page, face, role, hold) {
  await changed(face, () => hold(page, face));
  const digits = face.locator(`#panel [data-role="${role}"]`);
  for (let pages = 0; pages < 6 && !(await digits.count()); pages += 1) await ok(face);
  return (await digits.allTextContents()).join(" ").trim();
}

for (const [lang, hold] of [["ja", byPicture], ["en", byButton]]) {
  test(`a newcomer registers and pays with the token's face in another window (${lang})`, async () => {
    const bank = await startBank();
    try {
      const { page, context, complaints } = await visitor(browser, bank, { lang });
      await login(page, "ADMIN01");
      const opened = context.waitForEvent("page");
      await page.locator("header a[data-beside]").click();
      const face = await opened;
      await face.waitForSelector("#panel.unlit, #panel .line");
      assert.equal(await face.locator("#serial").textContent(), "KKK0000001");

      await page.goto("/registration");
      await page.locator("#first-otp").fill(FIRST_OTP);
      await page.locator("#serial").fill("KKK0000001");
      await page.locator("main form.card button.main").click();
      await page.locator("#device-code").fill(await read(page, face, "deviceCode", hold));
      await page.locator("main form.card button.main").click();
      await page.locator("#otp").fill(await read(page, face, "response", hold));
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
      const digits = await read(page, face, "response", hold);
      await face.screenshot({ path: `${gallery}/${lang}-face.png` });
      await page.locator("#otp").fill(digits);
      await page.locator("main form.card button.main").click();
      await page.locator("p.success").waitFor();
      // What the verifier has written down of it.
      await page.locator("details.behind summary").click();
      assert.equal(await page.locator("details.behind ol.audit li").count(), 2, "issued, accepted");
      await look(page, `${lang}-behind`);
      await page.goto("/accounts/102-0012345");
      assert.ok((await page.locator("main").innerText()).includes("58,292,000"));
      assert.equal(context.pages().length, 2, "one window of the token");
      assert.ok(!face.url().includes("code="), "a code is looked at once");
      assert.deepEqual(complaints, []);
    } finally {
      await bank.stop();
    }
  });
}
