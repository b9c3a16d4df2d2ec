// The bank is killed while it works, again and again: what it acknowledged is booked, and nothing is booked twice.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { FIRST_OTP, LOGIN, SAMPLE, TRANSACTION, Token, startBank } from "./bank.mjs";

const ROUNDS = Number(process.env.KILLS ?? 12);
const AMOUNT = 1_000;

/// A browser without a screen: cookies, forms, and the hidden fields of the page before.
class Visitor {
  constructor(url) {
    this.url = url;
    this.cookie = "";
  }

  async ask(path, form) {
    const answer = await fetch(this.url + path, {
      method: form ? "POST" : "GET",
      headers: { cookie: this.cookie, ...(form && { "content-type": "application/x-www-form-urlencoded" }) },
      body: form && new URLSearchParams(form),
      redirect: "manual",
    });
    for (const line of answer.headers.getSetCookie()) {
      if (line.startsWith("kcb=")) this.cookie = line.split(";")[0];
    }
    const to = answer.headers.get("location");
    if (to) return this.ask(to);
    this.path = path;
    this.status = answer.status;
    this.page = await answer.text();
    return this.page;
  }

  hidden(name) {
    return this.page.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
  }

  async send(path, form) {
    return this.ask(path, { csrf: this.hidden("csrf"), ...form });
  }

  async picture(path) {
    const answer = await fetch(this.url + path, { headers: { cookie: this.cookie } });
    return Buffer.from(await answer.arrayBuffer());
  }
}

async function enter(bank) {
  const visitor = new Visitor(bank.url);
  await visitor.ask("/login");
  await visitor.send("/login", { service: "business", contract: SAMPLE, user: "ADMIN01", password: LOGIN });
  assert.equal(visitor.path, "/home");
  return visitor;
}

test("killed at any moment, the bank loses no acknowledged booking and books nothing twice", { timeout: 240_000 }, async () => {
  let bank = await startBank();
  const { dir } = bank;
  let token = new Token(bank, "KKK0000001");
  let visitor = await enter(bank);
  await visitor.ask("/registration");
  await visitor.send("/registration", { "first-otp": FIRST_OTP, serial: "KKK0000001" });
  const first = await token.scan(await visitor.picture("/registration/code.png"));
  await visitor.send("/registration/device-code", { "device-code": first.deviceCode });
  const second = await token.scan(await visitor.picture("/registration/code.png"), "?keep=yes");
  await visitor.send("/registration/confirm", { otp: second.response });
  // The drawer writes a token down within a second.
  await sleep(2_500);

  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await visitor.ask("/transfer");
    const to = visitor.page.match(/name="to" value="(9902[^"]*)"/)[1];
    await visitor.send("/transfer", { from: "102-0012345", to, amount: String(AMOUNT) });
    await visitor.send("/orders/confirm", { draft: visitor.hidden("draft"), "transaction-password": TRANSACTION });
    const order = visitor.path;
    const scan = await token.scan(await visitor.picture(`${order}/code.png`));
    const attempt = visitor.hidden("attempt");
    const sent = visitor.send(order, { attempt, otp: scan.response }).then(
      (page) => page.includes('class="success"'),
      () => false,
    );
    await sleep(Math.random() * 25);
    const killed = bank.kill();
    if (await sent) acknowledged += 1;
    await killed;
    bank = await startBank(dir);
    token = new Token(bank, "KKK0000001");
    visitor = await enter(bank);
    await visitor.ask("/accounts/102-0012345");
    const lines = [...visitor.page.matchAll(/<small class="muted">(F[0-9A-F]{12})<\/small>/g)].map((match) => match[1]);
    assert.equal(new Set(lines).size, lines.length, "an order stands in the ledger once");
    assert.ok(lines.length >= acknowledged, `${lines.length} booked, ${acknowledged} acknowledged`);
    assert.ok(lines.length <= round + 1);
    // What was not acknowledged may be booked or not; from here on it counts as known.
    acknowledged = lines.length;
    const balance = (58_420_000 - AMOUNT * lines.length).toLocaleString("en");
    assert.ok(visitor.page.includes(balance), `the balance is ${balance}`);
  }
  assert.ok(acknowledged > 0, "some got through");
  await bank.kill();
  rmSync(dir, { recursive: true, force: true });
});
