// A service of its own, a Chromium of its own, and pages that complain.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const ROOT = resolve(import.meta.dirname, "../..");
export const BINARY = process.env.CAMTOKEN_BIN ?? join(ROOT, "target/debug/camtoken");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SHELL = process.env.CHROMIUM_SHELL || CHROMIUM;
const GALLERY = join(ROOT, "target/browser");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** `camtoken ui`, or another verb that serves, on a port, a free one if it is 0. */
export async function service(verb = ["ui", "--no-open"], port = 0) {
  const home = mkdtempSync(join(tmpdir(), "camtoken-ui-"));
  const env = { PATH: process.env.PATH, HOME: home, CAMTOKEN_STATE_DIR: join(home, "state"), CAMTOKEN_LANG: "en" };
  const child = spawn(BINARY, [...verb, "--json", "--port", String(port)], { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const { value: line } = await lines[Symbol.asyncIterator]().next();
  const { url } = JSON.parse(line);
  const ended = new Promise((exited) => child.once("exit", exited));
  return {
    url: new URL(url).origin,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A whole Chromium: it has a clipboard, screens to grab and webcams. */
export async function browser(...flags) {
  return launch(CHROMIUM, flags);
}

/** For pages alone: the headless shell, the same engine without a window around it, takes two thirds of the time. */
export async function shell() {
  return launch(SHELL, []);
}

/** A service and a Chromium for all tests of a file, from the first to the last. */
export function together(start) {
  const both = { house: undefined, chrome: undefined };
  before(async () => {
    both.house = await service();
    both.chrome = await start();
  });
  after(async () => {
    await both.chrome?.close();
    await both.house?.stop();
  });
  return both;
}

async function launch(executablePath, flags) {
  const quiet = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...quiet, ...flags] });
}

/** A window in which a request to elsewhere, or an error on the console, fails the test at its end. */
export async function open(chrome, url, { lang = "en", mode = "light", width = 1280, height = 900, path = "/ui", before } = {}) {
  const context = await chrome.newContext({
    viewport: { width, height },
    locale: lang === "ja" ? "ja-JP" : "en-GB",
    colorScheme: mode,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write", "camera"], { origin: url });
  if (before) await context.addInitScript(before);
  const page = await context.newPage();
  const wrong = [];
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (address.origin !== url && !["blob:", "data:"].includes(address.protocol)) wrong.push(`asked ${address}`);
  });
  page.on("console", (message) => {
    // What the browser writes itself of a refused request is tested by what the page then shows.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(String(error.stack)));
  await page.goto(url + path);
  if (path === "/ui") await page.waitForSelector("#panel.unlit, #panel .line");
  return {
    page,
    context,
    async close() {
      await context.close();
      assert.deepEqual(wrong, [], "no request to elsewhere, no error");
    },
  };
}

/** Waits for what moves and comes to rest: colours that change, words that appear. */
export async function still(page) {
  await page.evaluate(() => {
    const passing = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
    return Promise.allSettled(passing.map((one) => one.finished));
  });
}

/** No serious violation on the page as it stands. */
export async function accessible(page, what) {
  await page.evaluate(AXE);
  // What passes is not worked out in detail: that takes half of the time.
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { resultTypes: ["violations"], runOnly: rules }), RULES);
  const found = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  assert.deepEqual(found, [], what);
}

/** A picture for people to look at. */
export async function picture(page, name) {
  mkdirSync(GALLERY, { recursive: true });
  await page.screenshot({ path: join(GALLERY, `${name}.png`), fullPage: true });
}

/** The picture of a code, as its bytes. */
export async function png(page, code) {
  const bytes = await page.evaluate(async (svg) => [...new Uint8Array(await (await fetch(svg.replace(".svg", ".png"))).arrayBuffer())], code);
  return Buffer.from(bytes);
}

export async function register(page) {
  await page.waitForSelector("#practice .primary");
  await page.locator("#practice .primary").click();
  await page.waitForSelector("#practice .check");
}

/** Puts a payment to the token; gives where its code is. */
export async function pay(page) {
  await page.locator("#practice .primary").click();
  const code = page.locator("#practice .code img");
  await code.waitFor();
  return code.evaluate((image) => image.src);
}

/** What the screen says under a role. */
export function said(page, role) {
  return page.locator(`#panel [data-role="${role}"]`).allTextContents();
}

export async function showsTransfer(page) {
  await page.waitForSelector('#panel [data-role="amount"]');
  assert.deepEqual(await said(page, "amount"), ["¥128,000"]);
  assert.deepEqual(await said(page, "payee"), ["ｶ)ﾐﾎﾝ ｼﾖｳｶｲ"]);
}

/** Presses OK until there are digits. */
export async function approve(page, press = () => page.locator('[data-button="right"]').click()) {
  for (let pages = 0; pages < 6 && (await page.locator("#copy").isHidden()); pages += 1) {
    const before = await page.locator("#panel").textContent();
    await press();
    await page.waitForFunction((text) => document.getElementById("panel").textContent !== text, before);
  }
  const [digits] = await said(page, "response");
  assert.match(digits, /^\d{4} \d{4}$/);
  return digits.replace(" ", "");
}
