// Other people's client against the real bank: openid-client links by OAuth 2.0, and is refused what it must be. The FAPI 2.0 profile
// is in `fapi.test.mjs`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import * as oauth from "openid-client";

import { Token, login, register, startBank, startBrowser, visitor } from "./bank.mjs";
import { consent } from "./linking.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

const SCOPE = "balances statements transfers";

async function withBank(story) {
  const bank = await startBank();
  try {
    const { page } = await visitor(browser, bank);
    const token = new Token(bank, "KKK0000001");
    await login(page, "ADMIN01");
    await register(page, token, "KKK0000001");
    const credentials = JSON.parse(readFileSync(join(bank.dir, "provider.json"), "utf8"));
    await story({ bank, page, token, credentials });
  } finally {
    await bank.stop();
  }
}

const discover = (bank, path, client, authentication) =>
  oauth.discovery(new URL(bank.url + path), client, undefined, authentication, {
    algorithm: "oauth2",
    execute: [oauth.allowInsecureRequests],
  });

/// The customer goes where the client sends them. The sample provider, to which they return, has not asked and takes nothing.
async function back(bank, page, url, work) {
  const returned = page.waitForRequest((request) => request.url().startsWith(`${bank.provider}/callback`), { timeout: 60_000 });
  await page.goto(url.href);
  await work();
  return new URL((await returned).url());
}

const status = (promise) => promise.then((answer) => answer.status, (error) => error.cause?.status ?? error.status ?? error.response?.status ?? String(error));

async function plainRequest(bank, config) {
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const parameters = {
    redirect_uri: `${bank.provider}/callback`,
    scope: SCOPE,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  return { verifier, state, parameters, url: oauth.buildAuthorizationUrl(config, parameters) };
}

test("openid-client links by OAuth 2.0 with PKCE; a code is good once, and its replay ends what it gave", async () => {
  await withBank(async ({ bank, page, token, credentials }) => {
    const config = await discover(bank, "/oauth", "choubo", oauth.ClientSecretBasic(credentials.clientSecret));
    assert.equal(config.serverMetadata().authorization_response_iss_parameter_supported, true);
    assert.equal(config.serverMetadata().device_authorization_endpoint, undefined);
    const { verifier, state, url } = await plainRequest(bank, config);
    const answer = await back(bank, page, url, () => consent(page, token));
    const tokens = await oauth.authorizationCodeGrant(config, answer, { pkceCodeVerifier: verifier, expectedState: state });
    assert.equal(tokens.token_type, "bearer");
    assert.equal(tokens.scope, SCOPE);

    const ask = (path, access = tokens.access_token) =>
      oauth.fetchProtectedResource(config, access, new URL(bank.url + path), "GET");
    const { accounts } = await (await ask("/api/accounts")).json();
    assert.deepEqual(accounts.map((account) => account.id), ["102-0012345", "102-0200789"]);
    assert.equal((await (await ask("/api/accounts/102-0012345/balance")).json()).balance, 58_420_000);
    assert.equal(await status(ask("/api/accounts/001-0777001/balance")), 404, "another company's account");
    assert.equal(await status(ask("/api/accounts", "x".repeat(43))), 401);

    const refreshed = await oauth.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(await status(ask("/api/accounts", refreshed.access_token)), 200);

    await assert.rejects(
      oauth.authorizationCodeGrant(config, answer, { pkceCodeVerifier: verifier, expectedState: state }),
      (error) => error.error === "invalid_grant",
    );
    for (const access of [tokens.access_token, refreshed.access_token]) {
      assert.equal(await status(ask("/api/accounts", access)), 401, "what a replayed code has given is over");
    }
  });
});

test("a request without PKCE, with another address, or of nobody comes to nothing", async () => {
  await withBank(async ({ bank, page, credentials }) => {
    const config = await discover(bank, "/oauth", "choubo", oauth.ClientSecretBasic(credentials.clientSecret));
    const { parameters } = await plainRequest(bank, config);
    const refuse = (changed) => {
      const asked = Object.fromEntries(Object.entries({ ...parameters, ...changed }).filter(([, text]) => text !== undefined));
      return fetch(oauth.buildAuthorizationUrl(config, asked), { redirect: "manual" });
    };
    for (const changed of [{ code_challenge: undefined, code_challenge_method: undefined }, { code_challenge_method: "plain" }]) {
      const answer = await refuse(changed);
      const to = new URL(answer.headers.get("location"));
      assert.equal(to.origin, bank.provider);
      assert.equal(to.searchParams.get("error"), "invalid_request");
    }
    assert.equal((await refuse({ redirect_uri: "http://127.0.0.1:1/callback" })).status, 400);
    assert.equal((await refuse({ client_id: "nobody" })).status, 400);
    const client = await refuse({ client_id: "choubo-fapi" });
    assert.ok([400, 303].includes(client.status));
    assert.ok(!(client.headers.get("location") ?? "").startsWith("/link/"), "a client of the other profile is none of this one's");
    await page.close();
  });
});

test("a transfer by API waits for its customer, and the same key is the same request", async () => {
  await withBank(async ({ bank, page, token, credentials }) => {
    const config = await discover(bank, "/oauth", "choubo", oauth.ClientSecretBasic(credentials.clientSecret));
    const { verifier, state, url } = await plainRequest(bank, config);
    const answer = await back(bank, page, url, () => consent(page, token));
    const { access_token: access } = await oauth.authorizationCodeGrant(config, answer, { pkceCodeVerifier: verifier, expectedState: state });
    const wanted = {
      from: "102-0012345", bankCode: "9902", branchCode: "110", accountType: "ordinary", account: "0054321", payee: "ミホンシヨウジ（カ", amount: 5_000,
    };
    const request = (key, body) =>
      fetch(`${bank.url}/api/transfers`, {
        method: "POST",
        headers: { authorization: `Bearer ${access}`, "content-type": "application/json", ...(key && { "idempotency-key": key }) },
        body: JSON.stringify(body),
      });
    const first = await request("order-1", wanted);
    assert.equal(first.status, 202);
    const taken = await first.json();
    assert.equal(taken.state, "pending");
    assert.equal((await (await request("order-1", wanted)).json()).id, taken.id);
    assert.equal((await request("order-1", { ...wanted, amount: 6_000 })).status, 409);
    assert.equal((await request(undefined, wanted)).status, 400);
    for (const wrong of [{ amount: 0 }, { from: "001-0777001" }, { bankCode: "0000" }, { account: "12" }, { payee: "漢字" }, { extra: 1 }]) {
      assert.equal((await request("order-2", { ...wanted, ...wrong })).status, 400, JSON.stringify(wrong));
    }
  });
});
