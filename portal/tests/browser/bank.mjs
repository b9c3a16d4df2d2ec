// A bank of its own for each test, a browser, and the token that a person holds.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
export const binary = process.env.CAMTOKEN_PORTAL ?? join(root, "target/debug/camtoken-portal");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/// Where the test run leaves a picture of every page.
export const gallery = process.env.PORTAL_GALLERY ?? join(root, "target/portal-gallery");

export const LOGIN = "Kumo-no-ue-1";
export const TRANSACTION = "Hayashi-no-oku-2";
export const FIRST_OTP = "HAT5-9KQ2-W7RM";
export const SAMPLE = "1234567890";

/// Starts a bank in a fresh folder, or in the folder of one that was killed.
export async function startBank(dir = mkdtempSync(join(tmpdir(), "portal-")), more = []) {
  const child = spawn(binary, ["--dir", dir, "--json", "--port", "0", "--tls-port", "0", "--token-port", "0", "--provider-port", "0", ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const listening = await new Promise((done, fail) => {
    let said = "";
    child.stdout.on("data", (data) => {
      said += data;
      if (said.includes("\n")) done(JSON.parse(said.slice(0, said.indexOf("\n"))));
    });
    child.on("exit", (code) => fail(new Error(`the bank ended with ${code}`)));
  });
  const gone = new Promise((done) => child.on("exit", done));
  const contexts = [];
  return {
    ...listening,
    dir,
    contexts,
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    async stop() {
      // Pages of a bank that is gone would count on beside the next test.
      await Promise.all(contexts.map((context) => context.close()));
      child.kill("SIGTERM");
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export async function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
}

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };

/// A person at a browser. No other host is requested, and the console stays silent.
export async function visitor(browser, bank, { lang = "ja", viewport = DESKTOP, dark = false, context: more = {} } = {}) {
  const context = await browser.newContext({
    baseURL: bank.url,
    viewport,
    locale: lang === "ja" ? "ja-JP" : "en-GB",
    colorScheme: dark ? "dark" : "light",
    timezoneId: "Asia/Tokyo",
    ...more,
  });
  bank.contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !/status of (400|403|404|503)/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (![bank.url, bank.tls, bank.provider, "data:"].some((ours) => request.url().startsWith(ours))) {
      complaints.push(`a request to ${request.url()}`);
    }
  });
  return { page, context, complaints };
}

/// A bank and a visitor for the time of a story.
export async function withBank(browser, options, story) {
  const bank = await startBank();
  try {
    const one = await visitor(browser, bank, options);
    await story({ bank, ...one });
    assert.deepEqual(one.complaints, []);
  } finally {
    await bank.stop();
  }
}

/// Goes on from a page with one form.
export const go = (page) => page.locator("main form.card button.main").click();

/// What the token has shown under a name.
export const value = (scan, name) => scan.fields.find((field) => field.name === name)?.value;

/// The virtual token: it is shown what stands on the page, as a camera is.
export class Token {
  constructor(bank, id) {
    this.url = `${bank.tokens}/v1/sessions/${bank.session}/tokens/${id}`;
  }

  async scan(picture, query = "") {
    const answer = await fetch(`${this.url}/scan${query}`, { method: "POST", body: picture });
    if (!answer.ok) throw new Error(`the token answers ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  /// Reads the code of a page off its screen.
  async read(page, query = "") {
    const code = page.locator("figure.code img");
    // On a busy machine the page may be there before its picture.
    await code.evaluate((img) => img.decode());
    const picture = await code.screenshot();
    return this.scan(picture, query);
  }

  async fault(faults) {
    await fetch(`${this.url}/faults`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(faults) });
  }
}

export async function login(page, user, password = LOGIN) {
  await page.goto("/login");
  await page.locator("#contract").fill(SAMPLE);
  await page.locator("#user").fill(user);
  await page.locator("#password").fill(password);
  await page.locator("main button.main").click();
}

/// 利用開始登録 from the page that asks for the serial number to the page that says it is done.
export async function register(page, token, serial, { firstOtp = FIRST_OTP, shot = async () => {} } = {}) {
  await page.goto("/registration");
  await shot("registration-1");
  if (firstOtp) await page.locator("#first-otp").fill(firstOtp);
  await page.locator("#serial").fill(serial);
  await page.locator("main form.card button.main").click();
  await shot("registration-2");
  const first = await token.read(page);
  await page.locator("#device-code").fill(first.deviceCode.replace(/(....)(?=.)/g, "$1 "));
  await page.locator("main form.card button.main").click();
  await page.locator("#otp").waitFor();
  await shot("registration-3");
  const second = await token.read(page, "?keep=yes");
  await page.locator("#otp").fill(second.response.replace(/(....)(?=.)/g, "$1 "));
  await page.locator("main form.card button.main").click();
  await page.locator("p.success").waitFor();
  await shot("registration-4");
}

/// The first user of the sample company, with a token.
export async function administrator(bank, page) {
  const token = new Token(bank, "KKK0000001");
  await login(page, "ADMIN01");
  await register(page, token, "KKK0000001");
  return token;
}

/// The operator's console of the bank.
export async function operator(page, id = "OPERATOR1") {
  await page.goto("/operator");
  await page.locator("#operator").fill(id);
  await page.locator("#password").fill("Madoguchi-3");
  await page.locator("main button.main").click();
  await page.locator("table").first().waitFor();
}

/// An act at the desk, from its button on: the reason, and a second operator where one is needed. `shot` gets pictures of the
/// pages on the way.
export async function act(browser, bank, page, button, { lang = "ja", shot = async () => {} } = {}) {
  await button.click();
  await page.locator("#reason").fill("お客さまのお申し出");
  await shot(page, "desk-act");
  await page.locator("form[action='/operator/act'] button.main").click();
  await page.locator(".notice").waitFor();
  if (!page.url().includes("/operator/pending/")) return;
  await shot(page, "desk-asked");
  const second = await visitor(browser, bank, { lang, viewport: page.viewportSize() });
  await operator(second.page, "OPERATOR2");
  await second.page.goto("/operator/pending");
  await shot(second.page, "desk-pending");
  await second.page.locator("main ul.rows a").first().click();
  await shot(second.page, "desk-approve");
  await second.page.locator("form", { has: second.page.locator("input[value=approve]") }).locator("button").click();
  await second.page.locator(".notice").waitFor();
  assert.deepEqual(second.complaints, []);
}

/// The button of an act on a page of the desk.
export const actButton = (page, name) => page.locator("form[action='/operator/act']", { has: page.locator(`input[name=act][value=${name}]`) }).locator("button").first();

/// From the page that asks for the transaction password to the code, on to what came of it.
export async function toCode(page, password = TRANSACTION) {
  await page.locator("#transaction-password").fill(password);
  await page.locator("main form.card button.main").click();
  await page.locator("figure.code img").waitFor();
}

export async function sign(page, token) {
  const scan = await token.read(page);
  if (scan.outcome !== "shown") throw new Error(`the token refuses: ${scan.code} ${scan.message}`);
  await page.locator("#otp").fill(scan.response);
  await page.locator("main form.card button.main").click();
  return scan;
}

/// Takes a picture for the gallery, and looks for barriers and for anything wider than the screen.
export async function look(page, name) {
  mkdirSync(gallery, { recursive: true });
  await page.screenshot({ path: join(gallery, `${name}.png`), fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, `${name}: the page is ${wide} px wider than the screen`);
  // As a function of the page's own, for the page allows no script that is not the bank's.
  await page.evaluate(axe);
  // What passes is not worked out in detail: that takes half of the time.
  const { violations } = await page.evaluate(() =>
    axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
  );
  const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(found, [], name);
}
