// The way from the provider's request to the permission, page by page.

import { LOGIN, SAMPLE } from "./bank.mjs";

export const PIN = "4079";

export const next = (page) => page.locator("main form.card button.main").click();

export async function prove(page, user = "ADMIN01", password = LOGIN, contract = SAMPLE) {
  await page.locator("#contract").fill(contract);
  await page.locator("#user").fill(user);
  await page.locator("#password").fill(password);
  await next(page);
}

/// From the terms to the page after the permission. Gives back what the token has shown. `enter` proves who the customer is.
export async function consent(
  page,
  token,
  { shot = async () => {}, user = "ADMIN01", enter = () => prove(page, user), menus = true, accounts = true } = {},
) {
  await page.waitForURL(/\/terms$/);
  await shot("link-1-terms");
  // Some providers have terms and login on one page.
  if ((await page.locator("#password").count()) === 0) {
    await page.locator("form[action$='/terms'] button").click();
    await page.waitForURL(/\/login$/);
    await shot("link-2-login");
  }
  await enter();
  let scan;
  if (token) {
    await page.locator("figure.code img").waitFor();
    await shot("link-3-code");
    scan = await token.read(page);
    if (scan.outcome !== "shown") throw new Error(`the token refuses: ${scan.code}`);
    await page.locator("#otp").fill(scan.response);
    await next(page);
  }
  if (menus) {
    await page.waitForURL(/\/menus$/);
    await shot("link-4-menus");
    await next(page);
  }
  if (accounts) {
    await page.waitForURL(/\/accounts$/);
    await shot("link-5-accounts");
    for (const box of await page.locator("input[name=account][type=checkbox]").all()) {
      await box.check();
      await page.locator(`[id="pin-${await box.getAttribute("value")}"]`).fill(PIN);
    }
    await next(page);
    await page.waitForURL(/\/accounts\/check$/);
    await shot("link-6-check");
    await page.locator("form[action$='/check'] button").click();
    await page.waitForURL(/\/accounts$/);
    await shot("link-7-pending");
    await page.locator("a.button.main").click();
  }
  await page.waitForURL(/\/permission$/);
  await shot("link-8-permission");
  await page.locator("#seen").check();
  await next(page);
  return scan;
}
