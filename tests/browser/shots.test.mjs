// Screenshots of a code's element, as a test suite takes them: each is read, however small the page draws it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { BINARY, open, register, service, shell } from "./house.mjs";

/** CSS pixels for a module. */
const SIZES = [1.6, 1.7, 1.8, 1.9, 2, 2.2, 2.5, 3];
const RATIOS = [1, 1.25, 1.5, 2];

let house;
let chrome;
let folder;

before(async () => {
  house = await service();
  chrome = await shell();
  folder = mkdtempSync(join(tmpdir(), "camtoken-shots-"));
});

after(async () => {
  await chrome?.close();
  await house?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** The code of a transfer: its text, both its pictures as data, and its modules with the quiet zone. */
async function transfer() {
  const { page, close } = await open(chrome, house.url);
  await register(page);
  const asked = page.waitForResponse((response) => new URL(response.url()).pathname === "/v1/challenges");
  await page.locator("#practice .primary").click();
  const { code } = await (await asked).json();
  const get = async (path) => Buffer.from(await (await page.request.get(house.url + path)).body());
  const [svg, png] = [await get(code.svg), await get(code.png)];
  await close();
  const [, modules] = /viewBox="0 0 (\d+) \1"/.exec(svg);
  const data = (type, bytes) => `data:${type};base64,${bytes.toString("base64")}`;
  return { text: code.text, modules: Number(modules), svg: data("image/svg+xml", svg), png: data("image/png", png) };
}

/** All ways to draw it, below one another, none on whole pixels only. */
function page({ modules, svg, png }) {
  const images = [];
  for (const [format, source] of Object.entries({ svg, png })) {
    for (const rendering of ["auto", "pixelated"]) {
      for (const size of SIZES) {
        const style = `width: ${size * modules}px; image-rendering: ${rendering}; margin: 7.3px 11.6px`;
        images.push(`<p><img id="${format}-${rendering}-${Math.round(100 * size)}" src="${source}" style="${style}"></p>`);
      }
    }
  }
  return `<!doctype html><style>body { background: #26282c } img { display: block }</style>${images.join("")}`;
}

for (const ratio of RATIOS) {
  test(`screenshots of the element at ${ratio} device pixels for one are read`, async () => {
    const code = await transfer();
    const context = await chrome.newContext({ viewport: { width: 800, height: 900 }, deviceScaleFactor: ratio });
    const window = await context.newPage();
    await window.setContent(page(code));
    await window.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
    const shots = [];
    for (const image of await window.locator("img").all()) {
      const path = join(folder, `${ratio}-${await image.getAttribute("id")}.png`);
      await image.screenshot({ path });
      shots.push(path);
    }
    await context.close();
    assert.equal(shots.length, 4 * SIZES.length);
    const { stdout } = await promisify(execFile)(BINARY, ["scan", "--raw", "--json", ...shots]).catch((error) => error);
    const reports = stdout.trim().split("\n").map((line) => JSON.parse(line));
    const failed = reports.filter(({ text }) => text !== code.text).map(({ file, code }) => `${file} ${code}`);
    assert.equal(reports.length, shots.length);
    assert.deepEqual(failed, []);
    // They are as small as they are meant to be.
    const sizes = reports.map(({ file, pxPerModule }) => (100 * pxPerModule) / ratio / Number(/(\d+)\.png$/.exec(file)[1]));
    assert.ok(sizes.every((share) => Math.abs(share - 1) < 0.06), sizes.join(" "));
  });
}
