// Every other operation, by hand in the browser: payees, batches, Pay-easy, remittances, limits, passwords, users, tokens,
// suspension and resumption, login by method 1, the attack room.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import {
  LOGIN, PHONE, Token, gallery, login, look, register, sign, startBank, startBrowser, toCode, visitor,
} from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

const go = async (page) => {
  await page.locator("main form.card button.main").click();
};

const value = (scan, name) => scan.fields.find((field) => field.name === name)?.value;

async function withBank(options, story) {
  const bank = await startBank();
  try {
    const one = await visitor(browser, bank, options);
    await story({ bank, ...one });
    assert.deepEqual(one.complaints, []);
  } finally {
    await bank.stop();
  }
}

async function administrator(bank, page) {
  const token = new Token(bank, "KKK0000001");
  await login(page, "ADMIN01");
  await register(page, token, "KKK0000001");
  return token;
}

for (const [lang, viewport] of [["ja", undefined], ["en", PHONE]]) {
  const device = viewport ? "phone" : "desktop";
  test(`every payment is signed with what the token has shown (${lang}, ${device})`, async () => {
    await withBank({ lang, viewport }, async ({ bank, page }) => {
      const token = await administrator(bank, page);
      const shot = (name) => look(page, `${lang}-${device}-${name}`, assert);

      await page.goto("/payees");
      await page.locator("#branch").selectOption("9903-007");
      await page.locator("#account").fill("120 0034");
      await page.locator("#payee").fill("れいこうぎょう");
      await shot("payees");
      await go(page);
      if (await page.locator(".summary").count()) {
        await shot("payees-error");
        await page.locator("#payee").fill("レイコウギョウ");
        await go(page);
      }
      await toCode(page);
      const payee = await sign(page, token);
      assert.equal(payee.operation, "payee-registration");
      assert.equal(value(payee, "payee"), "ﾚｲｺｳｷﾞﾖｳ");
      await page.locator("p.success").waitFor();

      for (const [path, operation] of [["/bulk", "bulk"], ["/payroll", "payroll"]]) {
        await page.goto(path);
        await shot(operation);
        const sample = await page.request.get(`${path}/sample.txt`);
        await page.locator("#file").setInputFiles({ name: "sample.txt", mimeType: "text/plain", buffer: await sample.body() });
        await go(page);
        await shot(`${operation}-confirm`);
        await toCode(page);
        const scan = await sign(page, token);
        assert.equal(scan.operation, operation);
        assert.deepEqual(["count", "total", "largestAmount", "payingAccount"].map((name) => value(scan, name)), ["3", "1085500", "812000", "1020012345"]);
        await page.locator("p.success").waitFor();
      }

      await page.goto("/pay-easy");
      await page.locator("#billerCode").fill("00200");
      await page.locator("#biller").fill("架空税務署");
      await page.locator("#paymentNumber").fill("1234 5678 9012");
      await page.locator("#amount").fill("33,000");
      await shot("pay-easy");
      await go(page);
      await toCode(page);
      assert.equal(value(await sign(page, token), "amount"), "33000");
      await page.locator("p.success").waitFor();

      await page.goto("/remittance");
      await page.locator("#amount").fill("1000.00");
      await page.locator("#payee").fill("Specimen Trading GmbH");
      await page.locator("#account").fill("DE02100100100006820101");
      await page.locator("#country").fill("DE");
      await shot("remittance");
      await go(page);
      await toCode(page);
      const abroad = await sign(page, token);
      assert.equal(value(abroad, "amount"), "USD 1000.00");
      await page.locator("p.success").waitFor();
      await shot("remittance-booked");

      await page.goto("/accounts/102-0012345");
      const statement = await page.locator("main").innerText();
      // 58,420,000 - 2 x 1,085,500 - 33,000 - 150,000
      assert.ok(statement.includes("56,066,000"), statement);
      await page.goto("/orders");
      assert.equal(await page.locator("tbody tr").count(), 5);
    });
  });

  test(`people, passwords, limits and tokens are changed by what the token has shown (${lang}, ${device})`, async () => {
    await withBank({ lang, viewport }, async ({ bank, page }) => {
      const token = await administrator(bank, page);
      const shot = (name) => look(page, `${lang}-${device}-${name}`, assert);

      await page.goto("/limits");
      await page.locator("#new").fill("5,000,000");
      await shot("limits");
      await go(page);
      await toCode(page);
      const limit = await sign(page, token);
      assert.deepEqual(["old", "new"].map((name) => value(limit, name)), ["10000000", "5000000"]);
      await page.locator("p.success").waitFor();

      await page.goto("/users/new");
      await page.locator("#user").fill("tanaka");
      await page.locator("#name").fill("営業部 担当者");
      await page.locator("#mail").fill("tanaka@1234567890.example");
      await page.locator("#token").selectOption("KKK0000003");
      await page.locator("#new").fill("Yama-no-ne-77");
      await page.locator("#again").fill("Yama-no-ne-77");
      await page.locator("#transaction-new").fill("Kawa-no-oto-88");
      await shot("user-new");
      await go(page);
      await toCode(page);
      const added = await sign(page, token);
      assert.deepEqual(["act", "targetId", "tokenId"].map((name) => value(added, name)), ["register", "TANAKA", "KKK0000003"]);
      await page.locator("p.success").waitFor();
      await page.goto("/users");
      await shot("users");

      // The new user logs in, and registers without a first-OTP password.
      const other = await visitor(browser, bank, { lang, viewport });
      await login(other.page, "tanaka", "Yama-no-ne-77");
      await other.page.locator(".todo").waitFor();
      assert.equal(await other.page.goto("/users").then((answer) => answer.status()), 404, "no user manages users");
      await register(other.page, new Token(bank, "KKK0000003"), "KKK0000003", { firstOtp: null });

      // Their password is reset: they are out at once.
      await page.goto("/users/TANAKA");
      await page.locator("#new").fill("Hoshi-no-kazu-9");
      await page.locator("#again").fill("Hoshi-no-kazu-9");
      await shot("user");
      await page.locator("form.card", { has: page.locator("#new") }).locator("button").click();
      await toCode(page);
      assert.equal(value(await sign(page, token), "targetId"), "TANAKA");
      await page.locator("p.success").waitFor();
      await other.page.goto("/home");
      assert.ok(other.page.url().endsWith("/login"));
      await login(other.page, "TANAKA", "Hoshi-no-kazu-9");
      await other.page.goto("/home");
      assert.ok(other.page.url().endsWith("/home"));

      // Suspended, out at once, and resumed.
      for (const [act, works] of [["suspend", false], ["resume", true]]) {
        await page.goto("/users/TANAKA");
        await page.locator("form", { has: page.locator(`input[value=${act}]`) }).locator("button").click();
        await toCode(page);
        assert.equal(value(await sign(page, token), "act"), act);
        await page.locator("p.success").waitFor();
        await login(other.page, "TANAKA", "Hoshi-no-kazu-9");
        await other.page.waitForLoadState();
        await other.page.goto("/home");
        assert.equal(other.page.url().endsWith("/home"), works, act);
      }

      // A menu is closed to the user; the token shows which.
      await page.goto("/users/TANAKA");
      await page.locator("input[name=menu-transfer]").uncheck();
      await shot("user-rights");
      await page.locator("form.card", { has: page.locator("input[value=change], input[value=rights]") }).locator("button").click();
      await toCode(page);
      const rights = await sign(page, token);
      assert.equal(value(rights, "act"), "change");
      assert.match(value(rights, "difference1"), lang === "ja" ? /^不可:振込・振替$/ : /^Closed: Transfer$/);
      await page.locator("p.success").waitFor();
      await login(other.page, "TANAKA", "Hoshi-no-kazu-9");
      await other.page.locator("ul.accounts").waitFor();
      assert.equal(await other.page.goto("/transfer").then((answer) => answer.status()), 404);
      assert.equal(await other.page.locator("a[href='/transfer']").count(), 0);
      assert.equal(await other.page.goto("/pay-easy").then((answer) => answer.status()), 200);

      // Where mail goes is corrected; the token shows the address.
      await page.goto("/users/TANAKA");
      const address = page.locator("form.card", { has: page.locator("input[value=mail]") });
      await address.locator("#mail").fill("tanaka");
      await address.locator("button").click();
      await page.locator("#mail-error").waitFor();
      await address.locator("#mail").fill("eigyo.tanaka@sample.example");
      await address.locator("button").click();
      await toCode(page);
      const mail = await sign(page, token);
      assert.deepEqual(["difference1", "difference2"].map((name) => value(mail, name)), ["eigyo.tanaka@sample.", "example"]);
      await page.locator("p.success").waitFor();

      // A user who shares the administrator's token is removed; the administrator signs on.
      const shared = await visitor(browser, bank, { lang, viewport });
      await login(shared.page, "KEIRI01");
      await register(shared.page, token, "KKK0000001", { firstOtp: null });
      await page.goto("/users/KEIRI01");
      await page.locator("form", { has: page.locator("input[value=delete]") }).locator("button").click();
      await toCode(page);
      assert.equal(value(await sign(page, token), "act"), "delete");
      await page.locator("p.success").waitFor();
      await shared.page.goto("/home");
      assert.ok(shared.page.url().endsWith("/login"));

      // The token is lost: revoked by the administrator, listed with a star, its user registers on none.
      await page.goto("/users");
      await page.locator("li", { hasText: "KKK0000003" }).locator("button").click();
      await toCode(page);
      assert.equal(value(await sign(page, token), "tokenId"), "KKK0000003");
      await page.locator("p.success").waitFor();
      await page.goto("/users");
      assert.ok((await page.locator("main").innerText()).includes("KKK0000003*"));
      await other.page.goto("/home");
      assert.ok(other.page.url().endsWith("/login"), "whose token is revoked is out");
      await login(other.page, "TANAKA", "Hoshi-no-kazu-9");
      await other.page.locator("ul.accounts").waitFor();
      await other.page.goto("/registration");
      await other.page.locator(".warning").waitFor();

      // One's own password.
      await page.goto("/password");
      await page.locator("#new").fill("short");
      await page.locator("#again").fill("short");
      await go(page);
      await shot("password-error");
      await page.locator("#new").fill("Asa-no-hikari-5");
      await page.locator("#again").fill("Asa-no-hikari-5");
      await go(page);
      await toCode(page);
      await sign(page, token);
      await page.locator("p.success").waitFor();
      await page.locator("header button").click();
      await login(page, "ADMIN01", LOGIN);
      await page.locator(".summary").waitFor();
      await shot("login-error");
      await login(page, "ADMIN01", "Asa-no-hikari-5");
      await page.locator("ul.accounts").waitFor();
      await page.goto("/outbox");
      await shot("outbox");
      await page.goto("/outbox/1");
      await shot("letter");
    });
  });
}

test("login by method 1 asks for the token, after it was registered", async () => {
  await withBank({ lang: "ja" }, async ({ bank, page }) => {
    const token = new Token(bank, "KKK0000011");
    const enter = async () => {
      await page.goto("/login?service=direct");
      await page.locator("#login-id").fill("mihon-admin");
      await page.locator("#password").fill(LOGIN);
      await page.locator("main button.main").click();
    };
    await enter();
    await page.locator("#serial").waitFor();
    await page.goto("/transfer");
    assert.ok(page.url().endsWith("/registration"), "nothing else is open");
    await register(page, token, "KKK0000011");
    await page.locator("main button.main").click();
    await enter();
    await page.locator("figure.code img").waitFor();
    await look(page, "ja-desktop-login-otp", assert);
    await page.goto("/home");
    assert.ok(page.url().endsWith("/login/otp"), "the password alone opens nothing");
    await page.locator("#otp").fill("00000000");
    await page.locator("main form.card button.main").click();
    await page.locator(".summary").waitFor();
    const scan = await sign(page, token);
    assert.equal(scan.operation, "login");
    assert.equal(value(scan, "user"), "MIHON01");
    await page.locator("ul.accounts").waitFor();
  });
});

for (const lang of ["ja", "en"]) {
  test(`a company applies, gets its letters, and signs its first login (${lang})`, async () => {
    await withBank({ lang, viewport: lang === "en" ? PHONE : undefined }, async ({ bank, page }) => {
      await page.goto("/login");
      await page.locator("main a[href='/apply']").click();
      await page.locator("#company").fill("株式会社こころみ");
      await page.locator("#kana").fill("漢字");
      await page.locator("#method").selectOption("password-otp");
      await page.locator("#service").selectOption("direct");
      await page.locator("#administrator").fill("総務部 管理者");
      await page.locator("#mail").fill("somu@kokoromi.example");
      await go(page);
      await page.locator("#kana-error").waitFor();
      await look(page, `${lang}-apply-error`, assert);
      await page.locator("#kana").fill("カ）ココロミ");
      await go(page);
      await page.locator("p.success").waitFor();

      const desk = await visitor(browser, bank, { lang });
      await operator(desk.page);
      await desk.page.locator("form[action^='/operator/applications/'] button").click();
      await desk.page.locator(".notice").waitFor();
      await look(desk.page, `${lang}-operator-completed`, assert);

      await page.goto("/outbox");
      const letters = await page.locator("ul.rows a").evaluateAll((links) => links.slice(0, 2).map((link) => link.getAttribute("href")));
      const words = [];
      for (const [place, letter] of letters.entries()) {
        await page.goto(letter);
        words.push(...(await page.locator("article code").allTextContents()));
        await look(page, `${lang}-letter-${place + 1}`, assert);
        await page.pdf({ path: join(gallery, `${lang}-letter-${place + 1}.pdf`), format: "A4" });
      }
      const [serial, , , id, password, , first] = words;
      const enter = async () => {
        await page.goto("/login?service=direct");
        await page.locator("#login-id").fill(id);
        await page.locator("#password").fill(password);
        await page.locator("main button.main").click();
      };
      await enter();
      const token = new Token(bank, serial);
      await register(page, token, serial, { firstOtp: first });
      await page.locator("main button.main").click();
      await enter();
      await page.locator("figure.code img").waitFor();
      await sign(page, token);
      await page.locator("ul.accounts").waitFor();
    });
  });
}

async function operator(page) {
  await page.goto("/operator");
  await page.locator("#operator").fill("OP01");
  await page.locator("#password").fill("Madoguchi-3");
  await page.locator("main button.main").click();
  await page.locator("table").first().waitFor();
}

test("wrong one-time passwords are counted, told, and end in a suspension that the bank lifts", async () => {
  await withBank({ lang: "ja" }, async ({ bank, page }) => {
    const token = await administrator(bank, page);
    const order = async () => {
      await page.goto("/transfer");
      await page.locator("#amount").fill("1000");
      await go(page);
      await toCode(page);
    };
    const wrong = async () => {
      await page.locator("#otp").fill("00000000");
      await go(page);
      await page.locator(".summary").waitFor();
      return page.locator(".summary li").first().innerText();
    };
    await order();
    assert.match(await wrong(), /あと2回/);
    assert.match(await wrong(), /あと1回/);
    await look(page, "ja-desktop-code-wrong", assert);
    assert.match(await wrong(), /新しい二次元コード/);
    await look(page, "ja-desktop-code-ended", assert);
    await order();
    assert.match(await wrong(), /あと1回/);
    assert.match(await wrong(), /一時停止/);
    const bankPage = await visitor(browser, bank, { lang: "ja" });
    await operator(bankPage.page);
    await look(bankPage.page, "ja-desktop-operator", assert);
    await bankPage.page.goto("/operator/1234567890/ADMIN01");
    await look(bankPage.page, "ja-desktop-operator-person", assert);
    assert.ok((await bankPage.page.locator("main").innerText()).includes("一時停止（連続まちがい）"));
    await bankPage.page.locator("form", { has: bankPage.page.locator("input[value=resume]") }).locator("button").click();
    await bankPage.page.locator(".notice").waitFor();
    await order();
    await sign(page, token);
    await page.locator("p.success").waitFor();
  });
});

test("a form that this session was not shown is refused, and so is a page that nobody has", async () => {
  await withBank({ lang: "en" }, async ({ page }) => {
    await login(page, "ADMIN01");
    await page.locator("ul.accounts").waitFor();
    for (const csrf of [undefined, "", "0".repeat(32)]) {
      const answer = await page.request.post("/transfer", { form: { ...(csrf === undefined ? {} : { csrf }), amount: "1" } });
      assert.equal(answer.status(), 403);
    }
    assert.equal((await page.goto("/nowhere")).status(), 404);
    await look(page, "en-desktop-not-found", assert);
    const headers = (await page.request.get("/home")).headers();
    assert.match(headers["content-security-policy"], /default-src 'none'/);
    assert.doesNotMatch(headers["content-security-policy"], /unsafe/);
    assert.equal(headers["cache-control"], "no-store");
  });
});

for (const lang of ["ja", "en"]) {
  test(`no attack of the attack room succeeds (${lang})`, async () => {
    await withBank({ lang, viewport: lang === "en" ? PHONE : undefined }, async ({ page }) => {
      await page.goto("/attacks");
      await look(page, `${lang}-attacks`, assert);
      const count = await page.locator("ul.rows form").count();
      assert.equal(count, 9);
      for (let place = 0; place < (lang === "ja" ? count : 3); place += 1) {
        await page.goto("/attacks");
        await page.locator("ul.rows form button").nth(place).click();
        await page.locator("p.success").waitFor({ timeout: 60_000 });
        if (place < 3) await look(page, `${lang}-attack-${place + 1}`, assert);
        const text = await page.locator("main").innerText();
        assert.doesNotMatch(text, /attack-|reason-/, "every line has its words");
      }
    });
  });
}
