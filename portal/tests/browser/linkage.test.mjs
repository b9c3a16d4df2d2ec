// 外部サービス連携 from the provider's site to its end, by hand in the browser: every path, both languages, phone and desktop.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, LOGIN, PHONE, Token, act, actButton, login, look, register, sign, startBrowser, toCode, value, withBank } from "./bank.mjs";
import { PIN, consent, next, prove } from "./linking.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

async function start(page, bank, service) {
  await page.goto(bank.provider);
  await page.locator(`input[value=${service}]`).check();
  await page.locator("form[action='/link'] button.main").click();
}

async function operator(page, bank) {
  const context = await page.context().browser().newContext({ baseURL: bank.url, locale: "ja-JP" });
  const desk = await context.newPage();
  await desk.goto("/operator/login");
  await desk.locator("#operator").fill("OPERATOR1");
  await desk.locator("#password").fill("Madoguchi-3");
  await desk.locator("main button.main").click();
  return desk;
}

async function mails(page, bank) {
  await page.goto(`${bank.url}/outbox`);
  const rows = await page.locator("ul.rows li").allInnerTexts();
  return rows.map((row) => row.replace(/\s+/g, " "));
}

for (const [lang, viewport, device, service, dark] of [
  ["ja", DESKTOP, "desktop", "choubo-fapi", false],
  ["en", PHONE, "phone", "choubo", false],
  ["ja", PHONE, "phone-dark", "choubo", true],
  ["en", DESKTOP, "desktop-dark", "choubo-fapi", true],
]) {
  test(`a service is linked, used, asks for a transfer, and is unlinked (${lang}, ${device}, ${service})`, async () => {
    // Under TLS the bank's pages have a certificate of its own authority, which a user accepts who has not imported that.
    const context = { ignoreHTTPSErrors: service === "choubo-fapi" };
    await withBank(browser, { lang, viewport, dark, context }, async ({ bank, page }) => {
      const shot = (name) => look(page, `${lang}-${device}-${name}`);
      const token = new Token(bank, "KKK0000001");
      await login(page, "ADMIN01");
      await register(page, token, "KKK0000001");

      await page.goto(bank.provider);
      await shot("provider-1");
      await start(page, bank, service);
      const shown = await consent(page, token, { shot });
      assert.equal(shown.operation, "external-linkage");
      assert.match(value(shown, "provider"), /^ちょうぼ会計/);
      assert.equal(value(shown, "access"), "payments");
      assert.equal(value(shown, "accounts"), "2");
      assert.equal(value(shown, "lastDigits"), "2345");

      await page.waitForURL(`${bank.provider}/`);
      await page.locator("ul.accounts").waitFor();
      const home = await page.locator("main").innerText();
      assert.ok(home.includes("58,420,000") && home.includes("12,300,000"), home);
      await shot("provider-2-linked");

      const sent = await mails(page, bank);
      const linked = lang === "ja" ? "外部サービス連携登録完了のご案内" : "External service linked";
      const registered = lang === "ja" ? "照会用暗証番号登録受付のご案内" : "Inquiry PIN: registration received";
      const to = (subject) => sent.filter((row) => row.includes(subject)).map((row) => row.match(/\S+@\S+/)[0]).sort();
      assert.deepEqual(to(linked), ["admin01@1234567890.example"], "the operator alone");
      assert.deepEqual(to(registered), ["admin01@1234567890.example", "admin02@1234567890.example"], "operator and administrators");

      await page.goto(bank.provider);
      await page.locator("#amount").fill("128,000");
      await page.locator("form[action='/transfers'] button.main").click();
      await page.locator("p.notice").waitFor();
      await shot("provider-3-requested");

      await page.goto(`${bank.url}/linkages`);
      await shot("linkages");
      await page.locator("form[action^='/linkages/requests/'] button").click();
      await toCode(page);
      const scan = await sign(page, token);
      assert.equal(scan.operation, "transfer");
      assert.deepEqual(["amount", "payee", "account"].map((name) => value(scan, name)), ["128000", "ﾐﾎﾝｼﾖｳｼﾞ(ｶ", "0054321"]);
      await page.locator("p.success").waitFor();
      await page.goto(`${bank.url}/linkages`);
      await shot("linkages-done");

      await page.goto(bank.provider);
      const after = await page.locator("main").innerText();
      assert.ok(after.includes("58,292,000"), "58,420,000 less 128,000");
      assert.ok(after.includes(lang === "ja" ? "完了" : "Done"));
      await page.locator("ul.accounts a").first().click();
      assert.ok((await page.locator("main").innerText()).includes("128,000"));
      await shot("provider-4-statement");

      await page.goto(bank.provider);
      await page.locator("form[action='/unlink'] button").click();
      await page.locator("p.notice").waitFor();
      await shot("provider-5-unlinked");
      await page.goto(`${bank.url}/linkages`);
      assert.ok((await page.locator("main").innerText()).includes(lang === "ja" ? "事業者が解除" : "Ended by the provider"));
    });
  });
}

test("stopping on the way leads back to the provider, which learns no more than that", async () => {
  await withBank(browser, {}, async ({ bank, page }) => {
    await start(page, bank, "choubo");
    const answered = page.waitForRequest((request) => request.url().includes("/callback"));
    await page.locator("button.stop").click();
    const back = new URL((await answered).url());
    assert.equal(back.searchParams.get("error"), "access_denied");
    assert.equal(back.searchParams.get("iss"), `${bank.url}/oauth`);
    assert.ok((await page.locator("p.notice").innerText()).includes("中断"));
  });
});

test("inquiries alone are linked without a code, and a registered account is not asked for twice", async () => {
  await withBank(browser, {}, async ({ bank, page }) => {
    await login(page, "KEIRI01");
    await page.locator(".todo").waitFor();
    await start(page, bank, "choubo-keihi");
    await consent(page, null, { user: "KEIRI01", menus: false });
    await page.waitForURL(`${bank.provider}/`);
    assert.ok((await page.locator("main").innerText()).includes("58,420,000"));
    assert.equal(await page.locator("form[action='/transfers']").count(), 0);
    const cookies = await page.context().cookies(bank.provider);
    assert.deepEqual(cookies.map((cookie) => cookie.name), ["choubo"], "the provider is sent no cookie of the bank's");

    await page.context().clearCookies();
    await login(page, "ADMIN02");
    await page.locator(".todo").waitFor();
    await start(page, bank, "choubo-keihi");
    await consent(page, null, { user: "ADMIN02", menus: false, accounts: false });
    await page.waitForURL(`${bank.provider}/`);
    assert.ok((await page.locator("main").innerText()).includes("58,420,000"), "the registration is the contract's");
  });
});

test("what stands in the way of a linkage is said before anything else", async () => {
  await withBank(browser, {}, async ({ bank, page }) => {
    const shot = (name) => look(page, `ja-desktop-${name}`);
    const refusal = () => page.locator("p.warning[role=alert]").innerText();
    await start(page, bank, "choubo-keihi");
    await prove(page, "KEIRI01");
    assert.match(await refusal(), /初期設定/);
    await shot("link-not-ready");

    await start(page, bank, "choubo");
    await page.locator("form[action$='/terms'] button").click();
    await prove(page, "KEIRI01");
    assert.match(await refusal(), /利用開始登録/);

    await login(page, "KEIRI01");
    await page.locator(".todo").waitFor();
    const desk = await operator(page, bank);
    await desk.goto("/operator/1234567890/KEIRI01");
    await act(browser, bank, desk, actButton(desk, "mail-back"));
    await desk.context().close();
    await start(page, bank, "choubo-keihi");
    await prove(page, "KEIRI01");
    assert.match(await refusal(), /メールが届きません/);
  });
});

test("a wrong inquiry PIN registers nothing, and five of them suspend it", async () => {
  await withBank(browser, {}, async ({ bank, page }) => {
    await login(page, "KEIRI01");
    await page.locator(".todo").waitFor();
    await start(page, bank, "choubo-keihi");
    await prove(page, "KEIRI01");
    const enter = async (pin) => {
      await page.locator("input[value='102-0012345'][type=checkbox]").check();
      await page.locator("[id='pin-102-0012345']").fill(pin);
      await next(page);
    };
    for (let tries = 0; tries < 5; tries += 1) {
      await enter("0000");
      await page.locator(".summary").waitFor();
    }
    await look(page, "ja-desktop-link-pin-suspended");
    await enter(PIN);
    await page.locator(".summary").waitFor();
    assert.ok((await page.locator("main").innerText()).includes("一時停止"));

    await page.locator("details summary").click();
    await page.locator("form[action$='/letter'] button").first().click();
    await page.locator("p.notice").waitFor();
    const letter = await page.context().newPage();
    await letter.goto(`${bank.url}/outbox`);
    await letter.locator("ul.rows a", { hasText: "照会用暗証番号のお知らせ" }).first().click();
    const pin = await letter.locator("dl.facts div", { hasText: "照会用暗証番号" }).locator("dd").innerText();
    await letter.close();
    await enter(pin.trim());
    await page.locator(".summary").waitFor();
    assert.ok((await page.locator(".summary").innerText()).includes("一時停止"), "a new PIN lifts no suspension");

    const desk = await operator(page, bank);
    await desk.goto("/operator/1234567890/KEIRI01");
    await act(browser, bank, desk, actButton(desk, "resume-pin"));
    assert.equal(await desk.locator("input[value=resume-pin]").count(), 0);
    await desk.context().close();
    await enter(pin.trim());
    await page.waitForURL(/\/accounts\/check$/);
  });
});

for (const [lang, viewport, device] of [["ja", PHONE, "phone"], ["en", DESKTOP, "desktop"]]) {
  test(`a signed transfer over the limit says at once why it was not carried out (${lang}, ${device})`, async () => {
    await withBank(browser, { lang, viewport }, async ({ bank, page }) => {
      const token = new Token(bank, "KKK0000001");
      await login(page, "ADMIN01");
      await register(page, token, "KKK0000001");
      await start(page, bank, "choubo");
      await consent(page, token);
      await page.waitForURL(`${bank.provider}/`);
      await page.locator("#amount").fill("20,000,000");
      await page.locator("form[action='/transfers'] button.main").click();
      await page.locator("p.notice").waitFor();

      await page.goto(`${bank.url}/linkages`);
      await page.locator("form[action^='/linkages/requests/'] button").click();
      await toCode(page);
      await sign(page, token);
      const reason = lang === "ja" ? "1日の限度額を超過" : "Over the daily limit";
      const said = async () => {
        await page.locator("p.warning").waitFor();
        assert.ok((await page.locator("p.warning").innerText()).includes(reason));
      };
      await said();
      await page.goto(`${bank.url}/linkages`);
      await said();
      await look(page, `${lang}-${device}-linkages-refused`);
      assert.equal(await page.locator("form[action^='/linkages/requests/'] button").count(), 1, "it can be signed again");
      await page.goto(bank.provider);
      await said();
      await look(page, `${lang}-${device}-provider-6-refused`);
      assert.ok((await page.locator("main").innerText()).includes("58,420,000"));
    });
  });
}

test("another login password ends the linkage, and revoking it at the bank does", async () => {
  await withBank(browser, {}, async ({ bank, page }) => {
    const token = new Token(bank, "KKK0000001");
    await login(page, "ADMIN01");
    await register(page, token, "KKK0000001");
    await start(page, bank, "choubo");
    await consent(page, token);
    await page.waitForURL(`${bank.provider}/`);

    await page.goto(`${bank.url}/password`);
    await page.locator("#new").fill("Yama-no-ne-77");
    await page.locator("#again").fill("Yama-no-ne-77");
    await next(page);
    await toCode(page);
    await sign(page, token);
    await page.locator("p.success").waitFor();
    await page.goto(bank.provider);
    assert.ok((await page.locator("main").innerText()).includes("連携は終了しています"));

    await start(page, bank, "choubo");
    await page.locator("form[action$='/terms'] button").click();
    assert.notEqual(LOGIN, "Yama-no-ne-77");
    await prove(page, "ADMIN01", "Yama-no-ne-77");
    const scan = await token.read(page);
    await page.locator("#otp").fill(scan.response);
    await next(page);
    await next(page);
    await page.waitForURL(/\/permission$/);
    await page.locator("#seen").check();
    await next(page);
    await page.waitForURL(`${bank.provider}/`);
    assert.ok((await page.locator("main").innerText()).includes("58,420,000"));

    await page.goto(`${bank.url}/linkages`);
    assert.ok((await page.locator("main").innerText()).includes("ログイン情報の変更により終了"));
    await page.locator("form[action$='/end'] button").click();
    await page.locator("p.notice").waitFor();
    await page.goto(bank.provider);
    assert.ok((await page.locator("main").innerText()).includes("連携は終了しています"));
  });
});
