// Prints the table of the FAPI 2.0 Security Profile (Final): each requirement on a server, whether the bank meets it, and what was seen.
// `fapi.test.mjs` starts the bank and this program; it ends with 1 where a line says no.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Token } from "../bank.mjs";
import { Customer } from "../customer.mjs";
import { Client, newClient } from "./client.mjs";
import { authorization } from "./authorization.mjs";
import { resource } from "./resource.mjs";
import { throughout } from "./throughout.mjs";
import { handshake } from "./wire.mjs";

const bank = JSON.parse(process.env.BANK);
const issuer = `${bank.tls}/fapi`;
const rows = [];

/// One line. `seen` is shown shortened.
function row(section, requirement, met, seen = "") {
  const text = typeof seen === "string" ? seen : JSON.stringify(seen);
  rows.push({ section, requirement, met: met === true, seen: (text ?? "").slice(0, 110) });
}

async function network() {
  const shake = (options) => handshake(bank.tls, join(bank.dir, "authority.pem"), options);
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
  const two = (ciphers) => ({ minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers });
  let seen = await shake({ minVersion: "TLSv1.3" });
  row("5.2.1", "TLS 1.3 with the certificate of the bank's authority", seen.protocol === "TLSv1.3", seen);
  seen = await shake(old);
  row("5.2.1", "TLS 1.1 refused", /ALERT_(PROTOCOL_VERSION|HANDSHAKE_FAILURE)/.test(seen.error), seen);
  for (const suite of ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]) {
    seen = await shake(two(suite));
    row("5.2.2", `TLS 1.2 with ${suite}`, seen.protocol === "TLSv1.2", seen);
  }
  for (const suite of ["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA"]) {
    seen = await shake(two(suite));
    row("5.2.2", `TLS 1.2 with ${suite}, which RFC 9325 does not recommend, refused`, seen.error?.includes("HANDSHAKE_FAILURE"), seen);
  }
  const plain = async (path, options) => {
    const answer = await fetch(bank.url + path, { redirect: "manual", ...options });
    return { status: answer.status, to: answer.headers.get("location"), told: (await answer.text()).replace(/<[^>]*>|\s+/g, " ") };
  };
  for (const [path, options] of [
    ["/.well-known/oauth-authorization-server/fapi", {}],
    ["/fapi/jwks", {}],
    ["/fapi/authorize?client_id=ledger&request_uri=urn:x", {}],
    ["/fapi/par", { method: "POST", body: new URLSearchParams() }],
    ["/fapi/token", { method: "POST", body: new URLSearchParams() }],
    ["/fapi/revoke", { method: "POST", body: new URLSearchParams() }],
  ]) {
    seen = await plain(path, options);
    row("5.2.1", `${path.split("?")[0]} without TLS refused, with the address under TLS`, seen.status === 400 && !seen.to && seen.told.includes(issuer), seen.status);
  }
  const page = await fetch(`${issuer}/authorize`, { headers: { origin: "https://other.example" }, redirect: "manual" });
  row("5.2.3", "browsers are told to come under TLS alone", /max-age=\d{8}/.test(page.headers.get("strict-transport-security")), page.headers.get("strict-transport-security"));
  row("5.2.3", "no CORS at the authorization endpoint", !page.headers.has("access-control-allow-origin"));
}

async function metadata(known) {
  row("5.3.2.1-1", "metadata (RFC 8414) at the well-known path, the issuer is right", known.issuer === issuer, known.issuer);
  const endpoints = Object.entries(known).filter(([name]) => name.endsWith("_endpoint") || name.endsWith("_uri"));
  row("5.2.1", "every endpoint is under TLS", endpoints.length >= 5 && endpoints.every(([, url]) => url.startsWith("https://")), endpoints.map(([, url]) => url).join(" "));
  const is = (name, value) => [JSON.stringify(known[name]) === JSON.stringify(value), known[name]];
  row("5.3.2.1-2", "no grant but code and refresh token is offered", ...is("grant_types_supported", ["authorization_code", "refresh_token"]));
  row("5.3.2.1-6", "private_key_jwt alone is offered", ...is("token_endpoint_auth_methods_supported", ["private_key_jwt"]));
  row("5.4.1-1", "of the algorithms PS256, ES256 and EdDSA, ES256 is offered", ...is("token_endpoint_auth_signing_alg_values_supported", ["ES256"]));
  row("5.4.1-1", "the same for DPoP", ...is("dpop_signing_alg_values_supported", ["ES256"]));
  row("5.3.2.2-1", "response_type code alone is offered", ...is("response_types_supported", ["code"]));
  row("5.3.2.2-3", "pushed requests are required", ...is("require_pushed_authorization_requests", true));
  row("5.3.2.2-5", "S256 alone is offered", ...is("code_challenge_methods_supported", ["S256"]));
  row("5.3.2.2-7", "iss in the answer is announced", ...is("authorization_response_iss_parameter_supported", true));
  const { keys } = await (await fetch(known.jwks_uri)).json();
  const kids = new Set(keys.map((key) => key.kid));
  row("5.4.3", "keys by jwks_uri: public, each with its kid, its use and its algorithm", keys.length > 0 && kids.size === keys.length && keys.every((key) => !key.d && key.use && key.alg), keys.map((key) => key.kid));
}

/// What a start of the bank says of a client's file with other metadata.
async function registration() {
  const files = mkdtempSync(join(tmpdir(), "client-"));
  const start = async (changed) => {
    const { metadata: known } = await newClient("wrong", ["http://127.0.0.1:9000/callback"]);
    writeFileSync(join(files, "client.json"), JSON.stringify({ ...known, ...changed }));
    const ports = ["--port", "--tls-port", "--token-port", "--provider-port"].flatMap((port) => [port, "0"]);
    return spawnSync(bank.binary, ["--dir", files, ...ports, "--client", join(files, "client.json")], { encoding: "utf8", timeout: 60_000 });
  };
  for (const [section, requirement, changed, named] of [
    ["5.3.2.2-8", "a redirect URI with http that is not loopback cannot be registered", { redirect_uris: ["http://ledger.example/callback"] }, "redirect_uris[0]"],
    ["5.3.2.1-3", "a public client cannot be registered", { token_endpoint_auth_method: "none" }, "token_endpoint_auth_method"],
    ["5.4.1-2", "an RSA key, whatever its length, cannot be registered", { jwks: { keys: [{ kty: "RSA", n: "AQAB", e: "AQAB" }] } }, "jwks.keys[0]"],
    ["5.4.1-3", "a secret of fewer than 128 bits cannot be registered", { token_endpoint_auth_method: "client_secret_basic", client_secret: "too-short" }, "client_secret"],
  ]) {
    const { status, stderr } = await start(changed);
    row(section, requirement, status === 1 && stderr.includes(`client.json: ${named}`), stderr.trim().split("/").at(-1));
  }
  rmSync(files, { recursive: true });
}

const known = await (await fetch(`${bank.tls}/.well-known/oauth-authorization-server/fapi`)).json();
const clients = await Promise.all(bank.clients.map((client) => Client.new(issuer, known, client)));
const customer = new Customer(bank, new Token(bank, "KKK0000001"));
await customer.register("KKK0000001");
const api = `${bank.tls}/api`;

await network();
await metadata(known);
await registration();
await throughout({ row, bank, issuer, customer, own: bank.clients[0] });
await authorization({ row, issuer, customer, clients });
// This one moves the bank's clock on, so it is the last.
await resource({ row, bank, api, issuer, customer, clients });

const wide = (text, width) => text.padEnd(width);
for (const { section, requirement, met, seen } of rows) {
  console.log(`| ${wide(section, 11)} | ${wide(requirement, 92)} | ${met ? "yes" : "NO "} | ${seen.replaceAll("|", "/")} |`);
}
const missed = rows.filter(({ met }) => !met);
console.log(`${rows.length - missed.length} of ${rows.length}: yes`);
process.exit(missed.length > 0 || rows.length < 136 ? 1 : 0);
