// The page of the description: it is there to be read, and every request can be tried out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, open, picture, shell, together } from "./house.mjs";

const both = together(shell);

test("every request can be tried out on the page of the description", async () => {
  const { page, close } = await open(both.chrome, both.house.url, { path: "/docs" });
  await page.waitForSelector(".route");
  const exactly = (path) => new RegExp(`^${path.replaceAll(/[{}.]/g, "\\$&")}$`);
  const route = (path) => page.locator(".route", { has: page.locator(".path", { hasText: exactly(path) }) });
  const attempt = async (path, fill = {}) => {
    const found = route(path).first();
    if (!(await found.evaluate((details) => details.open))) await found.locator("summary").click();
    for (const [label, value] of Object.entries(fill)) await found.getByLabel(label).first().fill(value);
    await found.getByRole("button", { name: "Send" }).click();
    await found.locator(".answer .status").waitFor();
    return found;
  };
  const session = await attempt("/v1/sessions", { Body: '{"lang":"en","seed":"docs"}' });
  assert.match(await session.locator(".answer").textContent(), /^201.*"seed"|^201.*"tokens": \[\]/s);
  // What was made stands in the next form.
  const made = await attempt("/v1/sessions/{session}/tokens", { Body: '{"slots":2}' });
  assert.match(await made.locator(".answer").textContent(), /^201.*"slots": 2/s);
  assert.match(await made.locator(".try pre").last().textContent(), /^curl -X POST 'http.*[0-9a-f]{32}\/tokens' -H 'Content-Type: application\/json' --data-binary '\{"slots":2\}'$/);
  const screen = await attempt("/v1/sessions/{session}/tokens/{token}/screen.png");
  await page.waitForFunction((image) => image.naturalWidth > 300, await screen.locator(".answer img").elementHandle());
  const wrong = await attempt("/v1/challenges", { Body: "{" });
  assert.match(await wrong.locator(".answer").textContent(), /^400.*CT-E100/s);
  const events = route("/v1/sessions/{session}/tokens/{token}/events");
  await events.locator("summary").click();
  await events.getByRole("button", { name: "Send" }).click();
  await page.waitForFunction((answer) => answer.textContent.includes("event: screen"), await events.locator(".answer").elementHandle());
  await events.getByRole("button", { name: "Stop" }).click();
  await events.getByRole("button", { name: "Send" }).waitFor();
  await accessible(page, "docs, tried out");
  await picture(page, "docs-tried");
  await close();
});

test("the description is there to be read", async () => {
  const { page, close } = await open(both.chrome, both.house.url, { path: "/docs" });
  await page.waitForSelector(".route");
  const api = await page.evaluate(async () => (await fetch("/openapi.json")).json());
  const operations = Object.values(api.paths).flatMap(Object.keys).length;
  assert.equal(await page.locator(".route").count(), operations);
  await page.locator("#find").fill("lint");
  assert.equal(await page.locator(".route:visible").count(), 1);
  await page.locator(".route:visible summary").click();
  await page.waitForSelector(".inside");
  assert.match(await page.locator(".inside").textContent(), /minGrade.*measures.*advice/s);
  await accessible(page, "docs");
  await picture(page, "docs");
  await close();
});
