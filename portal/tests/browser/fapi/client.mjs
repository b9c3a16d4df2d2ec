// A client that speaks to the bank by hand, so that it can also do what is wrong. Its signatures are made by jose.

import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";

const CLIENT_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A new client: the metadata for its file, and its private key.
export async function newClient(name, redirect_uris) {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: `${name}-1`, use: "sig", alg: "ES256" };
  const metadata = {
    client_id: name, client_name: `FAPI ${name}`, redirect_uris, token_endpoint_auth_method: "private_key_jwt",
    scope: "balances statements transfers", jwks: { keys: [jwk] },
  };
  return { metadata, key: { ...(await exportJWK(privateKey)), kid: jwk.kid, alg: "ES256" } };
}

export const now = () => Math.floor(Date.now() / 1000);

const base64url = (value) => Buffer.from(value).toString("base64url");

/// A JWT with these claims; a claim that is undefined is left out.
export async function jwt(key, header, claims) {
  const known = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  if (header.alg === "none") return `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(known))}.`;
  return new SignJWT(known).setProtectedHeader(header).sign(key);
}

/// The client as one person uses it, with a key for DPoP.
export class Client {
  constructor(issuer, metadata, { id, key, redirect, dpop }) {
    Object.assign(this, { issuer, metadata, id, key, redirect, dpop });
  }

  static async new(issuer, metadata, { metadata: own, key }) {
    const dpop = await generateKeyPair("ES256");
    const jwk = await exportJWK(dpop.publicKey);
    const { importJWK } = await import("jose");
    return new Client(issuer, metadata, {
      id: own.client_id, key: await importJWK(key, "ES256"), redirect: own.redirect_uris[0],
      dpop: { key: dpop.privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) },
    });
  }

  /// The claims of a client assertion can be replaced, as can its header and its key.
  assertion(claims = {}, header = {}, key = this.key) {
    const at = now();
    const all = { iss: this.id, sub: this.id, aud: this.issuer, iat: at, exp: at + 60, jti: crypto.randomUUID(), ...claims };
    return jwt(key, { alg: "ES256", ...header }, all);
  }

  proof(method, url, { token, claims = {}, header = {}, key = this.dpop.key } = {}) {
    const ath = token && crypto.subtle.digest("SHA-256", Buffer.from(token)).then((hash) => Buffer.from(hash).toString("base64url"));
    return Promise.resolve(ath).then((hash) =>
      jwt(key, { alg: "ES256", typ: "dpop+jwt", jwk: this.dpop.jwk, ...header },
        { jti: crypto.randomUUID(), htm: method, htu: url, iat: now(), ath: hash, ...claims }));
  }

  /// Sends a form; the client says who it is unless `assertion` is null. An answer that is no JSON has no `body`.
  async post(url, fields, { assertion, proof, headers = {} } = {}) {
    const said = assertion === undefined ? await this.assertion() : assertion;
    const all = { client_id: this.id, ...(said && { client_assertion_type: CLIENT_ASSERTION_TYPE, client_assertion: said }), ...fields };
    const body = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== undefined));
    const answer = await fetch(url, { method: "POST", body, redirect: "manual", headers: { ...headers, ...(proof && { dpop: proof }) } });
    const text = await answer.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.status, headers: answer.headers, body: json, error: json?.error, why: json?.error_description };
  }

  async request(changed = {}) {
    const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const challenge = base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", Buffer.from(verifier))));
    const state = base64url(crypto.getRandomValues(new Uint8Array(12)));
    const fields = {
      response_type: "code", redirect_uri: this.redirect, scope: "balances statements transfers", state,
      code_challenge: challenge, code_challenge_method: "S256", ...changed,
    };
    return { verifier, state, fields };
  }

  async push(changed = {}, options = {}) {
    const { verifier, state, fields } = await this.request(changed);
    const answer = await this.post(this.metadata.pushed_authorization_request_endpoint, fields, options);
    return { ...answer, verifier, state, uri: answer.body?.request_uri };
  }

  authorize(uri) {
    return `${this.metadata.authorization_endpoint}?${new URLSearchParams({ client_id: this.id, request_uri: uri })}`;
  }

  async token(fields, options = {}) {
    const proof = options.proof === undefined ? await this.proof("POST", this.metadata.token_endpoint) : options.proof;
    return this.post(this.metadata.token_endpoint, fields, { ...options, proof });
  }

  redeem(code, verifier, changed = {}, options = {}) {
    const fields = { grant_type: "authorization_code", code, redirect_uri: this.redirect, code_verifier: verifier, ...changed };
    return this.token(fields, options);
  }

  /// Asks the API. `scheme` and `proof` can be wrong ones; `proof` null sends none.
  async get(url, token, { scheme = "DPoP", proof } = {}) {
    const made = proof === undefined ? await this.proof("GET", url, { token }) : proof;
    const headers = { ...(token && { authorization: `${scheme} ${token}` }), ...(made && { dpop: made }) };
    const answer = await fetch(url, { headers, redirect: "manual" });
    const body = await answer.json().catch(() => undefined);
    return { status: answer.status, challenge: answer.headers.get("www-authenticate") ?? "", body };
  }
}
