// Customers who come in otherwise: with a certificate over TLS (login method 3), and with a generator after the camera token was
// given back. The certificate is read by Node's OpenSSL, the generator's digits are computed by Node's crypto.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { DESKTOP, LOGIN, PHONE, Token, act, actButton, go, look, operator, register, sign, startBank, startBrowser, toCode, visitor } from "./bank.mjs";
import { consent, prove } from "./linking.mjs";

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
  return visitor(browser, bank, { ...options, context: { baseURL: bank.tls, ignoreHTTPSErrors: true, clientCertificates } });
}

for (const [lang, viewport] of [["ja", DESKTOP], ["en", PHONE]]) {
  const device = viewport === PHONE ? "phone" : "desktop";
  test(`a certificate is fetched, opens the bank over TLS, is renewed, and lost (${lang}, ${device})`, async () => {
    const bank = await startBank();
    try {
      const options = { lang, viewport };
      const { page, complaints } = await visitor(browser, bank, options);
      const shot = (where, name) => look(where, `${lang}-${device}-${name}`);

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

      // Lost: the bank's operator takes it back, and its holder is logged out at once.
      const desk = await visitor(browser, bank, { lang });
      await operator(desk.page);
      await desk.page.goto(`/operator/${HINAGATA}/ADMIN01`);
      await shot(desk.page, "operator-certificate");
      await act(browser, bank, desk.page, actButton(desk.page, "certificate"), { lang });
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

async function begin(page, bank, service) {
  await page.goto(bank.provider);
  await page.locator(`input[value=${service}]`).check();
  await page.locator("form[action='/link'] button.main").click();
}

for (const [lang, viewport, device] of [["ja", DESKTOP, "desktop"], ["en", PHONE, "phone"]]) {
  test(`a certificate and the login password link a service, and the password alone does not (${lang}, ${device})`, async () => {
    const bank = await startBank();
    try {
      const options = { lang, viewport };
      const shot = (page) => (name) => look(page, `${lang}-${device}-certificate-${name}`);
      const bare = await visitor(browser, bank, { ...options, context: { ignoreHTTPSErrors: true } });
      await enter(bare.page, "ADMIN01");
      await bare.page.locator("#certificate-password").fill(CERTIFICATE);
      const pfx = await download(bare.page, "Taiju-no-kage-4");
      const inside = await imported(bank, options, pfx, "Taiju-no-kage-4");
      await enter(inside.page, "ADMIN01");
      await inside.page.locator("ul.accounts").waitFor();

      // The password is right, and nothing comes of it.
      await begin(bare.page, bank, "choubo");
      await bare.page.locator("form[action$='/terms'] button").click();
      await prove(bare.page, "ADMIN01", LOGIN, HINAGATA);
      await bare.page.locator("form[action$='/tls'] button.main").waitFor();
      await shot(bare.page)("link-first");
      const refused = bare.page.waitForResponse((response) => response.url().startsWith(`${bank.tls}/link/`));
      await bare.page.locator("form[action$='/tls'] button.main").click();
      const handed = await refused;
      assert.equal(handed.status(), 400);
      await bare.page.locator("main").waitFor();
      await shot(bare.page)("link-none");
      for (const step of ["menus", "accounts", "permission"]) {
        for (const side of [bank.tls, bank.url]) {
          const page = handed.url().replace(bank.tls, side).replace(/certificate.*/, step);
          assert.equal((await bare.page.goto(page)).status(), 403, page);
        }
      }
      // The ticket is used up, also for a holder of the certificate.
      assert.equal((await inside.page.goto(handed.url())).status(), 403);

      // The same with the certificate: no code and no digits.
      await begin(inside.page, bank, "choubo");
      const proof = async () => {
        await inside.page.locator("form[action$='/tls'] button").click();
        await inside.page.waitForURL(/\/certificate\/password$/);
        assert.equal(await inside.page.locator("main form.card input:not([type=hidden])").count(), 1, "the password alone");
        await inside.page.locator("#password").fill("wrong");
        await go(inside.page);
        await inside.page.locator(".summary").waitFor();
        await shot(inside.page)("link-password");
        await inside.page.locator("#password").fill(LOGIN);
        await go(inside.page);
      };
      await consent(inside.page, null, { enter: proof, shot: shot(inside.page) });
      await inside.page.waitForURL(`${bank.provider}/`);
      await inside.page.locator("ul.accounts").waitFor();
      assert.ok((await inside.page.locator("main").innerText()).includes("8,000,000"));
      assert.equal(await inside.page.locator("form[action='/transfers']").count(), 0, "without a token no money moves");
      for (const one of [bare.complaints, inside.complaints]) assert.deepEqual(one, []);
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
      await operator(desk.page);
      await desk.page.goto("/operator/2345678901/MIHON02");
      await act(browser, bank, desk.page, actButton(desk.page, "generator"), { lang });
      await desk.page.goto("/outbox");
      await desk.page.locator("ul.rows a").first().click();
      await look(desk.page, `${lang}-${device}-generator-letter`);
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
      await look(page, `${lang}-${device}-generator`);
      await page.locator("#otp").fill(digits(secret));
      await go(page);
      await page.locator("ul.accounts").waitFor();
      await look(page, `${lang}-${device}-generator-home`);
      assert.deepEqual(complaints, []);
    } finally {
      await bank.stop();
    }
  });
}

for (const [lang, viewport, device] of [["ja", PHONE, "phone"], ["en", TABLET, "tablet"]]) {
  test(`who gave the camera token back links inquiries with a generator's digits alone (${lang}, ${device})`, async () => {
    const bank = await startBank();
    try {
      const { page, complaints } = await visitor(browser, bank, { lang, viewport });
      const password = async () => {
        await page.locator("#login-id").fill("mihon-keiri");
        await page.locator("#password").fill(LOGIN);
        await go(page);
      };
      // As long as the token is there: a response that would let its owner in, and is not entered.
      const token = new Token(bank, "KKK0000012");
      await page.goto("/login?service=direct");
      await password();
      await page.locator("#serial").waitFor();
      await register(page, token, "KKK0000012", { firstOtp: null });
      await page.context().clearCookies();
      await page.goto("/login?service=direct");
      await password();
      await page.locator("figure.code img").waitFor();
      const { response } = await token.read(page);
      assert.match(response, /^[0-9]{8}$/);

      const desk = await visitor(browser, bank, { lang });
      await operator(desk.page);
      await desk.page.goto("/operator/2345678901/MIHON02");
      await act(browser, bank, desk.page, actButton(desk.page, "generator"), { lang });
      await desk.page.goto("/outbox");
      await desk.page.locator("ul.rows a").first().click();
      const secret = (await desk.page.locator("article code").allTextContents()).at(-1).replaceAll(" ", "");

      await page.context().clearCookies();
      await page.goto("/login?service=direct");
      await password();
      await page.locator("#otp").fill(digits(secret));
      await go(page);
      await page.locator("ul.accounts").waitFor();

      await begin(page, bank, "choubo");
      const shot = (name) => look(page, `${lang}-${device}-generator-${name}`);
      const proof = async () => {
        await page.locator("nav.tabs a[href*='service=direct']").click();
        await page.locator("#login-id").waitFor();
        await password();
        await page.locator("#otp").waitFor();
        assert.equal(await page.locator("figure.code").count(), 0, "no code is read");
        await page.locator("#otp").fill(response);
        await go(page);
        await page.locator(".summary").waitFor();
        await shot("link-refused");
        // Those of the login are spent, so those of the next step, which the bank takes as well.
        await page.locator("#otp").fill(digits(secret, Date.now() + 30_000));
        await go(page);
      };
      await consent(page, null, { enter: proof, shot });
      await page.waitForURL(`${bank.provider}/`);
      await page.locator("ul.accounts").waitFor();
      assert.ok((await page.locator("main").innerText()).includes("3,000,000"));
      assert.equal(await page.locator("form[action='/transfers']").count(), 0, "nothing that the digits do not show is signed by them");
      assert.deepEqual(complaints, []);
    } finally {
      await bank.stop();
    }
  });
}
