// What the API has to do and to refuse, and what time ends.

import { decodeJwt, decodeProtectedHeader, generateKeyPair } from "jose";

import { now } from "./client.mjs";

const seen = ({ status, challenge }) => `${status} ${challenge}`;

async function link(customer, one) {
  const { verifier, uri } = await one.push();
  const back = await customer.consent(one.authorize(uri));
  const { body } = await one.redeem(back.searchParams.get("code"), verifier);
  return { tokens: body, code: back.searchParams.get("code"), verifier };
}

function form(row, api, issuer, one, token) {
  const { alg, typ, kid } = decodeProtectedHeader(token);
  const claims = decodeJwt(token);
  row("RFC 9068", "the access token is a JWT: typ at+jwt, ES256, with its kid", [alg, typ].join() === "ES256,at+jwt" && Boolean(kid), { alg, typ, kid });
  row("RFC 9068", "iss, aud, client_id, exp and jti are right", claims.iss === issuer && claims.aud === api && claims.client_id === one.id && claims.exp - claims.iat <= 600 && Boolean(claims.jti), claims);
  row("RFC 9449-6.1", "the token names the thumbprint of its key", claims.cnf?.jkt === one.dpop.jkt, claims.cnf);
  row("RFC 9068-5", "sub names no person", /^L[0-9A-F]{16}$/.test(claims.sub), claims.sub);
}

async function proofs(row, api, one, other, token) {
  const url = `${api}/accounts`;
  const proof = (claims = {}, more = {}) => one.proof("GET", url, { token, claims, ...more });
  const rsa = await generateKeyPair("PS256");
  for (const [section, what, made] of [
    ["5.3.4-5", "no proof", null],
    ["5.3.4-5", "a proof of another key", await proof({}, { key: other.dpop.key, header: { jwk: other.dpop.jwk } })],
    ["5.3.4-5", "a proof whose key has not signed it", await proof({}, { key: other.dpop.key })],
    ["5.4.1-1", "a proof signed with PS256", await proof({}, { key: rsa.privateKey, header: { alg: "PS256" } })],
    ["RFC 9449-4.3", "a proof of another type", await proof({}, { header: { typ: "JWT" } })],
    ["RFC 9449-4.3", "a proof without ath", await one.proof("GET", url)],
    ["RFC 9449-4.3", "a proof for another token", await proof({ ath: "x".repeat(43) })],
    ["RFC 9449-4.3", "a proof for another method", await proof({ htm: "POST" })],
    ["RFC 9449-4.3", "a proof for another address", await proof({ htu: `${api}/transfers` })],
    ["RFC 9449-4.3", "a proof for the address without TLS", await proof({ htu: url.replace("https", "http") })],
    ["RFC 9449-4.3", "a proof without jti", await proof({ jti: undefined })],
    ["RFC 9449-11.1", "a proof of ten minutes ago", await proof({ iat: now() - 600 })],
    ["5.3.2.1-13", "a proof 100 s ahead", await proof({ iat: now() + 100 })],
  ]) {
    const answer = await one.get(url, token, { proof: made });
    row(section, `${what}: refused`, answer.status === 401 && answer.challenge.startsWith('DPoP error="invalid_dpop_proof", error_description="'), seen(answer));
  }
  const ahead = await one.get(url, token, { proof: await proof({ iat: now() + 8 }) });
  row("5.3.2.1-13", "a proof 8 s ahead: taken", ahead.status === 200, ahead.status);
  const used = await proof();
  await one.get(url, token, { proof: used });
  row("RFC 9449-11.1", "a proof is good once", ...((answer) => [answer.status === 401, seen(answer)])(await one.get(url, token, { proof: used })));
}

async function tokens(row, bank, api, one, other, { access_token: token, refresh_token: refresh }) {
  const url = `${api}/accounts`;
  const good = await one.get(url, token);
  row("5.3.4-1", "the token in the header, with a proof", good.status === 200 && good.body.accounts.length === 2, good.status);
  const query = await one.get(`${url}?access_token=${token}`, undefined, { proof: null });
  row("5.3.4-2", "not in the query", query.status === 401, seen(query));
  const bearer = await one.get(url, token, { scheme: "Bearer", proof: null });
  row("5.3.4-5", "not as a bearer token", bearer.status === 401, seen(bearer));
  const plain = await fetch(`${bank.url}/api/accounts`, { headers: { authorization: `DPoP ${token}`, dpop: await one.proof("GET", url, { token }) } });
  row("5.2.1", "not without TLS", plain.status === 401, plain.headers.get("www-authenticate"));
  const none = await one.get(url, undefined, { proof: null });
  row("RFC 9449-7.1", "no token: 401 with a challenge", none.status === 401 && none.challenge.includes('DPoP algs="ES256"'), seen(none));
  const altered = await one.get(url, `${token.slice(0, -4)}AAAA`);
  row("5.3.4-3", "an altered token is refused", altered.status === 401 && altered.challenge.includes("invalid_token"), seen(altered));
  const foreign = await one.get(`${api}/accounts/001-0777001/balance`, token);
  row("5.3.4-4", "another company's account is not there", foreign.status === 404, foreign.body?.title);
  const narrow = await one.token({ grant_type: "refresh_token", refresh_token: refresh, scope: "balances" });
  const enough = await one.get(`${api}/accounts/102-0012345/balance`, narrow.body.access_token);
  row("5.3.4-4", "a scope that is enough", enough.status === 200, enough.status);
  const less = await one.get(`${api}/accounts/102-0012345/statement`, narrow.body.access_token);
  row("5.3.4-4", "a scope that is not: 403 insufficient_scope", less.status === 403 && less.challenge.includes('insufficient_scope", scope="statements"'), seen(less));
}

async function ends(row, bank, api, customer, one, other, first) {
  const url = `${api}/accounts`;
  const revoke = (fields, options) => one.post(one.metadata.revocation_endpoint, fields, options);
  const without = await revoke({ token: first.tokens.refresh_token }, { assertion: null });
  row("RFC 7009-2.1", "no revocation without client authentication", without.status >= 400 && (await one.get(url, first.tokens.access_token)).status === 200, without.error);
  const foreign = await other.post(one.metadata.revocation_endpoint, { token: first.tokens.refresh_token });
  row("RFC 7009-2.1", "another client revokes nothing", (await one.get(url, first.tokens.access_token)).status === 200, foreign.status);
  const unknown = await revoke({ token: "unknown" });
  row("RFC 7009-2.2", "an unknown token is 200", unknown.status === 200, unknown.status);
  const done = await revoke({ token: first.tokens.refresh_token });
  const over = await one.get(url, first.tokens.access_token);
  row("5.3.4-3", "a revoked linkage ends its access token at once", done.status === 200 && over.status === 401, seen(over));

  const replayed = await link(customer, one);
  await one.redeem(replayed.code, replayed.verifier);
  const ended = await one.get(url, replayed.tokens.access_token);
  row("RFC 6749-4.1.2", "a code that comes again ends what it gave (should)", ended.status === 401, seen(ended));

  const last = await link(customer, one);
  const { verifier, uri } = await one.push();
  const back = await customer.consent(one.authorize(uri));
  const code = back.searchParams.get("code");
  const later = await link(customer, other);
  const move = async (seconds) => {
    await customer.open(`${bank.url}/clock`);
    await customer.send("/clock", [["by", String(seconds)]]);
  };
  await move(61);
  const long = async () => ({ assertion: await one.assertion({ iat: now(), exp: now() + 500 }) });
  const late = await one.redeem(code, verifier, {}, await long());
  row("5.3.2.1-11", "a code lives for 60 s at most", late.status === 400 && late.error === "invalid_grant", late.why);
  const replaced = await one.get(url, last.tokens.access_token);
  row("5.3.4-3", "linking again has ended the linkage before", replaced.status === 401, seen(replaced));
  const young = await other.get(url, later.tokens.access_token);
  await move(600);
  const claims = { iat: now() + 661 };
  const old = await other.get(url, later.tokens.access_token, { proof: await other.proof("GET", url, { token: later.tokens.access_token, claims }) });
  row("5.3.4-3", "an access token ends after 10 minutes", young.status === 200 && old.status === 401 && old.challenge.includes("invalid_token"), seen(old));
}

/// The lines of this part.
export async function resource({ row, bank, api, issuer, customer, clients: [one, other] }) {
  const first = await link(customer, one);
  form(row, api, issuer, one, first.tokens.access_token);
  await tokens(row, bank, api, one, other, first.tokens);
  await proofs(row, api, one, other, first.tokens.access_token);
  await ends(row, bank, api, customer, one, other, first);
}
