// What the authorization server has to do and to refuse: pushed requests, client authentication, codes, tokens.

import { importJWK } from "jose";

import { now } from "./client.mjs";

const seen = ({ status, error, why }) => `${status} ${error ?? ""} ${why ?? ""}`;

/// Refused with OAuth's word, and a reason for the developer.
const refused = (answer, error) => [answer.status >= 400 && answer.status < 500 && answer.error === error && Boolean(answer.why), seen(answer)];

async function pushed(row, one, other) {
  const good = await one.push();
  row("5.3.2.2-2", "client-authenticated PAR", good.status === 201, good.status);
  const life = good.body?.expires_in;
  row("5.3.2.2-12", "request_uri lives for less than 600 s", life > 0 && life < 600, life);
  const direct = await fetch(`${one.metadata.authorization_endpoint}?${new URLSearchParams({ client_id: one.id, ...(await one.request()).fields })}`, { redirect: "manual" });
  row("5.3.2.2-3", "a request that was not pushed is refused, without a redirect", direct.status === 400 && !direct.headers.has("location"), direct.status);
  row("5.3.2.2-4", "PAR without client authentication refused", ...refused(await one.push({}, { assertion: null }), "invalid_client"));
  for (const [section, requirement, changed, error = "invalid_request"] of [
    ["5.3.2.2-5", "PAR without PKCE refused", { code_challenge: undefined, code_challenge_method: undefined }],
    ["5.3.2.2-5", "PKCE plain refused", { code_challenge_method: "plain" }],
    ["5.3.2.2-6", "PAR without redirect_uri refused", { redirect_uri: undefined }],
    ["5.3.2.1-7", "PAR with another redirect_uri refused", { redirect_uri: "https://other.example/callback" }],
    ["5.3.2.1-7", "PAR with the redirect_uri and more refused", { redirect_uri: `${one.redirect}/more` }],
    ["RFC 9126-2", "request_uri within PAR refused", { request_uri: good.uri }],
    ["5.3.2.2-1", "response_type=token refused", { response_type: "token" }, "unsupported_response_type"],
    ["5.3.2.1-14", "a scope that is unknown is refused", { scope: "balances admin" }, "invalid_scope"],
    ["RFC 9449-10", "dpop_jkt of another key than the proof's refused", { dpop_jkt: "A".repeat(43) }, "invalid_dpop_proof"],
  ]) {
    const proof = changed.dpop_jkt && (await one.proof("POST", one.metadata.pushed_authorization_request_endpoint));
    row(section, requirement, ...refused(await one.push(changed, { proof }), error));
  }
  const unknown = await fetch(`${one.metadata.authorization_endpoint}?client_id=nobody&request_uri=urn:x`, { redirect: "manual" });
  row("5.3.2.1-7", "an unknown client is redirected nowhere", unknown.status === 400 && !unknown.headers.has("location"), unknown.status);
  const stolen = await fetch(other.authorize(good.uri), { redirect: "manual" });
  row("RFC 9126-4", "a request_uri is good for its own client alone", stolen.status === 400, stolen.status);
}

async function authentication(row, one, other) {
  const at = now();
  const { issuer, metadata } = one;
  const refusals = [
    ["5.3.2.1-8", "aud = token endpoint", { aud: metadata.token_endpoint }],
    ["5.3.2.1-8", "aud = PAR endpoint", { aud: metadata.pushed_authorization_request_endpoint }],
    ["5.3.2.1-8", "aud = array with the issuer", { aud: [issuer] }],
    ["5.3.2.1-8", "aud = issuer with a slash", { aud: `${issuer}/` }],
    ["5.3.2.1-8", "aud = the other issuer of the bank", { aud: issuer.replace("/fapi", "/oauth") }],
    ["5.3.2.1-8", "no aud", { aud: undefined }],
    ["5.3.2.1-6", "exp has passed", { exp: at - 1 }],
    ["5.3.2.1-6", "no exp", { exp: undefined }],
    ["5.3.2.1-6", "exp a year ahead", { exp: at + 31_536_000 }],
    ["5.3.2.1-6", "no jti", { jti: undefined }],
    ["5.3.2.1-6", "iss of another", { iss: other.id }],
    ["5.3.2.1-6", "sub of another", { sub: other.id }],
    ["5.3.2.1-13", "iat 100 s ahead", { iat: at + 100, exp: at + 160 }],
    ["5.3.2.1-13", "nbf 100 s ahead", { nbf: at + 100, exp: at + 160 }],
  ];
  for (const [section, what, claims] of refusals) {
    row(section, `client assertion, ${what}: refused`, ...refused(await one.push({}, { assertion: await one.assertion(claims) }), "invalid_client"));
  }
  for (const [section, what, claims] of [
    ["5.3.2.1-8", "aud = issuer as a string", {}],
    ["5.3.2.1-13", "iat 8 s ahead", { iat: at + 8, exp: at + 68 }],
    ["5.3.2.1-13", "nbf 8 s ahead", { nbf: at + 8, exp: at + 68 }],
  ]) {
    const answer = await one.push({}, { assertion: await one.assertion(claims) });
    row(section, `client assertion, ${what}: taken`, answer.status === 201, seen(answer));
  }
  const secret = await importJWK({ kty: "oct", k: Buffer.from("a secret that was never registered").toString("base64url") }, "HS256");
  for (const [section, what, assertion] of [
    ["5.4.1-1", "alg none", await one.assertion({}, { alg: "none" })],
    ["5.3.2.1-6", "alg HS256", await one.assertion({}, { alg: "HS256" }, secret)],
    ["5.3.2.1-6", "another key", await one.assertion({}, {}, other.key)],
  ]) {
    row(section, `client assertion, ${what}: refused`, ...refused(await one.push({}, { assertion }), "invalid_client"));
  }
  const used = await one.assertion();
  await one.push({}, { assertion: used });
  row("RFC 7523-3", "an assertion is good once", ...refused(await one.push({}, { assertion: used }), "invalid_client"));
  const basic = { authorization: `Basic ${Buffer.from(`${one.id}:secret`).toString("base64")}` };
  row("5.3.2.1-6", "client_secret_basic refused", ...refused(await one.push({ client_id: undefined }, { assertion: null, headers: basic }), "invalid_client"));
  row("5.3.2.1-6", "client_secret_post refused", ...refused(await one.push({ client_secret: "secret" }, { assertion: null }), "invalid_client"));
}

async function codes(row, issuer, customer, one, other) {
  const request = await one.push();
  await customer.ask(one.authorize(request.uri));
  const twice = await fetch(one.authorize(request.uri), { redirect: "manual" });
  row("RFC 9126-7.3", "a request_uri is good once (should)", twice.status === 400, twice.status);
  const { verifier, state, uri } = await one.push();
  const back = await customer.consent(one.authorize(uri));
  const text = (name) => back.searchParams.get(name);
  row("5.3.2.2-7", "iss in the answer (RFC 9207)", text("iss") === issuer, text("iss"));
  row("RFC 6749", "state comes back", text("state") === state);
  row("5.3.2.2-11", "every redirect until here was 303, and none 307", [...customer.redirects].join() === "303", [...customer.redirects]);
  row("5.3.2.2-8", "the answer goes to the redirect URI alone", back.href.startsWith(`${one.redirect}?`), back.origin + back.pathname);
  const code = text("code");
  row("5.3.2.1-3", "no token without client authentication", ...refused(await one.redeem(code, verifier, {}, { assertion: null }), "invalid_client"));
  row("5.3.2.1-4", "no token without a DPoP proof", ...refused(await one.redeem(code, verifier, {}, { proof: null }), "invalid_dpop_proof"));
  const wrong = await one.proof("POST", one.metadata.token_endpoint, { claims: { htu: issuer } });
  row("5.3.2.1-5", "no token with a proof for another address", ...refused(await one.redeem(code, verifier, {}, { proof: wrong }), "invalid_dpop_proof"));
  row("5.3.2.2-9", "a code of another client is refused", ...refused(await other.redeem(code, verifier), "invalid_grant"));
  const good = await one.redeem(code, verifier);
  row("5.3.2.1-4", "the token is of type DPoP", good.body?.token_type === "DPoP", seen(good));
  row("RFC 6749-5.1", "the answer with tokens is not to be stored", /no-store/.test(good.headers.get("cache-control")), good.headers.get("cache-control"));
  row("5.3.2.2-9", "a code is good once", ...refused(await one.redeem(code, verifier), "invalid_grant"));
  return { tokens: good.body, code, verifier };
}

async function bindings(row, customer, one, other) {
  // Each of these needs a code of its own.
  const fresh = async (changed, options) => {
    const { verifier, uri } = await one.push(changed, options);
    const back = await customer.consent(one.authorize(uri));
    return { code: back.searchParams.get("code"), verifier };
  };
  const endpoint = one.metadata.pushed_authorization_request_endpoint;
  const thief = async () => ({ proof: await one.proof("POST", one.metadata.token_endpoint, { key: other.dpop.key, header: { jwk: other.dpop.jwk } }) });
  for (const [how, changed, options] of [
    ["the DPoP header at PAR", {}, { proof: await one.proof("POST", endpoint) }],
    ["dpop_jkt", { dpop_jkt: one.dpop.jkt }, {}],
  ]) {
    const { code, verifier } = await fresh(changed, options);
    row("5.3.2.1-12", `a code bound by ${how} is worth nothing with another key`, ...refused(await one.redeem(code, verifier, {}, await thief()), "invalid_dpop_proof"));
    const good = await one.redeem(code, verifier);
    row("5.3.2.1-12", `a code bound by ${how} is good with its own`, good.status === 200, seen(good));
  }
  const { code } = await fresh();
  row("RFC 7636-4.6", "another code_verifier is refused", ...refused(await one.redeem(code, "x".repeat(43)), "invalid_grant"));
}

async function others(row, issuer, customer, one, tokens) {
  row("5.3.2.1-2", "the password grant is refused", ...refused(await one.token({ grant_type: "password", username: "a", password: "b" }), "unsupported_grant_type"));
  row("5.3.2.1-2", "client_credentials is refused", ...refused(await one.token({ grant_type: "client_credentials" }), "unauthorized_client"));
  const { state, uri } = await one.push();
  const stopped = await customer.stop(one.authorize(uri));
  const told = ["error", "state", "iss"].map((name) => stopped.searchParams.get(name));
  row("5.3.2.2-7", "the customer's no comes back as access_denied with state and iss", told.join() === ["access_denied", state, issuer].join(), told.join(" "));
  const refresh = (more) => one.token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token, ...more });
  const wider = await refresh({ scope: "balances admin" });
  row("5.3.2.1-14", "a refresh cannot widen the scope", ...refused(wider, "invalid_scope"));
  const narrow = await refresh({ scope: "balances" });
  row("5.3.2.1-14", "a refresh can narrow the scope", narrow.body?.scope === "balances", narrow.body?.scope);
  row("5.3.2.1-9", "refresh tokens are not rotated", narrow.status === 200 && [undefined, tokens.refresh_token].includes(narrow.body.refresh_token));
}

/// The lines of this part.
export async function authorization({ row, issuer, customer, clients: [one, other] }) {
  await pushed(row, one, other);
  await authentication(row, one, other);
  await bindings(row, customer, one, other);
  const { tokens } = await codes(row, issuer, customer, one, other);
  const { uri, verifier } = await one.push();
  const back = await customer.consent(one.authorize(uri));
  const again = await one.redeem(back.searchParams.get("code"), verifier);
  row("5.3.2.1-4", "linking again gives tokens again", again.status === 200, seen(again));
  await others(row, issuer, customer, one, again.body ?? tokens);
}
