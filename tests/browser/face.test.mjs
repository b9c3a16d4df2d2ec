// The virtual token's page in Chromium: every way to show the token a code, keyboard alone, both languages, nothing from elsewhere.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { texts } from "../../crates/server/src/face/texts.js";
import { accessible, approve, browser, open, pay, picture, png, register, said, service, showsTransfer, still, together } from "./house.mjs";
import { film } from "./film.mjs";

const both = together(browser);

/** A registered token with a payment of the practice bank. */
async function paying(options = {}) {
  const window = await open(both.chrome, both.house.url, options);
  await register(window.page);
  const code = await pay(window.page);
  return { ...window, code };
}

test("a dropped picture is read", async () => {
  const { page, code, close } = await paying();
  const bytes = [...(await png(page, code))];
  const drop = await page.evaluateHandle((data) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(data)], "code.png", { type: "image/png" }));
    return transfer;
  }, bytes);
  await page.dispatchEvent("body", "dragenter", { dataTransfer: drop });
  assert.ok(await page.locator("#veil").isVisible());
  await page.dispatchEvent("body", "drop", { dataTransfer: drop });
  await showsTransfer(page);
  assert.ok(await page.locator("#veil").isHidden());
  await page.waitForSelector("#overlay:not([hidden])");
  assert.equal(await page.locator("#letter").textContent(), "A");
  assert.equal(await page.locator("#word").textContent(), texts.en.good);
  assert.ok(await page.locator("#overlay").evaluate((image) => image.decode().then(() => image.naturalWidth > 100)));
  await picture(page, "dropped");
  await close();
});

test("the code of the page is dragged to the token", async () => {
  const { page, close } = await paying();
  await page.locator("#practice .code img").dragTo(page.locator("#panel"));
  await showsTransfer(page);
  await close();
});

test("a picture on the clipboard is pasted, and by the button too", async () => {
  const { page, code, close } = await paying();
  const clip = () =>
    page.evaluate(async (svg) => {
      const blob = await (await fetch(svg.replace(".svg", ".png"))).blob();
      await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    }, code);
  await clip();
  await page.locator("#token").focus();
  await page.keyboard.press("Control+V");
  await showsTransfer(page);
  await page.keyboard.press("Escape");
  await page.waitForSelector('#panel [data-role="amount"]', { state: "detached" });
  await page.locator("#paste").click();
  await showsTransfer(page);
  await page.evaluate(() => navigator.clipboard.writeText("nothing of the kind"));
  await page.locator("#paste").click();
  await page.waitForSelector("#error:not([hidden])");
  assert.equal(await page.locator("#error").textContent(), texts.en.nothingPasted);
  await close();
});

test("the text of a code is pasted", async () => {
  const { page, close } = await open(both.chrome, both.house.url);
  await register(page);
  await page.evaluate(async () => {
    const body = {
      activation: localStorage.getItem("practice"),
      operation: "limit-change",
      fields: { limit: "transfer", old: 1000000, new: 7000000 },
    };
    const headers = { "Content-Type": "application/json" };
    const response = await fetch("/v1/challenges", { method: "POST", headers, body: JSON.stringify(body) });
    await navigator.clipboard.writeText((await response.json()).code.text);
  });
  await page.locator("#token").focus();
  await page.keyboard.press("Control+V");
  await page.waitForSelector('#panel [data-role="new"]');
  assert.deepEqual(await said(page, "new"), ["¥7,000,000"]);
  assert.ok(await page.locator("#view").isHidden(), "there is no picture to grade");
  await close();
});

test("a file is chosen", async () => {
  const { page, code, close } = await paying({ lang: "ja" });
  const buffer = await png(page, code);
  const chooser = page.waitForEvent("filechooser");
  await page.locator("#choose").click();
  await (await chooser).setFiles({ name: "code.png", mimeType: "image/png", buffer });
  await showsTransfer(page);
  await close();
});

test("a format that only the browser knows is read", async () => {
  const { page, code, close } = await paying();
  const svg = await page.evaluate(async (address) => (await fetch(address)).text(), code);
  await page.setInputFiles("#file", { name: "code.svg", mimeType: "image/svg+xml", buffer: Buffer.from(svg) });
  await showsTransfer(page);
  await close();
});

test("a picture without a code is refused and says what to do", async () => {
  const { page, close } = await paying({ lang: "ja" });
  const blank = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(300, 200);
    const context = canvas.getContext("2d");
    context.fillStyle = "#ddd";
    context.fillRect(0, 0, 300, 200);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  });
  await page.setInputFiles("#file", { name: "blank.png", mimeType: "image/png", buffer: Buffer.from(blank) });
  await page.waitForSelector("#history .refused");
  assert.match(await page.locator("#history .refused").textContent(), /T01/);
  assert.equal(await page.locator("#letter").textContent(), "F");
  assert.equal(await page.locator("#word").textContent(), texts.ja.blank);
  assert.deepEqual(await said(page, "amount"), [], "a refusal shows no field");
  await close();
});

test("while the token looks, its screen says so", async () => {
  const { page, code, close } = await paying({ mode: "dark" });
  let go;
  const held = new Promise((resolve) => (go = resolve));
  await page.route(/\/scan\?/, async (route) => {
    await held;
    await route.continue();
  });
  await page.setInputFiles("#file", { name: "code.png", mimeType: "image/png", buffer: await png(page, code) });
  await page.locator("#reading").waitFor();
  await still(page);
  await accessible(page, "while the token looks");
  await picture(page, "reading");
  go();
  await showsTransfer(page);
  await page.locator("#reading").waitFor({ state: "hidden" });
  await close();
});

test("a screen that shows a code is grabbed", async () => {
  const other = await browser("--auto-select-tab-capture-source-by-title=Bank page");
  try {
    const { page, context, close } = await open(other, both.house.url);
    await register(page);
    const code = await pay(page);
    const bank = await context.newPage();
    await bank.goto(`${both.house.url}/docs`);
    await bank.evaluate((src) => {
      document.title = "Bank page";
      const image = Object.assign(new Image(), { src });
      image.style.margin = "120px";
      document.body.replaceChildren(image);
      return image.decode();
    }, code.replace(".svg", ".png"));
    await page.bringToFront();
    await page.locator("#practice").evaluate((card) => card.remove());
    await page.locator("#grab").click();
    await showsTransfer(page);
    await close();
  } finally {
    await other.close();
  }
});

test("a code before the webcam is read, and the camera is off afterwards", async () => {
  const dir = mkdtempSync(join(tmpdir(), "camtoken-film-"));
  const { page, code, close } = await paying();
  const kept = await page.evaluate(() => ({ ...localStorage }));
  await film(page, code, join(dir, "film.y4m"));
  const flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${join(dir, "film.y4m")}`];
  const other = await browser(...flags);
  try {
    const held = `Object.assign(localStorage, ${JSON.stringify(kept)})`;
    const window = await open(other, both.house.url, { before: held });
    let frames = 0;
    window.page.on("request", (request) => (frames += /scan\?.*frame=/.test(request.url()) ? 1 : 0));
    await window.page.locator("#camera").click();
    await window.page.waitForSelector("#video:not([hidden])");
    await window.page.waitForFunction((looking) => document.getElementById("word").textContent !== looking, texts.en.looking);
    await accessible(window.page, "while it looks");
    // A finger is over the code: found, and not read.
    const found = await window.page.waitForFunction(
      () => document.querySelector("#marks:not([hidden]) circle") && document.getElementById("letter").textContent,
      null,
      { timeout: 60_000 },
    );
    // The letter of that moment: the video goes on while the image is taken.
    assert.match(await found.jsonValue(), /^[F·]$/);
    await window.page.locator("#shot").scrollIntoViewIfNeeded();
    await picture(window.page, "camera-found");
    await showsTransfer(window.page);
    assert.ok(frames > 1, `${frames} frames`);
    assert.equal(await window.page.locator("#video").evaluate((video) => video.srcObject), null);
    assert.ok(await window.page.locator("#marks").isHidden());
    await window.page.waitForSelector("#overlay:not([hidden])");
    await picture(window.page, "camera-read");
    await window.close();
  } finally {
    await other.close();
    rmSync(dir, { recursive: true });
  }
  await close();
});

test("a registration is walked code by code", async () => {
  const { page, close } = await open(both.chrome, both.house.url);
  const show = async () => page.locator("#practice .page .primary").click();
  const type = async (digits) => {
    await page.locator("#practice input[inputmode]").fill(digits);
    await page.locator("#practice [type=submit]").click();
  };
  const shownDigits = async (role) => {
    for (let pages = 0; pages < 6 && (await said(page, role)).length === 0; pages += 1) {
      const before = await page.locator("#panel").textContent();
      await page.locator('[data-button="right"]').click();
      await page.waitForFunction((text) => document.getElementById("panel").textContent !== text, before);
    }
    return (await said(page, role)).join("");
  };
  await page.getByRole("button", { name: texts.en.practiceSteps }).click();
  await page.getByText(texts.en.readFirst).waitFor();
  const first = await page.locator("#practice .code img").getAttribute("src");
  await picture(page, "walk-first");
  await accessible(page, "the first code");
  await type("123456123456");
  await page.locator("#practice .verdict.no").waitFor();
  await show();
  await page.waitForSelector("#panel .line");
  await type(await shownDigits("deviceCode"));
  await page.getByText(texts.en.readSecond).waitFor();
  const { href } = new URL(await page.locator("#practice .code img").evaluate((image) => image.src));
  assert.equal(new URL(href).pathname, first, "the code that is to be read next");
  await picture(page, "walk-second");
  const before = await page.locator("#panel").textContent();
  await show();
  await page.waitForFunction((text) => document.getElementById("panel").textContent !== text, before);
  await type(await shownDigits("response"));
  await page.getByText(texts.en.keptText).waitFor();
  await picture(page, "walk-kept");
  for (let presses = 0; presses < 3 && (await page.locator("#practice .check").isHidden()); presses += 1) {
    await page.locator('[data-button="right"]').click();
    await page.waitForTimeout(300);
  }
  await page.locator("#practice .check").waitFor();
  assert.match(await page.locator("#slots").textContent(), new RegExp(`${texts.en.bankName}.*PRACTICE`));
  await page.locator("[data-lang=ja]").click();
  await page.waitForFunction((name) => document.getElementById("slots").textContent.includes(name), texts.ja.bankName);
  await close();
});

test("a line of the history opens with its picture and its fields", async () => {
  const { page, code, close } = await paying();
  const bytes = await png(page, code);
  for (const count of [1, 2]) {
    await page.setInputFiles("#file", { name: "code.png", mimeType: "image/png", buffer: bytes });
    await page.waitForFunction((lines) => document.querySelectorAll("#history li").length === lines, count);
    await page.keyboard.press("Escape");
  }
  const lines = await page.locator("#history b").allTextContents();
  assert.match(lines[0], /reading 2$/);
  assert.doesNotMatch(lines[1], /reading/);
  const line = page.locator("#history details").first();
  await line.locator("summary").click();
  assert.match(await line.locator("dl").textContent(), /¥128,000/);
  assert.ok(await line.locator("img").evaluate((image) => image.decode().then(() => image.naturalWidth > 100)));
  await accessible(page, "an open line of the history");
  await picture(page, "history-open");
  await close();
});

test("a file that is no picture is named", async () => {
  const { page, close } = await open(both.chrome, both.house.url);
  await page.setInputFiles("#file", { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("nothing of the kind") });
  await page.waitForSelector("#error:not([hidden])");
  assert.match(await page.locator("#error").textContent(), /notes\.txt/);
  await close();
});

test("the whole story is told by the keyboard alone", async () => {
  const { page, close } = await open(both.chrome, both.house.url);
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  const tabTo = async (words) => {
    for (let tabs = 0; tabs < 30 && (await focused()) !== words; tabs += 1) await page.keyboard.press("Tab");
    assert.equal(await focused(), words);
  };
  await tabTo(texts.en.practiceSet);
  const enter = () => page.keyboard.press("Enter");
  await enter();
  await page.waitForSelector("#practice .check");
  assert.equal(await focused(), texts.en.practicePay, "the focus goes on to the next step");
  await enter();
  await page.waitForSelector("#practice .code");
  assert.equal(await focused(), texts.en.codeShow);
  await enter();
  await showsTransfer(page);
  await page.waitForFunction(() => document.getElementById("said").textContent.includes("¥128,000"));
  await page.waitForFunction(() => document.activeElement.dataset.button === "right", null, { timeout: 5_000 });
  const digits = await approve(page, enter);
  await page.waitForFunction((spaced) => document.getElementById("said").textContent.includes(spaced), [...digits].join(" ").replace(/^((?:\d ){4})/, "$1  "));
  assert.match(await focused(), new RegExp(texts.en.copy), "Enter copies what the token shows");
  await enter();
  await page.waitForFunction((label) => document.getElementById("copy").textContent.includes(label), texts.en.copied);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), digits, "eight digits without a space");
  await page.keyboard.press("Control+V");
  await enter();
  await page.waitForSelector("#practice .verdict.yes");
  await page.keyboard.press("p");
  await page.waitForSelector("#dark:not([hidden])");
  await close();
});

test("the letters can be turned off", async () => {
  const { page, close } = await open(both.chrome, both.house.url);
  await page.locator(".help summary").click();
  await page.locator("#letters").uncheck();
  await page.locator("#token").focus();
  await page.keyboard.press("p");
  await page.waitForTimeout(300);
  assert.ok(await page.locator("#dark").isVisible());
  await page.locator("#letters").check();
  await page.locator("#token").focus();
  await page.keyboard.press("p");
  await page.waitForSelector("#dark", { state: "hidden" });
  await close();
});

test("the middle button switches on, and held switches off", async () => {
  const { page, close } = await open(both.chrome, both.house.url);
  const power = page.locator('[data-button="center"]');
  await power.click();
  await page.waitForSelector("#dark", { state: "hidden" });
  await power.click({ delay: 900 });
  await page.waitForSelector("#dark:not([hidden])");
  await close();
});

test("malware that changes the payee is seen on the token", async () => {
  const { page, close } = await open(both.chrome, both.house.url);
  await register(page);
  await page.locator("#practice .check input").check();
  await pay(page);
  assert.match(await page.locator("#practice .invoice").textContent(), /¥128,000/);
  await page.locator("#practice .page .primary").click();
  await page.waitForSelector('#panel [data-role="amount"]');
  assert.deepEqual(await said(page, "amount"), ["¥9,800,000"]);
  await close();
});

test("a wrong response is told with the tries that are left", async () => {
  const { page, close } = await paying({ lang: "ja" });
  await page.locator("input[name=response]").fill("0000 0000");
  await page.locator("#practice form button").click();
  await page.waitForSelector("#practice .verdict.no");
  assert.equal(await page.locator("#practice .verdict").textContent(), texts.ja.rejected.replace("{left}", "2"));
  await close();
});

test("the token is found again when the page is opened again", async () => {
  const { page, close } = await paying();
  const serial = await page.locator("#serial").textContent();
  await page.reload();
  await page.waitForSelector("#practice .check");
  assert.equal(await page.locator("#serial").textContent(), serial);
  assert.match(await page.locator("#slots").textContent(), /PRACTICE/);
  await close();
});

test("an address whose token is gone leaves one's own where it was", async () => {
  const { page, close } = await paying();
  const own = await page.evaluate(() => localStorage.getItem("token"));
  const serial = await page.locator("#serial").textContent();
  await page.goto(`${both.house.url}/ui#session=${"0".repeat(32)}&token=GONE`);
  await page.reload();
  await page.locator("#error").getByText(texts.en.gone).waitFor();
  assert.equal(await page.locator("#serial").textContent(), serial);
  assert.equal(await page.evaluate(() => localStorage.getItem("token")), own);
  await close();
});

test("nothing counts down where the session's clock stands", async () => {
  const { page, close } = await paying();
  const { session } = await page.evaluate(() => JSON.parse(localStorage.getItem("token")));
  const clock = (body) => page.request.post(`${both.house.url}/v1/sessions/${session}/clock`, { data: body });
  await clock({ set: new Date().toISOString() });
  await page.locator("#practice .code img").dragTo(page.locator("#panel"));
  await showsTransfer(page);
  await page.waitForSelector("#view:not([hidden])");
  assert.ok(await page.locator("#clock").isHidden());
  await close();
});

test("a camera that is wanted no more while the browser asks is off", async () => {
  const { page, close } = await open(both.chrome, both.house.url);
  await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(0, 0, 9, 9);
    window.track = null;
    navigator.mediaDevices.getUserMedia = async () => {
      await new Promise((answered) => (window.allow = answered));
      const stream = canvas.captureStream(30);
      [window.track] = stream.getTracks();
      return stream;
    };
  });
  await page.locator("#camera").click();
  await page.waitForFunction(() => window.allow);
  await page.locator("#camera").click();
  await page.evaluate(() => window.allow());
  await page.waitForFunction(() => window.track?.readyState === "ended");
  assert.ok(await page.locator("#video").isHidden());
  assert.ok(await page.locator("#error").isHidden());
  await close();
});

test("a service without a bank, or with one that takes no test token, says so", async () => {
  for (const [verb, words] of [[["serve", "--only", "token", "--log", "off"], null], [["serve", "--emulator", "--log", "off"], texts.en.practiceRefused]]) {
    const other = await service(verb);
    try {
      const { page, close } = await open(both.chrome, other.url);
      await page.waitForFunction((none) => document.getElementById("slots").textContent === none, texts.en.onTokenNone);
      assert.equal(await page.locator("#practice").isVisible(), words !== null);
      if (words) {
        await page.locator("#practice .primary").click();
        await page.locator("#practice").getByText(words).waitFor();
      }
      await close();
    } finally {
      await other.stop();
    }
  }
});

test("a service that was started anew is found again", async () => {
  const verb = ["serve", "--only", "token", "--log", "off"];
  let other = await service(verb);
  const { page, context } = await open(both.chrome, other.url);
  const serial = await page.locator("#serial").textContent();
  await other.stop();
  other = await service(verb, new URL(other.url).port);
  await page.waitForFunction((old) => !["–", old].includes(document.getElementById("serial").textContent), serial, { timeout: 20000 });
  await page.locator('[data-button="center"]').click();
  await page.waitForSelector("#dark", { state: "hidden" });
  await context.close();
  await other.stop();
});

test("both languages have the same words", () => {
  assert.deepEqual(Object.keys(texts.ja), Object.keys(texts.en));
  for (const [key, text] of Object.entries(texts.en)) {
    const values = (words) => [...words.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(values(texts.ja[key]), values(text), key);
  }
});
