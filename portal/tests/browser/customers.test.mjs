// Customers who come in otherwise: with a certificate over TLS (login method 3), and with a generator after the camera token was
// given back. The certificate is read by Node's OpenSSL, the generator's digits are computed by Node's crypto.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { DESKTOP, LOGIN, PHONE, Token, look, register, sign, startBank, startBrowser, toCode, visitor } from "./bank.mjs";

const HINAGATA = "3456789012";
const CERTIFICATE = "SHM3-7TXC-4QEK";
const TABLET = { width: 820, height: 1180 };

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

const go = (page) => page.locator("main form.card button.main").click();

async function enter(page, user, password = LOGIN) {
  await page.goto("/login");
  await page.locator("#contract").fill(HINAGATA);
  await page.locator("#user").fill(user);
  await page.locator("#password").fill(password);
  await go(page);
}

/// Chooses a password for the file, and downloads the certificate with its key.
async function download(page, password) {
  await page.locator("#new").fill(password);
  await page.locator("#again").fill(password);
  await go(page);
  const waiting = page.waitForEvent("download");
  await page.locator("a[href='/certificate/file.p12']").click();
  return readFileSync(await (await waiting).path());
}

/// The same browser with the certificate imported.
async function imported(bank, options, pfx, passphrase) {
  const clientCertificates = [{ origin: bank.tls, pfx, passphrase }];
  return visitor(browser, { ...bank, url: bank.tls }, { ...options, context: { ignoreHTTPSErrors: true, clientCertificates } });
}

for (const [lang, viewport] of [["ja", DESKTOP], ["en", PHONE]]) {
  const device = viewport === PHONE ? "phone" : "desktop";
  test(`a certificate is fetched, opens the bank over TLS, is renewed, and lost (${lang}, ${device})`, async () => {
    const bank = await startBank();
    try {
      const options = { lang, viewport };
      const { page, complaints } = await visitor(browser, bank, options);
      const shot = (where, name) => look(where, `${lang}-${device}-${name}`, assert);

      // The password alone opens the certificate page and nothing else.
      await enter(page, "ADMIN01");
      await page.locator("#certificate-password").waitFor();
      await page.goto("/home");
      assert.ok(page.url().endsWith("/certificate"));
      await page.locator("#certificate-password").fill("wrong");
      await page.locator("#new").fill("Taiju-no-kage-4");
      await page.locator("#again").fill("Taiju-no-kage-4");
      await go(page);
      await page.locator("#certificate-password-error").waitFor();
      await shot(page, "certificate-fetch");
      await page.locator("#certificate-password").fill(CERTIFICATE);
      const first = await download(page, "Taiju-no-kage-4");
      await shot(page, "certificate-issued");
      assert.equal(first[0], 0x30);

      // Without the certificate the same words as for a wrong password.
      const bare = await visitor(browser, { ...bank, url: bank.tls }, { ...options, context: { ignoreHTTPSErrors: true } });
      await bare.page.goto("/login");
      await shot(bare.page, "certificate-none");

      const inside = await imported(bank, options, first, "Taiju-no-kage-4");
      await enter(inside.page, "ADMIN01", "wrong");
      await inside.page.locator(".summary").waitFor();
      await enter(inside.page, "ADMIN01");
      await inside.page.locator("ul.accounts").waitFor();
      const [cookie] = (await inside.context.cookies()).filter((one) => one.name === "__Host-kcb");
      assert.ok(cookie.secure && cookie.httpOnly);
      await enter(bare.page, "ADMIN01");
      await bare.page.locator(".summary").waitFor();

      // The token is registered behind the certificate, and signs the renewal.
      const token = new Token(bank, "KKK0000015");
      await register(inside.page, token, "KKK0000015");
      await inside.page.goto("/certificate");
      await shot(inside.page, "certificate");
      await inside.page.locator("form[action='/certificate/renew'] button").click();
      await toCode(inside.page);
      const scan = await sign(inside.page, token);
      assert.equal(scan.operation, "certificate-reissue");
      await inside.page.locator("p.success").waitFor();
      await inside.page.goto("/certificate");
      const second = await download(inside.page, "Ookina-ki-no-shita-5");
      const renewed = await imported(bank, options, second, "Ookina-ki-no-shita-5");
      await enter(renewed.page, "ADMIN01");
      await renewed.page.locator("ul.accounts").waitFor();
      // With the first login by the new one the old one is over.
      await inside.page.goto("/home");
      assert.ok(inside.page.url().endsWith("/login"));

      // Lost: the bank's operator takes it back, and whoever has it is out at once.
      const desk = await visitor(browser, bank, { lang });
      await desk.page.goto("/operator");
      await desk.page.locator("#operator").fill("OP01");
      await desk.page.locator("#password").fill("Madoguchi-3");
      await go(desk.page);
      await desk.page.goto(`/operator/${HINAGATA}/ADMIN01`);
      await shot(desk.page, "operator-certificate");
      await desk.page.locator("form", { has: desk.page.locator("input[value=certificate]") }).locator("button").click();
      await desk.page.locator(".notice").waitFor();
      await renewed.page.goto("/home");
      assert.ok(renewed.page.url().endsWith("/login"));
      await desk.page.goto("/operator/events");
      await desk.page.locator("p.success").waitFor();
      await shot(desk.page, "operator-events");
      for (const one of [complaints, inside.complaints, renewed.complaints, desk.complaints]) assert.deepEqual(one, []);
    } finally {
      await bank.stop();
    }
  });
}

/// RFC 6238 with the defaults of every app, by Node.
function digits(secret, now = Date.now()) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

for (const [lang, viewport, device] of [["ja", TABLET, "tablet"], ["en", PHONE, "phone"]]) {
  test(`who gave the camera token back logs in with a generator (${lang}, ${device})`, async () => {
    const bank = await startBank();
    try {
      const desk = await visitor(browser, bank, { lang });
      await desk.page.goto("/operator");
      await desk.page.locator("#operator").fill("OP01");
      await desk.page.locator("#password").fill("Madoguchi-3");
      await go(desk.page);
      await desk.page.goto("/operator/2345678901/MIHON02");
      await desk.page.locator("form", { has: desk.page.locator("input[value=generator]") }).locator("button").click();
      await desk.page.locator(".notice").waitFor();
      await desk.page.goto("/outbox");
      await desk.page.locator("ul.rows a").first().click();
      await look(desk.page, `${lang}-${device}-generator-letter`, assert);
      const secret = (await desk.page.locator("article code").allTextContents()).at(-1).replaceAll(" ", "");

      const { page, complaints } = await visitor(browser, bank, { lang, viewport });
      await page.goto("/login?service=direct");
      await page.locator("#login-id").fill("mihon-keiri");
      await page.locator("#password").fill(LOGIN);
      await go(page);
      await page.locator("#otp").waitFor();
      assert.equal(await page.locator("figure.code").count(), 0, "no code is read");
      await page.goto("/home");
      assert.ok(page.url().endsWith("/login/otp"), "the password alone opens nothing");
      // A response of a camera token has eight digits.
      await page.locator("#otp").fill("12345678");
      await go(page);
      await page.locator(".summary").waitFor();
      await look(page, `${lang}-${device}-generator`, assert);
      await page.locator("#otp").fill(digits(secret));
      await go(page);
      await page.locator("ul.accounts").waitFor();
      await look(page, `${lang}-${device}-generator-home`, assert);
      assert.deepEqual(complaints, []);
    } finally {
      await bank.stop();
    }
  });
}
