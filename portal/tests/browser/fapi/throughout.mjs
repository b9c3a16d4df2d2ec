// openid-client, as it is, goes the whole way: discovery, pushed request, code, token, API, refresh, transfer, revocation.

import assert from "node:assert/strict";

import * as oauth from "openid-client";

/// A line for each step.
export async function throughout({ row, bank, issuer, customer, own }) {
  const { metadata, key: jwk } = own;
  const key = await crypto.subtle.importKey("jwk", { ...jwk, key_ops: ["sign"] }, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const step = async (section, name, work) => {
    try {
      const [result, seen] = await work();
      row(section, `openid-client: ${name}`, true, seen);
      return result;
    } catch (error) {
      row(section, `openid-client: ${name}`, false, `${error.message} ${JSON.stringify(error.cause ?? "")}`);
      throw error;
    }
  };
  const config = await step("5.3.2.1-1", "discovery", async () => {
    const config = await oauth.discovery(new URL(issuer), metadata.client_id, undefined, oauth.PrivateKeyJwt({ key, kid: jwk.kid }), { algorithm: "oauth2" });
    return [config, config.serverMetadata().issuer];
  });
  const DPoP = oauth.getDPoPHandle(config, await oauth.randomDPoPKeyPair("ES256"));
  const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
  const expectedState = oauth.randomState();
  const url = await step("5.3.2.2-2", "pushed request with private_key_jwt and PKCE", async () => {
    const url = await oauth.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: metadata.redirect_uris[0], scope: metadata.scope, state: expectedState,
      code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256",
    }, { DPoP });
    return [url, url.searchParams.get("request_uri")];
  });
  const back = await step("5.3.2.2-7", "the customer permits it and comes back with code, state and iss", async () => {
    const back = await customer.consent(url);
    assert.equal(back.searchParams.get("iss"), issuer);
    return [back, [...back.searchParams.keys()].join(" ")];
  });
  const tokens = await step("5.3.2.1-4", "tokens for the code, bound by DPoP", async () => {
    const tokens = await oauth.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState }, undefined, { DPoP });
    assert.equal(tokens.token_type, "dpop");
    assert.equal(tokens.scope, metadata.scope);
    return [tokens, tokens.token_type];
  });
  const ask = (path, access = tokens.access_token, method = "GET", body, headers) =>
    oauth.fetchProtectedResource(config, access, new URL(bank.tls + path), method, body, headers, { DPoP });
  await step("5.3.4-1", "accounts and balance", async () => {
    const { accounts } = await (await ask("/api/accounts")).json();
    assert.deepEqual(accounts.map((account) => account.id), ["102-0012345", "102-0200789"]);
    const { balance } = await (await ask("/api/accounts/102-0012345/balance")).json();
    assert.equal(balance, 58_420_000);
    return [undefined, balance];
  });
  await step("5.3.4-4", "a transfer waits for its customer", async () => {
    const wanted = { from: "102-0012345", bankCode: "9902", branchCode: "110", accountType: "ordinary", account: "0054321", payee: "ミホンシヨウジ（カ", amount: 1000 };
    const headers = new Headers({ "content-type": "application/json", "idempotency-key": "order-1" });
    const answer = await ask("/api/transfers", tokens.access_token, "POST", JSON.stringify(wanted), headers);
    const { state, signAt } = await answer.json();
    assert.deepEqual([answer.status, state, signAt], [202, "pending", `${bank.tls}/linkages`]);
    return [undefined, state];
  });
  const again = await step("5.3.2.1-9", "another access token for the same refresh token", async () => {
    const again = await oauth.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
    assert.equal((await ask("/api/accounts", again.access_token)).status, 200);
    return [again, again.token_type];
  });
  await step("5.3.4-3", "after the revocation the token is worth nothing", async () => {
    await oauth.tokenRevocation(config, tokens.refresh_token);
    const over = await ask("/api/accounts", again.access_token).then((answer) => answer.status, (error) => error.cause?.[0]?.parameters?.error ?? error.code);
    assert.ok(over === 401 || over === "invalid_token" || over === "OAUTH_WWW_AUTHENTICATE_CHALLENGE", String(over));
    return [undefined, over];
  });
}
