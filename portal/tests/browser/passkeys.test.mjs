// Passkeys in a real browser, with Chromium's virtual authenticator: added after a signature, used at the login.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, LOGIN, PHONE, Token, act, actButton, go, login, look, operator, register, sign, startBank, startBrowser, toCode, value, visitor } from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

/// A bank by its host name, at which passkeys are good.
async function bankByName() {
  const bank = await startBank();
  return { ...bank, number: bank.url, url: bank.url.replace("127.0.0.1", "localhost"), tls: bank.tls.replace("127.0.0.1", "localhost") };
}

/// A device that keeps passkeys and verifies its owner, plugged into the page's browser.
async function device(page) {
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", { options });
  return {
    credentials: async () => (await client.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    verifies: (isUserVerified) => client.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
}

const passkeyButton = (page) => page.locator("form[data-passkey] button");

/// From the list to the passkey, past the token.
async function add(page, token, name, shot = async () => {}) {
  await page.goto("/passkeys");
  await shot("passkeys-none");
  await page.locator("#name").fill(name);
  await go(page);
  await shot("passkey-confirm");
  await toCode(page);
  const scan = await sign(page, token);
  await passkeyButton(page).waitFor();
  await shot("passkey-new");
  return scan;
}

for (const [lang, viewport, kind] of [
  ["ja", DESKTOP, "desktop"],
  ["en", PHONE, "phone"],
]) {
  test(`a passkey is added after the token's signature and lets in, and the token protects the transfer (${lang}, ${kind})`, async () => {
    const bank = await bankByName();
    try {
      const { page, complaints } = await visitor(browser, bank, { lang, viewport });
      const token = new Token(bank, "KKK0000001");
      const shot = (name) => look(page, `${lang}-${kind}-${name}`);
      const keys = await device(page);
      await login(page, "ADMIN01");
      await register(page, token, "KKK0000001");

      const scan = await add(page, token, "Office PC", shot);
      assert.equal(scan.operation, "user-management");
      assert.equal(value(scan, "difference2"), "Office PC");
      await keys.verifies(false);
      await passkeyButton(page).click();
      await page.locator("form[data-passkey] .error:not(:empty)").waitFor();
      assert.equal((await keys.credentials()).length, 0, "nothing without its owner");
      await keys.verifies(true);
      await passkeyButton(page).click();
      await page.locator("main ul.rows").waitFor();
      await shot("passkeys");
      const [{ rpId, isResidentCredential }] = await keys.credentials();
      assert.deepEqual([rpId, isResidentCredential], ["localhost", true]);

      await page.locator(".tools form button").click();
      await page.goto("/login");
      await shot("login-passkey");
      await passkeyButton(page).click();
      await page.waitForURL("**/home");

      // What moves money still needs the transaction password and the token.
      await page.goto("/transfer");
      await page.locator("#amount").fill("12000");
      await go(page);
      await toCode(page);
      assert.equal(value(await sign(page, token), "amount"), "12000");
      await page.locator("p.success").waitFor();

      // By passkey alone.
      await page.goto("/passkeys");
      await page.locator("form:has(input[value=only]) button").click();
      await toCode(page);
      await sign(page, token);
      await page.locator("p.success").waitFor();
      await page.goto("/passkeys");
      await shot("passkeys-alone");
      await page.locator(".tools form button").click();
      await login(page, "ADMIN01", LOGIN);
      await page.locator(".summary").waitFor();
      await shot("login-passkey-only");
      await passkeyButton(page).click();
      await page.waitForURL("**/home");
      assert.deepEqual(complaints, []);
    } finally {
      await bank.stop();
    }
  });
}

test("a lost passkey is removed at the desk, and a page by number leads to the host name", async () => {
  const bank = await bankByName();
  try {
    const { page, complaints } = await visitor(browser, bank);
    const token = new Token(bank, "KKK0000001");
    await device(page);
    await login(page, "ADMIN01");
    await register(page, token, "KKK0000001");
    await add(page, token, "社用PC");
    await passkeyButton(page).click();
    await page.locator("main ul.rows").waitFor();

    const desk = await visitor(browser, bank);
    const shot = (one, name) => look(one, `ja-passkey-${name}`);
    await operator(desk.page);
    await desk.page.goto("/operator/1234567890/ADMIN01");
    await act(browser, bank, desk.page, actButton(desk.page, "passkeys"), { shot });
    await page.goto("/passkeys");
    assert.ok(page.url().endsWith("/login"), "the session is over");
    await passkeyButton(page).click();
    await page.locator(".warning").waitFor();
    await look(page, "ja-login-passkey-wrong");

    await page.goto(`${bank.number}/login`);
    const link = page.locator(`main a[href="${bank.url}/login"]`);
    await look(page, "ja-login-by-number");
    await link.click();
    await passkeyButton(page).waitFor();
    assert.deepEqual(complaints.filter((one) => !one.includes(bank.number)), []);
    assert.deepEqual(desk.complaints, []);
  } finally {
    await bank.stop();
  }
});
