// Administration by hand in the browser: limits, passwords, users, tokens, applications of companies, suspension and resumption.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import {
  DESKTOP, LOGIN, PHONE, Token, act, actButton, administrator, gallery, go, login, look, operator, register, sign, startBrowser, toCode, value, visitor, withBank,
} from "./bank.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

for (const [lang, viewport] of [["ja", undefined], ["en", PHONE]]) {
  const device = viewport ? "phone" : "desktop";
  test(`people, passwords, limits and tokens are changed by what the token has shown (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ bank, page }) => {
      const token = await administrator(bank, page);
      const shot = (name) => look(page, `${lang}-${device}-${name}`);

      await page.goto("/limits");
      await page.locator("#limit-new").fill("5,000,000");
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
      await page.locator("#transaction-again").fill("Kawa-no-oto-88");
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

/// The login password of an applicant's own choice.
const CHOSEN = "Asa-no-hikari-5";

for (const [lang, viewport, device] of [["ja", DESKTOP, "desktop"], ["en", PHONE, "phone"]]) {
  test(`the contract's accounts, contact and IDs are changed by the token (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ bank, page }) => {
      const shot = (name) => look(page, `${lang}-${device}-contract-${name}`);
      const token = await administrator(bank, page);
      await page.goto("/contract");
      await shot("page");
      const form = (act) => page.locator("form.card", { has: page.locator(`input[value=${act}]`) });
      const signed = async (name) => {
        await toCode(page);
        const scan = await sign(page, token);
        await page.locator("p.success").waitFor();
        await shot(name);
        return scan;
      };
      await form("account").locator("button").click();
      const added = await signed("account");
      assert.equal(added.operation, "user-management");
      assert.match(value(added, "difference2"), /001-0456001/);

      await page.goto("/contract");
      await page.locator("#department").fill("総務部");
      await page.locator("#phone").fill("03 0000");
      await page.locator("#mail").fill("somu@sample.example");
      await form("contact").locator("button").click();
      await page.locator("#phone-error").waitFor();
      await shot("error");
      await page.locator("#phone").fill("03-0000-0000");
      await form("contact").locator("button").click();
      assert.equal(value(await signed("contact"), "difference2"), "03-0000-0000");

      // Users see the new account once it is opened to them.
      await page.goto("/users/KEIRI01");
      await page.locator("input[name=account][value='001-0456001']").check();
      await shot("rights");
      await form("accounts").locator("button").click();
      assert.match(value(await signed("right"), "difference1"), /001-0456001/);

      await page.goto("/contract");
      await page.locator("#whom").selectOption("ADMIN01");
      await page.locator("#user-id").fill("SOMU01");
      await form("user-id").locator("button").click();
      await signed("user-id");
      await page.goto("/home");
      assert.equal(await page.locator("header .who").innerText(), "SOMU01", "they go on under the new one");
    });
  });
}

for (const lang of ["ja", "en"]) {
  test(`a company applies, gets its letters, and signs its first login (${lang})`, async () => {
    await withBank(browser, { lang, viewport: lang === "en" ? PHONE : undefined }, async ({ bank, page }) => {
      await page.goto("/login");
      await page.locator("main a[href='/apply']").click();
      await page.locator("#company").fill("株式会社こころみ");
      await page.locator("#kana").fill("漢字");
      assert.equal(await page.locator("input[name=method]:checked").count(), 0, "nothing is preselected");
      await look(page, `${lang}-apply`);
      await page.locator("#service").selectOption("direct");
      await page.locator("#name-1").fill("総務部 管理者");
      await page.locator("#mail-1").fill("somu@kokoromi.example");
      await page.locator("#user-1").fill("SOMU01");
      await go(page);
      for (const input of ["kana", "method", "new-1"]) await page.locator(`#${input}-error`).waitFor();
      await look(page, `${lang}-apply-error`);
      await page.locator("#kana").fill("カ）ココロミ");
      await page.locator("input[name=method][value=password-otp]").check();
      for (const input of ["#new-1", "#again-1"]) await page.locator(input).fill(CHOSEN);
      await go(page);
      await page.locator("p.success").waitFor();

      const desk = await visitor(browser, bank, { lang });
      await operator(desk.page);
      await act(browser, bank, desk.page, actButton(desk.page, "complete"), { lang });
      await look(desk.page, `${lang}-operator-completed`);

      await page.goto("/outbox");
      const letters = await page.locator("ul.rows a").evaluateAll((links) => links.slice(0, 2).map((link) => link.getAttribute("href")));
      const words = [];
      for (const [place, letter] of letters.entries()) {
        await page.goto(letter);
        words.push(...(await page.locator("article code").allTextContents()));
        await look(page, `${lang}-letter-${place + 1}`);
        await page.pdf({ path: join(gallery, `${lang}-letter-${place + 1}.pdf`), format: "A4" });
      }
      assert.ok(!words.includes(CHOSEN), "no letter tells the password of their own choice");
      const serial = words.find((word) => word.startsWith("KKK"));
      const id = words.find((word) => word.startsWith("somu01-"));
      const first = words.filter((word) => /^[A-Z2-9]{4}(-[A-Z2-9]{4}){2}$/.test(word)).at(-1);
      const enter = async () => {
        await page.goto("/login?service=direct");
        await page.locator("#login-id").fill(id);
        await page.locator("#password").fill(CHOSEN);
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

test("wrong one-time passwords are counted, told, and end in a suspension that the bank lifts", async () => {
  await withBank(browser, { lang: "ja" }, async ({ bank, page }) => {
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
    await look(page, "ja-desktop-code-wrong");
    assert.match(await wrong(), /新しい二次元コード/);
    await look(page, "ja-desktop-code-ended");
    await order();
    assert.match(await wrong(), /あと1回/);
    assert.match(await wrong(), /一時停止/);
    const bankPage = await visitor(browser, bank, { lang: "ja" });
    await operator(bankPage.page);
    await look(bankPage.page, "ja-desktop-operator");
    await bankPage.page.goto("/operator/1234567890/ADMIN01");
    await look(bankPage.page, "ja-desktop-operator-person");
    assert.ok((await bankPage.page.locator("main").innerText()).includes("一時停止（連続誤入力）"));
    await act(browser, bank, bankPage.page, actButton(bankPage.page, "resume"));
    await order();
    await sign(page, token);
    await page.locator("p.success").waitFor();
  });
});

for (const [lang, viewport, device] of [["ja", DESKTOP, "desktop"], ["en", { width: 320, height: 640 }, "narrow"]]) {
  test(`every rule leads to its page and to its test (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ page }) => {
      await page.goto("/rules");
      await look(page, `${lang}-${device}-rules`);
      await page.locator("a[href='/rules/test?rule=desk-second']").click();
      assert.match(await page.locator("pre").innerText(), /SamePerson/);
      await look(page, `${lang}-${device}-rules-test`);
      // The visitor of the demonstration sees who can come in.
      await page.goto("/login");
      await page.locator("details.more summary").click();
      assert.match(await page.locator("details.more").innerText(), /mihon-admin/);
      await look(page, `${lang}-${device}-login-who`);
      await page.goto("/apply");
      await look(page, `${lang}-${device}-apply-all`);
    });
  });
}
