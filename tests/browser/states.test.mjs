// Every state of the virtual token's page, in both languages, both modes and two widths: it is accessible, and nothing is wider than the window.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, approve, open, pay, picture, png, register, shell, showsTransfer, still, together } from "./house.mjs";

const both = together(shell);

for (const lang of ["ja", "en"]) {
  for (const mode of ["light", "dark"]) {
    for (const width of [360, 1280]) {
      test(`every state is accessible and fits: ${lang}, ${mode}, ${width} px`, async () => {
        const { page, close } = await open(both.chrome, both.house.url, { lang, mode, width, height: width === 360 ? 740 : 900 });
        const state = async (name) => {
          await still(page);
          await accessible(page, name);
          const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(over <= 0, `${name}: ${over} px too wide`);
          await picture(page, `${lang}-${mode}-${width}-${name}`);
        };
        assert.equal(await page.locator("html").getAttribute("lang"), lang);
        await state("1-empty");
        await register(page);
        await state("2-registered");
        const code = await pay(page);
        const ground = await page.locator("#practice .code").evaluate((box) => getComputedStyle(box).backgroundColor);
        assert.equal(ground, "rgb(255, 255, 255)", "the code stays white");
        await page.locator("#practice .page .primary").click();
        await showsTransfer(page);
        await state("3-transaction");
        await approve(page);
        const size = await page.locator('#panel [data-role="response"]').evaluate((line) => parseFloat(getComputedStyle(line).fontSize));
        assert.ok(size >= 44, `digits of ${size} px`);
        await state("4-response");
        await page.setInputFiles("#file", { name: "again.png", mimeType: "image/png", buffer: await png(page, code) });
        await page.waitForSelector("#history .refused");
        await page.waitForSelector("#overlay:not([hidden])");
        await state("5-refusal");
        await close();
      });
    }
  }
}
